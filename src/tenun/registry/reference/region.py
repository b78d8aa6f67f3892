"""What a region is: a code of one system, in one edition, with a name, a level and a parent.

Two systems number the same villages with ten digits each, Kemendagri (2+2+2+4) and BPS (2+2+3+3).
3,914 numbers name one village in one list and another village in the other, so a number without its
system is no code here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from tenun.kernel.errors import TenunError


class System(StrEnum):
    """Who numbers. The stored spelling never changes."""

    KEMENDAGRI = "kemendagri"
    BPS = "bps"


class Level(StrEnum):
    """The four levels, by their stored spelling. A kota is a `kabupaten`, a kelurahan a `desa` here."""

    PROVINCE = "provinsi"
    REGENCY = "kabupaten"
    DISTRICT = "kecamatan"
    VILLAGE = "desa"

    @property
    def depth(self) -> int:
        return LEVELS.index(self) + 1


LEVELS = (Level.PROVINCE, Level.REGENCY, Level.DISTRICT, Level.VILLAGE)
# Digits of each system's parts. Kemendagri 52.01.14.2005, BPS 5201 080 010.
PARTS = {System.KEMENDAGRI: (2, 2, 2, 4), System.BPS: (2, 2, 3, 3)}
_LENGTHS = {system: {sum(parts[: depth + 1]): LEVELS[depth] for depth in range(4)} for system, parts in PARTS.items()}


class RegionSystemUnclear(TenunError):
    """A bare number: it fits two systems and would be a guess in either."""

    code = "reference.region_system_unclear"
    text_id = "Kode {text} tanpa titik cocok dengan dua sistem (Kemendagri dan BPS), yang dapat berarti dua wilayah."
    text_en = "{text} without dots fits two systems (Kemendagri and BPS) and may mean two different regions."
    remedy_id = "Tulis {kemendagri} untuk kode Kemendagri, atau {bps} untuk kode BPS."
    remedy_en = "Write {kemendagri} for a Kemendagri code, or {bps} for a BPS code."


class NotARegionCode(TenunError):
    """Text that has the form of no region code."""

    code = "reference.not_a_region_code"
    text_id = "Tulisan ini bukan kode wilayah: {rule}."
    text_en = "This is not a region code: {rule}."
    remedy_id = "Tulis kode dengan titik seperti 52.01.14.2005, atau kemendagri:5201142005, atau bps:5201061005."
    remedy_en = "Write the code with dots such as 52.01.14.2005, or kemendagri:5201142005, or bps:5201061005."


class UnknownRegion(TenunError):
    """A well-formed code that the current edition does not have."""

    code = "reference.unknown_region"
    text_id = "Kode {region} tidak ada pada edisi {edition}. {hint_id}"
    text_en = "The code {region} is not in the edition {edition}. {hint_en}"
    remedy_id = "Cari dengan `tenun region find NAMA`, atau muat edisi lama dengan `tenun reference load region`."
    remedy_en = "Search with `tenun region find NAME`, or load an older edition with `tenun reference load region`."


@dataclass(frozen=True, slots=True)
class RegionCode:
    """A code with its system: Kemendagri dotted (`52.01.14.2005`), BPS in digits (`5201061005`)."""

    system: System
    code: str

    @property
    def level(self) -> Level:
        return level_of(self.code, self.system)

    def __str__(self) -> str:
        return self.code if self.system is System.KEMENDAGRI else f"{self.system}:{self.code}"


@dataclass(frozen=True, slots=True)
class Region:
    """A region as one edition has it."""

    system: System
    edition: str
    code: str
    name: str
    level: Level
    parent: str | None
    """Code of the region above it, in the same system and edition; null for a province."""

    @property
    def region_code(self) -> RegionCode:
        return RegionCode(self.system, self.code)

    def as_dict(self) -> dict[str, str | None]:
        return {
            "system": str(self.system),
            "edition": self.edition,
            "code": self.code,
            "name": self.name,
            "level": str(self.level),
            "parent": self.parent,
        }


_DOTTED = re.compile(r"[0-9]{2}(?:\.[0-9]{2}(?:\.[0-9]{2}(?:\.[0-9]{4})?)?)?")
_VILLAGE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[123][0-9]{3}")
_PREFIXED = re.compile(r"(kemendagri|dagri|bps)\s*:\s*([0-9. ]+)", re.IGNORECASE)


def parse_code(text: str) -> RegionCode:
    """A code as people write it, at any level.

    `52.01.14.2005` is Kemendagri's (only that system writes dots), `kemendagri:5201142005` and
    `bps:5201061005` name theirs. Raises `RegionSystemUnclear` for a number alone, `NotARegionCode`
    for anything else.
    """
    written = text.strip()
    if prefixed := _PREFIXED.fullmatch(written):
        system = System.BPS if prefixed[1].lower() == "bps" else System.KEMENDAGRI
        return _of_digits(re.sub(r"[. ]", "", prefixed[2]), system)
    if "." in written and _DOTTED.fullmatch(written):
        return RegionCode(System.KEMENDAGRI, written)
    digits = re.sub(r"\s", "", written)
    if digits.isdigit() and digits.isascii() and len(digits) in {2, 4, 6, 7, 10}:
        raise RegionSystemUnclear(text=digits, **_spellings(digits))
    raise NotARegionCode(rule="2, 4, 6/7 atau 10 angka / digits")


def dotted(digits: str) -> str:
    """`5201142005` as `52.01.14.2005`. For digits known to be Kemendagri's, of any level."""
    return ".".join(part for part in (digits[0:2], digits[2:4], digits[4:6], digits[6:10]) if part)


def level_of(code: str, system: System = System.KEMENDAGRI) -> Level:
    if system is System.KEMENDAGRI:
        return LEVELS[code.count(".")]
    return _LENGTHS[system][len(code)]


def parent_of(code: str, system: System = System.KEMENDAGRI) -> str | None:
    """Code of the region above, by the form of the code alone."""
    if system is System.KEMENDAGRI:
        return code.rpartition(".")[0] or None
    depth = level_of(code, system).depth
    return code[: sum(PARTS[system][: depth - 1])] if depth > 1 else None


def is_form(code: str, system: System) -> bool:
    """Has it the form of a code of that system, as stored (Kemendagri dotted, BPS digits)?"""
    if system is System.KEMENDAGRI:
        return bool(_DOTTED.fullmatch(code))
    return code.isdigit() and code.isascii() and len(code) in _LENGTHS[system]


def is_village_form(code: str) -> bool:
    """Can a dotted code be a village's? Kemendagri numbers kelurahan 1xxx, desa 2xxx and desa adat 3xxx."""
    return bool(_VILLAGE.fullmatch(code))


def _of_digits(digits: str, system: System) -> RegionCode:
    if len(digits) not in _LENGTHS[system]:
        lengths = ", ".join(str(length) for length in _LENGTHS[system])
        raise NotARegionCode(rule=f"{system}: {lengths} angka / digits")
    return RegionCode(system, dotted(digits) if system is System.KEMENDAGRI else digits)


def _spellings(digits: str) -> dict[str, str]:
    as_dotted = dotted(digits) if len(digits) != 7 else "52.01.14"
    return {
        "kemendagri": as_dotted if "." in as_dotted else f"kemendagri:{digits}",
        "bps": f"bps:{digits}" if len(digits) != 6 else "bps:5201080",
    }
