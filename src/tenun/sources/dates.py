"""Dates as villages write them, always day first: ISO, `DD-MM-YYYY`, `DD/MM/YYYY`, date cells, serials.

An empty date stays empty. A date that cannot be is told as such and becomes empty; nothing is guessed,
because past faults of village systems did guess: 1970-01-01 for a text they could not read, the day of
import for an empty cell, the month for the day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from tenun.sources import cells
from tenun.sources.reading import Cell

# Serial 1 is 1 January 1900; spreadsheets count a 29 February 1900 that never was.
_SERIAL_EPOCH = date(1899, 12, 30)
_SERIALS = range(61, 73_415)
"""1 March 1900 to the end of 2100: below, the two ways of counting differ."""

_NUMBER_MAX = 1e9  # NaN is not below it either

EARLIEST = date(1880, 1, 1)

_NONE = frozenset({"", "-", "--", "0", "0000-00-00", "00-00-0000", "00/00/0000", "0000-00-00 00:00:00", "tidak ada"})
_ISO = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})(?:[T ].*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[-/. ,]\s*(\d{1,2})\s*[-/. ,]\s*(\d{4}|\d{2})(?:\s+\d{1,2}[:.].*)?")
_IN_WORDS = re.compile(r"(\d{1,2})[-/. ]*([A-Za-z]+)[-/. ,]*(\d{4}|\d{2})")
_COMPACT = re.compile(r"\d{8}")
_SERIAL_TEXT = re.compile(r"\d{4,5}(?:\.0+)?")
_YEAR_ONLY = re.compile(r"(18|19|20)\d\d")

_MONTHS = {
    "jan": 1, "feb": 2, "peb": 2, "mar": 3, "apr": 4, "mei": 5, "may": 5, "jun": 6, "jul": 7, "agu": 8, "ags": 8,
    "agt": 8, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "nop": 11, "des": 12, "dec": 12,
}  # fmt: skip


class Doubt(StrEnum):
    """Why a date cell gave no date, or one to look at again."""

    UNREADABLE = "unreadable"
    IMPOSSIBLE = "impossible"
    """It has the form of a date and is none: 31 February, month 13, after the day of the data."""
    YEAR_ONLY = "year_only"
    TWO_DIGIT_YEAR = "two_digit_year"
    """Taken as the latest such year that is not after the day of the data."""
    DEFAULT_SUSPECTED = "default_suspected"
    """1970-01-01: a past fault wrote it for dates it could not read."""


Reading = tuple[date | None, Doubt | None]


def read(cell: Cell | None, *, until: date) -> Reading:
    """The date in a cell, and what is doubtful. `until` is the latest day it may be."""
    found, doubt = _of_iso(cell) or _read(cell, until)
    if found is None:
        return None, doubt
    if found > until or found < EARLIEST:
        return None, Doubt.IMPOSSIBLE
    return found, Doubt.DEFAULT_SUSPECTED if found == date(1970, 1, 1) else doubt


def read_column(column: Iterable[Cell], *, until: date) -> list[Reading]:
    """`read` for a whole column; every distinct text is parsed once."""
    known: dict[str, Reading] = {}
    result = []
    for cell in column:
        if cell.__class__ is str:
            reading = known.get(cell)
            if reading is None:
                reading = known[cell] = read(cell, until=until)
            result.append(reading)
        else:
            result.append(read(cell, until=until))
    return result


def _of_iso(cell: Cell | None) -> Reading | None:
    """`YYYY-MM-DD` as nearly every export writes it, without trying the other ways first."""
    if cell.__class__ is not str or len(cell) != 10 or cell[4] != "-" or cell[7] != "-":
        return None
    try:
        return date.fromisoformat(cell), None
    except ValueError:
        return None


def _read(cell: Cell | None, until: date) -> Reading:
    if isinstance(cell, datetime):
        return cell.date(), None
    if isinstance(cell, date):
        return cell, None
    if isinstance(cell, bool):
        return None, Doubt.UNREADABLE
    if isinstance(cell, int | float):
        return _of_number(float(cell)) if abs(cell) < _NUMBER_MAX else (None, Doubt.UNREADABLE)
    if cell is None or isinstance(cell, str):
        return _of_text(cells.text(cell), until)
    return None, Doubt.UNREADABLE


def _of_number(number: float) -> Reading:
    if number == 0:
        return None, None
    whole = int(number)
    if number.is_integer() and 1900 <= number <= 2100:
        return None, Doubt.YEAR_ONLY
    if whole in _SERIALS:
        return _SERIAL_EPOCH + timedelta(days=whole), None
    if number.is_integer() and _COMPACT.fullmatch(str(whole)):
        return _of_compact(str(whole))
    return None, Doubt.UNREADABLE


def _of_text(value: str, until: date) -> Reading:
    if value.casefold() in _NONE:
        return None, None
    if match := _ISO.fullmatch(value):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _DAY_FIRST.fullmatch(value):
        return _with_year(match[3], int(match[2]), int(match[1]), until)
    if _COMPACT.fullmatch(value):
        return _of_compact(value)
    if _YEAR_ONLY.fullmatch(value):
        return None, Doubt.YEAR_ONLY
    if _SERIAL_TEXT.fullmatch(value):
        return _of_number(float(value))
    if (match := _IN_WORDS.fullmatch(value)) and (month := _MONTHS.get(match[2][:3].casefold())):
        return _with_year(match[3], month, int(match[1]), until)
    return None, Doubt.UNREADABLE


def _of_compact(digits: str) -> Reading:
    """`YYYYMMDD`, else `DDMMYYYY`."""
    year_first, _ = _date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    if year_first is not None and digits[:2] in ("18", "19", "20"):
        return year_first, None
    return _date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))


def _with_year(year: str, month: int, day: int, until: date) -> Reading:
    if len(year) == 4:
        return _date(int(year), month, day)
    century = until.year // 100 * 100
    found, doubt = _date(century + int(year), month, day)
    if found is None or found > until:
        found, doubt = _date(century - 100 + int(year), month, day)
    return found, doubt or Doubt.TWO_DIGIT_YEAR


def _date(year: int, month: int, day: int) -> Reading:
    if year == month == day == 0:
        return None, None
    try:
        return date(year, month, day), None
    except ValueError:
        return None, Doubt.IMPOSSIBLE


def age_years(born: date, on: date) -> int:
    """Full years on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
