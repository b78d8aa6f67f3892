"""Disclosure control over the whole cube: every figure alone, then what figures tell together.

Three things must hold together, and a test attacks them together:

1. Counts add up over areas and over each breakdown: a network for each breakdown, totals first.
2. A rate's reader is taken to know every denominator; then a rate is known with its numerator, and numerators add
   up over areas and over each breakdown.
3. A rate whose parts add up to a whole that is hidden (`disclosure.whole`) is hidden too, and says nothing. What the
   reader cannot tell apart for the whole he can then split over the parts at will, since parts are bounded by zero
   alone: so the rate tells nothing of the whole, and the two may be protected one after the other.

The country is too large for flows through one network, and it need not be one. Every table is tested at once with
arrays (`protection.Totals`, `protection.Table`); numbers beside one that is not safe are hidden with arrays too, where
one sum decides; what is left goes through exact flows (`suppression.protect`) in the smallest area that holds it, with
everything outside of that taken to stand still, which only makes moving harder. An area where nothing helps gives way
to the one around it, in the end to the country.
"""

from __future__ import annotations

import multiprocessing
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from tenun.disclosure import suppression
from tenun.disclosure.attack import System, attack
from tenun.disclosure.network import UNBOUNDED, Tree
from tenun.disclosure.profile import Judgement, Profile
from tenun.disclosure.state import ValueState
from tenun.disclosure.suppression import LEAST_WIDTH, Cell, Key, NotProtectable
from tenun.indicators import judgement as judging
from tenun.indicators.areas import LEVELS, NATIONAL, Level, Places, level_of, parent_of
from tenun.indicators.cube import Cube
from tenun.indicators.definition import Definition, DefinitionInvalid, Kind
from tenun.indicators.judgement import REASON, STATE, Flags, Judgements, Numbers
from tenun.indicators.measure import TOTAL, Slot

OUTSIDE = "outside"
"""The sum that every table's root comes from and its leaves end in: nobody publishes it."""

# Above this many areas, indicators are shared out over processes; below, starting them takes longer than the work.
AREAS_A_PROCESS_IS_WORTH = 4000
PROCESSES = 2
# Numbers hidden beside one another with arrays, one a sum and round, before flows take over.
ROUNDS = 8
NOT_FOR_SALE = np.int64(2**62)


@dataclass(frozen=True)
class Rules:
    """What figures alone are judged by, beside their cube."""

    population: Numbers
    """Adults of every area."""
    households: Numbers
    claims: tuple[Numbers, Numbers] | None
    """Of the accounts that claim each area, those that are linked, and all."""
    profile: Profile
    unknown_share_max: Fraction


def judge(built: Mapping[str, Cube], rules: Rules) -> dict[str, Judgements]:
    """For every indicator, area and slot, the state to publish. Raises `NotProtectable`."""
    judged: dict[str, Judgements] = {}
    for turn in _turns(built):
        wholes = {one: _whole(built[one].definition) for one in turn}
        totals = _shared_out(
            _judge_totals,
            [
                (built[one], (judged[whole], built[whole].measured.slots) if whole in built else None, rules)
                for one, whole in wholes.items()
            ],
        )
        judged |= dict(zip(turn, totals, strict=True))
        tables = [(one, columns) for one in turn for columns in _breakdowns(built[one])]
        found = _shared_out(
            _judge_breakdown,
            [(built[one], judged[one], columns, rules.profile) for one, columns in tables],
            [int(judged[one].is_hidden[:, columns].sum()) for one, columns in tables],
        )
        for (one, columns), outcome in zip(tables, found, strict=True):
            judged[one].take_over(outcome, columns)
    return {indicator: judged[indicator] for indicator in built}


def _breakdowns(cube: Cube) -> list[list[int]]:
    """The columns of each breakdown. Each is protected for itself once the totals stand."""
    if cube.definition.is_of_things:
        return []
    slots = cube.measured.slots
    return [
        [column for column, slot in enumerate(slots) if slot[0] == dimension]
        for dimension in cube.definition.breakdown_dimensions
    ]


