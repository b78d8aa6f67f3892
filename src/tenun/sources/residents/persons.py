"""Which rows are one person.

The rules are OpenSID's, without its faults. A NIK is one person: the last row counts, but a row about
somebody not living here (`Tidak Valid`, moved, dead) never takes the place of one about a living
resident. A person without a lasting NIK is one with another row only where name, birth place and birth
date are all there and equal. A NIK that three or more different people carry is a filler that somebody
typed, and makes none of them the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from tenun.registry.identifiers import NikClass
from tenun.sources.residents import rules
from tenun.sources.rules import Rule

# test_a_nik_of_three_people_is_a_filler_and_nobody_is_lost holds this.
FILLER_FROM_PEOPLE = 3


@dataclass(frozen=True)
class Row:
    """What tells a person, of one row. `nik` is null unless it is a person's lasting number or a temporary one."""

    nik: str | None
    nik_class: NikClass
    name: str
    birth_place: str
    birth_date: date | None
    is_alive: bool


@dataclass
class Sameness:
    """What was decided: `kept` rows in their order; for a dropped row, the row that counts and the rule."""

    kept: list[int] = field(default_factory=list)
    dropped: dict[int, tuple[int, Rule]] = field(default_factory=dict)
    fillers: set[int] = field(default_factory=set)
    """Rows whose NIK is nobody's."""
    doubtful: set[int] = field(default_factory=set)
    """Kept rows that may be one person with another kept row."""


def same_persons(rows: Sequence[Row]) -> Sameness:
    """Decide for all rows of a delivery, in the order in which they were read."""
    found = Sameness()
    by_nik: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if row.nik is not None and row.nik_class is NikClass.VALID:
            by_nik[row.nik].append(index)
    for group in by_nik.values():
        if len(group) > 1:
            _same_nik(rows, group, found)
    _without_nik(rows, found)
    _look_alike(rows, found)
    _settle(found)
    found.kept = [index for index in range(len(rows)) if index not in found.dropped]
    return found


def _settle(found: Sameness) -> None:
    """A row dropped for one that was dropped itself is dropped for the one that counts in the end."""
    for index, (winner, rule) in found.dropped.items():
        while winner in found.dropped:
            winner = found.dropped[winner][0]
        found.dropped[index] = (winner, rule)
    found.doubtful -= found.dropped.keys()


def name_key(name: str) -> str:
    """Names are compared without case, and with blanks, dots and apostrophes not counting."""
    return "".join(filter(str.isalnum, name.upper()))


def _same_nik(rows: Sequence[Row], group: list[int], found: Sameness) -> None:
    names = {name_key(rows[index].name) for index in group}
    born = {rows[index].birth_date for index in group}
    if min(len(names), len(born)) >= FILLER_FROM_PEOPLE:
        found.fillers.update(group)
        return
    winner = _who_counts(rows, group)
    for index in group:
        if index != winner:
            found.dropped[index] = (winner, _rule_of_twins(rows[index], rows[winner]))


def _rule_of_twins(row: Row, other: Row) -> Rule:
    is_other = name_key(row.name) != name_key(other.name) and row.birth_date != other.birth_date
    return rules.PERSON_TWICE_OTHER if is_other else rules.PERSON_TWICE


def _who_counts(rows: Sequence[Row], group: Sequence[int], *, lasting: Collection[str | None] = ()) -> int:
    """The last living, else the last; one that has a name, and then a `lasting` NIK, comes before others."""
    return max(
        group,
        key=lambda index: (rows[index].is_alive, bool(rows[index].name), rows[index].nik in lasting, index),
    )


def _without_nik(rows: Sequence[Row], found: Sameness) -> None:
    nikless = [
        index
        for index, row in enumerate(rows)
        if (row.nik_class is not NikClass.VALID or index in found.fillers) and _who(row) is not None
    ]
    if not nikless:
        return
    wanted = {_who(rows[index]) for index in nikless}
    groups: dict[object, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        who = _who(row)
        if who in wanted and index not in found.dropped:
            groups[who].append(index)
    for group in groups.values():
        lasting = {rows[i].nik for i in group if rows[i].nik_class is NikClass.VALID and i not in found.fillers}
        if len(group) == 1:
            continue
        if len(lasting) > 1:  # two people of that name, place and day: which one the row means cannot be told
            found.doubtful.update(group)
            continue
        winner = _who_counts(rows, group, lasting=lasting)
        for index in group:
            if index != winner:
                found.dropped[index] = (winner, rules.PERSON_TWICE_WITHOUT_NIK)


def _who(row: Row) -> tuple[str, str, date] | None:
    name, place = name_key(row.name), name_key(row.birth_place)
    return (name, place, row.birth_date) if name and place and row.birth_date else None


def _look_alike(rows: Sequence[Row], found: Sameness) -> None:
    """Same name and birth date, and yet two persons by their numbers: for the village to look at."""
    seen: dict[tuple[str, date], int] = {}
    for index, row in enumerate(rows):
        if row.birth_date is None or index in found.dropped:
            continue
        first = seen.setdefault((name_key(row.name), row.birth_date), index)
        if first != index and row.name:
            found.doubtful.update((first, index))
