"""Disclosure control over the whole cube: every figure alone, then what figures tell together.

Three things must hold together, and a test attacks them together:

1. Counts add up over areas and over each breakdown: a network for each breakdown, totals first.
2. A rate's reader is taken to know every denominator; then a rate is known with its numerator, and numerators add
   up over areas.
3. A rate whose parts add up to a whole that is hidden (`disclosure.whole`) is hidden too, and says nothing. What the
   reader cannot tell apart for the whole he can then split over the parts at will, since parts are bounded by zero
   alone: so the rate tells nothing of the whole, and the two may be protected one after the other.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from tenun.disclosure import suppression
from tenun.disclosure.profile import Judgement, Profile, judge_count, judge_rate
from tenun.disclosure.state import ValueState
from tenun.disclosure.suppression import Cell
from tenun.indicators.areas import NATIONAL, Level, level_of, parent_of, upwards
from tenun.indicators.cube import Cube, Sum
from tenun.indicators.definition import Definition, DefinitionInvalid, Kind
from tenun.indicators.measure import TOTAL, Counts, Slot

Judged = Mapping[tuple[str, Slot], Judgement]
"""What stands for an area and a slot (breakdown, category)."""

OUTSIDE = "outside"
"""The sum that every table's root comes from and its leaves end in: nobody publishes it."""
RANKS = {Level.VILLAGE: 0, Level.DISTRICT: 1, Level.REGENCY: 2, Level.PROVINCE: 3, Level.NATIONAL: 4}


def judge(
    built: Mapping[str, Cube],
    *,
    sizes: Mapping[str, tuple[int, int]],
    claims: Mapping[str, Counts],
    profile: Profile,
    unknown_share_max: Fraction,
) -> dict[str, dict[tuple[str, Slot], Judgement]]:
    """For every indicator, area and slot, the state to publish. Raises `NotProtectable`."""
    judged: dict[str, dict[tuple[str, Slot], Judgement]] = {}
    for indicator in _wholes_first(built):
        cube = built[indicator]
        alone = _alone(cube, sizes=sizes, claims=claims, profile=profile, unknown_share_max=unknown_share_max)
        if cube.definition.kind is Kind.SUPPLY:
            judged[indicator] = alone
        elif cube.definition.kind is Kind.RATE:
            judged[indicator] = _protect_rate(cube, alone, judged, profile)
        else:
            judged[indicator] = _protect_count(cube, alone, profile)
    return judged


def _wholes_first(built: Mapping[str, Cube]) -> list[str]:
    order: list[str] = []

    def place(indicator: str, beneath: tuple[str, ...] = ()) -> None:
        if indicator in beneath:
            raise DefinitionInvalid(file=indicator, field="disclosure.whole", reason="a circle")
        whole = _whole(built[indicator].definition)
        if whole in built:
            place(whole, (*beneath, indicator))
        if indicator not in order:
            order.append(indicator)

    for indicator in built:
        place(indicator)
    return order


def _whole(definition: Definition) -> str:
    return (definition.disclosure.whole or "").partition(".")[0]


# --- alone -------------------------------------------------------------------------------------


def _alone(
    cube: Cube,
    *,
    sizes: Mapping[str, tuple[int, int]],
    claims: Mapping[str, Counts],
    profile: Profile,
    unknown_share_max: Fraction,
) -> dict[tuple[str, Slot], Judgement]:
    definition = cube.definition
    judged: dict[tuple[str, Slot], Judgement] = {}
    for area, sum_ in cube.sums.items():
        level = level_of(area)
        slots = definition.slots()
        if not sum_.has_numbers:
            state, reason = sum_.gap if sum_.gaps else (ValueState.NS, "not_delivered")
            judged |= {(area, slot): Judgement(state, reason) for slot in slots}
            continue
        population, households = sizes[area]
        for slot in slots:
            counts = sum_.slots[slot]
            if definition.kind is Kind.RATE:
                one = judge_rate(
                    counts.numerator,
                    counts.denominator,
                    profile=profile,
                    population=population,
                    class_=definition.disclosure.class_,
                    households=households,
                )
            else:
                one = judge_count(
                    counts.numerator,
                    profile=profile,
                    class_=definition.disclosure.class_,
                    population=population,
                    households=households,
                    is_below_district=level is Level.VILLAGE,
                )
            doubt = _doubt(definition, sum_, counts, one, claims.get(area), profile, unknown_share_max)
            if doubt is not None:
                one = replace(one, state=ValueState.NA, reason=doubt, low=0, high=None)
            judged[area, slot] = one
    return judged


def _doubt(
    definition: Definition,
    sum_: Sum,
    counts: Counts,
    alone: Judgement,
    claims: Counts | None,
    profile: Profile,
    unknown_share_max: Fraction,
) -> str | None:
    """Why a figure would mislead, whoever may see it; None when it would not."""
    least = definition.match_rate_min
    # Of fewer accounts than a cell must have, a share says nothing.
    if least is not None and claims is not None and claims.denominator >= profile.minimum_cell:
        is_low = claims.numerator < Fraction(str(least)) * claims.denominator
    else:
        is_low = False
    if is_low:
        return "match_rate_low"
    is_rate = definition.kind is Kind.RATE and alone.state is not ValueState.NA
    if is_rate and counts.unknown > unknown_share_max * (counts.denominator + counts.unknown):
        return "unknown_high"
    if alone.state is ValueState.ZERO and sum_.is_partial:
        return "incomplete"
    return None


# --- together ----------------------------------------------------------------------------------