def _shared_out(
    work: Callable[..., Judgements], jobs: Sequence[tuple[Any, ...]], sizes: Sequence[int] | None = None
) -> list[Judgements]:
    """What the work gives for each job, in their order, by several processes where that is worth it. The largest are
    begun first, so that none is left to a single process in the end."""
    areas = max((len(cube.places.codes) for cube, *_ in jobs), default=0)
    if len(jobs) < 2 or areas <= AREAS_A_PROCESS_IS_WORTH:
        return [work(*job) for job in jobs]
    order = sorted(range(len(jobs)), key=sizes.__getitem__, reverse=True) if sizes else range(len(jobs))
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        begun = {job: pool.submit(work, *jobs[job]) for job in order}
        return [begun[job].result() for job in range(len(jobs))]


def _turns(built: Mapping[str, Cube]) -> list[list[str]]:
    """Indicators that may be judged side by side: each after its whole."""
    depth: dict[str, int] = {}

    def place(indicator: str, beneath: tuple[str, ...] = ()) -> int:
        if indicator in beneath:
            raise DefinitionInvalid(file=indicator, field="disclosure.whole", reason="a circle")
        if indicator not in depth:
            whole = _whole(built[indicator].definition)
            depth[indicator] = place(whole, (*beneath, indicator)) + 1 if whole in built else 0
        return depth[indicator]

    turns: list[list[str]] = []
    for indicator in built:
        at = place(indicator)
        turns += [[] for _ in range(at + 1 - len(turns))]
        turns[at].append(indicator)
    return turns


def _whole(definition: Definition) -> str:
    return (definition.disclosure.whole or "").partition(".")[0]


def _judge_totals(cube: Cube, whole: tuple[Judgements, tuple[Slot, ...]] | None, rules: Rules) -> Judgements:
    judged = judging.alone(
        cube,
        population=rules.population,
        households=rules.households,
        claims=rules.claims,
        profile=rules.profile,
        unknown_share_max=rules.unknown_share_max,
    )
    if cube.definition.is_of_things:
        return judged
    if whole is not None:
        _hide_with_whole(cube, judged, *whole)
    protect_totals(cube, judged, rules.profile)
    return judged


def _judge_breakdown(cube: Cube, judged: Judgements, columns: list[int], profile: Profile) -> Judgements:
    _hide_with_totals(cube, judged, columns)
    protect_breakdown(cube, judged, columns, profile)
    refuse_what_is_told(cube, judged, columns)
    return judged


def _hide_with_whole(cube: Cube, judged: Judgements, whole: Judgements, slots: tuple[Slot, ...]) -> None:
    """Hide what would give a hidden whole away: there, and around a village whose parts are not collected, since then
    the parts of the area lack just that village. Each category with the same category of the whole."""
    where = np.zeros(judged.state.shape, bool)
    for column, slot in enumerate(cube.measured.slots):
        if slot not in slots:
            continue
        state, hidden = whole.state[:, slots.index(slot)], whole.is_hidden[:, slots.index(slot)]
        told = hidden & ~np.isin(state, [STATE[ValueState.NS], STATE[ValueState.NC]])
        at = np.flatnonzero(told & ~cube.has_numbers)
        while len(at):
            told[at] = True
            at = np.unique(cube.places.parent[at])
            at = at[at >= 0]
        # Too few people is told by the whole in the same words, so it may stay; anything else would tell more.
        where[:, column] = told & cube.has_numbers & (judged.reason[:, column] != REASON["population_small"])
    judged.mask(where)


def _hide_with_totals(cube: Cube, judged: Judgements, columns: list[int]) -> None:
    """A category of a total that is hidden: told by the same words when they are about the area, by none otherwise."""
    hidden = cube.has_numbers & judged.is_hidden[:, 0]
    is_about_area = hidden & (judged.state[:, 0] == STATE[ValueState.NA])
    for column in columns:
        judged.state[is_about_area, column] = STATE[ValueState.NA]
        judged.reason[is_about_area, column] = judged.reason[is_about_area, 0]
        judged.low[is_about_area, column], judged.high[is_about_area, column] = 0, UNBOUNDED
        where = np.zeros(judged.state.shape, bool)
        where[:, column] = hidden & ~is_about_area
        judged.mask(where)


