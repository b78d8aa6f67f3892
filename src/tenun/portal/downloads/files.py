"""Figures as files. The rows are those of `indicators.export`; a workbook gets a sheet that explains them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, time

import xlsxwriter
from django.utils.translation import gettext as _

from tenun.disclosure.state import ValueState
from tenun.indicators import export
from tenun.indicators.areas import Area
from tenun.portal import words
from tenun.portal.downloads.selection import Selection
from tenun.portal.figures import Figures, Release

# In both languages whatever the reader's: the file may be handed on.
INVENTED = "DATA BUATAN: semua orang di sini rekaan. / INVENTED DATA: no person here is real."


def file_name(selection: Selection, release: Release, ending: str) -> str:
    """Says what is inside and, first of all, that it is invented where it is."""
    parts = [
        "data-buatan" if release.is_invented else "",
        "tenun",
        selection.area,
        str(selection.level),
        selection.indicators[0] if len(selection.indicators) == 1 else "",
        release.snapshot,
    ]
    return f"{'_'.join(part for part in parts if part)}.{ending}"


def as_csv(rows: Sequence[export.Row]) -> bytes:
    return export.as_csv(rows)


def as_xlsx(rows: Sequence[export.Row], area: Area, selection: Selection, figures: Figures) -> bytes:
    """A workbook of two sheets: what this is, and the rows. The same figures give the same bytes."""
    release = figures.release
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": _("Tenun figures"), "created": datetime.combine(release.reference_date, time())})
    _write_readme(book, area, selection, figures)
    _write_rows(book, rows)
    book.close()
    return target.getvalue()


def _write_readme(book: xlsxwriter.Workbook, area: Area, selection: Selection, figures: Figures) -> None:
    release = figures.release
    sheet = book.add_worksheet(_("READ ME"))
    title = book.add_format({"bold": True, "font_size": 14})
    label = book.add_format({"bold": True, "valign": "top"})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    loud = book.add_format({"bold": True, "font_color": "#9c1c1c"})
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, _("Tenun: figures on work in villages"), title)
    row = 2
    if release.is_invented:
        sheet.write_string(1, 0, INVENTED, loud)
    definition = figures.definition(selection.indicators[0]) if selection.indicators else None
    facts = [
        (_("Area"), f"{words.area_title(area.code, area.name)} ({area.code})"),
        (_("Level"), words.level_name(selection.level)),
        (_("Indicator"), definition.names.said(words.language()) if definition else _("all")),
        (_("Snapshot"), release.snapshot),
        (_("Data as of"), f"SID {words.day(release.sid_as_of)} · SIAPKerja {words.day(release.siapkerja_as_of)}"),
        (_("Agreement"), f"{release.agreement_number} · {release.agreement_rev[:12]}"),
        (_("Disclosure rule"), release.rule_version),
        (_("Conditions"), _("Confidential: for the two ministries only (Pasal 7).")),
        (_("What this is not"), _("Not survey rates: these are administrative figures of two registers.")),
        ("", ""),
        (_("The column “state”"), _("An empty value is never zero; the state says why it is empty.")),
    ]
    facts += [(f"{state} · {words.state_name(state)}", words.state_sentence(state)) for state in ValueState]
    for name, text in facts:
        sheet.write_string(row, 0, name, label)
        sheet.write_string(row, 1, text, plain)
        row += 1


def _write_rows(book: xlsxwriter.Workbook, rows: Sequence[export.Row]) -> None:
    sheet = book.add_worksheet("data")
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    at_language = 0 if words.language() == "id" else 1
    for at, (key, heading) in enumerate(export.COLUMNS.items()):
        sheet.write_string(0, at, heading[at_language], bold)
        for below, row in enumerate(rows, start=1):
            cell = row[key]
            if isinstance(cell, int | float):
                sheet.write_number(below, at, cell)
            elif cell:
                sheet.write_string(below, at, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(export.COLUMNS) - 1)
    sheet.set_column(0, len(export.COLUMNS) - 1, 16)
