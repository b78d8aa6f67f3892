"""Which rows are one person: the rule as a truth table."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tenun.registry.identifiers import NikClass
from tenun.sources.residents.persons import Row, name_key, same_persons

DAY = date(1980, 3, 5)


def row(nik: str | None = "A", name: str = "SITI", **changes: Any) -> Row:
    given = {"birth_place": "DEPOK", "birth_date": DAY, "is_alive": True, **changes}
    nik_class = NikClass.VALID if nik else NikClass.ZERO
    return Row(**{"nik": nik, "nik_class": nik_class, "name": name, **given})


def temporary(**changes: Any) -> Row:
    return row(nik_class=NikClass.TEMPORARY, nik="T", **changes)


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([row("A"), row("B", "BUDI")], [0, 1]),
        ([row("A"), row("A")], [1]),
        ([row("A"), row("A", is_alive=False)], [0]),
        ([row("A", is_alive=False), row("A")], [1]),
        ([row("A", is_alive=False), row("A", is_alive=False)], [1]),
        ([row("A"), row("A", "BUDI")], [1]),
        ([row("A"), row("A", "BUDI", birth_date=None), row("A", "EKA", birth_date=date(1990, 1, 1))], [0, 1, 2]),
        ([row(None), row(None)], [1]),
        ([row(None), row(None, birth_place="")], [0, 1]),
        ([row(None, birth_date=None), row(None, birth_date=None)], [0, 1]),
        ([row("A"), row(None)], [0]),
        ([row("A"), row("B"), row(None)], [0, 1, 2]),
        ([row("A"), temporary()], [0]),
        ([temporary(), row("A")], [1]),
        ([row("A", is_alive=False), row(None)], [1]),
        ([row(None, "Siti."), row(None, "S I T I")], [1]),
    ],
)
def test_one_person_is_kept_once(rows: list[Row], kept: list[int]) -> None:
    assert same_persons(rows).kept == kept


def test_every_row_is_kept_or_dropped_for_a_row_that_is_kept() -> None:
    rows = [row("A"), row(None), row("A", is_alive=False), temporary(), row("B", "BUDI"), row("B", "BUDI")]
    found = same_persons(rows)
    assert sorted([*found.kept, *found.dropped]) == list(range(len(rows)))
    assert all(winner in found.kept for winner, _ in found.dropped.values())


def test_names_are_compared_without_case_blanks_and_marks() -> None:
    assert name_key("H. Abdul  Ka'rim") == name_key("h abdul karim")
