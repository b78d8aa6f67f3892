"""Someone who has every published table and a linear program: how narrowly can hidden numbers be told?

Knows nothing of how figures were protected, and shares no code with it. A dense two-phase simplex by the book
(Chvátal, Linear Programming, 1983, with Bland's rule) is enough: the tables are small and their entries are 0, 1, -1.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

EPSILON = 1e-7


@dataclass
class Knowledge:
    """What is known: sums that hold, numbers that were shown, and bounds of those that were not."""

    sums: list[tuple[Hashable, Sequence[Hashable]]] = field(default_factory=list)
    """A whole and its parts."""
    shown: dict[Hashable, float] = field(default_factory=dict)
    at_most: dict[Hashable, float] = field(default_factory=dict)
    at_least: dict[Hashable, float] = field(default_factory=dict)

    def intervals(self, wanted: Sequence[Hashable]) -> Mapping[Hashable, tuple[float, float]]:
        """The least and greatest value of each wanted number that everything known allows."""
        names = sorted({one for whole, parts in self.sums for one in (whole, *parts)} - self.shown.keys(), key=repr)
        place = {name: at for at, name in enumerate(names)}
        low = np.array([self.at_least.get(name, 0.0) for name in names])
        rows, right = [], []
        for whole, parts in self.sums:
            row, constant = np.zeros(len(names)), 0.0
            for name, sign in [(whole, -1.0), *((part, 1.0) for part in parts)]:
                if name in place:
                    row[place[name]] += sign
                else:
                    constant += sign * self.shown[name]
            rows.append(row)
            right.append(-constant)
        capped = [name for name in names if name in self.at_most]
        matrix = np.zeros((len(rows) + len(capped), len(names) + len(capped)))
        matrix[: len(rows), : len(names)] = np.array(rows)
        for at, name in enumerate(capped):
            matrix[len(rows) + at, place[name]] = 1.0
            matrix[len(rows) + at, len(names) + at] = 1.0
        target = np.array([*right, *(self.at_most[name] for name in capped)])
        target -= matrix[:, : len(names)] @ low
        simplex = _Simplex(matrix, target)
        found = {}
        for name in wanted:
            at = place[name]
            found[name] = (low[at] - simplex.maximum(at, -1.0), low[at] + simplex.maximum(at, 1.0))
        return found


class _Simplex:
    """Non-negative x with A x = b, kept at a vertex from one question to the next."""

    def __init__(self, matrix: np.ndarray, right: np.ndarray) -> None:
        sign = np.where(right < 0, -1.0, 1.0)
        count, width = matrix.shape
        self._table = np.hstack([matrix * sign[:, None], np.eye(count), (right * sign)[:, None]])
        self._basis = list(range(width, width + count))
        self._width = width
        cost = np.zeros(width + count)
        cost[width:] = -1.0
        left = self._climb(cost, width + count)
        assert abs(left) < 1e-5, "what is known contradicts itself"
        self._drive_out_artificials()

    def maximum(self, at: int, sign: float) -> float:
        """The greatest `sign * x[at]`; infinity when nothing bounds it."""
        cost = np.zeros(self._table.shape[1] - 1)
        cost[at] = sign
        return self._climb(cost, self._width)

    def _climb(self, cost: np.ndarray, usable: int) -> float:
        table = self._table
        while True:
            reduced = cost - cost[self._basis] @ table[:, :-1]
            entering = next((at for at in np.flatnonzero(reduced[:usable] > EPSILON)), None)
            if entering is None:
                return float(cost[self._basis] @ table[:, -1])
            column = table[:, entering]
            rows = np.flatnonzero(column > EPSILON)
            if not len(rows):
                return float("inf")
            ratios = table[rows, -1] / column[rows]
            ties = rows[ratios <= ratios.min() + EPSILON]
            self._pivot(min(ties, key=lambda row: self._basis[row]), int(entering))

    def _pivot(self, row: int, column: int) -> None:
        table = self._table
        table[row] /= table[row, column]
        others = np.flatnonzero(np.abs(table[:, column]) > EPSILON)
        others = others[others != row]
        table[others] -= np.outer(table[others, column], table[row])
        self._basis[row] = column

    def _drive_out_artificials(self) -> None:
        keep = []
        for row in range(len(self._basis)):
            if self._basis[row] >= self._width:
                entries = np.flatnonzero(np.abs(self._table[row, : self._width]) > EPSILON)
                if not len(entries):
                    continue  # a sum that the others imply
                self._pivot(row, int(entries[0]))
            keep.append(row)
        self._table = np.hstack([self._table[keep][:, : self._width], self._table[keep][:, -1:]])
        self._basis = [self._basis[row] for row in keep]
