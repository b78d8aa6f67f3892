"""The kept reports and one pair's steps, as a page shows them. Reads counts, charts and pseudonyms; no identifier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pyarrow.compute as pc
from django.conf import settings

from tenun.lake.snapshot import Layer
from tenun.lake.store import SnapshotMissing
from tenun.linkage import crosswalk, waterfall
from tenun.linkage.reasons import Words
from tenun.linkage.report import keeping
from tenun.linkage.report.document import Document, Section, Table
from tenun.linkage.report.keeping import Report
from tenun.linkage.waterfall import Step
from tenun.portal.access import Scope

# Tables whose rows are areas: an account sees those of its own area.
AREA_TABLES = frozenset({"regencies", "districts", "villages", "left_out", "self_test"})
# On the page of the model; the report has them too.
MODEL_TABLES = ("rules", "thresholds")


def report(id: str | None = None) -> Report:
    """The report of one crosswalk, or the newest. Raises `SnapshotMissing`, `SnapshotAltered`, `ReportUnreadable`."""
    lake = settings.NODE.lake
    return keeping.current(lake) if id is None else keeping.of_crosswalk(lake, id)


def id_of(document: Document) -> str:
    """The snapshot id of the crosswalk that a report tells of."""
    return document.crosswalk.rpartition("/")[2]


def others(document: Document) -> list[str]:
    """Ids of the other crosswalks that there is a report of, the newest first."""
    found = settings.NODE.lake.history(layer=Layer.LINK, dataset=keeping.DATASET, scope=crosswalk.SCOPE)
    ids = {str(one.details["crosswalk"]).rpartition("/")[2] for one in found}
    return sorted(ids - {id_of(document)}, reverse=True)


def within(document: Document, scope: Scope) -> Document:
    """The report without the rows about areas that the account may not see."""
    if scope.is_national:
        return document
    return replace(document, sections=tuple(_within(section, scope) for section in document.sections))


def _within(section: Section, scope: Scope) -> Section:
    return replace(section, tables=tuple(_rows_within(table, scope) for table in section.tables))


def _rows_within(table: Table, scope: Scope) -> Table:
    if table.code not in AREA_TABLES:
        return table
    return replace(table, rows=tuple(row for row in table.rows if _is_open(row[0].text, scope)))


def _is_open(name: Words | None, scope: Scope) -> bool:
    code = name.id.split(" ", 1)[0] if name is not None else ""
    is_area = code[:1].isdigit() and "." in code
    return scope.covers(code.rstrip(":")) if is_area else True


def tables(document: Document, codes: Iterable[str]) -> list[Table]:
    return [table for table in document.tables() if table.code in codes]


def level_tables(document: Document) -> list[Table]:
    return [table for table in document.tables() if table.code.startswith("levels_")]


@dataclass(frozen=True)
class Pair:
    """A row of the crosswalk, with the steps that led to its weight."""

    seeker_id: str
    person_id: str
    match_class: str
    village_code: str
    probability: float
    steps: tuple[Step, ...]


def pair(seeker_id: str, person_id: str, scope: Scope) -> Pair:
    """Raises `SnapshotMissing` where the crosswalk in use has no such pair or no report, or it lies outside `scope`."""
    lake = settings.NODE.lake
    found = crosswalk.current(lake)
    missing = SnapshotMissing(layer=Layer.LINK, dataset=keeping.DATASET, scope=crosswalk.SCOPE)
    document = report(found.id).document
    rows = lake.read(found, crosswalk.TABLE).filter(
        (pc.field("seeker_id") == seeker_id) & (pc.field("person_id") == person_id)
    )
    if rows.num_rows != 1:
        raise missing
    (row,) = rows.to_pylist()
    if not scope.covers(row["village_code"] or ""):
        raise missing
    made = waterfall.steps(
        row["reasons"],
        row["weight"],
        m_u=document.model["m_u"],
        prior=document.model["prior"],
        second_account_bits=document.model["second_account_bits"],
    )
    return Pair(seeker_id, person_id, row["match_class"], row["village_code"] or "", row["probability"] or 0.0, made)


@dataclass(frozen=True)
class Bar:
    """A step drawn on a scale of 0 to 100."""

    step: Step
    left: float
    width: float
    middle: float
    """Where nought is."""
    is_against: bool


def bars(steps: tuple[Step, ...]) -> list[Bar]:
    ends = [(0.0 if step.is_total else step.sum - step.weight, step.sum) for step in steps]
    low = min(0.0, *(min(pair) for pair in ends))
    high = max(0.0, *(max(pair) for pair in ends))
    scale = 100 / max(high - low, 1e-9)
    return [
        Bar(
            step,
            round((min(start, end) - low) * scale, 2),
            round(max(abs(end - start) * scale, 0.4), 2),
            round(-low * scale, 2),
            step.weight < 0,
        )
        for step, (start, end) in zip(steps, ends, strict=True)
    ]