def _protect_rate(
    cube: Cube,
    alone: Mapping[tuple[str, Slot], Judgement],
    judged: Mapping[str, Judged],
    profile: Profile,
) -> dict[tuple[str, Slot], Judgement]:
    definition = cube.definition
    outcome = dict(alone)
    for area in _told_by_whole(cube, judged.get(_whole(definition)), definition):
        mine = outcome[area, TOTAL]
        # Too few people is told by the whole in the same words, so it may stay; anything else would tell more.
        if mine.reason != "population_small":
            outcome[area, TOTAL] = mine.masked()
    cells = [
        Cell(
            (area,),
            *place_in_tree(area),
            count=sum_.total.numerator,
            judgement=outcome[area, TOTAL],
            rank=RANKS[level_of(area)],
            is_published=level_of(area) in definition.levels,
            is_secret=_is_secret(outcome[area, TOTAL]),
            ceiling=sum_.total.denominator,
        )
        for area, sum_ in cube.sums.items()
        if sum_.has_numbers
    ]
    protected = suppression.protect(cells, profile=profile, table=definition.id)
    return outcome | {(area, TOTAL): judgement for (area,), judgement in protected.items()}


def _told_by_whole(cube: Cube, whole: Judged | None, definition: Definition) -> Iterable[str]:
    """Areas where the parts would give a hidden whole away: there, and around a village whose parts are not collected,
    since then the parts of the area lack just that village."""
    if whole is None:
        return []
    hidden = [
        area
        for area in cube.sums
        if whole[area, TOTAL].is_hidden and whole[area, TOTAL].state not in (ValueState.NS, ValueState.NC)
    ]
    without_parts = [area for area in hidden if not cube.sums[area].has_numbers]
    told = {*hidden, *(around for area in without_parts for around in upwards(area))}
    return sorted(area for area in told if cube.sums[area].has_numbers)


def _protect_count(
    cube: Cube, alone: Mapping[tuple[str, Slot], Judgement], profile: Profile
) -> dict[tuple[str, Slot], Judgement]:
    definition = cube.definition
    outcome = dict(alone)
    totals = [_total_cell(cube, area, outcome) for area, sum_ in cube.sums.items() if sum_.has_numbers]
    protected = suppression.protect(totals, profile=profile, table=definition.id)
    outcome |= {(area, TOTAL): judgement for (area, *_), judgement in protected.items()}
    for dimension in definition.breakdown_dimensions:
        slots = [slot for slot in definition.slots() if slot[0] == dimension]
        for area, sum_ in cube.sums.items():
            if sum_.has_numbers and outcome[area, TOTAL].is_hidden:
                for slot in slots:
                    outcome[area, slot] = _hidden_with(outcome[area, TOTAL], outcome[area, slot])
        cells = list(_breakdown_cells(cube, slots, outcome))
        protected = suppression.protect(cells, profile=profile, table=f"{definition.id}/{dimension}")
        outcome |= {(area, (breakdown, category)): one for (area, breakdown, category), one in protected.items()}
    return outcome


def _hidden_with(total: Judgement, category: Judgement) -> Judgement:
    """A category of a total that is hidden: told by the same words when they are about the area, by none otherwise."""
    if total.state is ValueState.NA:
        return replace(category, state=ValueState.NA, reason=total.reason, low=0, high=None)
    return category.masked()


def _total_cell(cube: Cube, area: str, outcome: Mapping[tuple[str, Slot], Judgement]) -> Cell:
    return Cell(
        (area, *TOTAL),
        *place_in_tree(area),
        count=cube.sums[area].total.numerator,
        judgement=outcome[area, TOTAL],
        rank=RANKS[level_of(area)],
        is_published=level_of(area) in cube.definition.levels,
        is_secret=cube.sums[area].total.numerator > 0 and _is_secret(outcome[area, TOTAL]),
    )


def _breakdown_cells(
    cube: Cube, slots: Iterable[Slot], outcome: Mapping[tuple[str, Slot], Judgement]
) -> Iterable[Cell]:
    for area, sum_ in cube.sums.items():
        if not sum_.has_numbers:
            continue
        tail, head = place_in_table(area, TOTAL)
        yield replace(_total_cell(cube, area, outcome), tail=tail, head=head, may_hide=False, is_secret=False)
        for slot in slots:
            yield Cell(
                (area, *slot),
                *place_in_table(area, slot),
                count=sum_.slots[slot].numerator,
                judgement=outcome[area, slot],
                rank=RANKS[level_of(area)],
                is_published=slot in cube.definition.slots(level_of(area)),
                # That there is nobody is shown wherever it is the case, so it is no secret where it is hidden.
                is_secret=sum_.slots[slot].numerator > 0 and _is_secret(outcome[area, slot]),
            )


def place_in_tree(area: str) -> tuple[Hashable, Hashable]:
    """The sums that a number alone stands in: of the area above, and of the areas below."""
    return parent_of(area) or OUTSIDE, OUTSIDE if _is_leaf(area) else area


def place_in_table(area: str, slot: Slot) -> tuple[Hashable, Hashable]:
    """The sums that a number of a breakdown stands in. Categories flow down the areas, meet in each village, and flow
    up again as its total. That they add up above the villages too follows from these sums."""
    above: Hashable = OUTSIDE if area == NATIONAL else (parent_of(area), slot)
    here: Hashable = (area, "row") if _is_leaf(area) else (area, slot)
    return (here, above) if slot == TOTAL else (above, here)


def _is_leaf(area: str) -> bool:
    return level_of(area) is Level.VILLAGE


def _is_secret(judgement: Judgement) -> bool:
    """A number that is withheld for its quality is no secret, unless it is a small one."""
    is_doubted = judgement.reason in ("match_rate_low", "unknown_high", "incomplete")
    return not (is_doubted and judgement.need_low == judgement.need_high)
