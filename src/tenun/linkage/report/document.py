"""A report as a value: sections, tables, cells. Every rendering says a cell with `say`, so that all tell the same.

Nothing here knows what is reported. Texts are in both languages; numbers are numbers until they are said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from babel.numbers import format_decimal

from tenun.kernel.errors import TenunError
from tenun.linkage.reasons import Words

FORMAT = "tenun-link-report/1"
LANGUAGES = ("id", "en")


class ReportUnreadable(TenunError):
    """A stored report of another format."""

    code = "linkage.report_unreadable"
    text_id = "Laporan pemadanan ini tidak dapat dibaca: {reason}."
    text_en = "This linkage report cannot be read: {reason}."
    remedy_id = "Buat kembali dengan `tenun link report`."
    remedy_en = "Make it again with `tenun link report`."


@dataclass(frozen=True)
class Cell:
    """One value. Exactly one of `text`, `count`, `share`, `number` and `state` is there, or none: nothing to tell."""

    text: Words | None = None
    count: int | None = None
    share: float | None = None
    """Of one. `low` and `high` are its 95 % interval where it has one."""
    number: float | None = None
    """With two digits and its sign: bits, points."""
    low: float | None = None
    high: float | None = None

    def as_dict(self) -> dict[str, Any]:
        if self.text is not None:
            return {"id": self.text.id, "en": self.text.en}
        values = {"count": self.count, "share": self.share, "number": self.number, "low": self.low, "high": self.high}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Cell:
        return cls(text=Words(value["id"], value["en"])) if "id" in value else cls(**value)


def text(id: str, en: str | None = None) -> Cell:
    """A text; the same in both languages where only one is given (codes, names of places)."""
    return Cell(text=Words(id, id if en is None else en))


def count(value: int) -> Cell:
    return Cell(count=value)


def share(value: float | None, low: float | None = None, high: float | None = None) -> Cell:
    return Cell(share=_rounded(value), low=_rounded(low), high=_rounded(high))


def number(value: float) -> Cell:
    return Cell(number=round(value, 4))


@dataclass(frozen=True)
class Table:
    code: str
    title: Words
    columns: tuple[Words, ...]
    rows: tuple[tuple[Cell, ...], ...]
    """The first cell of a row names it."""
    note: Words | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "title": _both(self.title),
            "columns": [_both(column) for column in self.columns],
            "rows": [[cell.as_dict() for cell in row] for row in self.rows],
            "note": None if self.note is None else _both(self.note),
        }

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Table:
        return cls(
            value["code"],
            Words(**value["title"]),
            tuple(Words(**column) for column in value["columns"]),
            tuple(tuple(Cell.of(cell) for cell in row) for row in value["rows"]),
            None if value["note"] is None else Words(**value["note"]),
        )


@dataclass(frozen=True)
class Section:
    code: str
    title: Words
    paragraphs: tuple[Words, ...] = ()
    tables: tuple[Table, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "title": _both(self.title),
            "paragraphs": [_both(one) for one in self.paragraphs],
            "tables": [table.as_dict() for table in self.tables],
        }

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Section:
        return cls(
            value["code"],
            Words(**value["title"]),
            tuple(Words(**one) for one in value["paragraphs"]),
            tuple(Table.of(table) for table in value["tables"]),
        )


@dataclass(frozen=True)
class Document:
    crosswalk: str
    """Reference of the crosswalk that is told of."""
    as_of: str
    is_invented: bool
    title: Words
    sections: tuple[Section, ...]
    model: Mapping[str, Any] = field(default_factory=dict)
    """The model file as it was used: with the prior and the u that the run counted for itself."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "crosswalk": self.crosswalk,
            "as_of": self.as_of,
            "invented": self.is_invented,
            "title": _both(self.title),
            "sections": [section.as_dict() for section in self.sections],
            "model": dict(self.model),
        }

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Document:
        """Raises `ReportUnreadable`."""
        try:
            if value["format"] != FORMAT:
                raise ReportUnreadable(reason="format")
            return cls(
                value["crosswalk"],
                value["as_of"],
                bool(value["invented"]),
                Words(**value["title"]),
                tuple(Section.of(section) for section in value["sections"]),
                value["model"],
            )
        except (KeyError, TypeError) as problem:
            raise ReportUnreadable(reason=type(problem).__name__) from problem

    def tables(self) -> Sequence[Table]:
        return [table for section in self.sections for table in section.tables]

    def table(self, code: str) -> Table:
        return next(table for table in self.tables() if table.code == code)


def said(words: Words, language: str) -> str:
    return words.en if language == "en" else words.id


def say(cell: Cell, language: str) -> str:
    """A cell as a reader of this language expects it: `1.842`, `97,3 % (96,8-97,7)`, `+2,41`; a dash for nothing."""
    if cell.text is not None:
        return said(cell.text, language)
    if cell.count is not None:
        return str(format_decimal(cell.count, locale=language))
    if cell.share is not None:
        bounds = f" ({_digits(cell.low, language)}–{_digits(cell.high, language)})" if cell.low is not None else ""
        sign = "\N{NO-BREAK SPACE}%" if language == "id" else "%"
        return f"{_digits(cell.share, language)}{sign}{bounds}"
    if cell.number is not None:
        amount = str(format_decimal(abs(cell.number), format="0.00", locale=language))
        return f"{'−' if cell.number < 0 else '+'}{amount}"
    return "–"


def _digits(value: float | None, language: str) -> str:
    return str(format_decimal(round(100 * (value or 0.0), 1), format="0.0", locale=language))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def _both(words: Words) -> dict[str, str]:
    return {"id": words.id, "en": words.en}
