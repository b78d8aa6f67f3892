"""Exact numbers for every area, level by level: villages are added up, never percentages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Area, Level, level_of, upwards
from tenun.indicators.definition import Definition, Kind, Source
from tenun.indicators.inputs import Inputs, is_covered
from tenun.indicators.measure import TOTAL, Counts, Measurement, Slot, empty

Gap = tuple[ValueState, str]
"""Why a village, or everything in an area, has no number: a state and its reason."""


@dataclass
class Sum:
    """What the villages of an area add up to, and what is missing from it."""

    slots: dict[Slot, Counts] = field(default_factory=dict)
    """Empty when no village of the area has a number."""
    gaps: set[Gap] = field(default_factory=set)
    """Of the villages that have none."""
    dates: set[tuple[date | None, bool]] = field(default_factory=set)
    """Date of each village's delivery, and whether it is older than the indicator's rhythm."""

    @property
    def has_numbers(self) -> bool:
        return bool(self.slots)

    @property
    def total(self) -> Counts:
        return self.slots[TOTAL]

    @property
    def gap(self) -> Gap:
        """For an area without numbers: what most would help. Something not delivered comes before not collected."""
        return min(self.gaps, key=lambda gap: (_URGENCY[gap[0]], gap[1]))

    @property
    def is_partial(self) -> bool:
        return bool(self.gaps) and self.has_numbers

    @property
    def is_stale(self) -> bool:
        return all(is_old for _, is_old in self.dates)

    @property
    def is_partly_stale(self) -> bool:
        return any(is_old for _, is_old in self.dates)

    @property
    def sid_as_of(self) -> date | None:
        """The oldest delivery in it."""
        return min((one for one, _ in self.dates if one is not None), default=None)


_URGENCY = {ValueState.NS: 0, ValueState.NC: 1}


@dataclass(frozen=True)
class Cube:
    """The sums of one indicator by area, and the areas in the order of their codes."""

    definition: Definition
    sums: Mapping[str, Sum]
    siapkerja_as_of: date | None


def build(
    definition: Definition, inputs: Inputs, measurement: Measurement, areas: Mapping[str, Area], *, reference_date: date
) -> Cube:
    """Sums for every area that the indicator is made for, also those that nothing is known of."""
    measured = measurement.run(definition)
    oldest = reference_date - timedelta(days=definition.rhythm.stale_after_days)
    is_supply = definition.kind is Kind.SUPPLY
    siapkerja_as_of = inputs.vacancies_as_of if is_supply else inputs.seekers_as_of
    clock = siapkerja_as_of if Source.SIAPKERJA in definition.sources else None
    bases = [code for code in areas if level_of(code) is (Level.REGENCY if is_supply else Level.VILLAGE)]
    filled = measurement.filled(definition.needs_filled) if definition.needs_filled else {}
    sums: dict[str, Sum] = {code: Sum() for code in areas}
    for code in bases:
        delivery = inputs.deliveries.get(code) if Source.SID in definition.sources else None
        gap = _supply_gap(inputs, code) if is_supply else _gap(definition, inputs, code, filled)
        sid_as_of = delivery.as_of if delivery is not None else None
        is_old = any(one is not None and one < oldest for one in (sid_as_of, clock))
        slots = measured.get(code) or empty(definition)
        for around in _reached(code, areas) if is_supply else upwards(code):
            _add(sums[around], slots, gap, (sid_as_of, is_old))
    return Cube(definition, sums, clock)


def _add(sum_: Sum, slots: Mapping[Slot, Counts], gap: Gap | None, dated: tuple[date | None, bool]) -> None:
    if gap is not None:
        sum_.gaps.add(gap)
        return
    for slot, counts in slots.items():
        sum_.slots[slot] = sum_.slots.get(slot, Counts()) + counts
    sum_.dates.add(dated)


def _gap(definition: Definition, inputs: Inputs, village: str, filled: Mapping[str, bool]) -> Gap | None:
    delivery = inputs.deliveries.get(village)
    if Source.SIAPKERJA in definition.sources and inputs.seekers_as_of is None:
        return ValueState.NS, "source_missing"
    if Source.SIAPKERJA in definition.sources and not is_covered(village, inputs.seekers_areas):
        return ValueState.NS, "area_missing"
    if Source.SID in definition.sources and delivery is None:
        return ValueState.NS, "not_delivered"
    if "links" in definition.fields and (delivery is None or not delivery.is_linked):
        return ValueState.NS, "not_linked"
    if definition.needs_filled and not filled.get(village, False):
        return ValueState.NC, "field_not_collected"
    return None


def _supply_gap(inputs: Inputs, regency: str) -> Gap | None:
    if inputs.vacancies_as_of is None:
        return ValueState.NS, "source_missing"
    return None if is_covered(regency, inputs.vacancies_areas) else (ValueState.NS, "area_missing")


def _reached(regency: str, areas: Iterable[str]) -> Iterable[str]:
    """A supply counts for its regency, for everything within, and once for everything around."""
    return [*upwards(regency), *(code for code in areas if code.startswith(f"{regency}."))]
