"""From the words and codes of an extract to Kemendagri codes.

Names are no keys: 91 villages are called Sidomulyo, sixteen pairs share a name within one district. A
name counts only where every level above it is known and exactly one child there bears it; anything
else stays null and is told, never guessed. A code counts only with its system.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tenun.registry.reference import names
from tenun.registry.reference.edition import Edition
from tenun.registry.reference.region import (
    LEVELS,
    Level,
    NotARegionCode,
    RegionSystemUnclear,
    System,
    parse_code,
)
from tenun.registry.reference.regions import Regions
from tenun.sources import rules
from tenun.sources.rules import Rule, Severity

Bridged = Callable[[str], str | None]
"""From a BPS code to the Kemendagri code, where that is certain or a changed code; else null."""

UNRESOLVED = rules.define(
    "region.unresolved",
    Severity.WARN,
    text_id="Nama wilayah tidak ditemukan di bawah induknya; kode dikosongkan.",
    text_en="No region of that name lies within its parent; the code is left empty.",
    remedy_id="Perbaiki ejaan, lengkapi provinsi, kabupaten dan kecamatan, atau tulis kodenya.",
    remedy_en="Correct the spelling, complete province, regency and district, or write the code.",
)
AMBIGUOUS = rules.define(
    "region.ambiguous",
    Severity.WARN,
    text_id="Lebih dari satu wilayah bernama sama di bawah induk itu; kode dikosongkan.",
    text_en="More than one region within that parent bears the name; the code is left empty.",
    remedy_id="Tulis kode wilayahnya; untuk kabupaten dan kota tulis jenisnya.",
    remedy_en="Write the region's code; for regencies and cities write which of the two it is.",
)
CODE_UNCLEAR = rules.define(
    "region.code_unclear",
    Severity.WARN,
    text_id="Angka tanpa titik cocok dengan dua sistem kode (Kemendagri dan BPS); kode dikosongkan.",
    text_en="A number without dots fits two systems (Kemendagri and BPS); the code is left empty.",
    remedy_id="Tulis 52.01.14.2005, kemendagri:5201142005 atau bps:5201061005.",
    remedy_en="Write 52.01.14.2005, kemendagri:5201142005 or bps:5201061005.",
)
CODE_UNKNOWN = rules.define(
    "region.code_unknown",
    Severity.WARN,
    text_id="Kode wilayah tidak ada dalam edisi yang berlaku, atau tidak punya padanan pasti; kode dikosongkan.",
    text_en="The region code is not in the current edition, or has no certain counterpart; it is left empty.",
    remedy_id="Periksa kode itu dengan `tenun region show`.",
    remedy_en="Check the code with `tenun region show`.",
)


@dataclass(frozen=True)
class Found:
    """The deepest region that is certain, and the rule that says why it goes no deeper."""

    code: str | None
    rule: Rule | None = None
    level: Level | None = None
    """The level at which the rule struck."""

    def at(self, level: Level) -> str | None:
        """Code of that level, if the region is certain so far down."""
        if self.code is None or self.code.count(".") + 1 < level.depth:
            return None
        return ".".join(self.code.split(".")[: level.depth])


class Places:
    """Resolves region names and codes in one edition; every distinct question is answered once."""

    @classmethod
    def of(cls, regions: Regions) -> Places:
        """Over the current edition, with BPS codes bridged where that is sure."""

        def bridged(code: str) -> str | None:
            region = regions.from_bps(code).region
            return region.code if region is not None else None

        return cls(regions.current, bridged)

    def __init__(self, edition: Edition, bridged: Bridged) -> None:
        self._edition = edition
        self._bridged = bridged
        self._below: dict[str | None, list[_Named]] = {}
        self._known: dict[tuple[str | None, ...], Found] = {}

    def find(
        self,
        *,
        province: str | None = None,
        regency: str | None = None,
        district: str | None = None,
        village: str | None = None,
    ) -> Found:
        """The region that the cells of a row name, as deep as it is certain.

        A code wins over the names above it; names below it go on from there.
        """
        asked = (province, regency, district, village)
        found = self._known.get(asked)
        if found is None:
            found = self._known[asked] = self._find(dict(zip(LEVELS, asked, strict=True)))
        return found

    def _find(self, asked: Mapping[Level, str | None]) -> Found:
        at, complaint = self._deepest_code(asked)
        for level, text in asked.items():
            if text is None or _CODE.fullmatch(text) or _depth(at) >= level.depth:
                continue
            step = self._of_name(at, level, text)
            if isinstance(step, Rule):
                return Found(at, *(complaint or (step, level)))
            at = step
        return Found(at, *(complaint or (None, None)))

    def _deepest_code(self, asked: Mapping[Level, str | None]) -> tuple[str | None, tuple[Rule, Level] | None]:
        complaint = None
        for level in reversed(LEVELS):
            text = asked[level]
            if text is None or not _CODE.fullmatch(text):
                continue
            found = self._of_code(text)
            if not isinstance(found, Rule):
                return found, complaint
            complaint = complaint or (found, level)
        return None, complaint

    def _of_code(self, text: str) -> str | Rule:
        try:
            code = parse_code(text)
        except RegionSystemUnclear:
            return CODE_UNCLEAR
        except NotARegionCode:
            return CODE_UNKNOWN
        kemendagri = code.code if code.system is System.KEMENDAGRI else self._bridged(code.code)
        return kemendagri if kemendagri is not None and kemendagri in self._edition else CODE_UNKNOWN

    def _of_name(self, parent: str | None, level: Level, text: str) -> str | Rule:
        """The one region of that name within the parent. A regency may be named without its province."""
        if _depth(parent) != level.depth - 1 and not (parent is None and level is Level.REGENCY):
            return UNRESOLVED  # a level between is missing
        wanted = _Named("", text, level)
        candidates = self._candidates(parent, level)
        for is_same in (_Named.is_written_as, _Named.sounds_as):
            found = [each.code for each in candidates if is_same(each, wanted)]
            if found:
                return found[0] if len(found) == 1 else AMBIGUOUS
        return UNRESOLVED

    def _candidates(self, parent: str | None, level: Level) -> list[_Named]:
        key = str(level) if parent is None else parent
        if key not in self._below:
            codes = self._edition.below(parent, level)
            self._below[key] = [_Named(code, self._edition.names[code], level) for code in codes]
        return self._below[key]


_CODE = re.compile(r"(?:[A-Za-z]+\s*:\s*)?[0-9][0-9. ]*")
_KINDS = {
    Level.PROVINCE: re.compile(r"(prov(?:insi)?|prop(?:insi)?)\b\.?\s*", re.IGNORECASE),
    Level.REGENCY: re.compile(r"(kab(?:upaten)?|kota)\b\.?\s*(?:adm(?:inistrasi)?\b\.?\s*)?", re.IGNORECASE),
    Level.DISTRICT: re.compile(r"(kec(?:amatan)?|distrik)\b\.?\s*", re.IGNORECASE),
    Level.VILLAGE: re.compile(r"(desa|ds|kel(?:urahan)?)\b\.?\s*", re.IGNORECASE),
}
# What people write for a province in place of its official name.
_PROVINCES = {
    "dkijakarta": "Daerah Khusus Ibukota Jakarta", "jakarta": "Daerah Khusus Ibukota Jakarta",
    "daerahkhususjakarta": "Daerah Khusus Ibukota Jakarta", "dkj": "Daerah Khusus Ibukota Jakarta",
    "diyogyakarta": "Daerah Istimewa Yogyakarta", "diy": "Daerah Istimewa Yogyakarta",
    "yogyakarta": "Daerah Istimewa Yogyakarta", "nanggroeacehdarussalam": "Aceh", "nad": "Aceh",
    "ntb": "Nusa Tenggara Barat", "ntt": "Nusa Tenggara Timur", "bangkabelitung": "Kepulauan Bangka Belitung",
    "kepri": "Kepulauan Riau",
}  # fmt: skip


class _Named:
    """A name ready to be compared: as written, folded, and the kind that stands before it."""

    __slots__ = ("_folded", "_kind", "_written", "code")

    def __init__(self, code: str, text: str, level: Level) -> None:
        self.code = code
        kind = _KINDS[level].match(text)
        bare = text[kind.end() :] if kind else text
        if level is Level.PROVINCE:
            text = bare = _PROVINCES.get(_letters(bare), bare)
        # Kota is a kind for "Kota Bogor" and part of the name for "Kota Waringin Barat".
        self._written = {_letters(text), _letters(bare)} - {""}
        self._folded = {names.key(text), names.key(bare)} - {""}
        self._kind = kind[1][:3].lower() if kind and level is Level.REGENCY else None

    def is_written_as(self, wanted: _Named) -> bool:
        return self._fits(wanted, self._written, wanted._written)

    def sounds_as(self, wanted: _Named) -> bool:
        return self._fits(wanted, self._folded, wanted._folded)

    def _fits(self, wanted: _Named, own: set[str], other: set[str]) -> bool:
        """Same name, and no two kinds that differ: `Bogor` fits Kabupaten and Kota, `Kota Bogor` one of them."""
        shared = own & other
        if not shared:
            return False
        return wanted._kind is None or self._kind == wanted._kind or max(other, key=len) in shared


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _depth(code: str | None) -> int:
    return 0 if code is None else code.count(".") + 1
