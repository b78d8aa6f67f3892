"""What a reader of a table with holes can work out: exactly, by flows.

A table that adds up along a tree of areas, and within each area over the categories of one breakdown, is a
network: every number stands in two sums, once as a part and once as what the parts make, so it is an arc from
one sum to another. Numbers that a reader cannot tell apart from the true ones are then circulations within
the bounds he knows, and the least and greatest value a hidden cell can have follow from the greatest flow that
can be sent around through it (integral, since all bounds are). References: Cox, "Network models for complementary
cell suppression", JASA 90 (1995); Castro, "Network flows heuristics for complementary cell suppression" (2002).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

# More than any count of people: a bound that is none.
UNBOUNDED = 10**12


@dataclass
class Arc:
    """One number of a table: a part of the sum `tail`, and what the parts of the sum `head` make."""

    key: tuple[str, ...]
    tail: Hashable
    head: Hashable
    count: int
    low: int
    high: int
    """Bounds the reader knows. Equal to `count` while the number is shown."""
    is_hidden: bool = False


@dataclass(frozen=True)
class Reach:
    """How far a number can move in one direction, and the sums that can still take up a unit where it ended."""

    amount: int
    missing: int
    """How much further it was to go."""
    sums: frozenset[Hashable]


class Network:
    def __init__(self, arcs: Iterable[Arc]) -> None:
        self.arcs = {arc.key: arc for arc in arcs}
        self.touching: dict[Hashable, list[Arc]] = {}
        """Every number that stands in a sum, shown or not."""
        self._around: dict[Hashable, list[tuple[Arc, int]]] = {}
        for arc in self.arcs.values():
            for sum_ in {arc.tail, arc.head}:
                self.touching.setdefault(sum_, []).append(arc)
                self._around.setdefault(sum_, [])
            if arc.is_hidden:
                self._join(arc)

    def hide(self, key: tuple[str, ...], *, low: int, high: int) -> None:
        """Take the number out of the reader's sight, leaving the reader these bounds."""
        arc = self.arcs[key]
        arc.low, arc.high = min(low, arc.count), max(high, arc.count)
        if not arc.is_hidden:
            arc.is_hidden = True
            self._join(arc)

    def interval(self, key: tuple[str, ...]) -> tuple[int, int]:
        """The least and greatest value that the reader cannot rule out."""
        arc = self.arcs[key]
        down = self.reach(key, arc.low).amount
        up = self.reach(key, arc.high).amount
        return arc.count - down, arc.count + up

    def reach(self, key: tuple[str, ...], target: int) -> Reach:
        """How far towards `target` the number can move while everything shown stays as it is."""
        arc = self.arcs[key]
        is_up = target > arc.count
        wanted = min(target, arc.high) - arc.count if is_up else arc.count - max(target, arc.low)
        source, sink = (arc.head, arc.tail) if is_up else (arc.tail, arc.head)
        if source == sink:
            return Reach(max(wanted, 0), 0, frozenset())
        moved: dict[tuple[str, ...], int] = {}
        amount = 0
        while amount < wanted:
            back, reached = self._search(source, sink, arc, moved)
            if sink not in back:
                return Reach(amount, wanted - amount, frozenset(reached))
            path = list(_path(back, source, sink))
            step = min(wanted - amount, *(self._room(one, sign, moved) for one, sign in path))
            for one, sign in path:
                moved[one.key] = moved.get(one.key, 0) + sign * step
            amount += step
        return Reach(amount, 0, frozenset())

    def _search(
        self, source: Hashable, sink: Hashable, without: Arc, moved: dict[tuple[str, ...], int]
    ) -> tuple[dict[Hashable, tuple[Hashable, Arc, int]], set[Hashable]]:
        """Breadth first, so that the answer is the same wherever it is computed."""
        back: dict[Hashable, tuple[Hashable, Arc, int]] = {}
        reached = {source}
        queue = deque([source])
        while queue:
            at = queue.popleft()
            for arc, sign in self._around[at]:
                to = arc.head if sign > 0 else arc.tail
                if to in reached or arc is without or self._room(arc, sign, moved) <= 0:
                    continue
                reached.add(to)
                back[to] = (at, arc, sign)
                if to == sink:
                    return back, reached
                queue.append(to)
        return back, reached

    def _room(self, arc: Arc, sign: int, moved: dict[tuple[str, ...], int]) -> int:
        now = arc.count + moved.get(arc.key, 0)
        return arc.high - now if sign > 0 else now - arc.low

    def _join(self, arc: Arc) -> None:
        if arc.tail != arc.head:
            self._around[arc.tail].append((arc, 1))
            self._around[arc.head].append((arc, -1))


def _path(
    back: dict[Hashable, tuple[Hashable, Arc, int]], source: Hashable, sink: Hashable
) -> Iterable[tuple[Arc, int]]:
    at = sink
    while at != source:
        at, arc, sign = back[at]
        yield arc, sign
