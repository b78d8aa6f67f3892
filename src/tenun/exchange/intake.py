"""Taking a delivery in, at the consumer, whichever way it came: by file or online.

Nothing of a delivery enters the lake before its manifest was verified and decided on by this node's own
agreement, and no part enters that is not what the manifest says. What is taken in twice has one effect.

A delta is applied to what an earlier delivery left here, place by place, and each place must then hold
exactly what the manifest says it holds. So a full export and an export with any number of deltas behind it
end in the same rows, or the delta is refused and a full export is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenun.agreement.acts.state import State
from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Operation, Permit, Use, decide
from tenun.exchange import holdings, journal, manifest, parts, receipt, signature
from tenun.exchange.binding import Binding, binding_of, parse_area
from tenun.exchange.holdings import BaseOther, Held, Holding
from tenun.exchange.journal import Journal
from tenun.exchange.manifest import Manifest, OnlineEntry, PartEntry, PlaceEntry, SourceEntry
from tenun.exchange.refusals import (
    AgreementOther,
    ContractOther,
    CreatedInFuture,
    ManifestMalformed,
    NotAddressedHere,
    NotPermitted,
    PackDamaged,
    PartAltered,
    RevisionStale,
    RowsOther,
)
from tenun.exchange.register import ACCEPTED, ACCEPTING, Register
from tenun.exchange.serving import changes, formats
from tenun.exchange.serving import content as content_of
from tenun.exchange.station import Station, pinned_message_keys
from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.lake.snapshot import Origin, Snapshot, SourceFile
from tenun.lake.store import SnapshotMissing

CLOCK_SKEW = timedelta(hours=24)
"""How far the provider's clock may be ahead: machines without a network drift."""


@dataclass(frozen=True)
class Checked:
    """A manifest that was verified, and what the agreement lets us do with it."""

    manifest: Manifest
    manifest_sha256: str
    binding: Binding
    permit: Permit
    base: Holding | None = None
    """What earlier online deliveries of the same kind left here; None where there were none, and for a pack."""


@dataclass(frozen=True)
class Accepted:
    """A delivery whose rows are in the lake, and the receipt for it."""

    manifest: Manifest
    manifest_sha256: str
    receipt: Path
    tables: dict[str, int]
    """Rows by table of the lake."""
    snapshots: list[str]
    """References of the snapshots, one for each place."""
    log_index: int

    def as_dict(self) -> dict[str, Any]:
        taken = self.manifest
        return {
            "pack": taken.pack,
            "manifest_sha256": self.manifest_sha256,
            "sequence": taken.sequence,
            "created": taken.created,
            "agreement": {"id": taken.agreement.id, "number": taken.agreement.number, "rev": taken.agreement.rev},
            "provider": taken.provider,
            "consumer": taken.consumer,
            "dataset": taken.dataset,
            "purpose": taken.purpose,
            "area": taken.area,
            "fields": taken.fields_,
            "format": str(taken.format),
            "rows": taken.rows,
            "parts": len(taken.parts),
            "places": len(taken.sources),
            "tables": dict(self.tables),
            "snapshots": self.snapshots if len(self.snapshots) <= 20 else len(self.snapshots),
            "invented": taken.invented,
            "receipt": str(self.receipt),
            "log_index": self.log_index,
            **({"online": _told(taken.online)} if taken.online else {}),
        }


def _told(online: OnlineEntry) -> dict[str, Any]:
    return {
        "job": online.job,
        "transaction_time": online.transaction_time,
        "since": online.since,
        "rows_afterwards": online.result.rows,
        "places_afterwards": online.result.places,
    }


# --- checking ------------------------------------------------------------------------------------------


