"""Flat extracts of SIAPKerja: one row a thing, as CSV, workbook or JSON, columns known by their headings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tenun.kernel.errors import TenunError
from tenun.sources import cells, headings
from tenun.sources.errors import ColumnMissing, ColumnTwice, FormatUnknown, NoRows
from tenun.sources.frame import Frame
from tenun.sources.reading import BROKEN, Cell, Kind, Sheet, Source


class ErrorAnswer(TenunError):
    """The file holds the error that a service answered with, and no data. What is there already stays."""

    code = "sources.error_answer"
    text_id = "Berkas {file} berisi jawaban galat dari layanan, bukan data; data yang sudah ada tidak diganti."
    text_en = "The file {file} holds an error that the service answered with, not data; nothing was replaced."
    remedy_id = "Minta lagi setelah layanan pulih, lalu ulangi."
    remedy_en = "Ask the service again once it has recovered, then try again."


@dataclass(frozen=True)
class Extract:
    """An extract as its contract promises it (`contracts/{name}.odcs.yaml`)."""

    name: str
    columns: Mapping[str, tuple[str, ...]]
    """Column of the contract -> further headings it is found under."""
    required: tuple[str, ...]
    """Columns without which no row can be used."""

    @property
    def format(self) -> str:
        return f"siapkerja-{self.name}"

    @cached_property
    def by_heading(self) -> dict[str, str]:
        return {
            headings.key(spelling): column
            for column, spellings in self.columns.items()
            for spelling in (column, *spellings)
        }


def read(source: Source, extract: Extract) -> list[Frame]:
    """The frames of one file, fields named as in the contract.

    Raises `ErrorAnswer`, `ColumnMissing`, `ColumnTwice`, `NoRows`, or `FormatUnknown` where no heading is known.
    """
    if source.kind is Kind.ARCHIVE:
        return [frame for member in source.members() for frame in read(member, extract)]
    tables = _json_tables(source, extract) if source.kind is Kind.JSON else _sheet_tables(source, extract)
    frames = [_frame(source, extract, *table) for table in tables]
    if not frames and source.kind is not Kind.JSON:
        raise FormatUnknown(file=source.file, kind=extract.name, formats="CSV, XLSX, JSON")
    if not any(map(len, frames)):
        raise NoRows(file=source.file)
    return frames


# Name of the sheet, headings, rows, row numbers.
_Table = tuple[str, Sequence[Cell], Sequence[Sequence[Cell]], Sequence[int]]


def _sheet_tables(source: Source, extract: Extract) -> Iterator[_Table]:
    for sheet in source.sheets():
        found = headings.find_row(sheet, extract.by_heading.keys(), at_least=min(2, len(extract.required)))
        if found is not None:
            yield _sheet_table(sheet, found)


def _sheet_table(sheet: Sheet, heading_index: int) -> _Table:
    heading_row = sheet.rows[heading_index]
    kept = [
        (sheet.number(index), _fitted(sheet.rows[index], len(heading_row)))
        for index in range(heading_index + 1, len(sheet.rows))
        if not cells.is_blank(sheet.rows[index])
    ]
    return sheet.name, heading_row, [row for _, row in kept], [number for number, _ in kept]


def _json_tables(source: Source, extract: Extract) -> Iterator[_Table]:
    """All records of a JSON file as one table; its columns in the order they are first met."""
    records = [record for _, document in source.documents() for record in _records(source, document, extract)]
    heading_row = list(dict.fromkeys(heading for record in records for heading in record))
    if records:
        rows = [[_cell(record.get(heading)) for heading in heading_row] for record in records]
        yield "", heading_row, rows, range(1, len(records) + 1)


def _records(source: Source, document: Any, extract: Extract) -> list[Mapping[str, Any]]:
    if isinstance(document, list):
        return [entry if isinstance(entry, dict) else {} for entry in document]
    if document is BROKEN or not isinstance(document, dict):
        return [{}]
    if isinstance(document.get("data"), list):
        return _records(source, document["data"], extract)
    if any(headings.key(heading) in extract.by_heading for heading in document):
        return [document]
    if document.keys() & {"error", "message", "code"}:
        raise ErrorAnswer(file=source.file)
    raise FormatUnknown(file=source.file, kind=extract.name, formats="CSV, XLSX, JSON")


def _cell(value: Any) -> Cell:
    """A JSON value as a cell. Whole numbers stay text: a spreadsheet's float would lose digits of a NIK."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return repr(value) if isinstance(value, float) and not value.is_integer() else str(int(value))
    return ""


def _frame(
    source: Source, extract: Extract, sheet: str, heading_row: Sequence[Cell], rows: Sequence[Sequence[Cell]],
    numbers: Sequence[int],
) -> Frame:  # fmt: skip
    places = headings.place(heading_row, extract.by_heading)
    missing = [column for column in extract.required if column not in places]
    if missing:
        raise ColumnMissing(file=source.file, columns=", ".join(missing))
    twice = [column for column, found in places.items() if len(found) > 1]
    if twice:
        raise ColumnTwice(file=source.file, columns=", ".join(twice))
    by_column: Sequence[Sequence[Cell]] = list(zip(*rows, strict=True)) or [()] * len(heading_row)
    return Frame(
        file=source.file,
        sheet=sheet,
        format=extract.format,
        code_source="siapkerja",
        rows=numbers,
        columns={column: by_column[found[0]] for column, found in places.items()},
        headings={column: cells.text(heading_row[found[0]]) for column, found in places.items()},
        raw=_raw(heading_row, by_column),
        columns_unknown=sum(1 for key in headings.keys(heading_row) if key and key not in extract.by_heading),
    )


def _fitted(row: Sequence[Cell], width: int) -> Sequence[Cell]:
    return row if len(row) == width else [*row[:width], *([""] * (width - len(row)))]


def _raw(heading_row: Sequence[Cell], by_column: Sequence[Sequence[Cell]]) -> dict[str, Sequence[Cell]]:
    raw: dict[str, Sequence[Cell]] = {}
    for place, heading in enumerate(heading_row):
        name = cells.text(heading) or f"column_{place + 1}"
        raw[name if name not in raw else f"{name}_{place + 1}"] = by_column[place]
    return raw
