"""What a reader of a table with holes can work out: exactly, by flows.

A table that adds up along a tree of areas, and within each area over the categories of one breakdown, is a
network: every number stands in two sums, once as a part and once as what the parts make, so it is an arc from
one sum to another. Numbers that a reader cannot tell apart from the true ones are then circulations within
the bounds he knows, and the least and greatest value a hidden cell can have follow from the greatest flow that
can be sent around through it (integral, since all bounds are). References: Cox, "Network models for complementary
cell suppression", JASA 90 (1995); Castro, "Network flows heuristics for complementary cell suppression" (2002).
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]

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
    """How far a number can move in one direction, and what else moved with it until nothing could."""

    target: int
    amount: int
    missing: int
    """How much further it was to go."""
    moved: Mapping[tuple[str, ...], int]


Price = Callable[[Arc, int, int], int | None]
"""What it costs to let a number that cannot move do so: up (1) or down (-1), by so many units; None = not at all."""


class Network:
    def __init__(self, arcs: Iterable[Arc]) -> None:
        self.arcs = {arc.key: arc for arc in arcs}
        # Every number that stands in a sum, with the direction in which it leaves it; then the hidden ones alone.
        self._beside: dict[Hashable, list[tuple[Arc, int]]] = {}
        self._around: dict[Hashable, list[tuple[Arc, int]]] = {}
        for arc in self.arcs.values():
            self._join(self._beside, arc)
            if arc.is_hidden:
                self._join(self._around, arc)

    def hide(self, key: tuple[str, ...], *, low: int, high: int) -> None:
        """Take the number out of the reader's sight, leaving the reader these bounds."""
        arc = self.arcs[key]
        arc.low, arc.high = min(low, arc.count), max(high, arc.count)
        if not arc.is_hidden:
            arc.is_hidden = True
            self._join(self._around, arc)

    def interval(self, key: tuple[str, ...]) -> tuple[int, int]:
        """The least and greatest value that the reader cannot rule out."""
        arc = self.arcs[key]
        down = self.reach(key, arc.low).amount
        up = self.reach(key, arc.high).amount
        return arc.count - down, arc.count + up

    def reach(self, key: tuple[str, ...], target: int) -> Reach:
        """How far towards `target` the number can move while everything shown stays as it is."""
        arc = self.arcs[key]
        wanted = abs(max(min(target, arc.high), arc.low) - arc.count)
        source, sink = _ends(arc, target)
        moved: dict[tuple[str, ...], int] = {}
        amount = wanted if source == sink else 0
        while amount < wanted:
            path = self._search(source, sink, arc, moved)
            if path is None:
                break
            step = min(wanted - amount, *(self._room(one, sign, moved) for one, sign in path))
            for one, sign in path:
                moved[one.key] = moved.get(one.key, 0) + sign * step
            amount += step
        return Reach(target, amount, wanted - amount, moved)

    def cheapest_release(self, key: tuple[str, ...], stuck: Reach, price: Price) -> list[tuple[str, ...]] | None:
        """Which numbers to let move so that a search that got stuck goes on; None when no price buys that.

        The cheapest path by Dijkstra, numbers that can move being free. Of equally cheap ones the same every time.
        """
        arc = self.arcs[key]
        source, sink = _ends(arc, stuck.target)
        order = itertools.count()
        queue: list[tuple[int, int, Hashable, Back | None]] = [(0, next(order), source, None)]
        back: dict[Hashable, Back | None] = {}
        while queue:
            cost, _, at, came = heapq.heappop(queue)
            if at in back:
                continue
            back[at] = came
            if at == sink:
                path = _path(back, source, sink)
                return [one.key for one, sign in path if self._room(one, sign, stuck.moved) <= 0]
            for one, sign in self._beside.get(at, ()):
                to = one.head if sign > 0 else one.tail
                if one is arc or to in back:
                    continue
                fare = 0 if self._room(one, sign, stuck.moved) > 0 else price(one, sign, stuck.missing)
                if fare is not None:
                    heapq.heappush(queue, (cost + fare, next(order), to, (at, one, sign)))
        return None

    def _search(
        self, source: Hashable, sink: Hashable, without: Arc, moved: Mapping[tuple[str, ...], int]
    ) -> list[tuple[Arc, int]] | None:
        """Breadth first, so that the answer is the same wherever it is computed."""
        back: dict[Hashable, Back | None] = {source: None}
        queue = deque([source])
        while queue:
            at = queue.popleft()
            for arc, sign in self._around.get(at, ()):
                to = arc.head if sign > 0 else arc.tail
                if to in back or arc is without or self._room(arc, sign, moved) <= 0:
                    continue
                back[to] = (at, arc, sign)
                if to == sink:
                    return _path(back, source, sink)
                queue.append(to)
        return None

    def _room(self, arc: Arc, sign: int, moved: Mapping[tuple[str, ...], int]) -> int:
        if not arc.is_hidden:
            return 0
        now = arc.count + moved.get(arc.key, 0)
        return arc.high - now if sign > 0 else now - arc.low

    def _join(self, sums: dict[Hashable, list[tuple[Arc, int]]], arc: Arc) -> None:
        if arc.tail != arc.head:
            sums.setdefault(arc.tail, []).append((arc, 1))
            sums.setdefault(arc.head, []).append((arc, -1))


