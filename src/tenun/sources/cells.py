"""From cells to text: what spreadsheets, exports and people put around a value, taken away."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

import pyarrow as pa

from tenun.sources.reading import Cell

# Written by a program for "no value": MySQL's dump and export, spreadsheets' failed formulas.
NO_VALUE = frozenset({"null", "\\n", "#n/a", "#ref!", "#value!", "#name?", "#null!", "#div/0!", "none", "nan"})

# No-break spaces, zero-width characters and line breaks inside a cell are blanks to a reader.
_BLANKS = re.compile(r"[\s\u00a0\u200b\u200c\u200d\u2060\ufeff]+")
_NEEDS_CLEANING = re.compile(
    r"^[\s\u00a0'\u200b\ufeff\"]|[\s\u00a0\u200b\ufeff\"]$|[\t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff]|  "
)


def text(cell: Cell | None) -> str:
    """A cell as a person reads it: one line, no blanks around it, whole numbers without `.0`, ISO dates.

    An apostrophe in front (a spreadsheet's mark for "this is text") and doubled quotes around the whole
    (an old export wrote them) are taken away. `NULL`, `\\N` and failed formulas are empty.
    """
    if isinstance(cell, str):
        cleaned = _cleaned(cell) if _NEEDS_CLEANING.search(cell) else cell
        return "" if cleaned.casefold() in NO_VALUE else cleaned
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return str(int(cell)) if math.isfinite(cell) and cell == int(cell) else _fraction(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def texts(column: Iterable[Cell]) -> list[str]:
    """`text` for a whole column; every distinct value is cleaned once."""
    column = list(column)
    try:
        distinct = {cell: text(cell) for cell in set(column) if cell.__class__ is str}
    except TypeError:  # a cell that cannot be looked up
        return [text(cell) for cell in column]
    return [distinct[cell] if cell.__class__ is str else text(cell) for cell in column]


def as_read(column: Sequence[Cell]) -> pa.StringArray:
    """A column for the raw layer: text exactly as it stood, other cells as they print."""
    try:
        return pa.array(column, pa.string())
    except pa.ArrowTypeError:
        return pa.array([cell if cell.__class__ is str else text(cell) for cell in column], pa.string())


def is_blank(row: Iterable[Cell | None]) -> bool:
    return not any(cell is not None and text(cell) for cell in row)


def _fraction(number: float) -> str:
    return "" if math.isnan(number) else repr(number)


def _cleaned(value: str) -> str:
    value = _BLANKS.sub(" ", value).strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value.strip('"').strip()
    return value[1:].lstrip() if value.startswith("'") else value
