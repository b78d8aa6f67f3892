"""Exact numbers for every area, level by level: villages are added up, never percentages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from tenun.disclosure.state import ValueState
from tenun.indicators.areas import LEVELS, Area, Level, Places, upwards
from tenun.indicators.definition import Definition, Kind, Source
from tenun.indicators.inputs import Inputs
from tenun.indicators.measure import Counts, Measured, Measurement, Slot

Gap = tuple[ValueState, str]
"""Why a village, or everything in an area, has no number: a state and its reason."""

# What most would help comes first: something not delivered before something not collected.
GAPS: tuple[Gap, ...] = (
    (ValueState.NS, "area_missing"),
    (ValueState.NS, "not_delivered"),
    (ValueState.NS, "not_linked"),
    (ValueState.NS, "source_missing"),
    (ValueState.NC, "field_not_collected"),
)
NO_GAP = len(GAPS)
NEVER = np.int32(2**31 - 1)
"""In place of a date that there is none of."""
_EPOCH = date(1970, 1, 1)
_RANKS = {level: rank for rank, level in enumerate(LEVELS)}

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Cube:
    """What the villages of every area add up to in one indicator, and what is missing from it.

    Arrays have one entry an area in the order of `places`; those of `measured` a column a slot besides.
    """

    definition: Definition
    measured: Measured
    """Sums, of the villages that have numbers."""
    has_numbers: Flags
    """Whether any village of the area has a number."""
    gap: npt.NDArray[np.int8]
    """Place in `GAPS` of the first of the reasons why villages of the area have none; `NO_GAP` where all have one."""
    is_stale: Flags
    """Every delivery in it is older than the indicator's rhythm."""
    is_partly_stale: Flags
    sid_as_of: npt.NDArray[np.int32]
    """The oldest delivery in it, in days since 1970; `NEVER` for none."""
    siapkerja_as_of: date | None

    @property
    def places(self) -> Places:
        return self.measured.places

    @property
    def is_partial(self) -> Flags:
        is_partial: Flags = self.has_numbers & (self.gap != NO_GAP)
        return is_partial

    def exact(self) -> Iterator[tuple[str, Slot, Counts]]:
        """Every number there is, by area and slot: for tests, and nobody else's eyes."""
        for place in np.flatnonzero(self.has_numbers):
            for column, slot in enumerate(self.measured.slots):
                yield self.places.codes[place], slot, self.measured.counts(int(place), column)


class Standing:
    """What every area's sources are like, looked up once for all indicators."""

    def __init__(self, inputs: Inputs, places: Places) -> None:
        self.seekers_as_of = inputs.seekers_as_of
        self.supplied_on: Mapping[str, date | None] = {
            "vacancies": inputs.vacancies_as_of, "trainings": inputs.trainings_as_of,
        }  # fmt: skip
        deliveries = [inputs.deliveries.get(code) for code in places.codes]
        self.has_delivered = np.array([one is not None for one in deliveries], bool)
        self.is_linked = np.array([one is not None and one.is_linked for one in deliveries], bool)
        self.sid_as_of = np.array([NEVER if one is None else _days(one.as_of) for one in deliveries], np.int32)
        self.has_seekers = _covered(places, inputs.seekers_areas)
        self.has_supply: Mapping[str, Flags] = {
            "vacancies": _covered(places, inputs.vacancies_areas),
            "trainings": _covered(places, inputs.trainings_areas),
        }


def build(
    definition: Definition,
    inputs: Inputs,
    measurement: Measurement,
    areas: Mapping[str, Area],
    *,
    reference_date: date,
    standing: Standing | None = None,
) -> Cube:
    """Sums for every area that was listed to the measurement, also those that nothing is known of."""
    places = measurement.places
    assert places.codes == tuple(sorted(areas)), "the areas measured are those added up"
    standing = standing or Standing(inputs, places)
    measured = measurement.run(definition)
    supply = definition.supply
    is_supply = definition.is_of_things and supply is not None
    base = np.flatnonzero(places.rank == _RANKS[Level.REGENCY if is_supply else Level.VILLAGE])
    filled = measurement.filled(definition.needs_filled) if definition.needs_filled else None
    gaps = [] if is_supply else [_gaps(definition, standing, filled)]
    gaps += [] if supply is None else [_supply_gaps(standing, supply)]
    # The first of the reasons is the one to tell.
    gap = np.minimum.reduce(gaps)[base]
    clocks = [] if is_supply else [standing.seekers_as_of]
    clocks += [] if supply is None else [standing.supplied_on[supply]]
    siapkerja_as_of = min((one for one in clocks if one is not None), default=None)
    clock = siapkerja_as_of if Source.SIAPKERJA in definition.sources else None
    sid_as_of = standing.sid_as_of[base] if Source.SID in definition.sources else np.full(len(base), NEVER, np.int32)
    oldest = _days(reference_date - timedelta(days=definition.rhythm.stale_after_days))
    is_old = (sid_as_of < oldest) | (clock is not None and _days(clock) < oldest)
    has = gap == NO_GAP
    has_numbers = _up(places, base, has, np.logical_or, False)
    cube = Cube(
        definition=definition,
        measured=_together(definition, measured, base[has], has_numbers),
        has_numbers=has_numbers,
        gap=_up(places, base, gap, np.minimum, np.int8(NO_GAP)),
        is_stale=_up(places, base[has], is_old[has], np.logical_and, True),
        is_partly_stale=_up(places, base[has], is_old[has], np.logical_or, False),
        sid_as_of=_up(places, base[has], sid_as_of[has], np.minimum, NEVER),
        siapkerja_as_of=clock,
    )
    return _reached(cube) if is_supply else cube


