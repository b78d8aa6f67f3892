"""Figures as files: one model of a row, written as CSV, JSON, XLSX and Parquet with the same values in each cell.

`FIELDS` is the model. The header of a CSV, its metadata (`indicators.csvw`), the schema of a Parquet file, the API's
schema and the headings of a workbook are all made of it. ISO dates and decimal points, whatever the language.
A cell without a number is null, never zero; its `state` says why. Text that is absent is the empty text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from tenun.indicators import wording
from tenun.indicators.areas import Level
from tenun.indicators.results import Results, Value

Row = Mapping[str, str | int | float | None]


class Kind(StrEnum):
    """What may stand in a column."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    """Null where `state` hides it."""
    DATE = "date"
    """ISO 8601; null where that source has nothing of the area."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the row model."""

    kind: Kind
    id: str
    """Heading in Indonesian."""
    en: str
    is_key: bool = False
    """Part of what names a figure within a snapshot."""
    is_worded: bool = False
    """Written in the language that was asked for; all others are the same in every language."""


T, W, N, D = Kind.TEXT, Kind.WHOLE, Kind.NUMBER, Kind.DATE

FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "indicator": Field(T, "Kode indikator", "Indicator", is_key=True),
        "name": Field(T, "Nama indikator", "Name of the indicator", is_worded=True),
        "version": Field(W, "Versi rumus", "Version of the formula"),
        "level": Field(T, "Tingkat", "Level"),
        "area_code": Field(T, "Kode wilayah (Kemendagri)", "Area code (Kemendagri)", is_key=True),
        "area_name": Field(T, "Nama wilayah", "Area"),
        "breakdown": Field(T, "Rincian", "Breakdown", is_key=True),
        "category": Field(T, "Kategori", "Category", is_key=True),
        "state": Field(T, "Keadaan nilai", "State of the value"),
        "value": Field(N, "Nilai", "Value"),
        "numerator": Field(N, "Pembilang", "Numerator"),
        "denominator": Field(N, "Penyebut", "Denominator"),
        "low": Field(N, "Batas bawah kelengkapan", "Completeness, low"),
        "high": Field(N, "Batas atas kelengkapan", "Completeness, high"),
        "unit": Field(T, "Satuan", "Unit"),
        "shown": Field(T, "Tampilan", "As shown", is_worded=True),
        "reason": Field(T, "Alasan", "Reason", is_worded=True),
        "reason_code": Field(T, "Kode alasan", "Code of the reason"),
        "sid_as_of": Field(D, "Tanggal data SID", "Date of SID data"),
        "siapkerja_as_of": Field(D, "Tanggal data SIAPKerja", "Date of SIAPKerja data"),
        "reference_date": Field(D, "Tanggal acuan", "Reference date"),
        "rule_version": Field(T, "Versi aturan kerahasiaan", "Version of the disclosure rule"),
        "snapshot": Field(T, "Potret", "Snapshot"),
        "agreement": Field(T, "Nomor perjanjian", "Number of the agreement"),
        "agreement_rev": Field(T, "Revisi perjanjian (SHA-256)", "Revision of the agreement (SHA-256)"),
        "invented": Field(T, "Data buatan", "Invented persons", is_worded=True),
    }
)
"""Column key -> what stands in it. The keys are the header of the CSV; the order is that of every format."""

COLUMNS: Mapping[str, tuple[str, str]] = MappingProxyType({key: (one.id, one.en) for key, one in FIELDS.items()})
"""Column key -> heading for people, Indonesian and English."""


def rows(
    results: Results,
    *,
    area: str | None = None,
    level: Level | str | None = None,
    parent: str | None = None,
    indicator: str | None = None,
    language: str = "id",
) -> list[dict[str, str | int | float | None]]:
    """Every figure of one area, or of every area of a level (below `parent`): totals and categories."""
    if (area is None) == (level is None):
        raise ValueError("name an area or a level")
    if area is not None:
        found: Sequence[Value] = results.area(area)
        if indicator is not None:
            found = [value for value in found if value.indicator == indicator]
    else:
        found = results.level(str(level), parent=parent, indicator=indicator, breakdown=None)
    return [_row(results, value, language) for value in found]


