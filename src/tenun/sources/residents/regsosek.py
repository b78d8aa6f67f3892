"""Regsosek 2022 as villages carry it: a workbook of five sheets, the fourth with one row a person.

Its columns are headed by question numbers in the third row, and the block "401, 402 Nama, 403 NIK" comes
three times. The card number stands in a family's first row only; question 401 counts its members from 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from tenun.registry.reference.code_lists import harmoniser, plain_code
from tenun.registry.reference.values import Disability
from tenun.sources import cells, headings
from tenun.sources.frame import Frame
from tenun.sources.reading import Cell, Sheet, Source
from tenun.sources.residents.fields import Field

NAME = "regsosek-2022"
NAMES = (NAME,)

_QUESTIONS: dict[str, str] = {
    "nokartukeluarga": Field.FAMILY_CARD,
    "402nama": Field.NAME,
    "403nik": Field.NIK,
    "404": Field.LIFE_STATUS,
    "405": Field.SEX,
    "406": Field.BIRTH_DATE,
    "408": Field.MARITAL_STATUS,
    "409": Field.HOUSEHOLD_ROLE,
    "412": Field.SCHOOLING,
    "415": Field.EDUCATION,
    "416a": Field.ACTIVITY,
    "417": Field.OCCUPATION,
    "431f": Field.JOB_SOCIAL_SECURITY,
}
_MEMBER_NUMBER = "401"
_DIFFICULTIES = tuple(f"428{letter}" for letter in "abcdefghij")
_SIGNS = frozenset({"402nama", "403nik", "416a", "431f"})


def recognise(source: Source) -> str | None:
    return NAME if any(_heading_row(sheet) is not None for sheet in source.sheets()) else None


def read(source: Source) -> list[Frame]:
    frames = []
    for sheet in source.sheets():
        index = _heading_row(sheet)
        if index is not None:
            frames.append(_frame(source, sheet, index))
    return frames


def _heading_row(sheet: Sheet) -> int | None:
    for index, row in enumerate(sheet.rows[:10]):
        if set(headings.keys(row)) >= _SIGNS:
            return index
    return None


def _frame(source: Source, sheet: Sheet, heading_index: int) -> Frame:
    heading_row = sheet.rows[heading_index]
    places: dict[str, list[int]] = {}
    for column, word in enumerate(headings.keys(heading_row)):
        places.setdefault(word, []).append(column)
    asked = {word: field for word, field in _QUESTIONS.items() if word in places}
    answered = [column for word in asked for column in places[word] if word != "nokartukeluarga"]

    kept = [
        (sheet.number(index), row)
        for index, row in enumerate(sheet.rows[heading_index + 1 :], start=heading_index + 1)
        if any(cells.text(row[column]) for column in answered)
    ]
    rows = [row for _, row in kept]
    columns: dict[str, Sequence[Cell]] = {
        field: [_first(row, places[word]) for row in rows] for word, field in asked.items()
    }
    numbers = [cells.text(_first(row, places.get(_MEMBER_NUMBER, []))) for row in rows]
    columns[Field.FAMILY_CARD] = _filled_down(columns.get(Field.FAMILY_CARD, [""] * len(rows)), numbers)
    who = [columns[field] for field in (Field.NIK, Field.NAME, Field.BIRTH_DATE) if field in columns]
    persons = ["|".join(map(cells.text, cell)) for cell in zip(*who, strict=True)]
    columns[Field.FAMILY_REF] = _families(columns[Field.FAMILY_CARD], numbers, persons)
    columns[Field.DISABILITY] = [_hardest(row, places) for row in rows]
    return Frame(
        file=source.file,
        sheet=sheet.name,
        format=NAME,
        code_source="regsosek",
        rows=[number for number, _ in kept],
        columns=columns,
        headings={
            **{field: cells.text(heading_row[places[word][0]]) for word, field in asked.items()},
            Field.DISABILITY: "428a-j",
        },
        raw={
            f"{cells.text(heading_row[column]) or 'column'}_{column + 1}": [row[column] for row in rows]
            for column in range(len(heading_row))
        },
    )


def _first(row: Sequence[Cell], columns: Sequence[int]) -> Cell:
    """The first answer among repeated columns."""
    return next((row[column] for column in columns if cells.text(row[column])), "")


def _filled_down(card: Sequence[Cell], numbers: Sequence[str]) -> list[Cell]:
    """A card number holds for the rows below it until the members are counted from 1 again."""
    filled: list[Cell] = []
    current: Cell = ""
    for cell, number in zip(card, numbers, strict=True):
        if cells.text(cell):
            current = cell
        elif number == "1":
            current = ""
        filled.append(current)
    return filled


def _families(card: Sequence[Cell], numbers: Sequence[str], persons: Sequence[str]) -> list[Cell]:
    """Names each family by its first member, for families whose card number is missing or damaged.

    Not by counting them: the first family of another file is another family.
    """
    families: list[Cell] = []
    family, before = "", None
    for cell, number, person in zip(card, numbers, persons, strict=True):
        if number == "1" or before is None or (cells.text(cell) and cells.text(cell) != before):
            family = person
        before = cells.text(cell)
        families.append(family)
    return families


def _hardest(row: Sequence[Cell], places: dict[str, list[int]]) -> Cell:
    """The answer that tells most of ten questions about difficulties: 1 before 2, 3, 4; none when none was asked."""
    answers = [row[places[word][0]] for word in _DIFFICULTIES if word in places]
    read = harmoniser("regsosek", "disability")
    told = [answer for answer in answers if read(answer) not in (Disability.MISSING, Disability.UNMAPPED)]
    some = [answer for answer in told if read(answer) is Disability.SOME]
    return min(some or told, key=plain_code, default="")
