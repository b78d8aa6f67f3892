"""Tables with a few rows a village, kept by regency: from new rows and what is there already to a snapshot.

An answer speaks for one village, never for its neighbours. So a delivery is laid over the snapshot that
is current, and a village that no new answer speaks for keeps what it had: a refusal, a night when the
service was down, or half a download takes nothing away. Which day each village's rows are of is kept
beside them (table `answered`), so that late news is not taken for newer news.

Kept by regency and not by village, because 75,000 snapshots of one row each cost more to write and to
find than they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from tenun.kernel import canonical_json
from tenun.lake.snapshot import Layer, Origin, Snapshot, SourceFile
from tenun.lake.store import Lake, SnapshotMissing
from tenun.registry.table import Table
from tenun.sources import answers, publish
from tenun.sources.answers import Progress
from tenun.sources.reading import Source

Row = tuple[Any, ...]
"""A row of the core table, in the order of its columns."""


Subject = tuple[str, int | None]
"""What answers speak for: a village, and the year where there is one."""

ANSWERED = "answered"
_ANSWERED_COLUMNS: Mapping[str, pa.DataType] = {
    "village_code": pa.string(),
    "year": pa.int32(),
    "as_of": pa.date32(),
}


@dataclass(frozen=True)
class Kept:
    """How one kind of village table is kept."""

    dataset: str
    table_name: str
    table: Table
    recipe: str
    format: str
    key: Callable[[Row], Row]
    """What tells a row from every other; rows lie in its order."""
    subject: Callable[[Row], Subject]
    """What a row speaks for: new rows of a subject replace all its old ones."""


@dataclass
class RegencyRows:
    """What one delivery says about one regency."""

    rows: list[Row] = field(default_factory=list)
    raw: list[tuple[str, int, bytes]] = field(default_factory=list)
    sources: dict[str, SourceFile] = field(default_factory=dict)

    def keep(self, source: Source, row: int, packed: bytes, *, format: str) -> None:
        """Remember an answer as it came (`Answer.packed`)."""
        self.raw.append((source.sha256, row, packed))
        self.sources.setdefault(source.sha256, source.as_source_file(format))

    def raw_table(self) -> pa.Table:
        return answers.raw_table(self.raw)


def report_name(kept: Kept, digests: Sequence[str]) -> str:
    """Name of the list of problems of a delivery: the same files give the same name."""
    return f"{kept.dataset}-{canonical_json.digest(list(digests))[:12]}"


def regency_of(village_code: str) -> str:
    """`52.01` of `52.01.14.2005`: the scope under which a village's row is kept."""
    return village_code[:5]


@dataclass(frozen=True)
class Dating:
    """Which day the rows are of: the one that was given, else the one that the rows tell."""

    given: date | None
    told: Callable[[Sequence[Row]], date]


def lay_over(
    lake: Lake,
    kept: Kept,
    delivered: Mapping[str, RegencyRows],
    *,
    dating: Dating,
    editions: Mapping[str, str],
    details: Callable[[Sequence[Row]], Mapping[str, Any]],
    progress: Progress | None = None,
) -> tuple[list[Snapshot], bool]:
    """Publish each regency. Gives the snapshots that hold it now, and whether any of them is new."""
    snapshots, is_new = [], False
    for number, regency in enumerate(sorted(delivered), start=1):
        snapshot, was_made = _lay_over_one(lake, kept, regency, delivered[regency], dating, editions, details)
        snapshots.append(snapshot)
        is_new = is_new or was_made
        if progress is not None:
            progress("Menyimpan / storing", number, len(delivered))
    return snapshots, is_new


def keep_raw(lake: Lake, kept: Kept, scope: str, delivered: RegencyRows, *, as_of: date) -> Snapshot:
    """The answers as they came, sealed. The same answers of the same files are there once."""
    origin = Origin(
        recipe=publish.RAW_RECIPE, sources=tuple(delivered.sources.values()), settings={"answers": len(delivered.raw)}
    )
    there = lake.find(layer=Layer.RAW, dataset=kept.dataset, scope=scope, origin=origin)
    return there or lake.publish(
        layer=Layer.RAW,
        dataset=kept.dataset,
        scope=scope,
        as_of=as_of,
        origin=origin,
        tables={publish.RAW_TABLE: delivered.raw_table()},
    )


