"""Builds the core tables of residents from harmonised rows, and the raw table from what was read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from tenun.kernel.keys import pseudonym
from tenun.registry.identifiers import NikClass
from tenun.registry.sid.tables import PERSON_IDENTIFIERS, PERSONS
from tenun.sources import cells, dates
from tenun.sources.frame import Frame
from tenun.sources.residents.harmonise import Residents
from tenun.sources.residents.persons import Row, Sameness, name_key

# Columns in which an empty cell of the row that counts takes what the dropped row said: "other non-empty
# cells overwrite, empty cells never erase" is OpenSID's own rule for a person who comes again.
_CODED = (
    "sex", "education", "activity", "occupation", "marital_status", "citizenship", "disability",
    "job_social_security", "household_role",
)  # fmt: skip
_WRITTEN = ("birth_places", "father_names", "mother_names", "addresses", "hamlets", "rws", "rts")


@dataclass(frozen=True)
class Keys:
    """Secrets for the pseudonyms of one node."""

    person: bytes


@dataclass(frozen=True)
class At:
    """A row of a delivery: which part of it, and where in the part."""

    part: Residents
    index: int

    def __getattr__(self, column: str) -> Any:
        return getattr(self.part, column)[self.index]


def rows_of(parts: Sequence[Residents]) -> Iterator[At]:
    for part in parts:
        for index in range(len(part)):
            yield At(part, index)


def sameness_row(at: At) -> Row:
    part, index = at.part, at.index
    nik = part.niks[index]
    return Row(
        nik=nik.digits,
        nik_class=nik.nik_class,
        name=part.names[index],
        birth_place=part.birth_places[index],
        birth_date=part.birth_dates[index],
        is_alive=part.life_status[index] == "alive",
    )


def families(rows: Sequence[At]) -> list[str | None]:
    """A key for each row's family: its card; else the file's own family number; never the card number 0.

    Two families without a card are two families: nobody is put together for lacking a number.
    """
    keys: list[str | None] = []
    for at in rows:
        part, index = at.part, at.index
        card = part.cards[index]
        if card.is_usable:
            keys.append(f"kk|{card.digits}")
        elif part.family_refs[index]:
            # Unique within its file only; the file's own rows tell it apart from another file's.
            keys.append(f"ref|{part.notes.frame.file}|{part.notes.frame.sheet}|{part.family_refs[index]}")
        else:
            keys.append(None)
    return keys


def fill(rows: Sequence[At], sameness: Sameness) -> dict[int, dict[str, Any]]:
    """What the rows that count take from dropped ones: column -> value, by kept row."""
    taken: dict[int, dict[str, Any]] = defaultdict(dict)
    for index, (winner, _) in sorted(sameness.dropped.items(), reverse=True):
        if rows[index].life_status != "alive" or winner in sameness.dropped:
            continue
        for column in _CODED:
            if getattr(rows[winner], column) == "missing" and (value := getattr(rows[index], column)) != "missing":
                taken[winner].setdefault(column, value)
        for column in _WRITTEN:
            if not getattr(rows[winner], column) and (value := getattr(rows[index], column)):
                taken[winner].setdefault(column, value)
        if rows[winner].birth_dates is None and rows[index].birth_dates is not None:
            taken[winner].setdefault("birth_dates", rows[index].birth_dates)
    return taken


def build(
    rows: Sequence[At],
    sameness: Sameness,
    family_keys: Sequence[str | None],
    *,
    village: str,
    as_of: date,
    keys: Keys,
    warnings: Sequence[Sequence[str]],
) -> tuple[pa.Table, pa.Table]:
    """Persons and their identifiers, one row each a kept row, in the order of the files."""
    taken = fill(rows, sameness)
    kept = sameness.kept
    columns: dict[str, list[Any]] = {}

    def column(name: str) -> list[Any]:
        if name not in columns:
            by_part: dict[int, Sequence[Any]] = {}
            values = []
            for index in kept:
                at = rows[index]
                source = by_part.get(id(at.part))
                if source is None:
                    source = by_part[id(at.part)] = getattr(at.part, name)
                values.append(source[at.index])
            for position, index in enumerate(kept) if taken else ():
                if name in taken.get(index, ()):
                    values[position] = taken[index][name]
            columns[name] = values
        return columns[name]

    niks = [
        None if index in sameness.fillers or not nik.is_usable else nik.digits
        for index, nik in zip(kept, column("niks"), strict=True)
    ]
    nik_classes = [
        NikClass.PLACEHOLDER.value if index in sameness.fillers else nik.nik_class.value
        for index, nik in zip(kept, column("niks"), strict=True)
    ]
    born = column("birth_dates")
    person_ids = _person_ids(village, keys, niks, column("names"), column("birth_places"), born, [
        family_keys[index] for index in kept
    ])  # fmt: skip
    persons = {
        "person_id": person_ids,
        "village_code": [village] * len(kept),
        "family_id": _family_ids(village, keys, [family_keys[index] for index in kept]),
        "household_role": column("household_role"),
        "sex": column("sex"),
        "age_years": _ages(born, as_of),
        "education": column("education"),
        "in_school": column("in_school"),
        "activity": column("activity"),
        "occupation": column("occupation"),
        "occupation_code": _or_null(column("occupation_code")),
        "marital_status": column("marital_status"),
        "life_status": column("life_status"),
        "citizenship": column("citizenship"),
        "disability": column("disability"),
        "job_social_security": column("job_social_security"),
        "source_row": [rows[index].part.notes.frame.rows[rows[index].index] for index in kept],
        "warnings": [list(dict.fromkeys(warnings[index])) for index in kept],
    }
    identifiers = {
        "person_id": person_ids,
        "nik": niks,
        "nik_class": nik_classes,
        "family_card": [card.digits if card.is_usable else None for card in column("cards")],
        "full_name": _or_null(column("names")),
        "birth_place": _or_null(column("birth_places")),
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
            columns[name] = pa.array(cells.as_read(column), pa.string())
        table = pa.table(columns)
        tables.append(table if mask is None else table.filter(pa.array(mask, pa.bool_())))
    return pa.concat_tables(tables, promote_options="default")


def _person_ids(
    village: str,
    keys: Keys,
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
            ids.append(pseudonym(keys.person, village, nik))
            continue
        natural = "|".join((name_key(name), name_key(place), day.isoformat() if day else "", family or ""))
        seen[natural] = seen.get(natural, 0) + 1
        ids.append(pseudonym(keys.person, village, natural if seen[natural] == 1 else f"{natural}|{seen[natural]}"))
    return ids


def _family_ids(village: str, keys: Keys, family_keys: Sequence[str | None]) -> list[str | None]:
    known: dict[str, str] = {}
    ids: list[str | None] = []
    for key in family_keys:
        if key is None:
            ids.append(None)
            continue
        if key not in known:
            # A card's pseudonym depends on its number alone, so that it is the same in every file.
            known[key] = pseudonym(keys.person, village, "family", key.removeprefix("kk|"))
        ids.append(known[key])
    return ids


def _ages(born: Sequence[date | None], as_of: date) -> list[int | None]:
    return [None if day is None else dates.age_years(day, as_of) for day in born]


def _or_null(column: Sequence[str]) -> list[str | None]:
    return [text or None for text in column]
