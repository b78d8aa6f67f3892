"""From one export to the next: what a place needs, given what the consumer holds of it.

What the consumer holds is remembered by the job that gave it (`result.json`), place by place: snapshot, number of
rows and digest. The rows themselves are selected again from that snapshot, which the lake keeps for ever, and
count only when their digest is still the one that was noted; where it is not, the place goes out whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tenun.exchange import parts
from tenun.exchange.manifest import PlaceEntry
from tenun.exchange.refusals import FieldsNotHeld
from tenun.exchange.serving import changes, content
from tenun.lake.store import SnapshotAltered, SnapshotMissing


@dataclass(frozen=True)
class Held:
    """A place as the consumer holds it."""

    snapshot: str
    """The provider's snapshot it was taken from, `layer/dataset/scope/id`."""
    rows: int
    sha256: str

    def as_json(self) -> list[Any]:
        return [self.snapshot, self.rows, self.sha256]

    @classmethod
    def from_json(cls, value: list[Any]) -> Held:
        snapshot, rows, sha256 = value
        return cls(str(snapshot), int(rows), str(sha256))


@dataclass(frozen=True)
class Base:
    """Everything the consumer holds after an earlier export."""

    places: Mapping[str, Held]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Base:
        return cls({scope: Held.from_json(held) for scope, held in value["places"].items()})


@dataclass(frozen=True)
class PlaceChange:
    """What an export says and gives of one place."""

    entry: PlaceEntry | None
    """None: nothing changes, and the place is not named."""
    given: parts.Rows | None
    deleted: list[str]
    held: Held | None
    """Afterwards; none: the place is gone."""

    @classmethod
    def same(cls, held: Held) -> PlaceChange:
        return cls(None, None, [], held)

    @classmethod
    def gone(cls, scope: str, held: Held, *, schema: pa.Schema) -> PlaceChange:
        """The lake has the place no more."""
        nothing = content.sha256(schema.empty_table())
        entry = PlaceEntry(scope=scope, change="gone", base_sha256=held.sha256, rows=0, sha256=nothing)
        return cls(entry, None, [], None)

    @classmethod
    def between(cls, held: Held, now: parts.Rows, *, key: str | None, select: Callable[[str], pa.Table]) -> PlaceChange:
        """What makes of the rows that are held those that are there now."""
        sha256 = content.sha256(now.table)
        if sha256 == held.sha256:
            return cls.same(held)
        before = _rows_held(held, select) if key is not None else None
        if before is None or key is None:
            return place_from_nothing(now)
        change = changes.compare(before, now.table, key=key)
        entry = PlaceEntry(
            scope=now.scope,
            change="rows",
            base_sha256=held.sha256,
            rows=now.table.num_rows,
            sha256=sha256,
        )
        given = parts.Rows(now.scope, now.snapshot, change.rows)
        return cls(entry, given, change.deleted.to_pylist(), Held(now.snapshot.reference, entry.rows, sha256))


def place_from_nothing(now: parts.Rows) -> PlaceChange:
    """A place that goes out whole."""
    sha256, rows = content.sha256(now.table), now.table.num_rows
    entry = PlaceEntry(scope=now.scope, change="whole", base_sha256=None, rows=rows, sha256=sha256)
    return PlaceChange(entry, now, [], Held(now.snapshot.reference, rows, sha256))


def _rows_held(held: Held, select: Callable[[str], pa.Table]) -> pa.Table | None:
    """The rows that the consumer holds; None where they cannot be had any more exactly as they were."""
    try:
        before = select(held.snapshot)
    except (SnapshotMissing, SnapshotAltered, FieldsNotHeld):
        return None
    return before if content.sha256(before) == held.sha256 else None
