"""What is asked for of the figures: the same choice behind the page, its preview, the files and the API."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tenun.indicators.areas import Level, level_of
from tenun.indicators.definition import Definition
from tenun.kernel.errors import TenunError
from tenun.portal.figures import Figures

Row = dict[str, Any]


class CursorUnknown(TenunError):
    """A cursor that was not given for this very question, or not by us."""

    code = "portal.cursor_unknown"
    text_id = "Penunjuk halaman (cursor) ini bukan untuk pertanyaan yang sama."
    text_en = "This cursor does not belong to this question."
    remedy_id = "Ikuti tautan `next` apa adanya, atau mulai lagi tanpa cursor."
    remedy_en = "Follow the `next` link as it is, or start again without a cursor."


class TooManyRows(TenunError):
    """More rows than one file of that format may hold."""

    code = "portal.too_many_rows"
    text_id = "Pilihan ini berisi {rows} baris; berkas {format} memuat paling banyak {most}."
    text_en = "This choice has {rows} rows; a {format} file holds at most {most}."
    remedy_id = "Pilih wilayah atau indikator yang lebih sempit, atau pakai Parquet."
    remedy_en = "Choose a smaller area or one indicator, or use Parquet."


@dataclass(frozen=True)
class Selection:
    """Figures of every area of a level inside an area. Empty tuples ask for all; a breakdown of None for all."""

    area: str
    level: Level
    indicators: tuple[str, ...] = ()
    breakdown: str | None = None
    """`""` asks for totals alone."""
    category: str | None = None
    states: tuple[str, ...] = ()
    language: str = "id"

    @property
    def query(self) -> dict[str, str]:
        """The parts of an address that ask for this, always in the same order, so that one choice has one address."""
        told = {
            "area": self.area,
            "level": str(self.level),
            "indicator": ",".join(self.indicators),
            "state": ",".join(self.states),
            "language": self.language,
        }
        kept = {name: value for name, value in told.items() if value}
        for name, value in (("breakdown", self.breakdown), ("category", self.category)):
            if value is not None:
                kept[name] = value
        return dict(sorted(kept.items()))

    def address(self, base: str, **more: object) -> str:
        """`base` and the query; what has no value is left out."""
        return f"{base}?{urlencode({**self.query, **{key: value for key, value in more.items() if value is not None}})}"

    def definitions(self, figures: Figures) -> list[Definition]:
        """Raises `IndicatorUnknown`."""
        if not self.indicators:
            return list(figures.definitions.values())
        return [figures.definition(one) for one in self.indicators]

    def codes(self, figures: Figures) -> Sequence[str]:
        """The areas, in the order of their codes. Raises `OutsideScope` or `AreaUnknown`."""
        area = figures.area(self.area)
        if self.level is level_of(area.code):
            return [area.code]
        return sorted(one.code for one in figures.descendants(area.code, self.level))

    def count(self, figures: Figures) -> int:
        """How many rows it has, told by the definitions alone; with `states`, how many at most."""
        slots = sum(
            (self.breakdown is None or slot[0] == self.breakdown)
            and (self.category is None or slot[1] == self.category)
            for one in self.definitions(figures)
            if self.level in one.levels
            for slot in one.slots(self.level)
        )
        return slots * len(self.codes(figures))

    def require_at_most(self, most: int, figures: Figures, *, output_format: str) -> None:
        """Raises `TooManyRows`, before any row is made."""
        rows = self.count(figures)
        if rows > most:
            raise TooManyRows(rows=rows, most=most, format=output_format)

    def rows(self, figures: Figures) -> Iterator[Row]:
        """Every row: areas by code, in each the indicators in the order of the catalogue."""
        self.definitions(figures)
        for code in self.codes(figures):
            yield from self._of(figures, code)

    def page(self, figures: Figures, *, limit: int, cursor: str = "") -> tuple[list[Row], str]:
        """At most `limit` rows from where the cursor stands, and the cursor of the next; empty after the last.

        Raises `CursorUnknown`, `IndicatorUnknown`, `OutsideScope`, `AreaUnknown`.
        """
        self.definitions(figures)
        codes = self.codes(figures)
        at_code, skipped = self._place(cursor, figures) if cursor else ("", 0)
        found: list[Row] = []
        for code in codes:
            if code < at_code:
                continue
            rows = self._of(figures, code)
            begin = skipped if code == at_code else 0
            for number, row in enumerate(rows[begin:], start=begin):
                if len(found) == limit:
                    return found, self._cursor(code, number, figures)
                found.append(row)
        return found, ""

    def _of(self, figures: Figures, code: str) -> list[Row]:
        only = self.indicators[0] if len(self.indicators) == 1 else None
        rows = figures.rows(area=code, level=level_of(code), indicator=only, language=self.language)
        return [dict(row) for row in rows if self._holds(row)]

    def _holds(self, row: Row) -> bool:
        return (
            (not self.indicators or row["indicator"] in self.indicators)
            and (self.breakdown is None or row["breakdown"] == self.breakdown)
            and (self.category is None or row["category"] == self.category)
            and (not self.states or row["state"] in self.states)
        )

    def _cursor(self, code: str, number: int, figures: Figures) -> str:
        told = json.dumps([self._mark(figures), code, number], separators=(",", ":"))
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")

    def _place(self, cursor: str, figures: Figures) -> tuple[str, int]:
        try:
            told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            mark, code, number = told
        except (binascii.Error, ValueError, TypeError) as problem:
            raise CursorUnknown() from problem
        if mark != self._mark(figures) or not isinstance(code, str) or type(number) is not int or number < 0:
            raise CursorUnknown()
        return code, number

    def _mark(self, figures: Figures) -> str:
        """Which question of which snapshot a cursor is for. No secret: scope and rights are asked for anew anyway."""
        about = json.dumps([figures.release.snapshot, self.query], sort_keys=True)
        return hashlib.sha256(about.encode()).hexdigest()[:16]
