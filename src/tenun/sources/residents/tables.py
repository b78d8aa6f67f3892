"""Builds the core tables of residents from harmonised rows, and the raw table from what was read."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from tenun.kernel.keys import pseudonym
from tenun.registry.identifiers import NikClass
from tenun.registry.reference.values import LifeStatus
from tenun.registry.sid.tables import PERSON_IDENTIFIERS, PERSONS
from tenun.sources import cells, dates
from tenun.sources.frame import Frame
from tenun.sources.residents.harmonise import Residents
from tenun.sources.residents.persons import Row, Sameness, name_key
from tenun.sources.rules import Rule

_AS_THEY_ARE = (
    "household_role", "sex", "education", "in_school", "activity", "occupation", "marital_status", "life_status",
    "citizenship", "disability", "job_social_security",
)  # fmt: skip

# Columns, with what an empty cell of them holds, in which the row that counts takes what a dropped row
# said: "other non-empty cells overwrite, empty cells never erase" is OpenSID's own rule.
_FILLED: dict[str, str | None] = {
    **dict.fromkeys(set(_AS_THEY_ARE) - {"in_school", "life_status"}, "missing"),
    **dict.fromkeys(("birth_places", "father_names", "mother_names", "addresses", "hamlets", "rws", "rts"), ""),
    "occupation_code": "",
    "birth_dates": None,
    "in_school": None,
}


_FAULTY = frozenset({NikClass.DAMAGED, NikClass.MALFORMED})


class Rows:
    """The accepted rows of a delivery, over all its parts, in the order in which they were read."""

    def __init__(self, parts: Sequence[Residents], rejected: Sequence[Collection[int]]) -> None:
        self.parts = parts
        self._indices = [
            [index for index in range(len(part)) if index not in out] if out else range(len(part))
            for part, out in zip(parts, rejected, strict=True)
        ]
        self._columns: dict[str, list[Any]] = {}

    def __len__(self) -> int:
        return sum(len(indices) for indices in self._indices)

    def column(self, name: str) -> list[Any]:
        """A column of `Residents`, for all rows."""
        if name not in self._columns:
            self._columns[name] = self._join(lambda part: getattr(part, name))
        return self._columns[name]

    def row_numbers(self) -> list[int]:
        return self._join(lambda part: part.notes.frame.rows)

    def warnings(self) -> list[list[str]]:
        """Codes of the rules that warned, by row."""
        return [
            list(dict.fromkeys(part.notes.by_row.get(index, ())))
            for part, indices in zip(self.parts, self._indices, strict=True)
            for index in indices
        ]

    def note(self, row: int, rule: Rule, field: str) -> None:
        for part, indices in zip(self.parts, self._indices, strict=True):
            if row < len(indices):
                part.notes.add(rule, indices[row], field)
                return
            row -= len(indices)

    def _join(self, of: Callable[[Residents], Sequence[Any]]) -> list[Any]:
        joined: list[Any] = []
        for part, indices in zip(self.parts, self._indices, strict=True):
            column = of(part)
            joined.extend(column if isinstance(indices, range) else [column[index] for index in indices])
        return joined


def persons_of(rows: Rows) -> list[Row]:
    """What tells a person, of every row."""
    return [
        Row(nik.digits, nik.nik_class, name, place, born, status == LifeStatus.ALIVE.value)
        for nik, name, place, born, status in zip(
            rows.column("niks"), rows.column("names"), rows.column("birth_places"), rows.column("birth_dates"),
            rows.column("life_status"), strict=True,
        )
    ]  # fmt: skip


def families(rows: Rows) -> list[str | None]:
    """A key for each row's family: its card; else the file's own family number; never the card number 0.

    Two families without a card are two families: nobody is put together for lacking a number.
    """
    keys: list[str | None] = []
    columns = (rows.column(name) for name in ("cards", "family_refs", "card_texts"))
    for card, ref, text in zip(*columns, strict=True):
        if card.is_usable:
            keys.append(f"kk|{card.digits}")
        elif ref:
            keys.append(f"ref|{ref}")
        else:
            # A card number that lost a digit still is the same number on every row of its family.
            keys.append(f"text|{text}" if card.nik_class in _FAULTY else None)
    return keys


def fill(rows: Rows, sameness: Sameness) -> dict[int, dict[str, Any]]:
    """What the rows that count take from dropped ones: column -> value, by kept row."""
    taken: dict[int, dict[str, Any]] = defaultdict(dict)
    for index, (winner, _) in sorted(sameness.dropped.items(), reverse=True):
        if rows.column("life_status")[index] != LifeStatus.ALIVE.value or winner in sameness.dropped:
            continue
        for name, nothing in _FILLED.items():
            column = rows.column(name)
            if column[winner] == nothing and column[index] != nothing:
                taken[winner].setdefault(name, column[index])
    return taken


def build(
    rows: Rows, sameness: Sameness, family_keys: Sequence[str | None], *, village: str, as_of: date, key: bytes
) -> tuple[pa.Table, pa.Table]:
    """Persons and their identifiers, one row each a kept row. `key` is the node's secret for persons."""
    taken = fill(rows, sameness)
    kept = sameness.kept

    def of(column: Sequence[Any]) -> list[Any]:
        return list(column) if len(kept) == len(rows) else [column[index] for index in kept]

    def column(name: str) -> list[Any]:
        values = of(rows.column(name))
        for index, found in taken.items():
            if name in found:
                values[bisect_left(kept, index)] = found[name]
        return values

    is_filler = [index in sameness.fillers for index in kept]
    numbers = list(zip(is_filler, column("niks"), strict=True))
    niks = [nik.digits if nik.is_usable and not filler else None for filler, nik in numbers]
    families_kept = of(family_keys)
    names, places, born = column("names"), column("birth_places"), column("birth_dates")
    person_ids = _person_ids(village, key, niks, names, places, born, families_kept)
    persons = {
        "person_id": person_ids,
        "village_code": [village] * len(kept),
        "family_id": _family_ids(village, key, families_kept),
        "age_years": [None if day is None else dates.age_years(day, as_of) for day in born],
        "occupation_code": _or_null(column("occupation_code")),
        "source_row": of(rows.row_numbers()),
        "warnings": of(rows.warnings()),
        **{name: column(name) for name in _AS_THEY_ARE},
    }
    identifiers = {
        "person_id": person_ids,
        "nik": niks,
        "nik_class": [NikClass.PLACEHOLDER.value if filler else str(nik.nik_class) for filler, nik in numbers],
        "family_card": [card.digits if card.is_usable else None for card in column("cards")],
        "full_name": _or_null(names),
        "birth_place": _or_null(places),
        "birth_date": born,
        "father_name": _or_null(column("father_names")),
        "mother_name": _or_null(column("mother_names")),
        "address": _or_null(column("addresses")),
        "hamlet": _or_null(column("hamlets")),
        "rw": _or_null(column("rws")),
        "rt": _or_null(column("rts")),
    }
    return pa.table(persons, schema=PERSONS.schema()), pa.table(identifiers, schema=PERSON_IDENTIFIERS.schema())


