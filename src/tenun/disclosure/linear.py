"""Sums that are no network, decided by a linear program: between which values each number can lie.

Numbers that stand in three sums, as those of a table with two margins over areas that add up, have no flows. For
them: the simplex with bounds on both sides by the book (Chvátal, Linear Programming, 1983, chapter 8), dense, since
pieces have a few hundred numbers with entries of 0, 1 and -1. A solution is checked against the sums before it is
believed.

A linear program allows fractions, so the range it gives is never narrower than the true one: a number that is called
fixed is fixed, and one that whole numbers alone would fix may be missed.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Sums = Sequence[tuple[tuple[tuple[Hashable, int], ...], int]]
"""Signed unknowns that make a known number."""

UNBOUNDED = 10**12
"""More than any count of people: a bound that is none."""
_FAR = 10**9
"""Where the program stops for what has no bound; above any count of people, and small enough to be exact to a
millionth."""
_SMALL = 1e-9
_NEAR = 1e-6
_EXACT = 1e-4
"""How far a solution may miss a sum."""
_GREEDY_PIVOTS = 50
"""Pivots without progress after which Bland's rule takes over, which cannot go in a circle."""


class Contradiction(Exception):
    """No table satisfies what is shown. Whoever knows which table it is says so with `PublishedContradicts`."""


class Unsolved(Exception):
    """Rounding errors grew too large to believe the solution."""


def fixed(sums: Sums, bounds: Mapping[Hashable, tuple[int, int]]) -> dict[Hashable, int]:
    """The unknowns for which one whole number is left, and it. Raises `Contradiction`, `Unsolved`.

    Every solution that is met on the way tells of all unknowns at once; only those that stay within less than one
    person get a program of their own.
    """
    program = Program(sums, bounds)
    least = program.solution()
    most = least.copy()
    for weights in (np.ones(len(least)), -np.ones(len(least))):
        _widen(least, most, program.greatest(weights))
    found = {}
    for at, name in enumerate(program.names):
        for sign in (1.0, -1.0):
            if _wholes(least[at], most[at]) < 2:
                weights = np.zeros(len(least))
                weights[at] = sign
                _widen(least, most, program.greatest(weights))
        if _wholes(least[at], most[at]) == 1:
            found[name] = math.ceil(least[at] - _NEAR)
    return found


def _widen(least: Vector, most: Vector, solution: Vector) -> None:
    np.minimum(least, solution, out=least)
    np.maximum(most, solution, out=most)


def _wholes(least: float, most: float) -> int:
    return math.floor(most + _NEAR) - math.ceil(least - _NEAR) + 1


