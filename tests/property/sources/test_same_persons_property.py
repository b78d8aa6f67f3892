"""Whatever the rows: nobody is lost, nobody is dropped for somebody who was dropped."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tenun.registry.identifiers import NikClass
from tenun.sources.residents.persons import Row, same_persons

NUMBERS = st.sampled_from(
    [
        (NikClass.VALID, "A"),
        (NikClass.VALID, "B"),
        (NikClass.TEMPORARY, "T"),
        (NikClass.ZERO, None),
        (NikClass.DAMAGED, None),
    ]
)


@st.composite
def rows_of_a_file(draw: st.DrawFn) -> list[Row]:
    rows = []
    for _ in range(draw(st.integers(0, 12))):
        nik_class, nik = draw(NUMBERS)
        rows.append(
            Row(
                nik=nik,
                nik_class=nik_class,
                name=draw(st.sampled_from(["SITI", "BUDI", "EKA", ""])),
                birth_place=draw(st.sampled_from(["DEPOK", ""])),
                birth_date=draw(st.sampled_from([date(1980, 3, 5), date(1990, 1, 1), None])),
                is_alive=draw(st.booleans()),
            )
        )
    return rows


ROWS = rows_of_a_file()


@given(ROWS)
def test_every_row_is_kept_or_dropped_for_a_kept_one(rows: list[Row]) -> None:
    found = same_persons(rows)
    assert sorted([*found.kept, *found.dropped]) == list(range(len(rows)))
    assert all(winner in found.kept for winner, _ in found.dropped.values())
    assert found.doubtful <= set(found.kept)


@given(ROWS)
def test_a_living_row_is_dropped_only_for_a_living_one(rows: list[Row]) -> None:
    found = same_persons(rows)
    assert all(rows[winner].is_alive for index, (winner, _) in found.dropped.items() if rows[index].is_alive)


@given(ROWS)
def test_what_is_kept_is_not_found_twice_again(rows: list[Row]) -> None:
    """Deciding again over the kept rows drops nobody more, fillers aside: their NIK is gone by then."""
    found = same_persons(rows)
    if not found.fillers:
        assert not same_persons([rows[index] for index in found.kept]).dropped