def _lay_over_one(
    lake: Lake,
    kept: Kept,
    regency: str,
    delivered: RegencyRows,
    dating: Dating,
    editions: Mapping[str, str],
    details: Callable[[Sequence[Row]], Mapping[str, Any]],
) -> tuple[Snapshot, bool]:
    there = _current(lake, kept, regency)
    old = _rows_of(lake, there, kept) if there is not None else []
    days = _days_of(lake, there, {kept.subject(row) for row in old}) if there is not None else {}
    day = dating.given or dating.told(delivered.rows)
    subjects = {kept.subject(row) for row in delivered.rows}
    # The same files again, without a day given, are no newer for having been named once more.
    came_before = there is not None and dating.given is None and _came_before(lake, there, delivered)
    newer = {each for each in subjects if each not in days or (not came_before and days[each] <= day)}
    rows = sorted(
        [
            *(row for row in old if kept.subject(row) not in newer),
            *(row for row in delivered.rows if kept.subject(row) in newer),
        ],
        key=kept.key,
    )
    days_now = days | dict.fromkeys(newer, day)
    if there is not None and (rows, days_now) == (old, days):
        return there, False
    as_of = max(days_now.values())
    raw = keep_raw(lake, kept, regency, delivered, as_of=day)
    snapshot = lake.publish(
        layer=Layer.CORE,
        dataset=kept.dataset,
        scope=regency,
        as_of=as_of,
        origin=Origin(
            recipe=kept.recipe,
            sources=tuple(delivered.sources.values()),
            inputs=(raw.reference, *((there.reference,) if there is not None else ())),
            editions=editions,
        ),
        tables={kept.table_name: _as_table(rows, kept.table), ANSWERED: _answered_table(days_now)},
        details={**details(rows), "raw": raw.reference},
    )
    return snapshot, True


def _came_before(lake: Lake, there: Snapshot, delivered: RegencyRows) -> bool:
    """Was this very delivery laid in already?"""
    return any(
        delivered.sources.keys() <= {source.sha256 for source in snapshot.origin.sources}
        for snapshot in lake.history(layer=there.layer, dataset=there.dataset, scope=there.scope)
    )


def _current(lake: Lake, kept: Kept, regency: str) -> Snapshot | None:
    try:
        return lake.current(layer=Layer.CORE, dataset=kept.dataset, scope=regency)
    except SnapshotMissing:
        return None


# --- tables ------------------------------------------------------------------------------------


def _rows_of(lake: Lake, snapshot: Snapshot, kept: Kept) -> list[Row]:
    table = lake.read(snapshot, kept.table_name)
    return list(zip(*(table.column(name).to_pylist() for name in kept.table.names()), strict=True))


def _days_of(lake: Lake, snapshot: Snapshot, subjects: set[Subject]) -> dict[Subject, date]:
    """The day of every subject; a snapshot that another node handed over tells one day for all."""
    if ANSWERED not in snapshot.tables:
        return dict.fromkeys(subjects, snapshot.as_of)
    rows = lake.read(snapshot, ANSWERED).to_pylist()
    return {(row["village_code"], row["year"]): row["as_of"] for row in rows}


def _as_table(rows: Sequence[Row], table: Table) -> pa.Table:
    schema = table.schema()
    columns = dict(zip(schema.names, zip(*rows, strict=True), strict=True))
    return pa.table({name: list(values) for name, values in columns.items()}, schema=schema)


def _answered_table(days: Mapping[Subject, date]) -> pa.Table:
    ordered = sorted(days, key=lambda subject: (subject[0], subject[1] or 0))
    return pa.table(
        {
            "village_code": [village for village, _ in ordered],
            "year": [year for _, year in ordered],
            "as_of": [days[subject] for subject in ordered],
        },
        schema=pa.schema(_ANSWERED_COLUMNS),
    )