class Program:
    """Unknowns within their bounds that satisfy the sums; kept at a vertex from one question to the next.

    Each unknown is counted from one of its bounds (`_is_turned`: from the upper one), so that those outside the basis
    are zero. Raises `Contradiction` where there is no solution.
    """

    def __init__(self, sums: Sums, bounds: Mapping[Hashable, tuple[int, int]]) -> None:
        self.names = sorted({name for members, _ in sums for name, _ in members}, key=repr)
        place = {name: at for at, name in enumerate(self.names)}
        self._low = np.array([float(bounds[name][0]) for name in self.names])
        highs = [bounds[name][1] for name in self.names]
        self._matrix = np.zeros((len(sums), len(self.names)))
        self._right = np.array([float(constant) for _, constant in sums])
        for row, (members, _) in enumerate(sums):
            for name, sign in members:
                self._matrix[row, place[name]] += sign
        rows, width = self._matrix.shape
        right = self._right - self._matrix @ self._low
        ways = np.where(right < 0, -1.0, 1.0)
        self._table = np.hstack([self._matrix * ways[:, None], np.eye(rows)])
        self._value = right * ways
        room = np.array([float(min(high, _FAR)) for high in highs]) - self._low
        self._room = np.concatenate([room, np.full(rows, float(_FAR) * len(self.names))])
        self._is_turned = np.zeros(width + rows, bool)
        self._basis = np.arange(width, width + rows)
        self._start(width)

    def _start(self, width: int) -> None:
        """From invented unknowns that take up every sum to a solution without them."""
        weights = np.zeros(len(self._room))
        weights[width:] = -1.0
        self._climb(weights, usable=width)
        if self._value[self._basis >= width].sum() > _EXACT:
            raise Contradiction
        keep: list[int] = []
        for row in range(len(self._basis)):
            if self._basis[row] >= width:
                entries = np.flatnonzero(np.abs(self._table[row, :width]) > _NEAR)
                if not len(entries):
                    continue  # a sum that the others imply
                self._pivot(row, int(entries[0]))
            keep.append(row)
        self._table, self._value = self._table[keep][:, :width], self._value[keep]
        self._basis, self._room, self._is_turned = self._basis[keep], self._room[:width], self._is_turned[:width]

    def greatest(self, weights: Vector) -> Vector:
        """A solution with the greatest weighed sum. Raises `Unsolved`."""
        self._climb(weights, usable=len(weights))
        return self.solution()

    def solution(self) -> Vector:
        """The unknowns in the order of `names`. Raises `Unsolved`."""
        found = np.zeros(len(self._room))
        found[self._basis] = self._value
        found[self._is_turned] = self._room[self._is_turned] - found[self._is_turned]
        found += self._low
        if np.abs(self._matrix @ found - self._right).max(initial=0.0) > _EXACT:
            raise Unsolved
        return found

    def _climb(self, weights: Vector, *, usable: int) -> None:
        still = 0
        while True:
            signed = np.where(self._is_turned, -weights, weights)
            gains = (signed - signed[self._basis] @ self._table)[:usable]
            gains[self._basis[self._basis < usable]] = 0.0
            gains[self._room[:usable] < _SMALL] = 0.0
            rising = np.flatnonzero(gains > _SMALL)
            if not len(rising):
                return
            entering = int(rising[0] if still > _GREEDY_PIVOTS else rising[np.argmax(gains[rising])])
            still = still + 1 if self._step(entering) < _SMALL else 0

    def _step(self, entering: int) -> float:
        """Let one unknown grow until something stops it: how far it went."""
        column = self._table[:, entering]
        falls, rises = column > _SMALL, column < -_SMALL
        limits = np.full(len(column), math.inf)
        limits[falls] = np.maximum(self._value[falls], 0.0) / column[falls]
        limits[rises] = np.maximum(self._room[self._basis[rises]] - self._value[rises], 0.0) / -column[rises]
        nearest = float(limits.min(initial=math.inf))
        if self._room[entering] <= nearest:
            self._turn(entering)
            return float(self._room[entering])
        ties = np.flatnonzero(limits <= nearest + _SMALL)
        row = int(ties[np.argmin(self._basis[ties])])
        if rises[row]:
            self._turn_basic(row)
        self._pivot(row, entering)
        return nearest

    def _turn(self, at: int) -> None:
        self._value -= self._table[:, at] * self._room[at]
        self._table[:, at] *= -1.0
        self._is_turned[at] = not self._is_turned[at]

    def _turn_basic(self, row: int) -> None:
        at = self._basis[row]
        self._table[row] *= -1.0
        self._table[row, at] = 1.0
        self._value[row] = self._room[at] - self._value[row]
        self._is_turned[at] = not self._is_turned[at]

    def _pivot(self, row: int, column: int) -> None:
        self._value[row] /= self._table[row, column]
        self._table[row] /= self._table[row, column]
        others = np.flatnonzero(np.abs(self._table[:, column]) > 1e-12)
        others = others[others != row]
        factors = self._table[others, column]
        self._table[others] -= np.outer(factors, self._table[row])
        self._value[others] -= factors * self._value[row]
        self._table[others, column] = 0.0
        self._basis[row] = column
