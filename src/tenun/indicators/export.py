"""Figures as files, with the same states as on the screen. ISO dates and decimal points, whatever the language."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime

import xlsxwriter

from tenun.indicators import wording
from tenun.indicators.areas import Level
from tenun.indicators.results import Results, Value

Row = Mapping[str, str | int | float | None]

COLUMNS: Mapping[str, tuple[str, str]] = {
    "indicator": ("Kode indikator", "Indicator"),
    "name": ("Nama indikator", "Name of the indicator"),
    "version": ("Versi rumus", "Version of the formula"),
    "level": ("Tingkat", "Level"),
    "area_code": ("Kode wilayah (Kemendagri)", "Area code (Kemendagri)"),
    "area_name": ("Nama wilayah", "Area"),
    "breakdown": ("Rincian", "Breakdown"),
    "category": ("Kategori", "Category"),
    "state": ("Keadaan nilai", "State of the value"),
    "value": ("Nilai", "Value"),
    "low": ("Batas bawah kelengkapan", "Completeness, low"),
    "high": ("Batas atas kelengkapan", "Completeness, high"),
    "unit": ("Satuan", "Unit"),
    "shown": ("Tampilan", "As shown"),
    "reason": ("Alasan", "Reason"),
    "sid_as_of": ("Tanggal data SID", "Date of SID data"),
    "siapkerja_as_of": ("Tanggal data SIAPKerja", "Date of SIAPKerja data"),
    "reference_date": ("Tanggal acuan", "Reference date"),
    "rule_version": ("Versi aturan kerahasiaan", "Version of the disclosure rule"),
    "snapshot": ("Potret", "Snapshot"),
    "agreement": ("Nomor perjanjian", "Number of the agreement"),
    "invented": ("Data buatan", "Invented persons"),
}
"""Column key -> heading for people, Indonesian and English. The keys are the header of the CSV."""


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
        codes = {value.area_code: None for value in results.level(str(level), parent=parent, indicator=indicator)}
        found = [
            value for code in codes for value in results.area(code) if indicator is None or value.indicator == indicator
        ]
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
        "low": _plain(value.low),
        "high": _plain(value.high),
        "unit": value.unit,
        "shown": wording.say(value, language, minimum_cell=results.minimum_cell),
        "reason": wording.why(value, language),
        "sid_as_of": value.sid_as_of.isoformat() if value.sid_as_of else None,
        "siapkerja_as_of": value.siapkerja_as_of.isoformat() if value.siapkerja_as_of else None,
        "reference_date": results.reference_date.isoformat(),
        "rule_version": value.rule_version,
        "snapshot": results.snapshot.id,
        "agreement": results.agreement_number,
        "invented": _YES[language] if results.is_invented and value.area_code not in results.not_invented else "",
    }


_YES = {"id": "ya", "en": "yes"}


def _plain(amount: float | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if float(amount).is_integer() else amount
