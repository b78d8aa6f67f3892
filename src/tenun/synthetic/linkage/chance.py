"""Chance without state: a number drawn from (seed, key, name of the question), the same everywhere and for ever.

SplitMix64 (Steele, Lea, Flood 2014) in plain 64-bit arithmetic. No engine's hash, no order of evaluation, no thread
count has a say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

One = TypeVar("One")
Keys = NDArray[np.uint64]
_GOLDEN = 0x9E3779B97F4A7C15
_ONES = (1 << 64) - 1


def mix(keys: Keys) -> Keys:
    """SplitMix64's finaliser: a bijection of 64 bits that leaves no pattern."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


@cache
def salt(seed: int, question: str) -> np.uint64:
    """The number of one question under one seed."""
    return np.uint64(int.from_bytes(hashlib.md5(f"{seed}\0{question}".encode(), usedforsecurity=False).digest()[:8]))


class Draws:
    """Draws for many keys at once; every question has its own, independent of all others."""

    def __init__(self, seed: int, keys: NDArray[np.integer]) -> None:
        self.seed = seed
        self._keys = keys.astype(np.uint64) * np.uint64(_GOLDEN)

    def bits(self, question: str) -> Keys:
        return mix(self._keys + salt(self.seed, question))

    def unit(self, question: str) -> NDArray[np.float64]:
        """In [0, 1)."""
        return (self.bits(question) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, question: str, limit: int | NDArray[np.integer]) -> NDArray[np.int64]:
        """In 0 … limit - 1."""
        return (self.unit(question) * limit).astype(np.int64)

    def happens(self, question: str, rate: float) -> NDArray[np.bool_]:
        return self.unit(question) < rate if rate > 0 else np.zeros(len(self._keys), np.bool_)


class Dice:
    """The same for one record: a short run of small draws, begun from its bits (a 64-bit congruential generator)."""

    __slots__ = ("_state",)

    def __init__(self, bits: int) -> None:
        self._state = bits

    def below(self, limit: int) -> int:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _ONES
        return (self._state >> 33) % limit

    def one_of(self, options: Sequence[One]) -> One:
        return options[self.below(len(options))]
