"""One pair as a page shows it: row by row, covered where nobody has asked for more."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from functools import cache

from django.utils.translation import gettext as _

from tenun.linkage.model import Model
from tenun.linkage.review import evidence
from tenun.linkage.review.desk import Task
from tenun.linkage.review.evidence import Finding
from tenun.linkage.review.persons import COVERED, Record, Records
from tenun.node.home import reference_folder
from tenun.portal import words
from tenun.portal.review import wording
from tenun.registry.reference.regions import Regions

# Field of the page -> field of the comparison.
FIELDS = {
    "full_name": "name",
    "birth_date": "birth_date",
    "nik": "nik",
    "sex": "sex",
    "village": "village",
    "address": "address",
}
# Weights beyond this fill the bar; a name rarer than that is no stronger to the eye.
BAR_MAX = 12.0


@dataclass(frozen=True)
class Bar:
    """A weight drawn from the middle: to the right for one person, to the left against. In units of 0 to 100."""

    left: float
    width: float
    is_against: bool


@dataclass(frozen=True)
class Cell:
    text: str
    is_covered: bool
    is_missing: bool


@dataclass(frozen=True)
class Row:
    field: str
    name: str
    resident: Cell
    account: Cell
    said: str
    """The outcome of the comparison in words; empty where it was not compared."""
    weight: str
    bar: Bar | None

    @property
    def may_be_revealed(self) -> bool:
        return self.resident.is_covered or self.account.is_covered


def rows(task: Task, records: Records, model: Model | None, *, revealed: Set[str]) -> list[Row]:
    """The rows in the order that a reviewer reads them."""
    found = evidence.of(task.candidate.reasons, model)
    return [
        _row(name, records, found.fields.get(compared), is_revealed=name in revealed)
        for name, compared in FIELDS.items()
    ]


def held_back(task: Task) -> list[str]:
    return [wording.said(one.words) for one in evidence.of(task.candidate.reasons, None).held_back]


def _row(name: str, records: Records, finding: Finding | None, *, is_revealed: bool) -> Row:
    known = finding.weight if finding is not None else None
    return Row(
        field=name,
        name=wording.field(name),
        resident=_cell(records.resident, name, is_revealed=is_revealed),
        account=_cell(records.account, name, is_revealed=is_revealed),
        said=wording.said(finding.words) if finding is not None else "",
        weight=wording.weight(known) if known is not None else "",
        bar=_bar(known) if known is not None else None,
    )


def _cell(record: Record, name: str, *, is_revealed: bool) -> Cell:
    if name == "sex":
        return Cell(wording.sex(record.sex), False, record.sex is None)
    if name == "village":
        text = place(record)
        return Cell(text or _("not there"), False, not text)
    if name not in COVERED or record.masked(name) is None:
        return Cell(_("not there"), False, True)
    if is_revealed:
        return Cell(wording.shown(record, name), False, False)
    return Cell(record.masked(name) or "", True, False)


def _bar(weight: float) -> Bar:
    width = min(abs(weight), BAR_MAX) / BAR_MAX * 50
    return Bar(50 - width if weight < 0 else 50.0, width, weight < 0)


def place(record: Record) -> str:
    """The village with its district and regency, or as much as the record says."""
    code = record.village_code or record.regency_code or ""
    path = _regions().path(code)
    named = [words.area_title(region.code, region.name) for region in reversed(path[1:])]
    return ", ".join(named) or code


def area(code: str) -> str:
    """The name of a region with what it is; empty where there is none of that code."""
    path = _regions().path(code)
    return words.area_title(path[-1].code, path[-1].name) if path else ""


@cache
def _regions() -> Regions:
    return Regions.load(reference_folder())
