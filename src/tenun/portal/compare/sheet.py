"""The comparison as a file: a line for each figure of the table on the page, and no other."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from tenun.indicators import export
from tenun.indicators.areas import level_of
from tenun.portal import words
from tenun.portal.compare import wording
from tenun.portal.compare.choice import LETTERS
from tenun.portal.compare.table import Row
from tenun.portal.design.sheets import Cell, Sheet
from tenun.portal.figures import Figures

COLUMN, COMPARISON, REFERENCE = "column", "comparison", "reference"


def count(rows: Sequence[Row]) -> int:
    """How many figures the table has, and lines the file."""
    return sum(len(row.cells) + (row.reference is not None) for row in rows)


def of_rows(rows: Sequence[Row], figures: Figures) -> Sheet:
    """One line a figure, in the order of the table: the row model of every other file, the column of the table in
    which it stands, and how it compares with the reference."""
    at_language = 0 if words.language() == "id" else 1
    columns = (
        (COLUMN, _("Column of the comparison")),
        *((key, heading[at_language]) for key, heading in export.COLUMNS.items()),
        (COMPARISON, _("Compared with the reference")),
    )
    lines = _lines(rows, figures)
    release = figures.release
    first = rows[0].cells[0].area
    facts = (
        (_("Area"), f"{words.area_title(first.code, first.name)} ({first.code})"),
        (_("Snapshot"), release.snapshot),
        (_("Agreement"), release.agreement_number),
    )
    return Sheet(
        _("Areas compared"), columns, lines, facts, made_on=release.reference_date, is_invented=release.is_invented
    )


def file_name(rows: Sequence[Row], figures: Figures) -> str:
    """`tenun_banding_52.08.01.2002_5_2026-11-01-…`: the first area, and how many there are."""
    cells = rows[0].cells
    return f"tenun_banding_{cells[0].area.code}_{len(cells)}_{figures.release.snapshot}"


def _lines(rows: Sequence[Row], figures: Figures) -> list[Sequence[Cell]]:
    found = {
        (str(line["indicator"]), code): line
        for code in _codes(rows)
        for line in figures.rows(area=code, level=level_of(code), indicator=None, language=words.language())
        if not line["breakdown"]
    }
    lines: list[Sequence[Cell]] = []
    for row in rows:
        for letter, cell in zip(LETTERS, row.cells, strict=False):
            compared = wording.verdict(cell.verdict) if cell.verdict is not None else ""
            lines.append(_line(letter, found[row.definition.id, cell.area.code], compared))
        if row.reference is not None:
            lines.append(_line(REFERENCE, found[row.definition.id, row.reference.area_code], ""))
    return lines


def _codes(rows: Sequence[Row]) -> list[str]:
    """Every area of the table, the reference last."""
    cells = [cell.area.code for cell in rows[0].cells]
    return cells + list(dict.fromkeys(row.reference.area_code for row in rows if row.reference is not None))


def _line(letter: str, line: dict[str, object], compared: str) -> Sequence[Cell]:
    return (letter, *(line[key] for key in export.COLUMNS), compared)  # type: ignore[arg-type]
