"""The register of regions: the current edition, older ones, and the bridge from BPS codes.

regions = Regions.load(reference_folder())
village = regions.parse_village("52.01.14.2005")        # Region, or an error that says how to write it
regions.path(village.code)                               # province, regency, district, village
regions.search("sidomuljo klaten")
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import cast

from tenun.kernel.errors import TenunError
from tenun.registry.reference import edition as editions
from tenun.registry.reference.bridge import Answer, Bridge, Pair, Status
from tenun.registry.reference.edition import CURRENT_EDITION, Edition, kind_of, path_text, titled
from tenun.registry.reference.queue import Queue, Waiting
from tenun.registry.reference.region import (
    Level,
    NotARegionCode,
    Region,
    RegionCode,
    RegionSystemUnclear,
    System,
    UnknownRegion,
    is_village_form,
    level_of,
    parent_of,
    parse_code,
)
from tenun.registry.reference.search import Hit, SearchIndex
from tenun.registry.reference.shelf import Kind, Shelf

__all__ = [
    "CURRENT_EDITION", "Answer", "Hit", "Level", "NotARegionCode", "NotAVillage", "Region", "RegionCode",
    "RegionSystemUnclear", "RegionUnmapped", "Regions", "Status", "System", "UnknownRegion", "kind_of", "parse_code",
    "path_text", "titled",
]  # fmt: skip

_SUGGESTIONS_MAX = 3


class NotAVillage(TenunError):
    """A code of another level, where a village was asked for."""

    code = "reference.not_a_village"
    text_id = "{region} adalah {level}, bukan desa."
    text_en = "{region} is a {level}, not a village."
    remedy_id = "Tulis kode desa sepuluh angka dengan titik, seperti 52.01.14.2005."
    remedy_en = "Write the village's ten digits with dots, such as 52.01.14.2005."


class RegionUnmapped(TenunError):
    """A BPS code whose counterpart is not sure. It is on the queue, and was not guessed."""

    code = "reference.region_unmapped"
    text_id = "Kode {region} tidak dapat dijembatani ke Kemendagri: {status} ({reason}). {hint_id}"
    text_en = "{region} cannot be bridged to Kemendagri: {status} ({reason}). {hint_en}"
    remedy_id = "Lihat `tenun reference queue`; pakai kode Kemendagri bila Anda mengetahuinya, atau muat jembatan baru."
    remedy_en = "See `tenun reference queue`; use the Kemendagri code where you know it, or load a newer bridge."


class Regions:
    """Every edition at hand. The current one is the package's; the others are what officials loaded."""

    def __init__(
        self,
        current: Edition,
        *,
        others: Sequence[Edition] = (),
        pairs: Iterable[Pair] = (),
        queue: Queue | None = None,
    ) -> None:
        self.current = current
        self._given_others = tuple(others)
        self._given_pairs = tuple(pairs)
        self._folder: Path | None = None
        self._queue = queue

    @classmethod
    def load(cls, folder: Path | None = None) -> Regions:
        """The register with what was loaded below `folder`, read only when first needed. Null: the current edition."""
        register = cls(editions.current(), queue=Queue(folder) if folder else None)
        register._folder = folder
        return register

    # --- the current edition -------------------------------------------------------------------

    def get(self, code: str) -> Region | None:
        """The region of the current edition with a dotted Kemendagri code, at any level."""
        return self.current.get(code)

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and code in self.current

    def level(self, code: str) -> Level:
        """The level a dotted code has by its form."""
        return level_of(code)

    def path(self, code: str) -> tuple[Region, ...]:
        """The region with those above it, the province first; of the current edition. Empty when unknown."""
        return self.current.path(code)

    def path_text(self, code: str) -> str:
        """`Desa Senteluk, Kec. Batu Layar, Kabupaten Lombok Barat, Nusa Tenggara Barat`."""
        return path_text(self.path(code))

    def children(self, code: str | None = None) -> list[Region]:
        """Regions directly below, in code order; the provinces for null."""
        return self.current.children(code)

    def villages(self, within: str) -> list[Region]:
        """Villages of a region, itself included when it is one."""
        if level_of(within) is Level.VILLAGE:
            region = self.get(within)
            return [region] if region else []
        return [region for code in self.current.below(within, Level.VILLAGE) if (region := self.get(code))]

    def search(self, text: str, limit: int = 10, within: str | None = None) -> list[Hit]:
        """Regions that fit what a person typed, best first, each with its parents. See `search`."""
        return self._index.search(text, limit=limit, within=within)

    @cached_property
    def _index(self) -> SearchIndex:
        return SearchIndex(self.current)

    # --- codes as people write them ------------------------------------------------------------

    def parse_village(self, text: str, *, asked_by: str = "parse_village", on: date | None = None) -> Region:
        """The current village that a code as written means.

        `52.01.14.2005` and `kemendagri:5201142005` are Kemendagri's, `bps:5201061005` is bridged.
        Raises `RegionSystemUnclear` for a number alone, `NotARegionCode`, `NotAVillage`,
        `UnknownRegion` (with what lies near, and older editions that had it), `RegionUnmapped`
        (then the code is on the queue, under the day `on` where one is given).
        """
        region = self.parse_region(text, asked_by=asked_by, on=on)
        if region.level is not Level.VILLAGE:
            raise NotAVillage(region=region.code, level=str(region.level))
        return region

    def parse_region(self, text: str, *, asked_by: str = "parse_region", on: date | None = None) -> Region:
        """As `parse_village`, at any level."""
        written = parse_code(text)
        if written.system is System.BPS:
            return self._bridged(written, asked_by, on)
        region = self.get(written.code)
        if region is None:
            raise self._unknown(written)
        return region

    def from_bps(self, code: str) -> Answer:
        """What a BPS code (digits, any level) means in the current edition. Only a status that `maps` has a region."""
        return self.bridge.answer(code)

    def _bridged(self, written: RegionCode, asked_by: str, on: date | None) -> Region:
        answer = self.bridge.answer(written.code)
        if answer.region is not None:
            return answer.region
        if on is not None and self._queue is not None:
            self._queue.add([(str(System.BPS), written.code, answer.name)], asked_by=asked_by, on=on)
        hint_id = hint_en = ""
        if not len(self.bridge):
            hint_id = "Belum ada jembatan yang dimuat (`tenun reference load bridge`)."
            hint_en = "No bridge is loaded yet (`tenun reference load bridge`)."
        elif answer.candidates:
            listed = ", ".join(f"{region.code} {region.name}" for region in answer.candidates[:_SUGGESTIONS_MAX])
            hint_id, hint_en = f"Calon: {listed}.", f"Candidates: {listed}."
        raise RegionUnmapped(
            region=str(written), status=str(answer.status), reason=str(answer.reason), hint_id=hint_id, hint_en=hint_en,
            candidates=[region.code for region in answer.candidates],
        )  # fmt: skip

    def _unknown(self, written: RegionCode) -> UnknownRegion:
        retired = self.retired(written.code)
        near = [] if retired else self._near(written.code)
        hints_id, hints_en = [], []
        if retired is not None:
            hints_id.append(f"Kode itu ada pada edisi {retired.edition}: {retired.name}.")
            hints_en.append(f"The edition {retired.edition} had it: {retired.name}.")
            if successor := self.successor(written.code):
                hints_id.append(f"Sekarang: {successor.code} {successor.name}.")
                hints_en.append(f"It is now {successor.code} {successor.name}.")
        if near:
            listed = ", ".join(f"{region.code} {region.name}" for region in near)
            hints_id.append(f"Yang berdekatan: {listed}.")
            hints_en.append(f"Near it: {listed}.")
        return UnknownRegion(
            region=str(written), edition=f"{self.current.system} {self.current.name}", hint_id=" ".join(hints_id),
            hint_en=" ".join(hints_en), retired_in=retired.edition if retired else None,
            suggestions=[region.code for region in near],
        )  # fmt: skip

    def _near(self, code: str) -> list[Region]:
        """Regions whose code differs least, below the nearest region above that exists."""
        parent = parent_of(code)
        while parent is not None and parent not in self.current:
            code, parent = parent, parent_of(parent)
        nearby = self.children(parent)
        wanted = int(code.rpartition(".")[2])
        nearby.sort(key=lambda region: (abs(int(region.code.rpartition(".")[2]) - wanted), region.code))
        return nearby[:_SUGGESTIONS_MAX]

    # --- older editions ------------------------------------------------------------------------

    @cached_property
    def others(self) -> tuple[Edition, ...]:
        """Loaded editions of either system, by system and name; the package's own edition is not among them."""
        if self._folder is None:
            return self._given_others
        shelf = Shelf(self._folder)
        found = []
        for holding in shelf.holdings(Kind.REGION):
            table = shelf.table(holding)
            codes, names = (cast("list[str]", table[column].to_pylist()) for column in ("code", "name"))
            found.append(Edition(System(holding.system), holding.edition, dict(zip(codes, names, strict=True))))
        return tuple(found)

    @cached_property
    def older(self) -> tuple[Edition, ...]:
        """Kemendagri editions before the current one, newest first."""
        kemendagri = [each for each in self.others if each.system is System.KEMENDAGRI]
        before = [each for each in kemendagri if each.name < self.current.name]
        return tuple(sorted(before, key=lambda each: each.name, reverse=True))

    def is_of_another_system(self, code: str) -> bool:
        """Was a village code of ten digits wrongly taken for Kemendagri's?

        No Kemendagri edition at hand has it, and either it has not the form of one or BPS has that number.
        """
        if code in self.current or self.retired(code) is not None:
            return False
        return not is_village_form(code) or code.replace(".", "") in self.bridge

    def in_other_editions(self, code: str) -> list[Region]:
        """The region under the same Kemendagri code in every other loaded edition."""
        kemendagri = (each for each in self.others if each.system is System.KEMENDAGRI)
        return [region for each in kemendagri if (region := each.get(code)) is not None]

    def retired(self, code: str) -> Region | None:
        """The region that had this code in the newest older edition, when the current one does not have the code."""
        if code in self.current:
            return None
        return next((region for each in self.older if (region := each.get(code)) is not None), None)

    def successor(self, code: str) -> Region | None:
        """The current region that a code of an older edition clearly became, by the bridge's rule."""
        return self._history.answer(code).region if self.retired(code) else None

    @cached_property
    def _history(self) -> Bridge:
        # An older edition is carried forward like the older side of a bridge: each code paired with itself.
        pairs: dict[str, Pair] = {}
        for each in self.older:
            for code, name in each.names.items():
                if code not in self.current:
                    pairs.setdefault(code, Pair(code, name, code, name))
        return Bridge(pairs.values(), current=self.current, older=self.older)

    # --- prefixes of a NIK ---------------------------------------------------------------------

    def is_district_prefix(self, digits: str) -> bool:
        """Is `PPKKCC`, as a NIK begins, a district of the current edition?"""
        return digits in self._prefixes

    def is_retired_prefix(self, digits: str) -> bool:
        """Was `PPKKCC` a district in an older loaded edition only?"""
        return digits in self._retired_prefixes

    @cached_property
    def _prefixes(self) -> frozenset[str]:
        return _district_prefixes(self.current)

    @cached_property
    def _retired_prefixes(self) -> frozenset[str]:
        return frozenset().union(*(_district_prefixes(each) for each in self.older)) - self._prefixes

    # --- the bridge ----------------------------------------------------------------------------

    @cached_property
    def bridge(self) -> Bridge:
        """The bridge from BPS codes; empty where none was loaded. The newest edition loaded for a level counts."""
        pairs = self._given_pairs
        if self._folder is not None:
            pairs = tuple(_loaded_pairs(Shelf(self._folder)))
        return Bridge(pairs, current=self.current, older=self.older)

    def bridge_all(self, codes: Iterable[str], *, asked_by: str, on: date) -> dict[str, Answer]:
        """What many BPS codes mean. Those that do not map go to the queue, in one write."""
        answers = {code: self.bridge.answer(code) for code in codes}
        unmapped = [(str(System.BPS), code, each.name) for code, each in answers.items() if not each.status.maps]
        if unmapped and self._queue is not None:
            self._queue.add(unmapped, asked_by=asked_by, on=on)
        return answers

    def waiting(self) -> list[tuple[Waiting, Answer]]:
        """The queue as it stands today: codes on it that still do not map, each with today's answer."""
        entries = self._queue.entries() if self._queue is not None else []
        answered = ((entry, self.bridge.answer(entry.code)) for entry in entries)
        return [(entry, each) for entry, each in answered if not each.status.maps]

    @property
    def queue(self) -> Queue | None:
        """Where codes that do not map wait; null for a register without a folder."""
        return self._queue

    def editions(self) -> dict[str, str]:
        """`{"kemendagri": "2025"}`: what a snapshot's manifest records."""
        return {str(self.current.system): self.current.name}


def _district_prefixes(edition: Edition) -> frozenset[str]:
    return frozenset(code.replace(".", "") for code in edition.names if code.count(".") == Level.DISTRICT.depth - 1)


def _loaded_pairs(shelf: Shelf) -> Iterable[Pair]:
    newest = {holding.level: holding for holding in shelf.holdings(Kind.BRIDGE)}  # by mark, so the last edition stays
    for holding in newest.values():
        table = shelf.table(holding)
        columns = (table[name].to_pylist() for name in ("bps", "bps_name", "kemendagri", "kemendagri_name"))
        yield from (Pair(*row) for row in zip(*columns, strict=True))
