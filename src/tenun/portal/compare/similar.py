"""Which villages are similar, by a rule that anyone can follow by hand.

Six questions, each answered yes, no or not known; only figures that are shown are used, so that the order of the
villages tells nothing of a hidden one. The more answers are yes, the more similar; among equals the one whose number
of adults is nearer comes first, then one of the same regency, then the lower code. Candidates are villages with
data in the same province and in the account's area.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import inf, log

from tenun.indicators.areas import Area, Level, level_of, upwards
from tenun.indicators.results import Value
from tenun.lake.snapshot import Layer
from tenun.lake.store import Lake, SnapshotMissing
from tenun.portal.figures import Figures
from tenun.registry.reference import disadvantaged
from tenun.sources.kemendesa import idm

SIZE_LIMITS = (500, 1000, 2000, 4000)
"""Adults: below 500, 500 to 999, and so on."""
SCHOOLING_POINTS = 5.0
"""Shares of adults with upper secondary school that lie at most so far apart are alike."""
FIRST_CITY = 71
"""Regencies of a province are numbered from 01, cities from 71 (Kemendagri)."""
ADULTS, SCHOOLING = "A1", "A3"


class RegencyKind(StrEnum):
    REGENCY = "kabupaten"
    CITY = "kota"


class VillageKind(StrEnum):
    DESA = "desa"
    KELURAHAN = "kelurahan"
    ADAT = "desa adat"


_BY_DIGIT = {"1": VillageKind.KELURAHAN, "2": VillageKind.DESA, "3": VillageKind.ADAT}


@dataclass(frozen=True)
class Traits:
    """What the rule looks at. None: not known, or not shown."""

    code: str
    regency_kind: RegencyKind
    village_kind: VillageKind | None
    adults: float | None
    schooling: float | None
    """Per cent."""
    index_status: str | None
    """Status of the village development index, as Kemendesa published it last."""
    is_disadvantaged: bool | None
    """None where no list of disadvantaged regencies is in force on the day."""

    @property
    def size_class(self) -> int | None:
        """0 below the first limit."""
        return None if self.adults is None else bisect_right(SIZE_LIMITS, self.adults)


class Question(StrEnum):
    """In the order of the page."""

    REGENCY_KIND = "regency_kind"
    VILLAGE_KIND = "village_kind"
    INDEX_STATUS = "index_status"
    DISADVANTAGED = "disadvantaged"
    SIZE = "size"
    SCHOOLING = "schooling"


_ASKED: Mapping[Question, Callable[[Traits], object]] = {
    Question.REGENCY_KIND: lambda one: one.regency_kind,
    Question.VILLAGE_KIND: lambda one: one.village_kind,
    Question.INDEX_STATUS: lambda one: one.index_status,
    Question.DISADVANTAGED: lambda one: one.is_disadvantaged,
    Question.SIZE: lambda one: one.size_class,
}


def answers(one: Traits, other: Traits) -> Mapping[Question, bool | None]:
    """Whether both are alike, question by question; None where it is not known of one of them."""
    found: dict[Question, bool | None] = {
        question: None if ask(one) is None or ask(other) is None else ask(one) == ask(other)
        for question, ask in _ASKED.items()
    }
    is_known = one.schooling is not None and other.schooling is not None
    found[Question.SCHOOLING] = (
        abs((one.schooling or 0) - (other.schooling or 0)) <= SCHOOLING_POINTS if is_known else None
    )
    return found


def order(one: Traits, candidates: Sequence[Traits]) -> list[Traits]:
    """The candidates, the most similar first."""

    def rank(other: Traits) -> tuple[int, float, bool, str]:
        yes = sum(1 for answer in answers(one, other).values() if answer)
        is_near = other.code.rpartition(".")[0].rpartition(".")[0] == one.code.rpartition(".")[0].rpartition(".")[0]
        return -yes, _distance(one.adults, other.adults), not is_near, other.code

    return sorted((other for other in candidates if other.code != one.code), key=rank)


def _distance(one: float | None, other: float | None) -> float:
    """How many times one number of adults is the other, as a logarithm."""
    return abs(log(one / other)) if one and other else inf


def nearest(figures: Figures, lake: Lake, village: Area, *, without: Sequence[str], count: int) -> list[Area]:
    """The most similar villages that have data, at most `count`; none of `without`."""
    province = next(code for code in upwards(village.code) if level_of(code) is Level.PROVINCE)
    within = province if figures.scope.covers(province) else figures.scope.area_code
    delivered = [one.village_code for one in figures.villages(within) if one.has_delivered]
    wanted = [code for code in delivered if code not in without]
    known = traits(figures, lake, within, [village.code, *wanted])
    found = order(known[village.code], [known[code] for code in wanted if code != village.code])
    return [figures.area(one.code) for one in found[:count]]


def traits(figures: Figures, lake: Lake, within: str, codes: Sequence[str]) -> dict[str, Traits]:
    """What is known of those villages, all of them inside `within`."""
    adults = _figures(figures, ADULTS, within)
    schooling = _figures(figures, SCHOOLING, within)
    statuses: dict[str, str | None] = {}
    for regency in sorted({_regency(code) for code in codes}):
        statuses |= index_statuses(lake, regency)
    day = figures.release.reference_date
    return {
        code: Traits(
            code=code,
            regency_kind=RegencyKind.CITY if int(code.split(".")[1]) >= FIRST_CITY else RegencyKind.REGENCY,
            village_kind=_BY_DIGIT.get(code.rpartition(".")[2][0]),
            adults=adults.get(code),
            schooling=schooling.get(code),
            index_status=statuses.get(code),
            is_disadvantaged=_is_disadvantaged(code, day),
        )
        for code in codes
    }


def index_statuses(lake: Lake, regency: str) -> dict[str, str | None]:
    """Village -> its status in the latest year that Kemendesa has told; empty where this node holds nothing of it."""
    try:
        snapshot = lake.current(layer=Layer.CORE, dataset=idm.KEPT.dataset, scope=regency)
    except SnapshotMissing:
        return {}
    rows = lake.read(snapshot, idm.KEPT.table_name, ["village_code", "year", "status"]).to_pylist()
    return {row["village_code"]: row["status"] for row in sorted(rows, key=lambda row: row["year"])}


def _figures(figures: Figures, indicator: str, within: str) -> dict[str, float | None]:
    if indicator not in figures.definitions:
        return {}
    found: Sequence[Value] = figures.ranking(indicator, Level.VILLAGE, within=within)
    return {value.area_code: value.value for value in found}


def _regency(code: str) -> str:
    return ".".join(code.split(".")[:2])


def _is_disadvantaged(code: str, day: date) -> bool | None:
    return None if disadvantaged.listing_on(day) is None else disadvantaged.is_disadvantaged(code, on=day)
