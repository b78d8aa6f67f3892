"""Taking a pack in, at the consumer: everything about it is checked before a row enters the lake.

The file is copied into the inbox first (still encrypted), and read twice from there: once to check it
whole, once to take it in. So what is taken in is what was checked, memory holds one part at a time,
and nothing of a refused pack was ever on disk in plain or in the lake at all.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenun.agreement import signing
from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Operation, Permit, Use, decide
from tenun.exchange import container, envelope, journal, manifest, parts, receipt, signature
from tenun.exchange.binding import Binding, binding_of, parse_area
from tenun.exchange.journal import Journal
from tenun.exchange.manifest import Manifest, PartEntry, SourceEntry
from tenun.exchange.refusals import (
    AgreementOther,
    ContainerMalformed,
    ContractOther,
    CreatedInFuture,
    FileUnreadable,
    ManifestMalformed,
    NotAddressedHere,
    NotPermitted,
    PackDamaged,
    PartAltered,
    RevisionStale,
    TooLarge,
)
from tenun.exchange.register import ACCEPTED, ACCEPTING, Register
from tenun.exchange.station import Station, pinned_message_keys
from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.lake.snapshot import Origin, Snapshot, SourceFile
from tenun.lake.store import SnapshotMissing

RECIPE = "exchange-unpack/1"
FILE_BYTES_MAX = 64 * 1024**3
CLOCK_SKEW = timedelta(hours=24)
"""How far the provider's clock may be ahead: machines without a network drift."""


@dataclass(frozen=True)
class Accepted:
    """A pack whose rows are in the lake, and the receipt for it."""

    manifest: Manifest
    manifest_sha256: str
    receipt: Path
    tables: Mapping[str, int]
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
            "rows": taken.rows,
            "parts": len(taken.parts),
            "places": len(taken.sources),
            "tables": dict(self.tables),
            "snapshots": self.snapshots if len(self.snapshots) <= 20 else len(self.snapshots),
            "invented": taken.invented,
            "receipt": str(self.receipt),
            "log_index": self.log_index,
        }


@implements(
    "2a",
    "3(1)a",
    "3(2)a",
    control="A pack enters the lake only after every check; the consumer signs a receipt.",
)
def accept(station: Station, file: Path, *, progress: Callable[[int, int], None] | None = None) -> Accepted:
    """Check a pack, take its rows into the lake, and write a signed receipt.

    Raises one class of `refusals` for each check that can fail, and then the lake is as it was. Every
    outcome is in the log before it is told. `progress(done, of)` counts parts, twice over.
    """
    book = Journal(station)
    register = Register(station)
    with register.only_one(), book.refusals(operation=str(Operation.FILE)) as known, _incoming(station, file) as copy:
        known["file_sha256"] = copy.sha256
        agreement = signing.verify(station.agreement, own_keys=station.keys)
        known["agreement"] = journal.cite(agreement)
        checked = _Checked(station, agreement, register, known, progress)
        checked.read(copy.path)
        logged = book.write(
            journal.ACCEPTED,
            agreement=journal.cite(agreement),
            decision=known["decision"],
            pack=journal.pack_of(checked.manifest, manifest_sha256=checked.manifest_sha256),
            file_sha256=copy.sha256,
        )
        return _take_in(station, agreement, checked, copy, register, book, logged, progress)


# --- the incoming file -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Copy:
    path: Path
    sha256: str


@contextmanager
def _incoming(station: Station, file: Path) -> Iterator[_Copy]:
    """Our own copy, which nobody changes between checking and taking in. Encrypted as it came."""
    inbox = station.exchange / "inbox"
    inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = inbox / f".incoming-{secrets.token_hex(8)}"
    digest = hashlib.sha256()
    size = 0
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            for piece in _pieces(file):
                size += len(piece)
                if size > FILE_BYTES_MAX:
                    raise TooLarge(what="The file", limit=FILE_BYTES_MAX)
                digest.update(piece)
                target.write(piece)
        yield _Copy(path, digest.hexdigest())
    finally:
        path.unlink(missing_ok=True)


