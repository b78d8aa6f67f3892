"""Building one export: plan, parts, manifest. Stopped at any moment, it goes on where it was and ends the same.

The plan fixes which snapshot of each place is taken, before the first row is read. A part counts once its record
is on disk, which is written after the part itself; whatever has no record is made again from the same snapshots.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Permit
from tenun.exchange import journal, manifest, parts, signature
from tenun.exchange.binding import Binding, binding_of
from tenun.exchange.journal import Journal
from tenun.exchange.manifest import (
    Contents,
    Format,
    Manifest,
    OnlineEntry,
    PartEntry,
    PlaceEntry,
    SourceEntry,
    file_name,
    instant,
    parse_instant,
    part_path,
    result_of,
)
from tenun.exchange.refusals import NothingToSend
from tenun.exchange.register import Register
from tenun.exchange.serving import changes, formats
from tenun.exchange.serving.delta import Base, Held, PlaceChange, place_from_nothing
from tenun.exchange.serving.jobs import Job, Jobs, State
from tenun.exchange.serving.ready import Ready
from tenun.exchange.serving.refusals import CursorUnknown, JobDamaged
from tenun.exchange.station import Station
from tenun.kernel import canonical_json
from tenun.kernel.durable import write_durably

EXPORTED = "exchange.exported"
"""Log entry: an export is ready to be fetched."""
PLAN = "plan.json"
RESULT = "result.json"
RECORDS = "records"
FILES = "files"
MANIFEST = "manifest.json"


class Interrupted(Exception):
    """The worker was told to stop. What is finished is kept."""


@dataclass(frozen=True)
class Stored:
    """A finished file: what the manifest says of it, and the nonce it lies under."""

    entry: PartEntry
    nonce: bytes


@dataclass
class _Record:
    """What one part brought: everything that must be known of it without reading it again."""

    visited: int
    """Places of the plan that are dealt with, this part's included."""
    part: Stored | None = None
    deleted: Stored | None = None
    sources: list[SourceEntry] = field(default_factory=list)
    places: list[PlaceEntry] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    """What the consumer holds afterwards, for the places that stay."""


@dataclass(frozen=True)
class _Plan:
    transaction_time: str
    snapshots: Mapping[str, str]
    """Snapshot by place, for every place of the lake within the area."""
    scopes: tuple[str, ...]
    """Those, and the places that the base had and the lake has no more; in order."""


