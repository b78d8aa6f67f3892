"""What may be said of every figure of an indicator taken alone: `disclosure.profile` over arrays.

The rules are those of `judge_count` and `judge_rate`, to the letter; a test holds the two against each other. Arrays
have one row an area and one column a slot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from tenun.disclosure.network import UNBOUNDED
from tenun.disclosure.profile import DisclosureClass, Judgement, Profile
from tenun.disclosure.state import ValueState
from tenun.indicators.areas import LEVELS, Level
from tenun.indicators.cube import GAPS, NO_GAP, Cube
from tenun.indicators.definition import Kind

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

STATES = tuple(ValueState)
REASONS: tuple[str | None, ...] = (
    None,
    "area_missing",
    "not_delivered",
    "not_linked",
    "source_missing",
    "field_not_collected",
    "level_too_low",
    "population_small",
    "denominator_small",
    "small_count",
    "small_rest",
    "match_rate_low",
    "unknown_high",
    "incomplete",
    "protects_others",
    "stale",
    "partial",
    "some_stale",
    "nothing_there",
)
"""Why, in the order of their codes in memory. Files carry the words."""
STATE = {state: np.int8(code) for code, state in enumerate(STATES)}
REASON = {reason: np.int8(code) for code, reason in enumerate(REASONS)}
SHOWN = np.array([state.has_value for state in STATES])
DOUBT_REASONS = ("match_rate_low", "unknown_high", "incomplete", "nothing_there")
DOUBTS = np.array([REASON[one] for one in DOUBT_REASONS])
VILLAGE = LEVELS.index(Level.VILLAGE)


@dataclass(eq=False)
class Judgements:
    """As `disclosure.profile.Judgement`, over arrays; `high` is `UNBOUNDED` where that has none."""

    state: npt.NDArray[np.int8]
    reason: npt.NDArray[np.int8]
    low: Numbers
    high: Numbers
    need_low: Numbers
    need_high: Numbers

    @classmethod
    def of(cls, need_low: Numbers, need_high: Numbers) -> Judgements:
        """Everything shown, until something is said against it."""
        shape = need_low.shape
        ok = np.full(shape, STATE[ValueState.OK])
        return cls(ok, np.zeros(shape, np.int8), np.zeros(shape, np.int64), np.full(shape, UNBOUNDED),
                   need_low, need_high)  # fmt: skip

    def say(
        self,
        where: Flags,
        state: ValueState,
        reason: str | None,
        low: Numbers | int = 0,
        high: Numbers | int = UNBOUNDED,
    ) -> None:
        self.state[where], self.reason[where] = STATE[state], REASON[reason]
        for mine, given in ((self.low, low), (self.high, high)):
            mine[where] = np.broadcast_to(given, mine.shape)[where]

    @property
    def is_hidden(self) -> Flags:
        is_hidden: Flags = ~SHOWN[self.state]
        return is_hidden

    @property
    def is_doubted(self) -> Flags:
        """Withheld for its quality, and no small number: that it could be worked out would be no harm."""
        is_doubted: Flags = np.isin(self.reason, DOUBTS) & (self.need_low == self.need_high)
        return is_doubted

    def at(self, place: int, column: int) -> Judgement:
        high = int(self.high[place, column])
        return Judgement(
            state=STATES[self.state[place, column]],
            reason=REASONS[self.reason[place, column]],
            low=int(self.low[place, column]),
            high=None if high == UNBOUNDED else high,
            need_low=int(self.need_low[place, column]),
            need_high=int(self.need_high[place, column]),
        )

    def among(self, places: npt.NDArray[np.int64], column: int) -> list[Judgement]:
        """The same as `at` for several areas."""
        columns = (
            one[places, column].tolist()
            for one in (self.state, self.reason, self.low, self.high, self.need_low, self.need_high)
        )
        return [
            Judgement(STATES[state], REASONS[reason], low, None if high == UNBOUNDED else high, need_low, need_high)
            for state, reason, low, high, need_low, need_high in zip(*columns, strict=True)
        ]

    def set(self, place: int, column: int, one: Judgement) -> None:
        self.state[place, column], self.reason[place, column] = STATE[one.state], REASON[one.reason]
        self.low[place, column] = one.low
        self.high[place, column] = UNBOUNDED if one.high is None else one.high
        self.need_low[place, column], self.need_high[place, column] = one.need_low, one.need_high

    def take_over(self, other: Judgements, columns: list[int]) -> None:
        """These columns as another has them."""
        for mine, theirs in (
            (self.state, other.state), (self.reason, other.reason), (self.low, other.low), (self.high, other.high),
            (self.need_low, other.need_low), (self.need_high, other.need_high),
        ):  # fmt: skip
            mine[:, columns] = theirs[:, columns]

    def mask(self, where: Flags) -> None:
        """The same figures with nothing said of them."""
        self.say(where, ValueState.SUP, "protects_others")

    def all(self) -> Iterator[tuple[int, int, Judgement]]:
        for place, column in np.ndindex(self.state.shape):
            yield place, column, self.at(place, column)


def alone(
    cube: Cube,
    *,
    population: Numbers,
    households: Numbers,
    claims: tuple[Numbers, Numbers] | None,
    profile: Profile,
    unknown_share_max: Fraction,
) -> Judgements:
    """For every area and slot. `population` (adults) and `households` are of the areas; `claims` are the accounts that
    are linked and all that claim each area."""
    is_below = cube.places.rank == VILLAGE
    counts, definition = cube.measured, cube.definition
    if definition.kind is Kind.RATE:
        judged = rates(
            counts.numerator,
            counts.denominator,
            profile=profile,
            class_=definition.disclosure.class_,
            population=population[:, None],
            households=households[:, None],
            is_below_district=is_below[:, None],
        )
    elif definition.kind is Kind.MEDIAN:
        # That the middle is nought is no sign of there being nothing.
        judged = Judgements.of(np.zeros_like(counts.numerator), np.zeros_like(counts.numerator))
    else:
        judged = persons(
            counts.numerator,
            profile=profile,
            class_=definition.disclosure.class_,
            population=population[:, None],
            households=households[:, None],
            is_below_district=is_below[:, None],
        )
    if definition.kind in (Kind.SUPPLY_RATE, Kind.RATIO, Kind.MEDIAN):
        judged.say(_too_little(cube, unknown_share_max), ValueState.NA, "nothing_there")
    _doubt(judged, cube, claims, profile, unknown_share_max)
    _name_gaps(judged, cube)
    return judged


def persons(
    count: Numbers,
    *,
    profile: Profile,
    class_: DisclosureClass,
    population: Numbers,
    households: Numbers,
    is_below_district: Flags,
) -> Judgements:
    """`profile.judge_count` for every number."""
    small = profile.minimum_cell - 1
    if class_ is DisclosureClass.R0:
        judged = Judgements.of(np.zeros_like(count), np.zeros_like(count))
        judged.say(count == 0, ValueState.ZERO, None)
        return judged
    is_small = (count > 0) & (count <= small)
    judged = Judgements.of(np.where(is_small, 1, 0), np.where(is_small, small, 0))
    judged.say(count == 0, ValueState.ZERO, None)
    judged.say(is_small, ValueState.LT, "small_count", 1, small)
    _gate(judged, count, is_small, profile, class_, population, households, is_below_district)
    return judged


def _gate(
    judged: Judgements,
    count: Numbers,
    is_small: Flags,
    profile: Profile,
    class_: DisclosureClass,
    population: Numbers,
    households: Numbers,
    is_below_district: Flags,
) -> None:
    """Areas too small, or below the level at which anything is told; the later line goes before."""
    shape = count.shape
    is_sensitive = class_ is DisclosureClass.R3
    least = profile.sensitive_population if is_sensitive else profile.minimum_population
    is_few = np.broadcast_to(population < least, shape)
    has_few_homes = np.broadcast_to(is_sensitive & (households < profile.sensitive_households), shape)
    is_too_low = np.broadcast_to(is_below_district & is_sensitive | (class_ is DisclosureClass.R4), shape)
    judged.say(has_few_homes, ValueState.NA, "population_small")
    judged.say(is_few, ValueState.NA, "population_small", 0, least - 1)
    judged.say(is_too_low, ValueState.NA, "level_too_low")
    needs = (has_few_homes | is_few | is_too_low) & ~is_small
    judged.need_low[needs] = judged.need_high[needs] = count[needs]


def rates(
    numerator: Numbers,
    denominator: Numbers,
    *,
    profile: Profile,
    class_: DisclosureClass,
    population: Numbers,
    households: Numbers,
    is_below_district: Flags,
) -> Judgements:
    """`profile.judge_rate` for every rate; for a sensitive one the gates of `judge_count` before it."""
    small = np.minimum(profile.minimum_cell - 1, denominator)
    rest = denominator - numerator
    low, high = numerator <= small, rest <= small
    judged = Judgements.of(
        np.where(low, 0, np.where(high, denominator - small, numerator)),
        np.where(high, denominator, np.where(low, small, numerator)),
    )
    shape = numerator.shape
    judged.say(high, ValueState.SUP, "small_rest", denominator - small, denominator)
    judged.say(low, ValueState.LT, "small_count", 0, small)
    judged.say(denominator < profile.minimum_denominator, ValueState.NA, "denominator_small", 0, denominator)
    is_sensitive = class_ is DisclosureClass.R3
    few_homes = is_sensitive & (households < profile.sensitive_households)
    few = population < (profile.sensitive_population if is_sensitive else profile.minimum_population)
    judged.say(np.broadcast_to(few | few_homes, shape), ValueState.NA, "population_small", 0, denominator)
    if is_sensitive:
        judged.say(np.broadcast_to(is_below_district, shape), ValueState.NA, "level_too_low", 0, denominator)
    is_shown = ~judged.is_hidden
    judged.low[is_shown], judged.high[is_shown] = 0, UNBOUNDED
    judged.need_low[is_shown] = judged.need_high[is_shown] = 0
    return judged


def _doubt(
    judged: Judgements,
    cube: Cube,
    claims: tuple[Numbers, Numbers] | None,
    profile: Profile,
    unknown_share_max: Fraction,
) -> None:
    """Why a figure would mislead, whoever may see it. The later line goes before."""
    definition, counts = cube.definition, cube.measured
    doubts: list[tuple[Flags, str]] = []
    doubts.append(((judged.state == STATE[ValueState.ZERO]) & cube.is_partial[:, None], "incomplete"))
    if definition.kind is Kind.RATE:
        share = unknown_share_max
        everyone = counts.denominator + counts.unknown
        is_high = counts.unknown * share.denominator > everyone * share.numerator
        doubts.append((is_high & (judged.state != STATE[ValueState.NA]), "unknown_high"))
    if definition.match_rate_min is not None and claims is not None:
        linked, claiming = claims
        least = Fraction(str(definition.match_rate_min))
        # Of fewer accounts than a cell must have, a share says nothing.
        is_low = (claiming >= profile.minimum_cell) & (linked * least.denominator < claiming * least.numerator)
        doubts.append((np.broadcast_to(is_low[:, None], judged.state.shape), "match_rate_low"))
    for where, reason in doubts:
        judged.say(where, ValueState.NA, reason)


def _too_little(cube: Cube, unknown_share_max: Fraction) -> Flags:
    """Where there are no things to make the figure of, or too few of which enough is known."""
    known, unknown = cube.measured.denominator, cube.measured.unknown
    most = unknown_share_max
    is_little: Flags = (known == 0) | (unknown * most.denominator > (known + unknown) * most.numerator)
    return is_little


def _name_gaps(judged: Judgements, cube: Cube) -> None:
    for code, (state, reason) in enumerate(GAPS):
        where = ~cube.has_numbers & (cube.gap == code)
        judged.say(np.broadcast_to(where[:, None], judged.state.shape), state, reason)
    nothing = ~cube.has_numbers & (cube.gap == NO_GAP)
    judged.say(np.broadcast_to(nothing[:, None], judged.state.shape), ValueState.NS, "not_delivered")
    judged.need_low[~cube.has_numbers] = judged.need_high[~cube.has_numbers] = 0