# --- one column of numbers ---------------------------------------------------------------------


Ends = Callable[[str, int], tuple[Hashable, Hashable]]
"""The two sums that a number stands in, by its area and the rank of its level."""


class Column:
    """The numbers of one slot, with what a reader knows of them; writes through to the judgements."""

    def __init__(self, cube: Cube, judged: Judgements, column: int) -> None:
        definition, counts = cube.definition, cube.measured
        self.judged, self.column, self.slot = judged, column, counts.slots[column]
        self.has = cube.has_numbers
        self.count = np.where(self.has, counts.numerator[:, column], 0)
        is_rate = definition.kind is Kind.RATE
        self.ceiling = counts.denominator[:, column] if is_rate else np.full_like(self.count, UNBOUNDED)
        self.is_published = _published(cube, self.slot)
        # That there is nobody is shown wherever it is the case, so it is no secret where it is hidden. Of a rate's
        # numerator it is: there, none tells of everyone.
        self._may_be_secret = self.has & (self.is_published & ((self.count > 0) | is_rate))

    @property
    def is_hidden(self) -> Flags:
        return self.has & self.judged.is_hidden[:, self.column]

    @property
    def is_unseen(self) -> Flags:
        return self.has & (self.judged.is_hidden[:, self.column] | ~self.is_published)

    @property
    def is_secret(self) -> Flags:
        return self._may_be_secret & self.is_hidden & ~self.judged.is_doubted[:, self.column]

    def bounds(self) -> tuple[Numbers, Numbers]:
        """What the reader knows of each number he does not see."""
        low, high = self.judged.low[:, self.column], self.judged.high[:, self.column]
        low = np.where(self.is_published, np.minimum(low, self.count), 0)
        high = np.where(self.is_published, np.maximum(np.minimum(high, self.ceiling), self.count), self.ceiling)
        return low, high

    def rooms(self) -> tuple[Numbers, Numbers]:
        """How far each number could rise and fall if it were alone."""
        low, high = self.bounds()
        unseen = self.is_unseen
        return np.where(unseen, high - self.count, 0), np.where(unseen, self.count - low, 0)

    def missing(self, rise: Numbers, fall: Numbers) -> tuple[Numbers, Numbers, Flags]:
        """How much further each secret number must be able to rise and to fall; and which have the least width."""
        low, high = self.bounds()
        least, most = self.judged.need_low[:, self.column], self.judged.need_high[:, self.column]
        has_range = least != most
        room = np.minimum(rise, LEAST_WIDTH) + np.minimum(fall, LEAST_WIDTH)
        is_wide = room >= np.minimum(LEAST_WIDTH, self.ceiling)
        up = np.where(has_range, most, self.count + LEAST_WIDTH)
        down = np.where(has_range, least, self.count - LEAST_WIDTH)
        wanted_up = np.maximum(np.clip(up, low, high) - self.count, 0)
        wanted_down = np.maximum(self.count - np.clip(down, low, high), 0)
        concerns = self.is_secret & (has_range | ~is_wide)
        missing_up = np.where(concerns, np.maximum(wanted_up - rise, 0), 0)
        missing_down = np.where(concerns, np.maximum(wanted_down - fall, 0), 0)
        return missing_up, missing_down, is_wide

    def hide(self, places: npt.NDArray[np.int64], profile: Profile) -> None:
        """To protect others: the reader takes them to be no small ones."""
        self.judged.state[places, self.column] = STATE[ValueState.SUP]
        self.judged.reason[places, self.column] = REASON["protects_others"]
        self.judged.low[places, self.column] = profile.minimum_cell
        self.judged.high[places, self.column] = UNBOUNDED
        self.judged.need_low[places, self.column] = self.judged.need_high[places, self.column] = 0

    def unseen_among(self, at: npt.NDArray[np.int64]) -> list[bool]:
        """`is_unseen` of a few areas."""
        is_hidden = ~judging.SHOWN[self.judged.state[at, self.column]]
        return list((self.has[at] & (is_hidden | ~self.is_published[at])).tolist())

    def cells(self, places: Places, at: npt.NDArray[np.int64], ends: Ends) -> Iterator[Cell]:
        """These areas as cells of a table; only areas that have numbers may be among them."""
        told = zip(
            at.tolist(),
            self.judged.among(at, self.column),
            *(
                one[at].tolist()
                for one in (self.count, self.ceiling, places.rank, self.is_published, self._may_be_secret)
            ),
            strict=True,
        )
        for place, judged, count, ceiling, rank, is_published, may_be_secret in told:
            code = places.codes[place]
            tail, head = ends(code, rank)
            is_doubted = judged.reason in judging.DOUBT_REASONS and judged.need_low == judged.need_high
            yield Cell(
                (code, *self.slot),
                tail,
                head,
                count=count,
                judgement=judged,
                rank=rank,
                is_published=is_published,
                is_secret=may_be_secret and not (judged.is_hidden and is_doubted),
                ceiling=ceiling,
            )