def check_manifest(
    station: Station,
    agreement: Agreement,
    encoded: bytes,
    token: bytes,
    *,
    operation: Operation,
    register: Register,
    known: dict[str, Any],
    state: State | None = None,
) -> Checked:
    """The manifest as a thing that may be believed and used. Adds to `known` what the log may say of it.

    `state` is that of the agreement now; None decides by its document alone.

    Signature first: until it holds, nothing in the manifest is anything but bytes. Raises one class of
    `refusals` for each check.
    """
    me = station.party
    keys = pinned_message_keys(agreement, me.other)
    signature.verify_detached(_ascii(token), encoded, keys=keys, typ=signature.MANIFEST)
    stated = manifest.parse(encoded)
    sha256 = hashlib.sha256(encoded).hexdigest()
    known["pack"] = {"id": stated.pack, "manifest_sha256": sha256}
    _check_way(stated, operation)
    _check_agreement(stated, agreement)
    dataset = agreement.datasets.get(stated.dataset)
    if dataset is None or (stated.provider, stated.consumer) != (me.other, me):
        raise NotAddressedHere(dataset=_known(stated.dataset, agreement), provider=me.other, consumer=me)
    if (dataset.provider, dataset.consumer) != (me.other, me):
        raise NotAddressedHere(dataset=stated.dataset, provider=dataset.provider, consumer=dataset.consumer)
    if stated.contract_sha256 != dataset.contract_sha256:
        raise ContractOther(dataset=stated.dataset)
    now = station.clock.now()
    if stated.created_at > now + CLOCK_SKEW:
        raise CreatedInFuture(created=stated.created, now=rfc3339(now))
    permit = _decide(station, agreement, stated, operation, known, state)
    binding = binding_of(stated.dataset)
    binding.require_known(stated.fields_)
    _check_coherence(stated, binding, agreement, permit)
    register.require_new(stated)
    return Checked(stated, sha256, binding, permit, _base(station, stated))


def _base(station: Station, stated: Manifest) -> Holding | None:
    """What is here of the same stream. A delta must go on from exactly that."""
    if stated.online is None:
        return None
    held = holdings.last(station, holdings.stream_of_manifest(stated))
    if stated.is_delta and held is None:
        raise BaseOther(dataset=stated.dataset, reason="nothing of it is here")
    if stated.is_delta and held is not None and held.transaction_time != stated.online.since:
        raise BaseOther(dataset=stated.dataset, reason="they go on from another state")
    return held


def _check_way(stated: Manifest, operation: Operation) -> None:
    """A manifest made for one way of handing over does not come in by another, where other rules hold."""
    is_online = operation in (Operation.BULK, Operation.DELTA)
    if (stated.online is not None) != is_online or stated.is_delta != (operation is Operation.DELTA):
        raise ManifestMalformed(member="/online", reason=f"it was not made for the operation {operation}")


def _decide(
    station: Station,
    agreement: Agreement,
    stated: Manifest,
    operation: Operation,
    known: dict[str, Any],
    state: State | None,
) -> Permit:
    """By our own copy of the agreement: that the provider found it allowed is no reason for us."""
    use = Use(
        dataset=stated.dataset,
        purpose=stated.purpose,
        operation=operation,
        fields=frozenset(stated.fields_),
        by=station.party,
        moment=station.clock.now(),
    )
    decision = decide(agreement, use, **({} if state is None else {"state": state}))
    known["decision"] = journal.decision_of(decision, agreement)
    if isinstance(decision, Denial):
        raise NotPermitted(decision)
    return decision


def _check_agreement(stated: Manifest, agreement: Agreement) -> None:
    if stated.agreement.id != agreement.id:
        raise AgreementOther(own=agreement.id)
    if stated.agreement.rev != agreement.rev:
        raise RevisionStale(pack=stated.agreement.rev, own=agreement.rev)


def _check_coherence(stated: Manifest, binding: Binding, agreement: Agreement, permit: Permit) -> None:
    checks = {
        "/fields": stated.fields_ == binding.ordered(stated.fields_),
        "/fields/required": set(binding.required) <= set(stated.fields_),
        "/sources/scope": all(binding.is_scope(source.scope) for source in stated.sources),
        "/row_scope": stated.row_scope == permit.row_scope.id,
        "/label": stated.label == manifest.label(agreement, permit),
        "/online/places/scope": stated.online is None
        or all(binding.is_scope(place.scope) for place in stated.online.places),
        "/online/key": stated.online is None or stated.online.key == binding.key,
    }
    for member, is_coherent in checks.items():
        if not is_coherent:
            raise ManifestMalformed(member=member, reason="it is not what the agreement gives")
    parse_area(stated.area)