def _pieces(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as source:
            while piece := source.read(container.PIECE):
                yield piece
    except OSError as problem:
        raise FileUnreadable() from problem


# --- checking ------------------------------------------------------------------------------------------


class _Checked:
    """A pack while it is read for the first time; afterwards, what was found to be true of it."""

    def __init__(
        self,
        station: Station,
        agreement: Agreement,
        register: Register,
        known: dict[str, Any],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._station = station
        self._agreement = agreement
        self._register = register
        self._known = known
        self._progress = progress
        self._encoded: bytes | None = None
        self._expected: list[PartEntry] | None = None
        self.manifest: Manifest
        self.manifest_sha256: str
        self.binding: Binding
        self.permit: Permit

    def read(self, path: Path) -> None:
        """Raise for whatever is wrong with the file or with anything in it."""
        sink = container.MemberReader(admit=self._admit, take=self._take)
        envelope.open_into(path, sink, identity=self._station.age_identity(), party=self._station.party)
        sink.finish()
        if self._expected is None or self._expected:
            raise ContainerMalformed(reason="a member is missing")

    def _admit(self, name: str, size: int) -> None:
        """Only the member that must come next, and no more of it than it may have."""
        if self._encoded is None:
            _require_member(name, size, expected=manifest.NAME, limit=manifest.BYTES_MAX)
        elif self._expected is None:
            _require_member(name, size, expected=manifest.SIGNATURE_NAME, limit=signature.BYTES_MAX)
        elif not self._expected:
            raise ContainerMalformed(reason="a member that the manifest does not name")
        else:
            _require_member(name, size, expected=self._expected[0].path, limit=parts.BYTES_MAX)
            if size != self._expected[0].size:
                raise PartAltered(part=self._expected[0].path, reason="another size")

    def _take(self, name: str, content: bytes) -> None:
        if self._encoded is None:
            self._encoded = content
        elif self._expected is None:
            self._check_manifest(self._encoded, content)
            self._expected = list(self.manifest.parts)
        else:
            read_part(content, self._expected.pop(0), self.manifest, self.binding, self.permit)
            if self._progress is not None:
                done = len(self.manifest.parts) - len(self._expected)
                self._progress(done, 2 * len(self.manifest.parts))

    def _check_manifest(self, encoded: bytes, token: bytes) -> None:
        """Signature first: until it holds, nothing in the manifest is anything but bytes."""
        agreement, me = self._agreement, self._station.party
        keys = pinned_message_keys(agreement, me.other)
        signature.verify_detached(_ascii(token), encoded, keys=keys, typ=signature.MANIFEST)
        stated = manifest.parse(encoded)
        self.manifest, self.manifest_sha256 = stated, hashlib.sha256(encoded).hexdigest()
        self._known["pack"] = {"id": stated.pack, "manifest_sha256": self.manifest_sha256}
        _check_agreement(stated, agreement)
        dataset = agreement.datasets.get(stated.dataset)
        if dataset is None or (stated.provider, stated.consumer) != (me.other, me):
            raise NotAddressedHere(dataset=_known(stated.dataset, agreement), provider=me.other, consumer=me)
        if (dataset.provider, dataset.consumer) != (me.other, me):
            raise NotAddressedHere(dataset=stated.dataset, provider=dataset.provider, consumer=dataset.consumer)
        if stated.contract_sha256 != dataset.contract_sha256:
            raise ContractOther(dataset=stated.dataset)
        now = self._station.clock.now()
        if stated.created_at > now + CLOCK_SKEW:
            raise CreatedInFuture(created=stated.created, now=rfc3339(now))
        self.permit = self._decide(stated)
        self.binding = binding_of(stated.dataset)
        self.binding.require_known(stated.fields_)
        _check_coherence(stated, self.binding, agreement, self.permit)
        self._register.require_new(stated)

    def _decide(self, stated: Manifest) -> Permit:
        """By our own copy of the agreement: that the provider found it allowed is no reason for us."""
        use = Use(
            dataset=stated.dataset,
            purpose=stated.purpose,
            operation=Operation.FILE,
            fields=frozenset(stated.fields_),
            by=self._station.party,
            moment=self._station.clock.now(),
        )
        decision = decide(self._agreement, use)
        self._known["decision"] = journal.decision_of(decision, self._agreement)
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
    }
    for member, is_coherent in checks.items():
        if not is_coherent:
            raise ManifestMalformed(member=member, reason="it is not what the agreement gives")
    parse_area(stated.area)


def read_part(
    content: bytes, entry: PartEntry, stated: Manifest, binding: Binding, permit: Permit
) -> dict[str, pa.Table]:
    """The rows of a part by place, after every check that can be made on it. The online exchange reads with it too."""
    if len(content) != entry.size:
        raise PartAltered(part=entry.path, reason="another size")
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise PartAltered(part=entry.path, reason="another SHA-256 digest")
    table = parts.decode(content, part=entry.path, schema=binding.schema(stated.fields_), rows=entry.rows)
    rows_by_scope = {source.scope: source.rows for source in stated.sources}
    return parts.check_rows(
        table,
        part=entry.path,
        binding=binding,
        counts={scope: rows_by_scope[scope] for scope in entry.scopes},
        scope=permit.row_scope,
        area=stated.area,
    )


def _require_member(name: str, size: int, *, expected: str, limit: int) -> None:
    if name != expected:
        # Not repeated: a member's name may carry anything.
        raise ContainerMalformed(reason=f"another member where {expected} belongs")
    if size > limit:
        raise TooLarge(what=name, limit=limit)


def _known(dataset: str, agreement: Agreement) -> str:
    return dataset if dataset in agreement.datasets else "?"


def _ascii(token: bytes) -> str:
    return token.decode("ascii", errors="replace")


# --- taking in -------------------------------------------------------------------------------------------


@dataclass
class _Landed:
    tables: dict[str, int] = field(default_factory=dict)
    snapshots: list[Snapshot] = field(default_factory=list)


def _take_in(
    station: Station,
    agreement: Agreement,
    checked: _Checked,
    copy: _Copy,
    register: Register,
    book: Journal,
    logged: journal.Logged,
    progress: Callable[[int, int], None] | None,
) -> Accepted:
    stated = checked.manifest
    key = station.message_key(agreement)
    scopes = [source.scope for source in stated.sources]
    register.note_received(stated, state=ACCEPTING, scopes=scopes, manifest_sha256=checked.manifest_sha256)
    landed = _publish(station, checked, copy, progress)
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
    )
    return Accepted(
        stated,
        checked.manifest_sha256,
        path,
        landed.tables,
        [snapshot.reference for snapshot in landed.snapshots],
        done.index,
    )