def _together(definition: Definition, measured: Measured, base: npt.NDArray[np.int64], has_numbers: Flags) -> Measured:
    """What the base areas make together. Middles stand as the query told them; the things that persons are divided by
    are those of the regencies that have such persons' numbers."""
    places = measured.places
    told = (measured.numerator, measured.denominator, measured.unknown)
    if definition.kind is Kind.MEDIAN:
        return Measured(places, measured.slots, *(np.where(has_numbers[:, None], one, 0) for one in told))
    numerator, denominator, unknown = (_up(places, base, one[base], np.add, 0) for one in told)
    if definition.kind is Kind.RATIO:
        regencies = np.flatnonzero(has_numbers & (places.rank == _RANKS[Level.REGENCY]))
        denominator = _up(places, regencies, measured.denominator[regencies], np.add, 0)
    return Measured(places, measured.slots, numerator, denominator, unknown)


def summed(places: Places, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers of villages, and for every other area what its villages add up to."""
    base = np.flatnonzero(places.rank == _RANKS[Level.VILLAGE])
    return _up(places, base, numbers[base], np.add, 0)


def _up(
    places: Places, base: npt.NDArray[np.int64], numbers: npt.NDArray[Any], together: np.ufunc, nothing: object
) -> npt.NDArray[Any]:
    """The numbers of the base areas, and of each area around them what those in it make together."""
    found = np.full((len(places.codes), *numbers.shape[1:]), nothing, numbers.dtype)
    at = base
    while len(at):
        together.at(found, at, numbers)
        is_below = places.parent[at] >= 0
        at, numbers = places.parent[at[is_below]], numbers[is_below]
    return found


def _reached(cube: Cube) -> Cube:
    """A supply counts for its regency, for everything within, and once for everything around."""
    places = cube.places
    source = np.arange(len(places.codes))
    for rank in range(_RANKS[Level.REGENCY] - 1, -1, -1):
        here = np.flatnonzero(places.rank == rank)
        source[here] = source[places.parent[here]]
    measured = cube.measured
    return Cube(
        cube.definition,
        Measured(
            places, measured.slots, measured.numerator[source], measured.denominator[source], measured.unknown[source]
        ),
        cube.has_numbers[source],
        cube.gap[source],
        cube.is_stale[source],
        cube.is_partly_stale[source],
        cube.sid_as_of[source],
        cube.siapkerja_as_of,
    )


def _gaps(definition: Definition, standing: Standing, filled: Flags | None) -> npt.NDArray[np.int8]:
    """Why each area, were it a village, has no number; the first that applies."""
    gap = np.full(len(standing.has_delivered), NO_GAP, np.int8)
    if filled is not None:
        _mark(gap, ~filled, (ValueState.NC, "field_not_collected"))
    if "links" in definition.fields:
        _mark(gap, ~standing.is_linked, (ValueState.NS, "not_linked"))
    if Source.SID in definition.sources:
        _mark(gap, ~standing.has_delivered, (ValueState.NS, "not_delivered"))
    if Source.SIAPKERJA in definition.sources:
        _mark(gap, ~standing.has_seekers, (ValueState.NS, "area_missing"))
        if standing.seekers_as_of is None:
            _mark(gap, np.ones(len(gap), bool), (ValueState.NS, "source_missing"))
    return gap


def _supply_gaps(standing: Standing, supply: str) -> npt.NDArray[np.int8]:
    gap = np.full(len(standing.has_delivered), NO_GAP, np.int8)
    _mark(gap, ~standing.has_supply[supply], (ValueState.NS, "area_missing"))
    if standing.supplied_on[supply] is None:
        _mark(gap, np.ones(len(gap), bool), (ValueState.NS, "source_missing"))
    return gap


def _mark(gap: npt.NDArray[np.int8], where: Flags, why: Gap) -> None:
    gap[where] = GAPS.index(why)


def _covered(places: Places, areas: Sequence[str]) -> Flags:
    known = frozenset(areas)
    return np.array([any(around in known for around in upwards(code)) for code in places.codes], bool)


def _days(day: date) -> int:
    return (day - _EPOCH).days