def raw_table(frames: Sequence[Frame], masks: Sequence[Sequence[bool] | None]) -> pa.Table:
    """Everything the files said, as text: a column a heading, with the file, sheet and row it stood in.

    A mask leaves out rows of other villages: they are no part of this village's data.
    """
    tables = []
    for number, (frame, mask) in enumerate(zip(frames, masks, strict=True), start=1):
        columns: dict[str, Any] = {
            "file": pa.array([str(number)] * len(frame), pa.string()),
            "sheet": pa.array([frame.sheet] * len(frame), pa.string()),
            "row": pa.array([str(row) for row in frame.rows], pa.string()),
        }
        for heading, column in frame.raw.items():
            name = heading if heading not in columns else f"{heading}_"
            columns[name] = cells.as_read(column)
        table = pa.table(columns)
        tables.append(table if mask is None else table.filter(pa.array(mask, pa.bool_())))
    return pa.concat_tables(tables, promote_options="default")


def _person_ids(
    village: str,
    key: bytes,
    niks: Sequence[str | None],
    names: Sequence[str],
    places: Sequence[str],
    born: Sequence[date | None],
    family_keys: Sequence[str | None],
) -> list[str]:
    """Pseudonyms: by NIK; without one by name, birth place, birth date and family.

    Two persons that not even these tell apart are numbered, because they are two persons.
    """
    ids: list[str] = []
    seen: dict[str, int] = {}
    for nik, name, place, day, family in zip(niks, names, places, born, family_keys, strict=True):
        if nik is not None:
            ids.append(pseudonym(key, village, nik))
            continue
        natural = "|".join((name_key(name), name_key(place), day.isoformat() if day else "", family or ""))
        seen[natural] = seen.get(natural, 0) + 1
        ids.append(pseudonym(key, village, natural if seen[natural] == 1 else f"{natural}|{seen[natural]}"))
    return ids


def _family_ids(village: str, key: bytes, family_keys: Sequence[str | None]) -> list[str | None]:
    known: dict[str, str] = {}
    ids: list[str | None] = []
    for family in family_keys:
        if family is None:
            ids.append(None)
            continue
        if family not in known:
            # A card's pseudonym depends on its number alone, so that it is the same in every file.
            known[family] = pseudonym(key, village, "family", family.removeprefix("kk|"))
        ids.append(known[family])
    return ids


def _or_null(column: Sequence[str]) -> list[str | None]:
    return [text or None for text in column]
