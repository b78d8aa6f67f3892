"""Areas of figures: Kemendagri codes with dots, whose parents stand in the code itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tenun.registry.reference.edition import Edition

NATIONAL = "00"


class Level(StrEnum):
    """From the country down. The stored spelling never changes."""

    NATIONAL = "nasional"
    PROVINCE = "provinsi"
    REGENCY = "kabupaten"
    DISTRICT = "kecamatan"
    VILLAGE = "desa"


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
