"""A provider that exports and a consumer that keeps what came: the consumer's side written here on its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Operation, Permit, Use, allowed_fields, decide
from tenun.agreement.vocabulary import Party
from tenun.exchange import manifest as manifests
from tenun.exchange import signature
from tenun.exchange.binding import binding_of
from tenun.exchange.gate import Gate, GateClosed, OpenGate, Reason
from tenun.exchange.manifest import Manifest, PartEntry, file_name
from tenun.exchange.serving import changes, formats, jobs
from tenun.exchange.serving.exports import Exports
from tenun.exchange.serving.jobs import Job
from tenun.exchange.station import Station, pinned_message_keys
from tenun.kernel import canonical_json
from tests.lib.two_nodes import Nodes


@dataclass(frozen=True)
class Standing:
    """The agreement as it was signed, with no act on it."""

    agreement: Agreement
    state: Any = None


@dataclass
class Switch:
    """A gate that a test closes; `after` lets that many questions pass first."""

    is_shut: bool = False
    after: int | None = None
    reason: Reason = Reason.LEAK

    def epoch(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> str:
        if not self.is_open(agreement=agreement):
            raise GateClosed(scope="all", reason=self.reason)
        return "1"

    def is_open(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> bool:
        if self.after is not None:
            self.after -= 1
            self.is_shut = self.is_shut or self.after < 0
        return not self.is_shut


def exports_of(nodes: Nodes, *, station: Station | None = None, gate: Gate | None = None, **more: Any) -> Exports:
    def standing(_: datetime) -> Standing:
        return Standing(nodes.agreement)

    return Exports(station or nodes.desa, standing, gate or OpenGate(), **more)


def permit_for(
    nodes: Nodes,
    *,
    operation: Operation = Operation.BULK,
    dataset: str = "sid-warga",
    purpose: str = "pemadanan",
    fields: frozenset[str] | None = None,
    area: str | None = None,
) -> Permit:
    terms = nodes.agreement.datasets[dataset]
    station = nodes.of(terms.provider)
    by = terms.consumer
    granted = allowed_fields(nodes.agreement, dataset=dataset, purpose=purpose, operation=operation, by=by)
    use = Use(
        dataset=dataset,
        purpose=purpose,
        operation=operation,
        fields=granted if fields is None else fields,
        by=by,
        moment=nodes.clock.now(),
        earlier=jobs.handed_over(station, dataset=dataset, purpose=purpose, area=area),
    )
    decision = decide(nodes.agreement, use)
    assert isinstance(decision, Permit), decision
    return decision


def finish(exports: Exports, job: Job) -> Job:
    """Let a worker do what there is to do, and give the job as it is then."""
    while exports.run_next() is not None:
        pass
    return exports.job(job.id)


def export(nodes: Nodes, exports: Exports, **asked: Any) -> Job:
    """A whole export: asked for and built."""
    since = asked.pop("since", None)
    operation = Operation.BULK if since is None else Operation.DELTA
    kick = {name: asked.pop(name) for name in ("output_format", "idempotency_key", "client") if name in asked}
    area = asked.get("area")
    permit = permit_for(nodes, operation=operation, **asked)
    job = exports.kick_off(permit, **{"client": "naker", "area": area, "since": since, **kick})
    return finish(exports, job)


def manifest_of(exports: Exports, job: Job) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(exports.manifest(job.id))
    return value


def signed_manifest(nodes: Nodes, exports: Exports, job: Job, *, provider: str = "desa") -> Manifest:
    """The manifest inside, once its signature holds under the provider's pinned key."""
    document = manifest_of(exports, job)
    encoded = canonical_json.dumps(document["manifest"])
    keys = pinned_message_keys(nodes.agreement, Party(provider))
    signature.verify_detached(document["signature"], encoded, keys=keys, typ=signature.MANIFEST)
    return manifests.parse(encoded)


def content_of(exports: Exports, job: Job, entry: PartEntry) -> bytes:
    file = exports.file(job.id, file_name(entry.path))
    with file.open() as handle:
        data = handle.read()
    assert hashlib.sha256(data).hexdigest() == entry.sha256 == file.sha256
    assert len(data) == entry.size == file.size
    return data


@dataclass
class Holding:
    """What a consumer keeps: rows by place, brought up to date by one manifest after another."""

    dataset: str
    fields: frozenset[str]
    places: dict[str, pa.Table] = field(default_factory=dict)
    cursor: str | None = None

    def take(self, nodes: Nodes, exports: Exports, job: Job) -> Manifest:
        """Take an export in, with every proof that its manifest offers."""
        made = signed_manifest(nodes, exports, job, provider=nodes.agreement.datasets[self.dataset].provider)
        online = made.online
        assert online is not None
        assert online.since == self.cursor
        rows = self._rows(exports, job, made)
        gone = self._deleted(exports, job, made)
        for place in online.places:
            if place.change == "gone":
                del self.places[place.scope]
            elif place.change == "whole":
                self.places[place.scope] = rows[place.scope]
            else:
                change = changes.Change(rows[place.scope], pa.array(gone.get(place.scope, []), pa.string()))
                self.places[place.scope] = changes.apply_proved(
                    self.places[place.scope],
                    change,
                    key=str(online.key),
                    scope=place.scope,
                    base_sha256=place.base_sha256,
                    rows=place.rows,
                    sha256=place.sha256,
                )
        assert online.result.rows == sum(table.num_rows for table in self.places.values())
        assert online.result.places == len(self.places)
        self.cursor = online.transaction_time
        return made

    def as_rows(self) -> dict[str, list[dict[str, Any]]]:
        return {scope: table.to_pylist() for scope, table in self.places.items()}

    def _rows(self, exports: Exports, job: Job, made: Manifest) -> dict[str, pa.Table]:
        schema = binding_of(self.dataset).schema(self.fields)
        counts = {source.scope: source.rows for source in made.sources}
        found: dict[str, pa.Table] = {}
        for entry in made.parts:
            data = content_of(exports, job, entry)
            table = formats.decode(data, made.format, part=entry.path, schema=schema, rows=entry.rows)
            start = 0
            for scope in entry.scopes:
                found[scope] = table.slice(start, counts[scope])
                start += counts[scope]
        return found

    def _deleted(self, exports: Exports, job: Job, made: Manifest) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        assert made.online is not None
        for entry in made.online.deleted:
            data = content_of(exports, job, entry)
            table = formats.decode(data, made.format, part=entry.path, schema=changes.DELETED_SCHEMA, rows=entry.rows)
            for row in table.to_pylist():
                found.setdefault(row["scope"], []).append(row["key"])
        return found


def plain_tree(folder: Any) -> bytes:
    """Every byte of every file below a folder, one after the other."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