def read_part(content: bytes, entry: PartEntry, checked: Checked) -> dict[str, pa.Table]:
    """The rows of a part by place, after every check that can be made on it."""
    stated, binding = checked.manifest, checked.binding
    _require_whole(content, entry)
    schema = binding.schema(stated.fields_)
    table = formats.decode(content, stated.format, part=entry.path, schema=schema, rows=entry.rows)
    rows_by_scope = {source.scope: source.rows for source in stated.sources}
    return parts.check_rows(
        table,
        part=entry.path,
        binding=binding,
        counts={scope: rows_by_scope[scope] for scope in entry.scopes},
        scope=checked.permit.row_scope,
        area=stated.area,
    )


def _known(dataset: str, agreement: Agreement) -> str:
    return dataset if dataset in agreement.datasets else "?"


def _ascii(token: bytes) -> str:
    return token.decode("ascii", errors="replace")


def _require_whole(content: bytes, entry: PartEntry) -> None:
    if len(content) != entry.size:
        raise PartAltered(part=entry.path, reason="another size")
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise PartAltered(part=entry.path, reason="another SHA-256 digest")


# --- parts as they come ------------------------------------------------------------------------------------

Deliver = Callable[[Callable[[bytes], None]], None]
"""Gives each part's content to the function that it is called with: those of deleted rows first (`online.deleted`),
then `parts`, each in the order of the manifest."""


@dataclass(frozen=True)
class Place:
    """A place as it must be here once the delivery is taken in."""

    scope: str
    rows: pa.Table
    source: SourceEntry | None
    """Where the provider has it from; None for a place of which nothing may be held any more."""
    base: Snapshot | None = None
    """What its changes were applied to."""
    sha256: str | None = None
    """Of its content; None in a pack, which does not state it."""


@implements(
    "3(1)b",
    "3(2)b",
    control="What is held afterwards is proved equal to what the provider states, place by place and as a whole.",
)
def read_places(station: Station, checked: Checked, deliver: Deliver, take: Callable[[Place], None]) -> None:
    """Every place of a delivery, checked, in order; then those that are gone.

    Changes are applied to what lies here, and what comes of it must be what the manifest says: for each place, and
    for all of them together. Raises what `read_part` raises, `BaseOther`, and `PackDamaged` for a part too few.
    Holds the places of one part in memory.
    """
    _check_result(checked)
    reading = _Reading(station, checked, take)
    deliver(reading.part)
    reading.finish()


class _Reading:
    def __init__(self, station: Station, checked: Checked, take: Callable[[Place], None]) -> None:
        stated = checked.manifest
        self._station = station
        self._checked = checked
        self._take = take
        self._sources = {source.scope: source for source in stated.sources}
        self._changes = {place.scope: place for place in stated.online.places} if stated.online else {}
        self._deletions = list(stated.online.deleted) if stated.online else []
        self._parts = list(stated.parts)
        self._deleted: dict[str, list[str]] = {}

    def part(self, content: bytes) -> None:
        if self._deletions:
            self._read_deletions(content, self._deletions.pop(0))
            return
        if not self._parts:
            raise PackDamaged()
        for scope, rows in read_part(content, self._parts.pop(0), self._checked).items():
            self._take(self._place(scope, rows))

    def finish(self) -> None:
        if self._deletions or self._parts:
            raise PackDamaged()
        empty = self._checked.binding.schema(self._checked.manifest.fields_).empty_table()
        for scope in gone(self._checked):
            self._take(Place(scope, empty, None, self._held(scope)[0], content_of.sha256(empty)))

    def _place(self, scope: str, rows: pa.Table) -> Place:
        change = self._changes.get(scope)
        if change is None:
            return Place(scope, rows, self._sources[scope])
        base = None
        if change.change == "rows":
            base, rows = self._changed(scope, rows, change)
        elif (rows.num_rows, content_of.sha256(rows)) != (change.rows, change.sha256):
            raise BaseOther(dataset=self._checked.manifest.dataset, reason=f"{scope} does not come to what is stated")
        return Place(scope, rows, self._sources[scope], base, change.sha256)

    def _changed(self, scope: str, rows: pa.Table, change: PlaceEntry) -> tuple[Snapshot, pa.Table]:
        key = self._checked.binding.key
        base, before = self._held(scope)
        if key is None:
            raise ManifestMalformed(member="/online/places/change", reason="rows that have no key do not change")
        try:
            after = changes.apply_proved(
                before,
                changes.Change(rows, pa.array(self._deleted.get(scope, []), before.schema.field(key).type)),
                key=key,
                scope=scope,
                base_sha256=change.base_sha256,
                rows=change.rows,
                sha256=change.sha256,
            )
        except changes.ChangeOther as problem:
            reason = f"{scope}: {problem.parts['reason']}"
            raise BaseOther(dataset=self._checked.manifest.dataset, reason=reason) from problem
        return base, after

    def _held(self, scope: str) -> tuple[Snapshot, pa.Table]:
        checked = self._checked
        if checked.base is None:
            raise BaseOther(dataset=checked.manifest.dataset, reason="nothing of it is here")
        return holdings.rows_of(
            self._station.lake,
            checked.binding,
            checked.base,
            scope,
            fields=checked.manifest.fields_,
            permit=checked.permit,
        )

    def _read_deletions(self, content: bytes, entry: PartEntry) -> None:
        _require_whole(content, entry)
        schema = changes.DELETED_SCHEMA
        table = formats.decode(content, self._checked.manifest.format, part=entry.path, schema=schema, rows=entry.rows)
        for scope, key in zip(*(table[name].to_pylist() for name in schema.names), strict=True):
            if scope not in entry.scopes or key is None:
                raise RowsOther(part=entry.path, reason="a deleted row is of no place of this part")
            self._deleted.setdefault(scope, []).append(key)


