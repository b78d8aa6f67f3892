"""Columns of an extract as values, with the rules that flat extracts have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from tenun.registry.reference.region import Level
from tenun.registry.table import Table
from tenun.sources import cells, dates, rules
from tenun.sources.dates import Doubt
from tenun.sources.frame import Frame
from tenun.sources.problems import Problems
from tenun.sources.rules import Rule, Severity
from tenun.sources.siapkerja.places import Places

REQUIRED_EMPTY = rules.define(
    "siapkerja.required_empty",
    Severity.REJECT,
    text_id="Kolom wajib kosong, sehingga baris ini tidak menunjuk apa pun.",
    text_en="A required column is empty, so that the row points at nothing.",
    remedy_id="Isi kolom itu pada sumbernya, lalu ekspor ulang.",
    remedy_en="Fill in that column at the source, then export again.",
)
TWICE = rules.define(
    "siapkerja.twice",
    Severity.DUPLICATE,
    text_id="Nomor ini ada lagi pada baris lain; yang terbaru berlaku.",
    text_en="This number stands in another row as well; the newest counts.",
    remedy_id="Tidak perlu tindakan, atau hapus baris lama pada sumbernya.",
    remedy_en="Nothing to do, or delete the old row at the source.",
)
DATE_UNREADABLE = rules.define(
    "siapkerja.date_unreadable",
    Severity.WARN,
    text_id="Tanggal tidak dapat dibaca atau tidak mungkin; dikosongkan.",
    text_en="The date cannot be read or cannot be; left empty.",
    remedy_id="Tulis tanggal sebagai TTTT-BB-HH, misalnya 2026-01-31.",
    remedy_en="Write dates as YYYY-MM-DD, such as 2026-01-31.",
)
DATE_DOUBTFUL = rules.define(
    "siapkerja.date_doubtful",
    Severity.WARN,
    text_id="Tanggal dibaca, tetapi meragukan (tahun dua angka, atau 1970-01-01).",
    text_en="The date was read and is doubtful (a year of two digits, or 1970-01-01).",
    remedy_id="Periksa tanggal itu pada sumbernya.",
    remedy_en="Check that date at the source.",
)
DATES_REVERSED = rules.define(
    "siapkerja.dates_reversed",
    Severity.WARN,
    text_id="Tanggal akhir lebih awal daripada tanggal mulai; tanggal akhir dikosongkan.",
    text_en="The last date is before the first; the last date is left empty.",
    remedy_id="Perbaiki kedua tanggal pada sumbernya.",
    remedy_en="Correct both dates at the source.",
)
NUMBER_UNREADABLE = rules.define(
    "siapkerja.number_unreadable",
    Severity.WARN,
    text_id="Angka tidak dapat dibaca atau di luar batasnya; dikosongkan.",
    text_en="The number cannot be read or is out of bounds; left empty.",
    remedy_id="Tulis bilangan bulat tanpa satuan.",
    remedy_en="Write a whole number without a unit.",
)
UNMAPPED = rules.define(
    "siapkerja.unmapped",
    Severity.WARN,
    text_id="Nilai tidak ada dalam daftar kode; dicatat sebagai tidak terpetakan.",
    text_en="The value is not in the code list; recorded as unmapped.",
    remedy_id="Laporkan agar daftar kode dilengkapi.",
    remedy_en="Report it so that the code list can be completed.",
)

# A card or a course may end years from now; beyond this a date is a slip of the hand.
LATEST = date(2100, 12, 31)


class Warnings:
    """What is odd about the rows of one frame: told to `Problems`, and kept by row for the core."""

    def __init__(self, frame: Frame, problems: Problems) -> None:
        self._frame, self._problems = frame, problems
        self._by_row: dict[int, list[str]] = {}

    def add(self, rule: Rule, *, index: int, field: str) -> None:
        frame = self._frame
        heading = frame.headings.get(field, field)
        self._problems.add(rule, file=frame.file, sheet=frame.sheet, row=frame.rows[index], field=heading)
        if rule.severity is Severity.WARN:
            self._by_row.setdefault(index, []).append(rule.code)

    def of(self, index: int) -> list[str]:
        """Codes of the rules that warned about a row, each once."""
        return sorted(set(self._by_row.get(index, ())))


def texts(frame: Frame, column: str) -> list[str | None]:
    """Cells as a person reads them; null for an empty one and for a lone `-`."""
    found = cells.texts(frame.columns[column]) if column in frame.columns else [""] * len(frame)
    return [None if text in ("", "-") else text for text in found]


def days(frame: Frame, column: str, warnings: Warnings, *, until: date = LATEST) -> list[date | None]:
    """Dates, day first; `until` is the latest day they may be."""
    if column not in frame.columns:
        return [None] * len(frame)
    found = []
    for index, (day, doubt) in enumerate(dates.read_column(frame.columns[column], until=until)):
        if doubt is not None:
            is_read = day is not None and doubt in (Doubt.TWO_DIGIT_YEAR, Doubt.DEFAULT_SUSPECTED)
            warnings.add(DATE_DOUBTFUL if is_read else DATE_UNREADABLE, index=index, field=column)
        found.append(day)
    return found


def numbers(frame: Frame, column: str, warnings: Warnings, *, low: int, high: int) -> list[int | None]:
    """Whole numbers within bounds."""
    found: list[int | None] = []
    for index, text in enumerate(texts(frame, column)):
        digits = (text or "").removesuffix(".0")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
        if text is not None and (number is None or not low <= number <= high):
            warnings.add(NUMBER_UNREADABLE, index=index, field=column)
            number = None
        found.append(number)
    return found


def harmonised(
    frame: Frame, column: str, read: Callable[[object], Any], warnings: Warnings, *, unmapped: object
) -> list[str]:
    """Values of a harmonised list."""
    raw = frame.columns.get(column, [""] * len(frame))
    found = [read(cell) for cell in raw]
    for index, value in enumerate(found):
        if value == unmapped:
            warnings.add(UNMAPPED, index=index, field=column)
    return [str(value) for value in found]


def refuse_reversed(
    starts: Sequence[date | None], ends: list[date | None], warnings: Warnings, *, field: str
) -> list[date | None]:
    """The last dates, without those before the first."""
    kept = []
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        is_reversed = start is not None and end is not None and end < start
        if is_reversed:
            warnings.add(DATES_REVERSED, index=index, field=field)
        kept.append(None if is_reversed else end)
    return kept


@dataclass(frozen=True)
class Row:
    """One row as the core holds it. `identity` is what makes two rows the same thing."""

    warnings: Warnings
    index: int
    identity: str
    rank: tuple[Any, ...]
    """Of rows with the same identity the one with the highest rank counts; of equal ones the last."""
    values: dict[str, Any]


def latest(rows: Sequence[Row], *, field: str) -> tuple[list[Row], int]:
    """The rows that count, in their order, and how many were dropped for them (each is told)."""
    winners: dict[str, int] = {}
    for place, row in enumerate(rows):
        held = winners.get(row.identity)
        if held is None or row.rank >= rows[held].rank:
            winners[row.identity] = place
    for place, row in enumerate(rows):
        if winners[row.identity] != place:
            row.warnings.add(TWICE, index=row.index, field=field)
    kept = [rows[place] for place in sorted(winners.values())]
    return kept, len(rows) - len(kept)


def accepted(
    frame: Frame,
    columns: Mapping[str, Sequence[Any]],
    warnings: Warnings,
    *,
    required: Mapping[str, str],
    rank: str,
) -> list[Row]:
    """Rows that have what they need. `required` names our columns and theirs; the first one is the identity."""
    found = []
    identity = next(iter(required))
    for index in range(len(frame)):
        missing = next((theirs for ours, theirs in required.items() if columns[ours][index] is None), None)
        if missing is not None:
            warnings.add(REQUIRED_EMPTY, index=index, field=missing)
            continue
        values = {name: column[index] for name, column in columns.items()}
        found.append(Row(warnings, index, values[identity], (values[rank] or date.min,), values))
    return found


def regencies(frame: Frame, places: Places, warnings: Warnings) -> list[str | None]:
    """Regency codes from `kode_kab_kota`, else from the names of regency and province."""
    found_codes = []
    asked = [texts(frame, column) for column in ("kode_kab_kota", "kab_kota", "provinsi")]
    for index, (code, regency, province) in enumerate(zip(*asked, strict=True)):
        found = places.find(province=province, regency=code or regency)
        if found.rule is not None:
            warnings.add(found.rule, index=index, field="kode_kab_kota" if code else "kab_kota")
        found_codes.append(found.at(Level.REGENCY))
    return found_codes


def as_table(rows: Sequence[Mapping[str, Any]], table: Table) -> pa.Table:
    return pa.Table.from_pylist([dict(row) for row in rows], schema=table.schema())


def counted(values: Iterable[Any]) -> dict[str, int]:
    """How often each value comes, by its spelling; null as `null`."""
    counts = Counter("null" if value is None else str(value) for value in values)
    return dict(sorted(counts.items()))
