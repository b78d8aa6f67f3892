"""Where the invented people live: real village codes, households in each, and whose register is not at hand."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tenun.registry.reference.regions import Regions
from tenun.synthetic.linkage import names
from tenun.synthetic.linkage.chance import Draws

MEAN_HOUSEHOLD = 3.6875
PERSONS_PER_VILLAGE = 1_500
VILLAGES_PER_REGENCY_MIN = 60
HANDED_IN, REGISTERED = 0.93, 0.97
"""Shares of people in villages whose register is at hand, and of those in it: one account in ten has no resident."""

_PEOPLE_OF_PROVINCE = {
    "12": names.BATAK,
    "13": names.MINANG,
    "32": names.SUNDA,
    "36": names.SUNDA,
    "33": names.JAWA,
    "34": names.JAWA,
    "35": names.JAWA,
    "18": names.JAWA,
    "51": names.BALI,
    "52": names.SASAK,
    "53": names.FLORES,
    "73": names.BUGIS,
    "74": names.BUGIS,
    "76": names.BUGIS,
    "71": names.TIMUR,
    "81": names.TIMUR,
    "91": names.TIMUR,
    "92": names.TIMUR,
    "93": names.TIMUR,
    "94": names.TIMUR,
    "95": names.TIMUR,
    "96": names.TIMUR,
}
_RENUMBERED = {
    "65.01": "64.04",
    "65.02": "64.06",
    "65.03": "64.05",
    "65.04": "64.10",
    "65.71": "64.73",
    "93.01": "91.01",
    "93.02": "91.16",
    "93.03": "91.17",
    "93.04": "91.18",
    "94.01": "91.04",
    "94.04": "91.09",
}
"""Regencies whose province was split off, and the code that their people's older papers still carry."""


@dataclass(frozen=True)
class Country:
    """Villages in code order; all arrays run over them."""

    codes: NDArray[np.object_]
    """Ten digits without dots."""
    old_codes: NDArray[np.object_]
    """As before the province or district was split."""
    district: NDArray[np.int64]
    """Number of the first village of the district; likewise of the regency."""
    district_size: NDArray[np.int64]
    regency: NDArray[np.int64]
    regency_size: NDArray[np.int64]
    people: NDArray[np.int64]
    is_handed_in: NDArray[np.bool_]
    first_household: NDArray[np.int64]
    """One more than there are villages: the last is the number of all households."""

    def __len__(self) -> int:
        return len(self.codes)

    def batches(self, households_max: int) -> list[tuple[int, int]]:
        """Runs of villages, whole districts, that are made together."""
        runs, start = [], 0
        edges = [*np.unique(self.district).tolist(), len(self)]
        for before, edge in itertools.pairwise(edges):
            if self.first_household[edge] - self.first_household[start] > households_max and before > start:
                runs.append((start, before))
                start = before
        return [*runs, (start, len(self))]


def settle(residents: int, seed: int) -> Country:
    """A country whose registers hold about `residents` records: whole districts of regencies all over the provinces."""
    households = round(residents / (MEAN_HOUSEHOLD * HANDED_IN * REGISTERED))
    wanted = max(24, residents // PERSONS_PER_VILLAGE)
    codes = _choose(wanted, seed)
    draws = Draws(seed, np.arange(len(codes)))
    weights = 0.3 + draws.unit("village size") ** 2 * 2.2
    edges = np.concatenate([[0], np.round(np.cumsum(weights) / weights.sum() * households)]).astype(np.int64)
    district = _first_of([code[:8] for code in codes])
    regency = _first_of([code[:5] for code in codes])
    return Country(
        codes=np.array([code.replace(".", "") for code in codes], dtype=object),
        old_codes=np.array([_older(code).replace(".", "") for code in codes], dtype=object),
        district=district,
        district_size=np.bincount(district, minlength=len(codes))[district],
        regency=regency,
        regency_size=np.bincount(regency, minlength=len(codes))[regency],
        people=np.array([_people(code) for code in codes]),
        is_handed_in=_handed_in(draws, weights),
        first_household=edges,
    )


def _choose(wanted: int, seed: int) -> list[str]:
    """Village codes: of a spread of regencies, the first districts of each."""
    regencies = _villages_of_regencies()
    order = np.argsort(Draws(seed, np.arange(len(regencies))).unit("regency"), kind="stable")
    count = min(len(regencies), max(6, wanted // VILLAGES_PER_REGENCY_MIN))
    share = -(-wanted // count)
    chosen: list[str] = []
    for number in order:
        if len(chosen) >= wanted:
            break
        chosen += regencies[number][: min(share, wanted - len(chosen))]
    return sorted(chosen)


@cache
def _villages_of_regencies() -> list[list[str]]:
    found: dict[str, list[str]] = {}
    register = Regions.load()
    for province in register.children():
        for village in register.villages(province.code):
            found.setdefault(village.code[:5], []).append(village.code)
    return [sorted(found[code]) for code in sorted(found)]


def _first_of(groups: list[str]) -> NDArray[np.int64]:
    first: dict[str, int] = {}
    return np.array([first.setdefault(group, number) for number, group in enumerate(groups)], dtype=np.int64)


def _handed_in(draws: Draws, weights: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Villages with a register at hand: so many that their people, not their number, are the share wanted."""
    order = np.argsort(draws.unit("handed in"), kind="stable")
    # the last one is missing when that comes nearer
    is_missing = np.cumsum(weights[order]) - weights[order] / 2 <= weights.sum() * (1 - HANDED_IN)
    handed_in = np.ones(len(weights), np.bool_)
    handed_in[order[is_missing]] = False
    return handed_in


def _people(code: str) -> int:
    return _PEOPLE_OF_PROVINCE.get(code[:2], names.MELAYU)


def _older(code: str) -> str:
    """The code of before the last split; where none is known, in the next district, out of which most were cut."""
    if code[:5] in _RENUMBERED:
        return _RENUMBERED[code[:5]] + code[5:]
    district = int(code[6:8])
    return f"{code[:6]}{district - 1 if district > 1 else district + 1:02d}{code[8:]}"
