"""Columns by the words above them. Case, blanks, underscores, dots and brackets do not count."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from tenun.sources import cells
from tenun.sources.reading import Cell, Sheet

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def key(heading: Cell | None) -> str:
    """`Pendidikan (dlm KK)` -> `pendidikandlmkk`."""
    return _NOT_A_WORD.sub("", cells.text(heading).casefold())


def keys(row: Sequence[Cell]) -> list[str]:
    return [key(cell) for cell in row]


def find_row(sheet: Sheet, known: Collection[str], *, at_least: int, within: int = 40) -> int | None:
    """Index of the row that holds most known headings, if it holds enough: titles may stand above it."""
    best, best_count = None, at_least - 1
    for index, row in enumerate(sheet.rows[:within]):
        count = len({heading for heading in keys(row) if heading in known})
        if count > best_count:
            best, best_count = index, count
    return best


def place(row: Sequence[Cell], fields: Mapping[str, str]) -> dict[str, list[int]]:
    """Field -> the columns whose heading means it, left to right."""
    places: dict[str, list[int]] = {}
    for column, heading in enumerate(keys(row)):
        if field := fields.get(heading):
            places.setdefault(field, []).append(column)
    return places


def is_numbering(row: Sequence[Cell]) -> bool:
    """A row that merely numbers the columns (1, 2, 3 ... or -1, -2, -3 ...), as printed forms have."""
    numbers = [cells.text(cell).strip("()") for cell in row]
    numbers = [number for number in numbers if number]
    if len(numbers) < 5 or not all(number.lstrip("-").isdigit() for number in numbers):
        return False
    values = [abs(int(number)) for number in numbers]
    return values == list(range(values[0], values[0] + len(values))) and values[0] <= 2