Back = tuple[Hashable, Arc, int]
"""The sum one came from, by which number, in which direction."""


def _ends(arc: Arc, target: int) -> tuple[Hashable, Hashable]:
    """A unit more in a number has to come back from its head to its tail; a unit less, the other way."""
    return (arc.head, arc.tail) if target > arc.count else (arc.tail, arc.head)


def _path(back: Mapping[Hashable, Back | None], source: Hashable, sink: Hashable) -> list[tuple[Arc, int]]:
    path, at = [], sink
    while at != source:
        came = back[at]
        assert came is not None
        at = came[0]
        path.append(came[1:])
    return path


class Tree:
    """Numbers that add up along a tree and in nothing else: how far each can move, all at once and exactly.

    Without the sum outside, such a network falls apart into two sides wherever one number is taken out of it, so the
    greatest flow through a number is the least of its own room, the room below it and the room of everything else:
    two passes over the tree, one up and one down. Arrays have one entry a number; `parent` is -1 for the root alone,
    and `height` is the same for all that are equally far from the root, greatest at the root.
    """

    # More than there are people and little enough for sums of as many numbers as there are to stay exact.
    FREE = 10**10

    def __init__(self, parent: npt.NDArray[np.int64], height: npt.NDArray[np.int8], leaf: int = 0) -> None:
        """Numbers of a height below `leaf` are left out, as if those of that height had no parts."""
        self._parent = parent
        heights = [one for one in np.unique(height) if one >= leaf]
        self._layers = [np.flatnonzero(height == one) for one in heights]
        self.is_leaf = height == heights[0]
        self.is_in = height >= leaf

    def rooms(self, up: Whole, down: Whole) -> tuple[Whole, Whole]:
        """How far each number can rise and fall, from how far each could if it were alone (0 while it is shown)."""
        rise, rise_below = self._upwards(up)
        fall, fall_below = self._upwards(down)
        beside_fall, beside_rise = self._downwards(up, down, rise, fall)
        can_rise, can_fall = np.minimum(up, rise_below), np.minimum(down, fall_below)
        return np.minimum(can_rise, beside_fall), np.minimum(can_fall, beside_rise)

    def below(self, room: Whole) -> Whole:
        """How far each number can move, one way, as far as its parts are concerned."""
        return self._upwards(room)[0]

    def sums(self, numbers: Whole) -> Whole:
        """For each number that has parts, what they add up to; 0 for the others."""
        total = np.zeros_like(numbers)
        for layer in self._layers[:-1]:
            self._add(total, layer, numbers)
        return total

    def _upwards(self, room: Whole) -> tuple[Whole, Whole]:
        """Room of each number within what is below it, and the room below it."""
        own = np.where(self.is_in, np.minimum(room, self.FREE), 0)
        below = np.where(self.is_leaf, self.FREE, 0)
        for layer in self._layers:
            own[layer] = np.minimum(own[layer], below[layer])
            if layer is not self._layers[-1]:
                self._add(below, layer, own)
        return own, below

    def _downwards(self, up: Whole, down: Whole, rise: Whole, fall: Whole) -> tuple[Whole, Whole]:
        """What the rest of the tree gives to a number that rises, and to one that falls."""
        for_rise, for_fall = np.full_like(up, self.FREE), np.full_like(up, self.FREE)
        falls, rises = self.sums(fall), self.sums(rise)
        for layer in reversed(self._layers[:-1]):
            above = self._parent[layer]
            for_rise[layer] = falls[above] - fall[layer] + np.minimum(up[above], for_rise[above])
            for_fall[layer] = rises[above] - rise[layer] + np.minimum(down[above], for_fall[above])
        return for_rise, for_fall

    def _add(self, total: Whole, layer: npt.NDArray[np.intp], numbers: Whole) -> None:
        # Sums of whole numbers far below 2 ** 53, so exact although numpy adds them as floats.
        total += np.bincount(self._parent[layer], weights=numbers[layer], minlength=len(total)).astype(np.int64)