class Build:
    """One job on its way from `running` to `completed`. `require` is asked before each place and may raise."""

    def __init__(
        self,
        station: Station,
        jobs: Jobs,
        ready: Ready,
        job: Job,
        *,
        agreement: Agreement,
        permit: Permit,
        require: Callable[[], None],
        book: Journal,
    ) -> None:
        self._station = station
        self._jobs = jobs
        self._ready = ready
        self._job = job
        self._agreement = agreement
        self._permit = permit
        self._require = require
        self._book = book
        self._binding: Binding = binding_of(job.dataset)
        self._folder = jobs.folder(job)

    def run(self) -> Job:
        self._require()
        base = self._base()
        plan = self._plan(base)
        records = self._records()
        for record in self._make(plan, base, records):
            self._keep(record, len(records) + 1)
            records.append(record)
            self._jobs.note(self._job.id, done=record.visited, of=len(plan.scopes))
        self._require()
        return self._finish(plan, records)

    # --- what is taken ---------------------------------------------------------------------------

    def _base(self) -> Base | None:
        """What the consumer holds already; none = nothing. Raises `CursorUnknown` where it was made to other rules."""
        if self._job.base is None:
            return None
        value = _load(self._folder.parent / self._job.base / RESULT)
        if value.get("selection") != self._selection():
            raise CursorUnknown()
        return Base.from_json(value)

    def _selection(self) -> str:
        """What decides which rows and columns of a snapshot are handed over. Other rules, other rows."""
        scope = [condition.model_dump(mode="json") for condition in self._permit.row_scope.conditions]
        contract = self._agreement.datasets[self._job.dataset].contract_sha256
        return canonical_json.digest([contract, scope, list(self._job.fields), self._job.area])

    def _plan(self, base: Base | None) -> _Plan:
        path = self._folder / PLAN
        if not path.exists():
            with self._jobs.only_one():
                moment = self._moment()
                self._jobs.note(self._job.id, transaction_time=moment)
            # After the moment: whatever was published until then is in it.
            plan = {"transaction_time": moment, "snapshots": self._current()}
            write_durably(path, json.dumps(plan).encode())
        value = _load(path)
        snapshots = dict(value["snapshots"])
        scopes = sorted({*snapshots, *(base.places if base else ())})
        self._jobs.note(self._job.id, transaction_time=value["transaction_time"], of=len(scopes))
        return _Plan(value["transaction_time"], snapshots, tuple(scopes))

    def _current(self) -> dict[str, str]:
        """The snapshot of each place, as of now."""
        lake, binding = self._station.lake, self._binding
        return {
            scope: lake.current(layer=binding.layer, dataset=binding.lake_dataset, scope=scope).id
            for scope in parts.scopes_within(lake, binding, self._job.area)
        }

    def _moment(self) -> str:
        """Now, and later than every cursor that was ever given out here: one cursor names one state."""
        now = self._station.clock.now()
        latest = [parse_instant(job.transaction_time) for job in self._jobs.all() if job.transaction_time]
        return instant(max([now, *(one + timedelta(microseconds=1) for one in latest if one is not None)]))

    # --- building --------------------------------------------------------------------------------

    def _make(self, plan: _Plan, base: Base | None, records: list[_Record]) -> Iterator[_Record]:
        """Records for what is not recorded yet. Holds one part in memory at a time."""
        start = records[-1].visited if records else 0
        group = _Group(visited=start)
        number = sum(1 for record in records if record.part) + 1
        deleted = sum(1 for record in records if record.deleted) + 1
        for scope in plan.scopes[start:]:
            self._require()
            group.add(scope, self._place(scope, plan, base))
            if group.rows >= parts.ROWS_MAX:
                record = self._close(group, number, deleted)
                number += record.part is not None
                deleted += record.deleted is not None
                yield record
                group = _Group(visited=record.visited)
        if group.visited > start or not records:
            yield self._close(group, number, deleted)

    def _place(self, scope: str, plan: _Plan, base: Base | None) -> PlaceChange:
        snapshot_id = plan.snapshots.get(scope)
        held = base.places.get(scope) if base else None
        if snapshot_id is None:
            assert held is not None  # the plan has the places of the lake and those of the base
            return PlaceChange.gone(scope, held, schema=self._binding.schema(self._permit.fields))
        lake, binding = self._station.lake, self._binding
        snapshot = lake.get(layer=binding.layer, dataset=binding.lake_dataset, scope=scope, id=snapshot_id)
        if held is not None and held.snapshot == snapshot.reference:
            return PlaceChange.same(held)

        def select(reference: str) -> pa.Table:
            return self._select(scope, reference.rsplit("/", 1)[1])

        table = self._select(scope, snapshot_id)
        rows = parts.Rows(scope, snapshot, table)
        if held is None:
            return place_from_nothing(rows)
        return PlaceChange.between(held, rows, key=binding.key, select=select)

    def _select(self, scope: str, snapshot_id: str) -> pa.Table:
        lake, binding = self._station.lake, self._binding
        snapshot = lake.get(layer=binding.layer, dataset=binding.lake_dataset, scope=scope, id=snapshot_id)
        return parts.select(lake, binding, snapshot, permit=self._permit, area=self._job.area)

    def _close(self, group: _Group, number: int, deleted: int) -> _Record:
        """Write a group's files and give its record."""
        record = _Record(visited=group.visited, places=group.places, held=group.held)
        if group.given:
            part = parts.make(group.given, lambda table: formats.encode(table, self._job.format))
            path = part_path(number, self._job.format)
            counts = {place.scope: place.table.num_rows for place in group.given}
            self._check(part, path, counts)
            record.part = self._store(part, path)
            record.sources = [parts.source_of(place) for place in group.given]
        if group.deleted:
            scopes = [scope for scope, keys in group.deleted for _ in keys]
            keys = [key for _, keys in group.deleted for key in keys]
            table = pa.table(
                [pa.array(scopes, pa.string()), pa.array(keys, pa.string())], schema=changes.DELETED_SCHEMA
            )
            data = formats.encode(table, self._job.format)
            named = tuple(scope for scope, _ in group.deleted)
            path = part_path(deleted, self._job.format, kind="deleted")
            record.deleted = self._store(parts.Part(data, table.num_rows, named), path)
        return record

    def _check(self, part: parts.Part, path: str, counts: Mapping[str, int]) -> None:
        """The checks that the consumer will make."""
        schema = self._binding.schema(self._permit.fields)
        table = formats.decode(part.data, self._job.format, part=path, schema=schema, rows=part.rows)
        parts.check_rows(
            table, part=path, binding=self._binding, counts=counts, scope=self._permit.row_scope, area=self._job.area
        )

    def _store(self, part: parts.Part, path: str) -> Stored:
        entry = parts.entry_of(part, path)
        return Stored(entry, self._ready.write(self._folder / FILES / file_name(path), part.data, job=self._job.id))

    # --- what is kept ----------------------------------------------------------------------------

    def _keep(self, record: _Record, number: int) -> None:
        value = {
            "visited": record.visited,
            "part": _stored_as_json(record.part),
            "deleted": _stored_as_json(record.deleted),
            "sources": [source.model_dump() for source in record.sources],
            "places": [place.model_dump() for place in record.places],
            "held": {scope: held.as_json() for scope, held in record.held.items()},
        }
        write_durably(self._folder / RECORDS / f"{number:05}.json", json.dumps(value).encode())

    def _records(self) -> list[_Record]:
        return [_record_from(_load(path)) for path in sorted((self._folder / RECORDS).glob("*.json"))]

    @staticmethod
    def stored(folder: Path) -> dict[str, Stored]:
        """The finished files of a job's folder, by the name in their address."""
        found = {}
        for path in sorted((folder / RECORDS).glob("*.json")):
            value = _load(path)
            for stored in (_stored_from(value["part"]), _stored_from(value["deleted"])):
                if stored is not None:
                    found[file_name(stored.entry.path)] = stored
        return found

    # --- finishing -------------------------------------------------------------------------------

    def _finish(self, plan: _Plan, records: list[_Record]) -> Job:
        """Sign the manifest, log the export, and only then let it be fetched."""
        held = {scope: one for record in records for scope, one in record.held.items()}
        register = Register(self._station)
        with register.only_one():
            noted = next((one for one in register.sent() if one.get("export") == self._job.id), None)
            sequence = noted["sequence"] if noted else register.next_sequence(self._job.dataset)
            made = self._manifest(plan, records, held, sequence)
            encoded = made.encode()
            sha256 = hashlib.sha256(encoded).hexdigest()
            token = signature.sign_detached(encoded, self._station.message_key(self._agreement), typ=signature.MANIFEST)
            write_durably(self._folder / MANIFEST, self._document(made, token))
            self._require()
            result = {"selection": self._selection(), "places": {scope: one.as_json() for scope, one in held.items()}}
            write_durably(self._folder / RESULT, json.dumps(result).encode())
            if noted is None:
                logged = self._book.write(
                    EXPORTED,
                    agreement=journal.cite(self._agreement),
                    decision={"id": made.decision, "is_permit": True, "clauses": list(self._permit.clauses)},
                    export=self._job.id,
                    operation=self._job.operation,
                    pack=journal.pack_of(made, manifest_sha256=sha256),
                )
                register.note_sent(made, manifest_sha256=sha256, export=self._job.id, log_index=logged.index)
        return self._jobs.move(
            self._job.id,
            State.COMPLETED,
            done=len(plan.scopes),
            of=len(plan.scopes),
            pack=made.pack,
            manifest_sha256=sha256,
            rows=made.rows,
            transaction_time=plan.transaction_time,
        )

    def _manifest(self, plan: _Plan, records: list[_Record], held: Mapping[str, Held], sequence: int) -> Manifest:
        entries = [record.part.entry for record in records if record.part]
        if self._job.since is None and not any(entry.rows for entry in entries):
            raise NothingToSend(dataset=self._job.dataset)
        online = OnlineEntry(
            job=self._job.id,
            format=self._job.format,
            transaction_time=plan.transaction_time,
            since=self._job.since,
            key=self._binding.key,
            deleted=[record.deleted.entry for record in records if record.deleted],
            places=[place for record in records for place in record.places],
            result=result_of((scope, one.rows, one.sha256) for scope, one in held.items()),
        )
        contents = Contents(
            sequence=sequence,
            area=self._job.area,
            fields=list(self._job.fields),
            parts=entries,
            sources=[source for record in records for source in record.sources],
            online=online,
        )
        made = manifest.compose(self._agreement, self._permit, contents)
        manifest.parse(made.encode())  # what the consumer would refuse is not sent
        return made

    def _document(self, made: Manifest, token: str) -> bytes:
        """Members of the FHIR Bulk Data manifest, each file with size and digest, and the signed manifest itself."""
        issuer = self._agreement.parties[self._station.party].node.issuer
        address = f"{issuer}/v1/agreements/{self._agreement.id.rsplit(':', 1)[-1]}/exports"

        def output(entry: PartEntry) -> dict[str, Any]:
            return {
                "type": made.dataset,
                "url": f"{address}/{self._job.id}/files/{file_name(entry.path)}",
                "count": entry.rows,
                "size": entry.size,
                "sha256": entry.sha256,
            }

        online = made.online
        assert online is not None
        return canonical_json.dumps(
            {
                "transactionTime": online.transaction_time,
                "request": address,
                "requiresAccessToken": True,
                "outputFormat": formats.CONTENT_TYPES[Format(online.format)],
                "output": [output(entry) for entry in made.parts],
                "deleted": [output(entry) for entry in online.deleted],
                "error": [],
                "link": [],
                "manifest": made.model_dump(by_alias=True),
                "signature": token,
            }
        )


