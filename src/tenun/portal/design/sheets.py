"""Lists as files: the same rows on the page, in CSV and in XLSX. Values of persons never stand in one."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import xlsxwriter
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

Cell = str | int | float | date | None

CSV, XLSX = "csv", "xlsx"
CONTENT_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# In both languages whatever the reader's: the file may be handed on.
INVENTED = "DATA BUATAN: semua orang di sini rekaan. / INVENTED DATA: no person here is real."
# A spreadsheet program runs a cell that begins so; names of files and sheets are written by others.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """Rows under named columns, with what a reader of the file must know."""

    title: str
    columns: Sequence[tuple[str, str]]
    """The lasting name of each column, for programs, and its heading in the reader's language."""
    rows: Sequence[Sequence[Cell]]
    facts: Sequence[tuple[str, str]] = ()
    made_on: date = date(2026, 1, 1)
    """Stands in the workbook as its date, so that the same rows give the same bytes."""
    is_invented: bool = False


def answer(sheet: Sheet, ending: str, *, name: str) -> HttpResponse:
    """The sheet as a file `name.ending`. Raises `Http404` for an ending other than `csv` and `xlsx`."""
    if ending not in CONTENT_TYPES:
        raise Http404
    content = as_csv(sheet) if ending == CSV else as_xlsx(sheet)
    response = HttpResponse(content, content_type=CONTENT_TYPES[ending])
    told = f"data-buatan_{name}" if sheet.is_invented else name
    response.headers["Content-Disposition"] = f'attachment; filename="{told}.{ending}"'
    return response


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with a mark, so that spreadsheet programs read it; ISO dates, decimal points, nothing for nothing."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([key for key, _heading in sheet.columns])
    writer.writerows([_plain(cell) for cell in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(sheet: Sheet) -> bytes:
    """A workbook of two sheets: what this is, and the rows. The same rows give the same bytes."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": sheet.title, "created": datetime.combine(sheet.made_on, time())})
    _write_readme(book, sheet)
    _write_rows(book, sheet)
    book.close()
    return target.getvalue()


def _write_readme(book: xlsxwriter.Workbook, sheet: Sheet) -> None:
    page = book.add_worksheet(_("READ ME"))
    bold = book.add_format({"bold": True, "valign": "top"})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 90)
    page.write_string(0, 0, sheet.title, bold)
    if sheet.is_invented:
        page.write_string(1, 0, INVENTED, bold)
    facts = [*sheet.facts, (_("Conditions"), _("Confidential: for the two ministries only (Pasal 7)."))]
    for at, (name, text) in enumerate(facts, start=2):
        page.write_string(at, 0, name, bold)
        page.write_string(at, 1, text, plain)


def _write_rows(book: xlsxwriter.Workbook, sheet: Sheet) -> None:
    page = book.add_worksheet("data")
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for at, (_key, heading) in enumerate(sheet.columns):
        page.write_string(0, at, heading, bold)
    for below, row in enumerate(sheet.rows, start=1):
        for at, cell in enumerate(row):
            if isinstance(cell, int | float):
                page.write_number(below, at, cell)
            elif cell is not None and cell != "":
                page.write_string(below, at, cell.isoformat() if isinstance(cell, date) else cell)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.columns) - 1)
    page.set_column(0, len(sheet.columns) - 1, 20)


def _plain(cell: Cell) -> object:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