def _publish(station: Station, checked: _Checked, copy: _Copy, progress: Callable[[int, int], None] | None) -> _Landed:
    """The second reading: each part again, and then into the lake, place by place."""
    stated = checked.manifest
    sources = {source.scope: source for source in stated.sources}
    waiting = list(stated.parts)
    landed = _Landed()

    def take(name: str, content: bytes) -> None:
        if name in (manifest.NAME, manifest.SIGNATURE_NAME):
            return
        # Digest and size tie the part to the manifest that was verified, in case our copy changed on disk.
        places = read_part(content, waiting.pop(0), stated, checked.binding, checked.permit)
        for scope, rows in places.items():
            _publish_place(station, checked, sources[scope], rows, landed)
        if progress is not None:
            progress(2 * len(stated.parts) - len(waiting), 2 * len(stated.parts))

    sink = container.MemberReader(admit=lambda name, size: None, take=take)  # sizes were checked the first time
    envelope.open_into(copy.path, sink, identity=station.age_identity(), party=station.party)
    sink.finish()
    if waiting:
        raise PackDamaged()
    return landed


def _publish_place(station: Station, checked: _Checked, source: SourceEntry, rows: pa.Table, landed: _Landed) -> None:
    binding, stated = checked.binding, checked.manifest
    tables = binding.split(rows)
    sealed = [name for name in binding.sealed_tables if name in tables]
    snapshot = station.lake.publish(
        layer=binding.layer,
        dataset=binding.lake_dataset,
        scope=source.scope,
        as_of=manifest.source_date(source),
        origin=Origin(
            recipe=RECIPE,
            sources=(SourceFile(checked.manifest_sha256, sum(part.size for part in stated.parts), stated.type),),
            inputs=(f"{stated.provider}:{source.snapshot}",),
            settings={"pack": stated.pack},
        ),
        tables=tables,
        sealed_tables=sealed,
        details={
            "rows": rows.num_rows,
            "invented": source.invented,
            "received": {
                "pack": stated.pack,
                "sequence": stated.sequence,
                "from": stated.provider,
                # The data life is counted from here; deciding was the last thing before taking in.
                "on": rfc3339(checked.permit.decided_at),
            },
            "label": stated.label.model_dump(),
        },
        is_current=not _would_hide_identifiers(station, binding, source.scope, sealed),
    )
    landed.snapshots.append(snapshot)
    for name, table in tables.items():
        landed.tables[name] = landed.tables.get(name, 0) + table.num_rows


def _would_hide_identifiers(station: Station, binding: Binding, scope: str, sealed: list[str]) -> bool:
    """A pack for a purpose without identifiers is kept, and does not take the place of one that linkage needs."""
    try:
        current = station.lake.current(layer=binding.layer, dataset=binding.lake_dataset, scope=scope)
    except SnapshotMissing:
        return False
    return not sealed and any(name in current.tables for name in binding.sealed_tables)
