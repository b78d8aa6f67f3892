"""An attacker of our own: every sum that published numbers must satisfy, and what follows for the hidden ones.

Shares no code with the engine that hides (`suppression`, `network`): it starts from what is shown and knows no true
count. Three steps, each exact in what it claims: bounds are handed on from sum to sum until nothing moves; what is left
falls apart into pieces that have no hidden number in common; and in each piece it is decided which numbers can have one
value only. Where a piece is a network (each number in at most two sums, once on each side) that is decided with bounds:
a possible table is found, and a number is fixed when no circle of changes runs through it. Other pieces, which arise
when several releases or both margins of a table are put together, are decided by a linear program (`linear`); large
ones by elimination, so without bounds beyond the first step.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tenun.disclosure import linear
from tenun.disclosure.linear import UNBOUNDED, Contradiction
from tenun.kernel.errors import TenunError

__all__ = ["UNBOUNDED", "Contradiction", "PublishedContradicts", "System", "Told", "attack", "average"]

_PASSES_MAX = 40
"""How often a sum is looked at again: bounds in a circle may creep towards one another a person at a time."""
_PRIME = (1 << 61) - 1
PROGRAM_MAX = 600
"""Numbers of a piece beyond which a linear program would take longer than an audit may."""
_ELIMINATED_MAX = 4000
"""Numbers of a piece beyond which elimination would take longer than an audit may."""


class PublishedContradicts(TenunError):
    """No table of whole numbers satisfies what is shown: the snapshots are not of one rule, or were altered."""

    code = "disclosure.published_contradicts"
    text_id = "Angka tabel {table} yang terbit saling bertentangan."
    text_en = "The published numbers of table {table} contradict one another."
    remedy_id = "Periksa keutuhan potret dengan `tenun lake verify`, lalu hitung ulang."
    remedy_en = "Check the snapshot with `tenun lake verify`, then compute it again."


@dataclass
class System:
    """Unknown whole numbers, the bounds a reader has for them, and sums: signed unknowns that make a known number."""

    bounds: dict[Hashable, tuple[int, int]] = field(default_factory=dict)
    sums: list[tuple[tuple[tuple[Hashable, int], ...], int]] = field(default_factory=list)

    def add_sum(self, members: Iterable[tuple[Hashable, int]], constant: int) -> None:
        self.sums.append((tuple(members), constant))


@dataclass(frozen=True)
class Told:
    """What an attack came to."""

    fixed: Mapping[Hashable, int]
    """Unknowns that have one possible value, and it."""
    bounds: Mapping[Hashable, tuple[int, int]]
    """Of the others, what the first step left."""
    undecided: int
    """Unknowns of pieces too large to be decided. Zero, or the attack proves nothing about these."""


def attack(system: System) -> Told:
    """Work out what can be. Raises `Contradiction` when nothing can."""
    bounds = _narrowed(system)
    fixed: dict[Hashable, int] = {name: low for name, (low, high) in bounds.items() if low == high}
    undecided = 0
    for sums in _pieces(system, fixed):
        names = sorted({name for members, _ in sums for name, _ in members}, key=repr)
        if _is_network(sums):
            fixed |= _Circulation(sums, bounds).fixed()
        elif len(names) <= PROGRAM_MAX:
            fixed |= _programmed(sums, bounds)
        elif len(names) <= _ELIMINATED_MAX:
            fixed |= _eliminated(sums)
        else:
            undecided += len(names)
    return Told(fixed, bounds, undecided)


# --- bounds ------------------------------------------------------------------------------------


def _narrowed(system: System) -> dict[Hashable, tuple[int, int]]:
    bounds = dict(system.bounds)
    standing: dict[Hashable, list[int]] = defaultdict(list)
    for at, (members, _) in enumerate(system.sums):
        for name, _ in members:
            standing[name].append(at)
    waiting, is_waiting = deque(range(len(system.sums))), [True] * len(system.sums)
    looked = [0] * len(system.sums)
    while waiting:
        at = waiting.popleft()
        is_waiting[at] = False
        looked[at] += 1
        for name in _tighten(*system.sums[at], bounds):
            for other in standing[name]:
                if not is_waiting[other] and looked[other] < _PASSES_MAX:
                    is_waiting[other] = True
                    waiting.append(other)
    return bounds


def _tighten(
    members: Sequence[tuple[Hashable, int]], constant: int, bounds: dict[Hashable, tuple[int, int]]
) -> list[Hashable]:
    """The unknowns whose bounds one sum makes narrower. A bound that is none stays none."""
    least = sum(bounds[name][0] if sign > 0 else -bounds[name][1] for name, sign in members)
    most = sum(bounds[name][1] if sign > 0 else -bounds[name][0] for name, sign in members)
    if least > constant or most < constant:
        raise Contradiction
    changed = []
    for name, sign in members:
        low, high = bounds[name]
        own_least, own_most = (low, high) if sign > 0 else (-high, -low)
        term_low, term_high = constant - (most - own_most), constant - (least - own_least)
        new_low, new_high = (term_low, term_high) if sign > 0 else (-term_high, -term_low)
        after = max(low, new_low), min(high, new_high)
        if after != (low, high):
            bounds[name] = after
            changed.append(name)
    return changed


def _pieces(
    system: System, fixed: Mapping[Hashable, int]
) -> Iterable[list[tuple[tuple[tuple[Hashable, int], ...], int]]]:
    """Sums of unknowns that are still open, in groups that have none of them in common."""
    open_sums = []
    for members, constant in system.sums:
        left = tuple((name, sign) for name, sign in members if name not in fixed)
        if left:
            known = sum(sign * fixed[name] for name, sign in members if name in fixed)
            open_sums.append((left, constant - known))
    standing: dict[Hashable, list[int]] = defaultdict(list)
    for at, (members, _) in enumerate(open_sums):
        for name, _ in members:
            standing[name].append(at)
    seen = [False] * len(open_sums)
    for first in range(len(open_sums)):
        if seen[first]:
            continue
        seen[first], piece, waiting = True, [], [first]
        while waiting:
            at = waiting.pop()
            piece.append(open_sums[at])
            for name, _ in open_sums[at][0]:
                for other in standing[name]:
                    if not seen[other]:
                        seen[other] = True
                        waiting.append(other)
        yield piece


# --- networks ----------------------------------------------------------------------------------

Sums = Sequence[tuple[tuple[tuple[Hashable, int], ...], int]]


def _is_network(sums: Sums) -> bool:
    signs: dict[Hashable, list[int]] = defaultdict(list)
    for members, _ in sums:
        for name, sign in members:
            signs[name].append(sign)
    return all(one in ([1], [-1], [1, -1], [-1, 1]) for one in signs.values())


class _Circulation:
    """A piece as a network: sums are its nodes, unknowns its arcs from the sum where they stand with a plus to the one
    with a minus. An unknown in one sum only has its other end outside, in one node for the piece."""

    def __init__(self, sums: Sums, bounds: Mapping[Hashable, tuple[int, int]]) -> None:
        self._outside = len(sums)
        ends: dict[Hashable, list[int]] = {}
        self._lacking = [constant for _, constant in sums] + [-sum(constant for _, constant in sums)]
        for at, (members, _) in enumerate(sums):
            for name, sign in members:
                ends.setdefault(name, [self._outside, self._outside])[0 if sign > 0 else 1] = at
        self._names = list(ends)
        self._tail = [ends[name][0] for name in self._names]
        self._head = [ends[name][1] for name in self._names]
        self._low = [bounds[name][0] for name in self._names]
        self._high = [bounds[name][1] for name in self._names]
        self._flow = list(self._low)
        self._beside: list[list[int]] = [[] for _ in self._lacking]
        for arc, (tail, head) in enumerate(zip(self._tail, self._head, strict=True)):
            self._beside[tail].append(arc)
            self._beside[head].append(arc)
            self._lacking[tail] -= self._low[arc]
            self._lacking[head] += self._low[arc]

    def fixed(self) -> dict[Hashable, int]:
        """The unknowns that have the same value in every possible table."""
        self._fill()
        part = self._strong_parts()
        bridges = self._bridges(part)
        return {
            name: self._flow[arc]
            for arc, name in enumerate(self._names)
            if part[self._tail[arc]] != part[self._head[arc]] or arc in bridges
        }

    def _fill(self) -> None:
        """A possible table: what a sum lacks is brought to it along numbers that have room."""
        for source in range(len(self._lacking)):
            while self._lacking[source] > 0:
                path = self._path(source)
                if path is None:
                    raise Contradiction
                end = path[-1][1]
                step = min(self._lacking[source], -self._lacking[end])
                step = min(step, *(self._room(arc, to) for arc, to in path))
                for arc, to in path:
                    self._flow[arc] += step if self._head[arc] == to else -step
                self._lacking[source] -= step
                self._lacking[end] += step

    def _room(self, arc: int, to: int) -> int:
        return self._high[arc] - self._flow[arc] if self._head[arc] == to else self._flow[arc] - self._low[arc]

    def _onward(self, at: int) -> Iterable[tuple[int, int]]:
        for arc in self._beside[at]:
            to = self._head[arc] if self._tail[arc] == at else self._tail[arc]
            if self._room(arc, to) > 0:
                yield arc, to

    def _path(self, source: int) -> list[tuple[int, int]] | None:
        back: dict[int, tuple[int, int]] = {source: (-1, -1)}
        waiting = deque([source])
        while waiting:
            at = waiting.popleft()
            for arc, to in self._onward(at):
                if to in back:
                    continue
                back[to] = (at, arc)
                if self._lacking[to] < 0:
                    path = []
                    while to != source:
                        at, arc = back[to]
                        path.append((arc, to))
                        to = at
                    return path[::-1]
                waiting.append(to)
        return None

    def _strong_parts(self) -> list[int]:
        """Of every node, which strongly connected part of the room that is left it lies in (Kosaraju)."""
        size = len(self._lacking)
        order, seen = [], [False] * size
        for first in range(size):
            if seen[first]:
                continue
            seen[first] = True
            stack = [(first, iter(list(self._onward(first))))]
            while stack:
                at, onward = stack[-1]
                following = next((to for _, to in onward if not seen[to]), None)
                if following is None:
                    order.append(at)
                    stack.pop()
                else:
                    seen[following] = True
                    stack.append((following, iter(list(self._onward(following)))))
        part = [-1] * size
        for number, first in enumerate(reversed(order)):
            if part[first] >= 0:
                continue
            part[first], waiting = number, [first]
            while waiting:
                at = waiting.pop()
                for arc in self._beside[at]:
                    from_ = self._head[arc] if self._tail[arc] == at else self._tail[arc]
                    if part[from_] < 0 and self._room(arc, at) > 0:
                        part[from_] = number
                        waiting.append(from_)
        return part

    def _bridges(self, part: Sequence[int]) -> set[int]:
        """Arcs that alone join two halves of a strong part: what goes over them can only come back over them."""
        found: set[int] = set()
        entered = [-1] * len(part)
        lowest = [0] * len(part)
        clock = 0
        for first in range(len(part)):
            if entered[first] >= 0:
                continue
            entered[first] = lowest[first] = clock
            clock += 1
            stack = [(first, -1, iter(self._beside[first]))]
            while stack:
                at, through, beside = stack[-1]
                for arc in beside:
                    to = self._head[arc] if self._tail[arc] == at else self._tail[arc]
                    if arc == through or part[to] != part[at] or to == at:
                        continue
                    if entered[to] >= 0:
                        lowest[at] = min(lowest[at], entered[to])
                        continue
                    entered[to] = lowest[to] = clock
                    clock += 1
                    stack.append((to, arc, iter(self._beside[to])))
                    break
                else:
                    stack.pop()
                    if stack:
                        before = stack[-1][0]
                        lowest[before] = min(lowest[before], lowest[at])
                        if lowest[at] > entered[before]:
                            found.add(through)
        return found


# --- anything else -----------------------------------------------------------------------------


def _programmed(sums: Sums, bounds: Mapping[Hashable, tuple[int, int]]) -> dict[Hashable, int]:
    try:
        return linear.fixed(sums, bounds)
    except linear.Unsolved:
        return _eliminated(sums)


def _eliminated(sums: Sums) -> dict[Hashable, int]:
    """The unknowns that the sums alone determine, by Gauss and Jordan modulo a prime far above any count."""
    rows: dict[Hashable, tuple[dict[Hashable, int], int]] = {}
    for members, constant in sums:
        row: dict[Hashable, int] = defaultdict(int)
        for name, sign in members:
            row[name] = (row[name] + sign) % _PRIME
        right = constant % _PRIME
        for name in [name for name in row if name in rows]:
            right = _subtract(row, right, row[name], *rows[name])
        left = [name for name, factor in row.items() if factor]
        if not left:
            if right:
                raise Contradiction
            continue
        pivot = left[0]
        inverse = pow(row[pivot], -1, _PRIME)
        row = {name: row[name] * inverse % _PRIME for name in left}
        right = right * inverse % _PRIME
        for name, (other, constant_) in list(rows.items()):
            if pivot in other:
                rows[name] = (other, _subtract(other, constant_, other[pivot], row, right))
        rows[pivot] = (row, right)
    return {
        pivot: right if right < _PRIME // 2 else right - _PRIME for pivot, (row, right) in rows.items() if len(row) == 1
    }


def _subtract(row: dict[Hashable, int], right: int, factor: int, other: Mapping[Hashable, int], constant: int) -> int:
    """Takes a multiple of another row away in place; the new right side."""
    for name, one in other.items():
        left = (row.get(name, 0) - factor * one) % _PRIME
        if left:
            row[name] = left
        else:
            row.pop(name, None)
    return (right - factor * constant) % _PRIME


# --- noise -------------------------------------------------------------------------------------


def average(estimates: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Several estimates of one number, each with its variance, weighed so that the variance is least; and what it is.

    What an attacker does with a cell that stands in many tables, directly or as a sum of others. Estimates whose noise
    is the same noise must be given once, or the answer is believed more than it should be.
    """
    weights = [(value, 1 / variance) for value, variance in estimates]
    whole = sum(weight for _, weight in weights)
    return sum(value * weight for value, weight in weights) / whole, 1 / whole