def _published(cube: Cube, slot: Slot) -> Flags:
    by_rank = np.array(
        [level in cube.definition.levels and slot in cube.definition.slots(level) for level in LEVELS], bool
    )
    return by_rank[cube.places.rank]


def _lowest(column: Column, places: Places) -> int:
    """The lowest level that shows the slot. What is below it is free to follow whatever its area does."""
    return int(places.rank[column.is_published].min(initial=LEVELS.index(Level.NATIONAL)))


# --- totals: a tree ----------------------------------------------------------------------------


def protect_totals(cube: Cube, judged: Judgements, profile: Profile) -> None:
    """Hide more totals until none of those hidden can be told. Raises `NotProtectable`."""
    places, totals = cube.places, Column(cube, judged, 0)
    tree = Tree(places.parent, places.rank, _lowest(totals, places))
    for _ in range(ROUNDS):
        missing_up, missing_down, _ = totals.missing(*tree.rooms(*totals.rooms()))
        chosen, _ = _beside(places, tree, totals, missing_up, missing_down, profile)
        if not len(chosen):
            break
        totals.hide(chosen, profile)
    missing_up, missing_down, is_wide = totals.missing(*tree.rooms(*totals.rooms()))
    _, is_helpless = _beside(places, tree, totals, missing_up, missing_down, profile)
    stuck = (missing_up + missing_down > 0) & ~(is_wide & is_helpless)
    scopes = _Scopes(cube, judged, profile, tree)
    scopes.settle([totals], stuck, scopes.tree_cells, totals.is_unseen)
    *_, is_wide = totals.missing(*tree.rooms(*totals.rooms()))
    if np.any(totals.is_secret & ~is_wide & _could_be_wide(totals)):
        raise NotProtectable(table=cube.definition.id)


def _could_be_wide(column: Column) -> Flags:
    """False where what the rule itself tells leaves too little: then nothing that is hidden beside it would help."""
    up, down = column.rooms()
    room = np.minimum(up, LEAST_WIDTH) + np.minimum(down, LEAST_WIDTH)
    return room >= np.minimum(LEAST_WIDTH, column.ceiling)