@dataclass
class _Group:
    """Places that go into one part."""

    visited: int
    given: list[parts.Rows] = field(default_factory=list)
    deleted: list[tuple[str, list[str]]] = field(default_factory=list)
    places: list[PlaceEntry] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    rows: int = 0

    def add(self, scope: str, change: PlaceChange) -> None:
        self.visited += 1
        if change.held is not None:
            self.held[scope] = change.held
        if change.entry is not None:
            self.places.append(change.entry)
        if change.given is not None:
            self.given.append(change.given)
            self.rows += change.given.table.num_rows
        if change.deleted:
            self.deleted.append((scope, change.deleted))
            self.rows += len(change.deleted)


# --- as JSON ---------------------------------------------------------------------------------------------


def _load(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise JobDamaged(file=f"{path.parent.name}/{path.name}") from problem
    return value


def _stored_as_json(stored: Stored | None) -> dict[str, Any] | None:
    return None if stored is None else {"entry": stored.entry.model_dump(), "nonce": stored.nonce.hex()}


def _stored_from(value: Mapping[str, Any] | None) -> Stored | None:
    if value is None:
        return None
    return Stored(PartEntry.model_validate(value["entry"]), bytes.fromhex(value["nonce"]))


def _record_from(value: Mapping[str, Any]) -> _Record:
    return _Record(
        visited=value["visited"],
        part=_stored_from(value["part"]),
        deleted=_stored_from(value["deleted"]),
        sources=[SourceEntry.model_validate(source) for source in value["sources"]],
        places=[PlaceEntry.model_validate(place) for place in value["places"]],
        held={scope: Held.from_json(one) for scope, one in value["held"].items()},
    )
