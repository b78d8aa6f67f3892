"""Which villages delivered, how old it is, and which were left out: the same list for figure, page and file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tenun.indicators.areas import Area, upwards
from tenun.indicators.results import Coverage, Value
from tenun.portal.figures import Figures

MATCH = "G1"
COMPLETENESS = "G2"


class Delivery(StrEnum):
    """Where a village stands with its data. A village is in exactly one of these."""

    FRESH = "segar"
    OLD = "lama"
    """Older than the rhythm in which the register is to be renewed."""
    LEFT_OUT = "dikeluarkan"
    """Its data lies here and may not be used: held longer than agreed, ordered to be deleted, quarantined."""
    MISSING = "belum"
    """No file of its register has arrived."""


@dataclass(frozen=True)
class Village:
    code: str
    name: str
    delivery: Delivery
    coverage: Coverage
    age_days: int | None
    """Between the date of its data and the date of the figures; none where there is no data."""
    left_out_for: Sequence[str]
    """Codes of the reasons why its data may not be used."""


@dataclass(frozen=True)
class Part:
    """An area inside the one shown, with its villages counted by delivery."""

    area: Area
    counts: Mapping[Delivery, int]
    oldest_days: int | None
    completeness: Value | None
    match: Value | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def delivered(self) -> int:
        return self.counts[Delivery.FRESH] + self.counts[Delivery.OLD]

    @property
    def missing(self) -> int:
        return self.counts[Delivery.MISSING]

    @property
    def left_out(self) -> int:
        return self.counts[Delivery.LEFT_OUT]


def of_area(figures: Figures, area_code: str) -> list[Village]:
    """Every village of the area that is to deliver, by code."""
    held_back = figures.left_out(area_code)
    old_after = _old_after_days(figures)
    return [
        _village(figures, one, held_back.get(one.village_code, ()), old_after) for one in _covered(figures, area_code)
    ]


def counted(found: Sequence[Village]) -> Mapping[Delivery, int]:
    counts = Counter(village.delivery for village in found)
    return {delivery: counts[delivery] for delivery in Delivery}


def only(found: Sequence[Village], delivery: Delivery | None) -> list[Village]:
    return [village for village in found if delivery is None or village.delivery is delivery]


def parts(figures: Figures, area_code: str, found: Sequence[Village]) -> list[Part]:
    """The areas directly inside, each with its own villages of the list. Empty for a village."""
    inside: dict[str, list[Village]] = {area.code: [] for area in figures.children(area_code)}
    for village in found:
        child = next((code for code in upwards(village.code) if code in inside), None)
        if child is not None:
            inside[child].append(village)
    return [_part(figures, figures.area(code), villages) for code, villages in inside.items() if villages]


def shown(figures: Figures, indicator: str, area_code: str) -> Value | None:
    return figures.value(indicator, area_code) if indicator in figures.definitions else None


def _covered(figures: Figures, area_code: str) -> list[Coverage]:
    return sorted(figures.villages(area_code), key=lambda one: one.village_code)


def _old_after_days(figures: Figures) -> int | None:
    definition = figures.definitions.get(COMPLETENESS)
    return definition.rhythm.stale_after_days if definition is not None else None


def _village(figures: Figures, one: Coverage, reasons: Sequence[str], old_after: int | None) -> Village:
    age = (figures.release.reference_date - one.sid_as_of).days if one.sid_as_of else None
    if reasons:
        delivery = Delivery.LEFT_OUT
    elif age is None:
        delivery = Delivery.MISSING
    else:
        delivery = Delivery.OLD if old_after is not None and age > old_after else Delivery.FRESH
    return Village(one.village_code, figures.area(one.village_code).name, delivery, one, age, tuple(reasons))


def _part(figures: Figures, area: Area, villages: Sequence[Village]) -> Part:
    return Part(
        area=area,
        counts=counted(villages),
        oldest_days=max((village.age_days for village in villages if village.age_days is not None), default=None),
        completeness=shown(figures, COMPLETENESS, area.code),
        match=shown(figures, MATCH, area.code),
    )