def as_csv(rows_: Sequence[Row]) -> bytes:
    """UTF-8 with the mark that makes spreadsheets read it as such."""
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, fieldnames=list(COLUMNS), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows_)
    return target.getvalue().encode("utf-8-sig")


def as_xlsx(rows_: Sequence[Row], *, title: str, made_on: datetime, language: str = "id") -> bytes:
    """A workbook of one sheet, headings in the reader's language. The same rows give the same bytes."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    # A date of the data, not of the clock, so that the file can be made again byte for byte.
    book.set_properties({"title": title, "created": made_on.replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet("data")
    for at, (key, heading) in enumerate(COLUMNS.items()):
        sheet.write_string(0, at, heading[0] if language == "id" else heading[1], bold)
        for below, row in enumerate(rows_, start=1):
            cell = row[key]
            if isinstance(cell, (int, float)):
                sheet.write_number(below, at, cell)
            elif cell is not None:
                sheet.write_string(below, at, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows_), 1), len(COLUMNS) - 1)
    sheet.autofit()
    book.close()
    return target.getvalue()


def as_json(rows_: Iterable[Row], about: Mapping[str, Any]) -> bytes:
    """An object: what `about` says of the figures, then `values`, an array of rows. Equal rows give equal bytes."""
    return json.dumps({**about, "values": list(rows_)}, ensure_ascii=False, separators=(",", ":")).encode()


def schema(metadata: Mapping[str, Any] | None = None, *, language: str = "id") -> pa.Schema:
    """The Parquet schema: headings with every column, and `metadata` as JSON under the key `tenun`."""
    told: dict[bytes | str, bytes | str] | None = (
        None if metadata is None else {"tenun": json.dumps(metadata, ensure_ascii=False, sort_keys=True)}
    )
    return pa.schema(
        [
            pa.field(
                key,
                _ARROW[one.kind],
                nullable=one.kind in (Kind.NUMBER, Kind.DATE),
                metadata={"title": one.id if language == "id" else one.en, "title_id": one.id, "title_en": one.en},
            )
            for key, one in FIELDS.items()
        ],
        metadata=told,
    )


def as_parquet(rows_: Iterable[Row], *, metadata: Mapping[str, Any], language: str = "id") -> bytes:
    """One Parquet file, dates as dates; `metadata` (see `indicators.csvw`) stands in its schema."""
    typed = [
        {
            key: date.fromisoformat(str(cell)) if FIELDS[key].kind is Kind.DATE and cell else cell
            for key, cell in row.items()
        }
        for row in rows_
    ]
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(typed, schema=schema(metadata, language=language)), target, compression="zstd")
    return target.getvalue()


def _row(results: Results, value: Value, language: str) -> dict[str, str | int | float | None]:
    return {
        "indicator": value.indicator,
        "name": results.definitions[value.indicator].names.said(language),
        "version": value.version,
        "level": str(value.level),
        "area_code": value.area_code,
        "area_name": value.area_name,
        "breakdown": value.breakdown,
        "category": value.category,
        "state": str(value.state),
        "value": _plain(value.value),
        "numerator": _plain(value.numerator),
        "denominator": _plain(value.denominator),
        "low": _plain(value.low),
        "high": _plain(value.high),
        "unit": value.unit,
        "shown": wording.say(value, language, minimum_cell=results.minimum_cell),
        "reason": wording.why(value, language),
        "reason_code": value.reason or "",
        "sid_as_of": value.sid_as_of.isoformat() if value.sid_as_of else None,
        "siapkerja_as_of": value.siapkerja_as_of.isoformat() if value.siapkerja_as_of else None,
        "reference_date": results.reference_date.isoformat(),
        "rule_version": value.rule_version,
        "snapshot": results.snapshot.id,
        "agreement": results.agreement_number,
        "agreement_rev": results.agreement_rev,
        "invented": _YES[language] if results.is_invented and value.area_code not in results.not_invented else "",
    }


_ARROW: Mapping[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.WHOLE: pa.int32(),
    Kind.NUMBER: pa.float64(),
    Kind.DATE: pa.date32(),
}
_YES = {"id": "ya", "en": "yes"}


def _plain(amount: float | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if float(amount).is_integer() else amount
