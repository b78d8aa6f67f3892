"""Dates as villages write them: a truth table, and what must never happen."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenun.sources.dates import EARLIEST, Doubt, age_years, read, read_column

UNTIL = date(2026, 11, 24)
D = date(1980, 4, 3)


@pytest.mark.parametrize(
    ("cell", "found", "doubt"),
    [
        ("1980-04-03", D, None),
        ("1980/04/03", D, None),
        ("1980-4-3", D, None),
        ("1980-04-03T00:00:00", D, None),
        ("1980-04-03 00:00:00", D, None),
        ("03-04-1980", D, None),
        ("3/4/1980", D, None),
        ("03.04.1980", D, None),
        ("03 04 1980", D, None),
        (" 03-04-1980\u00a0", D, None),
        ("'03-04-1980", D, None),
        ("03-04-1980 00:00:00", D, None),
        ("3 April 1980", D, None),
        ("03-Apr-1980", D, None),
        ("3 Agustus 1980", date(1980, 8, 3), None),
        ("3 Agt 80", date(1980, 8, 3), Doubt.TWO_DIGIT_YEAR),
        ("17 Mei 1980", date(1980, 5, 17), None),
        ("19800403", D, None),
        ("03041980", D, None),
        (date(1980, 4, 3), D, None),
        (datetime(1980, 4, 3, 7, 30), D, None),
        (29314.0, D, None),
        (29314.75, D, None),
        ("29314", D, None),
        ("03-04-80", D, Doubt.TWO_DIGIT_YEAR),
        ("03-04-20", date(2020, 4, 3), Doubt.TWO_DIGIT_YEAR),
        ("25-11-26", date(1926, 11, 25), Doubt.TWO_DIGIT_YEAR),
        ("1970-01-01", date(1970, 1, 1), Doubt.DEFAULT_SUSPECTED),
        ("", None, None),
        ("-", None, None),
        ("0", None, None),
        (0.0, None, None),
        (None, None, None),
        ("0000-00-00", None, None),
        ("NULL", None, None),
        ("\\N", None, None),
        ("04/13/1980", None, Doubt.IMPOSSIBLE),
        ("31-02-1980", None, Doubt.IMPOSSIBLE),
        ("00-04-1980", None, Doubt.IMPOSSIBLE),
        ("2026-11-25", None, Doubt.IMPOSSIBLE),
        ("0980-04-03", None, Doubt.IMPOSSIBLE),
        (date(1850, 1, 1), None, Doubt.IMPOSSIBLE),
        ("1980", None, Doubt.YEAR_ONLY),
        (1980.0, None, Doubt.YEAR_ONLY),
        ("tidak ingat", None, Doubt.UNREADABLE),
        ("3 Foo 1980", None, Doubt.UNREADABLE),
        (5201140503809001.0, None, Doubt.UNREADABLE),
        (time(7, 30), None, Doubt.UNREADABLE),
        (True, None, Doubt.UNREADABLE),
    ],
)
def test_a_date_cell_means(cell: Any, found: date | None, doubt: Doubt | None) -> None:
    assert read(cell, until=UNTIL) == (found, doubt)


@given(st.dates(EARLIEST, UNTIL), st.sampled_from(["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y%m%d"]))
def test_every_way_of_writing_gives_the_same_date(day: date, form: str) -> None:
    assert read(day.strftime(form), until=UNTIL)[0] == day


@given(st.text(max_size=20) | st.floats(allow_nan=True) | st.integers())
def test_no_cell_breaks_the_reader_or_gives_a_date_out_of_bounds(cell: Any) -> None:
    found, _ = read(cell, until=UNTIL)
    assert found is None or EARLIEST <= found <= UNTIL


def test_a_column_gives_what_its_cells_give() -> None:
    column: list[Any] = ["1980-04-03", "", 29314.0, "1980-04-03", date(1990, 1, 2), "?"]
    assert read_column(column, until=UNTIL) == [read(cell, until=UNTIL) for cell in column]


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [(date(2000, 2, 29), date(2023, 2, 28), 22), (date(2000, 2, 29), date(2023, 3, 1), 23),
     (date(2000, 5, 5), date(2000, 5, 5), 0), (date(2000, 12, 31), date(2015, 12, 31), 15)],
)  # fmt: skip
def test_age_is_in_full_years(born: date, on: date, years: int) -> None:
    assert age_years(born, on) == years
