"""Areas of figures: Kemendagri codes with dots, whose parents stand in the code itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tenun.registry.reference.edition import Edition

NATIONAL = "00"


class Level(StrEnum):
    """From the country down. The stored spelling never changes."""

    NATIONAL = "nasional"
    PROVINCE = "provinsi"
    REGENCY = "kabupaten"
    DISTRICT = "kecamatan"
    VILLAGE = "desa"


# From the village up: the place of a level here is its rank wherever levels are compared or stored as numbers.
LEVELS = (Level.VILLAGE, Level.DISTRICT, Level.REGENCY, Level.PROVINCE, Level.NATIONAL)

_BY_DOTS = (Level.PROVINCE, Level.REGENCY, Level.DISTRICT, Level.VILLAGE)


@dataclass(frozen=True)
class Area:
    """A code of the current Kemendagri edition, such as `52.01.14.2005`, and its name."""

    code: str
    name: str

    @property
    def level(self) -> Level:
        return level_of(self.code)

    @property
    def parent(self) -> str | None:
        return parent_of(self.code)


def level_of(code: str) -> Level:
    return Level.NATIONAL if code == NATIONAL else _BY_DOTS[code.count(".")]


def parent_of(code: str) -> str | None:
    """The code one level up; None above the country."""
    if code == NATIONAL:
        return None
    return code.rpartition(".")[0] or NATIONAL


def upwards(code: str) -> Iterator[str]:
    """The code itself, then every area around it, the country last."""
    at: str | None = code
    while at is not None:
        yield at
        at = parent_of(at)


@dataclass(frozen=True, eq=False)
class Places:
    """The areas of a computation in the order of their codes, as arrays of one entry an area."""

    codes: tuple[str, ...]
    at: Mapping[str, int]
    """Code -> its place in the arrays."""
    rank: npt.NDArray[np.int8]
    """0 for a village to 4 for the country: the place of its level in `LEVELS`."""
    parent: npt.NDArray[np.int64]
    """Place of the area above; -1 for the country."""

    @classmethod
    def of(cls, codes: Iterable[str]) -> Places:
        """Whatever lies around an area must be among the codes. Raises `KeyError` where it is not."""
        ordered = tuple(sorted(codes))
        at = {code: place for place, code in enumerate(ordered)}
        ranks = {level: rank for rank, level in enumerate(LEVELS)}
        parents = (parent_of(code) for code in ordered)
        return cls(
            codes=ordered,
            at=at,
            rank=np.array([ranks[level_of(code)] for code in ordered], np.int8),
            parent=np.array([-1 if one is None else at[one] for one in parents], np.int64),
        )

    @cached_property
    def children(self) -> Sequence[Sequence[int]]:
        """For every area, the places of those right below it."""
        found: list[list[int]] = [[] for _ in self.codes]
        for place, parent in enumerate(self.parent.tolist()):
            if parent >= 0:
                found[parent].append(place)
        return found

    def within(self, place: int) -> npt.NDArray[np.int64]:
        """Places of the area itself and of everything in it."""
        inside = np.zeros(len(self.codes), bool)
        inside[place] = True
        for rank in range(int(self.rank[place]) - 1, -1, -1):
            here = np.flatnonzero(self.rank == rank)
            inside[here] = inside[self.parent[here]]
        return np.flatnonzero(inside)


def of_regencies(edition: Edition, villages: Iterable[str]) -> list[Area]:
    """Every desa of the regencies that these villages lie in, these villages, and all areas around them.

    Kelurahan are left out unless they are among the villages: SID is for desa, so one that has not delivered is not
    late. A village that the edition does not know is left out too, and `compute` refuses it loudly.
    """
    delivered = set(villages)
    regencies = {".".join(code.split(".")[:2]) for code in delivered}
    codes = {NATIONAL}
    for regency in regencies:
        for code in edition.names:
            is_within = code.startswith(f"{regency}.") and level_of(code) is Level.VILLAGE
            if is_within and (code in delivered or not code.rpartition(".")[2].startswith("1")):
                codes.update(upwards(code))
    return [Area(code, edition.names.get(code, "Indonesia")) for code in sorted(codes)]