def gone(checked: Checked) -> list[str]:
    """Places that are here and may not be any more: those that a delta says, or that a full export does not name."""
    online, base = checked.manifest.online, checked.base
    if online is None or base is None:
        return []
    if checked.manifest.is_delta:
        return [place.scope for place in online.places if place.change == "gone"]
    return sorted(set(base.places) - {place.scope for place in online.places})


def _check_result(checked: Checked) -> None:
    """That base and changes together are the provider's whole set. A full export's manifest shows it by itself."""
    online = checked.manifest.online
    if online is None or not checked.manifest.is_delta or checked.base is None:
        return
    after = {scope: (held.rows, held.sha256) for scope, held in checked.base.places.items()}
    for place in online.places:
        if place.change == "gone":
            after.pop(place.scope, None)
        else:
            after[place.scope] = (place.rows, place.sha256)
    if manifest.result_of((scope, *held) for scope, held in after.items()) != online.result:
        raise BaseOther(dataset=checked.manifest.dataset, reason="all places together are not what is stated")


# --- taking in -------------------------------------------------------------------------------------------


@dataclass
class _Landed:
    tables: dict[str, int] = field(default_factory=dict)
    snapshots: list[Snapshot] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    """Of an online delivery, the places that it brought or changed."""


def take_in(
    station: Station,
    agreement: Agreement,
    checked: Checked,
    deliver: Deliver,
    *,
    recipe: str,
    book: Journal,
    register: Register,
    logged: journal.Logged,
    progress: Callable[[int, int], None] | None = None,
) -> Accepted:
    """Put the rows of a checked delivery into the lake; log it, note it, and write the signed receipt.

    `logged` is the entry that says the delivery was accepted: no log, no data. Each part is checked again
    as it comes, in case it changed on disk since. Whoever is killed in here may call again with the same.
    """
    stated = checked.manifest
    key = station.message_key(agreement)
    scopes = _scopes(stated)
    register.note_received(stated, state=ACCEPTING, scopes=scopes, manifest_sha256=checked.manifest_sha256)
    landed = _publish(station, checked, deliver, recipe, progress)
    more = _keep_holding(station, checked, landed)
    made = receipt.compose(
        stated,
        manifest_sha256=checked.manifest_sha256,
        accepted=station.clock.now(),
        entry=logged.entry,
        proof=book.prove(logged),
    )
    path = receipt.write(station, made, key)
    done = book.write(
        journal.RECEIVED,
        agreement=journal.cite(agreement),
        pack=journal.pack_of(stated, manifest_sha256=checked.manifest_sha256),
        tables=landed.tables,
        receipt_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    register.note_received(
        stated,
        state=ACCEPTED,
        scopes=scopes,
        manifest_sha256=checked.manifest_sha256,
        accepted=made.accepted,
        receipt=path.name,
        log_index=done.index,
        **more,
    )
    if more:
        holdings.forget_others(station, more["stream"], kept=stated.pack)
    return Accepted(
        stated,
        checked.manifest_sha256,
        path,
        landed.tables,
        [snapshot.reference for snapshot in landed.snapshots],
        done.index,
    )


def _scopes(stated: Manifest) -> list[str]:
    """The places that a delivery has something to say of."""
    return [entry.scope for entry in (stated.online.places if stated.online else stated.sources)]


def _publish(
    station: Station,
    checked: Checked,
    deliver: Deliver,
    recipe: str,
    progress: Callable[[int, int], None] | None,
) -> _Landed:
    landed = _Landed()
    places = _scopes(checked.manifest)

    def take(place: Place) -> None:
        _publish_place(station, checked, place, recipe, landed)
        if progress is not None:
            progress(len(places) + len(landed.snapshots), 2 * len(places))

    read_places(station, checked, deliver, take)
    return landed


def _publish_place(station: Station, checked: Checked, place: Place, recipe: str, landed: _Landed) -> None:
    binding, stated = checked.binding, checked.manifest
    tables = binding.split(place.rows)
    sealed = [name for name in binding.sealed_tables if name in tables]
    snapshot = station.lake.publish(
        layer=binding.layer,
        dataset=binding.lake_dataset,
        scope=place.scope,
        as_of=_as_of(place),
        origin=Origin(
            recipe=recipe,
            sources=(SourceFile(checked.manifest_sha256, sum(part.size for part in stated.parts), stated.type),),
            inputs=_inputs(stated, place),
            settings={"pack": stated.pack},
        ),
        tables=tables,
        sealed_tables=sealed,
        details={
            "rows": place.rows.num_rows,
            "invented": _is_invented(place),
            "received": {
                "pack": stated.pack,
                "sequence": stated.sequence,
                "from": stated.provider,
                # The data life is counted from here; deciding was the last thing before taking in. A delta hands
                # the whole place over anew: the provider decided on all of it, and states its digest.
                "on": rfc3339(checked.permit.decided_at),
            },
            "label": stated.label.model_dump(),
        },
        is_current=not _would_hide_identifiers(station, binding, place.scope, sealed),
    )
    landed.snapshots.append(snapshot)
    if place.sha256 is not None and place.source is not None:
        landed.held[place.scope] = Held(place.rows.num_rows, place.sha256, snapshot.id)
    for name, table in tables.items():
        landed.tables[name] = landed.tables.get(name, 0) + table.num_rows


def _as_of(place: Place) -> date:
    if place.source is not None:
        return manifest.source_date(place.source)
    return place.base.as_of if place.base else date.min


def _inputs(stated: Manifest, place: Place) -> tuple[str, ...]:
    theirs = (f"{stated.provider}:{place.source.snapshot}",) if place.source else ()
    return (*theirs, place.base.reference) if place.base else theirs


def _is_invented(place: Place) -> bool:
    if place.source is not None:
        return place.source.invented
    return place.base is not None and place.base.details.get("invented") is True


def _keep_holding(station: Station, checked: Checked, landed: _Landed) -> dict[str, Any]:
    """Note what is held now, for the next delta; gives what the register has to say of it. Nothing for a pack."""
    stated = checked.manifest
    if stated.online is None:
        return {}
    places = dict(checked.base.places) if checked.base and stated.is_delta else {}
    for scope in gone(checked):
        places.pop(scope, None)
    places |= landed.held
    holdings.keep(station, Holding(stated.pack, stated.online.transaction_time, places))
    return {
        "stream": holdings.stream_of_manifest(stated),
        "transaction_time": stated.online.transaction_time,
        "since": stated.online.since,
        "job": stated.online.job,
    }


def _would_hide_identifiers(station: Station, binding: Binding, scope: str, sealed: list[str]) -> bool:
    """A pack for a purpose without identifiers is kept, and does not take the place of one that linkage needs."""
    try:
        current = station.lake.current(layer=binding.layer, dataset=binding.lake_dataset, scope=scope)
    except SnapshotMissing:
        return False
    return not sealed and any(name in current.tables for name in binding.sealed_tables)