def _beside(
    places: Places, tree: Tree, column: Column, missing_up: Numbers, missing_down: Numbers, profile: Profile
) -> tuple[npt.NDArray[np.int64], Flags]:
    """In every sum of lowest parts with one that must move further, the cheapest to hide beside it; and where a sum
    has none to hide and none above it that could move, so that nothing helps its parts."""
    size = len(places.codes)
    above = np.where(places.parent >= 0, places.parent, 0)
    lacks_up, lacks_down = np.zeros(size, np.int64), np.zeros(size, np.int64)
    stuck = np.flatnonzero(tree.is_leaf & (missing_up + missing_down > 0) & (places.parent >= 0))
    np.maximum.at(lacks_up, above[stuck], missing_up[stuck])
    np.maximum.at(lacks_down, above[stuck], missing_down[stuck])
    may = tree.is_leaf & (places.parent >= 0) & column.has & ~column.is_unseen & (column.count > 0)
    price = np.full(size, NOT_FOR_SALE)
    # Whoever must rise is helped first, by one that falls.
    for lacks, room, extra in (
        (lacks_down[above], column.ceiling - column.count, NOT_FOR_SALE // 2),
        (lacks_up[above], column.count - profile.minimum_cell, np.int64(0)),
    ):
        short = np.maximum(lacks - room, 0)
        fare = extra + suppression.SHORT * short + np.minimum(column.count, suppression.SHORT)
        price = np.where(may & (lacks > 0) & (room > 0), fare, price)
    offered = np.flatnonzero(price < NOT_FOR_SALE)
    order = offered[np.lexsort((offered, price[offered], above[offered]))]
    chosen = order[np.unique(above[order], return_index=True)[1]] if len(order) else order
    has_offer = np.zeros(size, bool)
    has_offer[above[offered]] = True
    return chosen, tree.is_leaf & ~has_offer[above] & ~column.is_unseen[above]


# --- a breakdown: a tree of rows ---------------------------------------------------------------


def protect_breakdown(cube: Cube, judged: Judgements, columns: list[int], profile: Profile) -> None:
    """Hide more categories until none of those hidden can be told. Raises `NotProtectable`."""
    places = cube.places
    parts = [Column(cube, judged, column) for column in columns]
    table = _Table(cube, judged, parts)
    stuck = table.stuck()
    scopes = _Scopes(cube, judged, profile, table.tree)
    for part, where in zip(parts, stuck, strict=True):
        table.doubtful[part.slot] = where
    anywhere = np.logical_or.reduce(stuck)
    scopes.settle(parts, anywhere, table.cells, np.zeros(len(places.codes), bool), table.doubtful)


def refuse_what_is_told(cube: Cube, judged: Judgements, columns: list[int]) -> None:
    """Raise `NotProtectable` where a hidden category has one possible value after all.

    By other means than those that hid it: whatever an exchange moves has more than one; the rest is handed to the
    attack of `tenun.disclosure.attack` within the area above it, and if need be within all areas around that.
    """
    places = cube.places
    table = _Table(cube, judged, [Column(cube, judged, column) for column in columns])
    doubtful: dict[int, set[tuple[int, int]]] = {}
    for part, (rise, fall) in zip(table.parts, table.rooms(), strict=True):
        # Of a group of nobody there is nothing to tell.
        for place in np.flatnonzero(part.is_secret & (rise + fall == 0) & (part.ceiling > 0)).tolist():
            scope = place if places.parent[place] < 0 else int(places.parent[place])
            doubtful.setdefault(scope, set()).add((place, part.column))
    for scope, told in sorted(doubtful.items()):
        _look_further(table, scope, told)


def _look_further(table: _Table, scope: int, told: set[tuple[int, int]]) -> None:
    """Attack in ever larger areas. Raises `NotProtectable` where the country does not help."""
    places = table.cube.places
    while told:
        told &= table.told(scope)
        if told and places.parent[scope] < 0:
            raise NotProtectable(table=table.cube.definition.id)
        scope = int(places.parent[scope])


@dataclass
class _Table:
    """Totals and categories. In each row a category can rise when another falls (or the total rises), and such an
    exchange adds up over areas like any number: so for each pair of categories the tree tells how far it can go.

    That is less than could be reached by many categories together: what is safe by it is safe, the rest is looked at
    with flows.
    """

    cube: Cube
    judged: Judgements
    parts: list[Column]
    doubtful: dict[Slot, Flags] = field(default_factory=dict)

    def __post_init__(self) -> None:
        places = self.cube.places
        self.leaf = min(_lowest(part, places) for part in self.parts)
        self.tree = Tree(places.parent, places.rank, self.leaf)
        total = Column(self.cube, self.judged, 0)
        up, down = total.rooms()
        whole_tree = Tree(places.parent, places.rank, 0)
        # Where rows end above the villages, a hidden total moves no further than the totals below let it.
        self._total = total
        self._total_rooms = whole_tree.below(up), whole_tree.below(down)

    def stuck(self) -> list[Flags]:
        """For each category, the hidden numbers that no exchange with one other moves far enough."""
        found = []
        for part, (ups, downs) in zip(self.parts, self.rooms(), strict=True):
            missing_up, missing_down, _ = part.missing(ups, downs)
            found.append(missing_up + missing_down > 0)
        return found

    def rooms(self) -> list[tuple[Numbers, Numbers]]:
        """For each category, how far its numbers rise and fall by an exchange with one other."""
        total_up, total_down = self._total_rooms
        rooms = [part.rooms() for part in self.parts]
        rise = [np.zeros_like(up) for up, _ in rooms]
        fall = [np.zeros_like(up) for up, _ in rooms]
        # The total stands on the other side of the sum: it falls where a category would rise.
        sides = [*rooms, (total_down, total_up)]
        for one in range(len(rooms)):
            for other in range(one + 1, len(sides)):
                (up, down), (other_up, other_down) = sides[one], sides[other]
                ups, downs = self.tree.rooms(np.minimum(up, other_down), np.minimum(down, other_up))
                rise[one], fall[one] = np.maximum(rise[one], ups), np.maximum(fall[one], downs)
                if other < len(rooms):
                    rise[other], fall[other] = np.maximum(rise[other], downs), np.maximum(fall[other], ups)
        return list(zip(rise, fall, strict=True))

    def told(self, scope: int) -> set[tuple[int, int]]:
        """Numbers (area, column) within a scope that have one possible value, by the attack that audits what is
        published, everything outside the scope standing still."""
        places = self.cube.places
        inside = np.array(_inside(places, scope, self.leaf), np.int64)
        inside = inside[self._total.has[inside]]
        system, nodes = System(), defaultdict(list)
        known: dict[Hashable, int] = defaultdict(int)
        up, down = self._total_rooms
        count = self._total.count
        sides = [(self._total, count - down, count + up, -1), *((part, *part.bounds(), 1) for part in self.parts)]
        for side, low, high, way in sides:
            told = (one[inside].tolist() for one in (side.count, low, high, places.parent, places.rank))
            unseen = side.unseen_among(inside)
            for place, is_unseen, number, least, most, above, rank in zip(inside.tolist(), unseen, *told, strict=True):
                # Categories are carried down the areas, meet their total in the lowest, and totals are carried up.
                ends = [((above, side.column), way), ((place,) if rank == self.leaf else (place, side.column), -way)]
                if is_unseen:
                    system.bounds[place, side.column] = least, most
                for node, sign in ends if above >= 0 else ends[1:]:
                    if is_unseen:
                        nodes[node].append(((place, side.column), sign))
                    else:
                        known[node] -= sign * number
            if places.parent[scope] >= 0:
                known[scope, side.column] += way * int(side.count[scope])
        for node, members in nodes.items():
            system.add_sum(members, known[node])
        return set(attack(system).fixed)  # type: ignore[arg-type]

    def cells(self, scope: int, is_whole: bool) -> list[Cell]:
        places, total = self.cube.places, self._total
        inside = np.array(_inside(places, scope, self.leaf), np.int64)
        inside = inside[total.has[inside]]
        cells = []
        told = zip(
            inside.tolist(),
            total.unseen_among(inside),
            *(one[inside].tolist() for one in (total.count, *self._total_rooms, places.rank)),
            strict=True,
        )
        for place, is_unseen, count, up, down, rank in told:
            code = places.codes[place]
            known = Judgement(ValueState.SUP, low=count - down, high=count + up) if is_unseen else _SHOWN
            tail, head = self._ends(TOTAL)(code, rank)
            cells.append(Cell((code, *TOTAL), tail, head, count, known, may_hide=False, is_secret=False))
        for part in self.parts:
            cells += part.cells(places, inside, self._ends(part.slot))
        return cells

    def _ends(self, slot: Slot) -> Ends:
        return lambda code, rank: place_in_table(code, slot, is_leaf=rank == self.leaf)


# --- what is left: flows in the smallest area --------------------------------------------------


def _inside(places: Places, scope: int, leaf: int) -> list[int]:
    """Everything in an area down to a level, without the area itself: it stands still. The country has nothing
    around it that could hold it, and moves."""
    found, waiting = ([scope] if places.parent[scope] < 0 else []), [scope]
    while waiting:
        at = waiting.pop()
        if places.rank[at] > leaf:
            found += places.children[at]
            waiting += places.children[at]
    return found


_SHOWN = Judgement(ValueState.OK)


Gather = Callable[[int, bool], list[Cell]]
"""The cells of an area: only those that move together with something hidden, or all."""


class _Scopes:
    """Areas to look at with flows, the smallest first."""

    def __init__(self, cube: Cube, judged: Judgements, profile: Profile, tree: Tree) -> None:
        self._cube, self._judged, self._profile, self._tree = cube, judged, profile, tree
        self._totals = Column(cube, judged, 0)

    def settle(
        self,
        columns: list[Column],
        stuck: Flags,
        gather: Gather,
        is_moving: Flags,
        doubtful: Mapping[Slot, Flags] | None = None,
    ) -> None:
        """Protect the numbers that are stuck. `is_moving` are areas whose own number is not seen, and so no fixed end
        for what lies within."""
        places = self._cube.places
        parent = places.parent
        groups: dict[int, set[Key]] = {}
        for place in np.flatnonzero(stuck).tolist():
            scope = place if parent[place] < 0 else int(parent[place])
            while is_moving[scope] and parent[scope] >= 0:
                scope = int(parent[scope])
            for column in columns:
                if doubtful is None or doubtful[column.slot][place]:
                    groups.setdefault(scope, set()).add((places.codes[place], *column.slot))
        written: dict[Key, int] = {column.slot: column.column for column in columns}
        for scope in sorted(groups):
            self._protect(scope, gather, groups[scope], written)

    def _protect(self, scope: int, gather: Gather, doubtful: set[Key], written: Mapping[Key, int]) -> None:
        is_whole = False
        while True:
            cells = gather(scope, is_whole)
            try:
                outcome = suppression.protect(
                    cells, profile=self._profile, table=self._cube.definition.id, doubtful=doubtful
                )
            except NotProtectable:
                above = int(self._cube.places.parent[scope])
                if is_whole and above < 0:
                    raise
                scope, is_whole = (above, True) if is_whole and above >= 0 else (scope, True)
                continue
            break
        for cell in cells:
            column, one = written.get(cell.key[1:]), outcome[cell.key]
            if column is not None and one is not cell.judgement:
                self._judged.set(self._cube.places.at[cell.key[0]], column, one)

    def tree_cells(self, scope: int, is_whole: bool) -> list[Cell]:
        places, totals = self._cube.places, self._totals
        leaf = int(places.rank[self._tree.is_leaf][0])
        waiting = [scope]
        inside = [scope] if places.parent[scope] < 0 else []
        while waiting:
            at = waiting.pop()
            below = np.array(places.children[at] if places.rank[at] > leaf else (), np.int64)
            for child, is_unseen in zip(below.tolist(), totals.unseen_among(below), strict=True):
                if is_whole or is_unseen or places.rank[child] == leaf:
                    inside.append(child)
                    waiting.append(child)
        found = np.array(inside, np.int64)
        ends: Ends = lambda code, rank: place_in_tree(code, is_leaf=rank == leaf)  # noqa: E731
        return list(totals.cells(places, found[totals.has[found]], ends))


def place_in_tree(area: str, *, is_leaf: bool | None = None) -> tuple[Hashable, Hashable]:
    """The sums that a number alone stands in: of the area above, and of the areas below."""
    return parent_of(area) or OUTSIDE, OUTSIDE if _is_leaf(area, is_leaf) else area


def place_in_table(area: str, slot: Slot, *, is_leaf: bool | None = None) -> tuple[Hashable, Hashable]:
    """The sums that a number of a breakdown stands in. Categories flow down the areas, meet in each village, and flow
    up again as its total. That they add up above the villages too follows from these sums."""
    above: Hashable = OUTSIDE if area == NATIONAL else (parent_of(area), slot)
    here: Hashable = (area, "row") if _is_leaf(area, is_leaf) else (area, slot)
    return (here, above) if slot == TOTAL else (above, here)


def _is_leaf(area: str, is_leaf: bool | None) -> bool:
    return level_of(area) is Level.VILLAGE if is_leaf is None else is_leaf
