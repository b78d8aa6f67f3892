"""The rules for one figure alone: what a class demands before a figure is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from tenun.disclosure.state import ValueState

# Printed beside every figure. A change of any rule of this package is a new version.
RULE_VERSION = "sdc-1"


class DisclosureClass(StrEnum):
    R0 = "R0"
    """No persons inside: shown."""
    R1 = "R1"
    """Number of persons."""
    R2 = "R2"
    """Rate: the rule of R1 for the numerator and for the rest."""
    R3 = "R3"
    """Sensitive: number of persons, from the district up, in areas that are large enough."""
    R4 = "R4"
    """About one person: never a statistic."""


@dataclass(frozen=True)
class Profile:
    """Thresholds for one audience. Configuration, to be confirmed by both ministries; not settled by the text."""

    name: str
    minimum_cell: int
    """The least number of persons that is shown."""
    minimum_population: int
    """R1, R2: fewer adults than this, and the area shows nothing."""
    minimum_denominator: int
    """R2: of fewer than this no rate is made."""
    sensitive_population: int
    """R3: the least number of adults."""
    sensitive_households: int
    """R3: the least number of families."""


# 5 and 20 as the agreement document has them (a test compares); 40, 250 and 40 are Statistics Canada's for small
# areas and for income.
MINISTRIES = Profile(
    name="kementerian",
    minimum_cell=5,
    minimum_population=40,
    minimum_denominator=20,
    sensitive_population=250,
    sensitive_households=40,
)


@dataclass(frozen=True)
class Judgement:
    """What may be said of a figure taken alone. `low` to `high` is what a reader who knows the rules learns of the
    count behind a hidden figure; `need_low` to `need_high` must all remain possible for that reader."""

    state: ValueState
    reason: str | None = None
    low: int = 0
    high: int | None = None
    need_low: int = 0
    need_high: int = 0

    @property
    def is_hidden(self) -> bool:
        return not self.state.has_value

    def masked(self) -> Judgement:
        """The same figure with nothing said of it."""
        return replace(self, state=ValueState.SUP, reason="protects_others", low=0, high=None)


def judge_count(
    count: int,
    *,
    profile: Profile,
    class_: DisclosureClass,
    population: int,
    households: int,
    is_below_district: bool,
) -> Judgement:
    """A number of persons. `population` and `households` are of the area, not of the figure."""
    if class_ is DisclosureClass.R0:
        return Judgement(ValueState.OK if count else ValueState.ZERO)
    small = profile.minimum_cell - 1
    needs = (1, small) if 0 < count <= small else (count, count)
    if class_ is DisclosureClass.R4 or (class_ is DisclosureClass.R3 and is_below_district):
        return Judgement(ValueState.NA, "level_too_low", need_low=needs[0], need_high=needs[1])
    is_sensitive = class_ is DisclosureClass.R3
    least = profile.sensitive_population if is_sensitive else profile.minimum_population
    if population < least:
        # The reader then knows that the figure, being of some of these people, is below the threshold too.
        return Judgement(ValueState.NA, "population_small", 0, least - 1, *needs)
    if is_sensitive and households < profile.sensitive_households:
        return Judgement(ValueState.NA, "population_small", need_low=needs[0], need_high=needs[1])
    if count == 0:
        return Judgement(ValueState.ZERO)
    if count <= small:
        return Judgement(ValueState.LT, "small_count", low=1, high=small, need_low=1, need_high=small)
    return Judgement(ValueState.OK)


def judge_rate(
    numerator: int,
    denominator: int,
    *,
    profile: Profile,
    population: int,
    class_: DisclosureClass = DisclosureClass.R2,
    households: int = 0,
) -> Judgement:
    """A rate. The reader is taken to know the denominator, so its rest is as good as known with the numerator.

    None of a group, or all of it, is told of everyone in it: so zero counts as small here, on both sides. A sensitive
    rate (R3) needs the larger area that a sensitive count needs; `households` is looked at for that alone.
    """
    small = min(profile.minimum_cell - 1, denominator)
    rest = denominator - numerator
    need_low = 0 if numerator <= small else denominator - small if rest <= small else numerator
    need_high = denominator if rest <= small else small if numerator <= small else numerator
    is_sensitive = class_ is DisclosureClass.R3
    is_too_sensitive = is_sensitive and (
        population < profile.sensitive_population or households < profile.sensitive_households
    )
    if population < profile.minimum_population or is_too_sensitive:
        return Judgement(ValueState.NA, "population_small", 0, denominator, need_low, need_high)
    if denominator < profile.minimum_denominator:
        return Judgement(ValueState.NA, "denominator_small", 0, denominator, need_low, need_high)
    if numerator <= small:
        return Judgement(ValueState.LT, "small_count", 0, small, need_low, need_high)
    if rest <= small:
        return Judgement(ValueState.SUP, "small_rest", denominator - small, denominator, need_low, need_high)
    return Judgement(ValueState.OK)
