"""The table that says how much noise a count gets: for each true count, 256 cell keys and a noise for each.

Made by maximum entropy, as the R package ptable makes it (Giessing, "Computational issues in the design of transition
probabilities and disclosure risk estimation for additive noise", PSD 2016; Marley and Leaver, "A method for
confidentialising user-defined tables", ISI 2011): of all noises that are whole numbers no greater than D, add up to
nothing on average, have variance V and never lead to a count between 1 and js, the one that tells least.

The probabilities are then dealt out to whole keys so that noise stays without bias to the last key.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

KEYS = 256
"""Cell keys are 0 to 255, as in the package `cell-key-perturbation` of the Office for National Statistics."""


@dataclass(frozen=True)
class PTable:
    """`rows[i - 1][k]` is the noise of a true count `i` with cell key `k`; the last row is for every count from there.

    A count of zero has no row: it is never altered.
    """

    noise_max: int
    variance: float
    unseen_max: int
    """No count from 1 to this is ever shown."""
    rows: tuple[tuple[int, ...], ...]

    def noise(self, count: int, cell_key: int) -> int:
        """What is added to a true count."""
        return self.rows[min(count, len(self.rows)) - 1][cell_key] if count else 0

    def possible(self, shown: int) -> range:
        """The true counts that can be shown as this one: what a reader knows who knows the method and no key."""
        candidates = range(max(shown - self.noise_max, 0), shown + self.noise_max + 1)
        found = [one for one in candidates if shown - one in (self.rows[min(one, len(self.rows)) - 1] if one else (0,))]
        return range(min(found), max(found) + 1) if found else range(0)


@functools.cache
def ptable(noise_max: int = 5, variance: float = 2.0, unseen_max: int = 2) -> PTable:
    """D, V and js of the literature. Raises ValueError when no noise keeps to all of them."""
    last = noise_max + unseen_max + 1
    rows = []
    for count in range(1, last + 1):
        noises = admissible(count, noise_max=noise_max, unseen_max=unseen_max)
        shares = maximum_entropy(noises, variance=variance)
        dealt = _deal(shares, variance=variance)
        rows.append(tuple(noise for noise in noises for _ in range(dealt[noise])))
    return PTable(noise_max, variance, unseen_max, tuple(rows))


def admissible(count: int, *, noise_max: int, unseen_max: int) -> list[int]:
    """The noises that lead from a true count to one that may be shown, ascending."""
    return [
        noise
        for noise in range(-noise_max, noise_max + 1)
        if count + noise == 0 or (count + noise > unseen_max and count + noise > 0)
    ]


def maximum_entropy(noises: Sequence[int], *, variance: float) -> Mapping[int, float]:
    """The probabilities of greatest entropy with mean zero and that variance. Raises ValueError where there are none.

    They have the form exp(c + a v + b v^2); a and b are found by Newton's method on the convex dual. Where the
    variance asked for is the least there is, only the two noises next to zero are left, and nothing is to be chosen.
    """
    below = max((one for one in noises if one <= 0), default=None)
    above = min((one for one in noises if one >= 0), default=None)
    if below is None or above is None or variance > -min(noises) * max(noises) or variance < -below * above:
        raise ValueError("no noise has this variance here")
    if variance == -below * above:
        width = above - below
        return {one: above / width if one == below else -below / width if one == above else 0.0 for one in noises}
    slope = curve = 0.0
    for _ in range(200):
        moments = _moments(noises, slope, curve)
        first, second = moments[1], moments[2] - variance
        if abs(first) + abs(second) < 1e-13:
            break
        # Covariance of (v, v^2), inverted; halved until the dual falls.
        spread, mixed, wide = (
            moments[2] - moments[1] ** 2,
            moments[3] - moments[1] * moments[2],
            moments[4] - moments[2] ** 2,
        )
        determinant = spread * wide - mixed**2
        step = ((wide * first - mixed * second) / determinant, (spread * second - mixed * first) / determinant)
        size, before = 1.0, _dual(noises, slope, curve, variance)
        while size > 1e-9 and _dual(noises, slope - size * step[0], curve - size * step[1], variance) > before:
            size /= 2
        slope, curve = slope - size * step[0], curve - size * step[1]
    return _probabilities(noises, slope, curve)


def _probabilities(noises: Sequence[int], slope: float, curve: float) -> dict[int, float]:
    weights = [math.exp(slope * one + curve * one * one) for one in noises]
    whole = math.fsum(weights)
    return {one: weight / whole for one, weight in zip(noises, weights, strict=True)}


def _moments(noises: Sequence[int], slope: float, curve: float) -> list[float]:
    shares = _probabilities(noises, slope, curve)
    return [math.fsum(share * one**power for one, share in shares.items()) for power in range(5)]


def _dual(noises: Sequence[int], slope: float, curve: float, variance: float) -> float:
    return math.log(math.fsum(math.exp(slope * one + curve * one * one) for one in noises)) - curve * variance


def _deal(shares: Mapping[int, float], *, variance: float) -> dict[int, int]:
    """256 keys for the noises: mean exactly zero, then the variance nearest, then the shares nearest."""
    dealt = {noise: math.floor(share * KEYS) for noise, share in shares.items()}
    by_rest = sorted(shares, key=lambda noise: (dealt[noise] - shares[noise] * KEYS, noise))
    for noise in by_rest[: KEYS - sum(dealt.values())]:
        dealt[noise] += 1
    moves: list[Move] = [(source, target) for source, target in itertools.permutations(shares, 2)]
    steps: list[Sequence[Move]] = [(move,) for move in moves]
    steps += itertools.combinations_with_replacement(moves, 2)
    while True:
        best = min(steps, key=lambda step: _distance(_moved(dealt, step), shares, variance))
        if _distance(_moved(dealt, best), shares, variance) >= _distance(dealt, shares, variance):
            return dealt
        dealt = _moved(dealt, best)


Move = tuple[int, int]
"""A key taken from one noise and given to another."""


def _moved(dealt: Mapping[int, int], step: Sequence[Move]) -> dict[int, int]:
    after = dict(dealt)
    for source, target in step:
        after[source] -= 1
        after[target] += 1
    return after


def _distance(dealt: Mapping[int, int], shares: Mapping[int, float], variance: float) -> tuple[float, ...]:
    bias = abs(sum(noise * count for noise, count in dealt.items()))
    spread = abs(sum(noise * noise * count for noise, count in dealt.items()) - KEYS * variance)
    away = math.fsum((count - shares[noise] * KEYS) ** 2 for noise, count in dealt.items())
    return (sum(-count for count in dealt.values() if count < 0), bias, spread, away)
