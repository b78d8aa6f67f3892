"""Daerah tertinggal: two dated lists of kabupaten, and nothing about villages."""

from __future__ import annotations

from datetime import date

import pytest

from tenun.registry.reference import edition
from tenun.registry.reference.disadvantaged import is_disadvantaged, listing_on, listings

IN_2023, IN_2026 = date(2023, 6, 1), date(2026, 11, 24)


def test_the_lists_have_62_and_30_kabupaten_that_exist_today() -> None:
    older, newer = listings()
    assert (len(older.codes), len(newer.codes)) == (62, 30)
    assert newer.codes < older.codes
    for code in older.codes:
        assert code in edition.current()
        assert code.count(".") == 1


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("52.08", IN_2023, True),
        ("52.08", IN_2026, False),
        ("53.17", IN_2023, True),
        ("53.17", IN_2026, True),
        ("53.17.02.2001", IN_2026, True),  # a village lies in its kabupaten
        ("53.17.02", IN_2026, True),
        ("52.01", IN_2023, False),
        ("53", IN_2026, False),
        ("53.17", date(2019, 12, 31), False),
        ("53.17", date(2030, 1, 1), False),
        ("53.17", date(2024, 12, 31), True),
        ("52.08", date(2025, 1, 1), False),
    ],
)
def test_a_region_is_listed_by_its_kabupaten_and_the_day(code: str, day: date, expected: bool) -> None:
    assert is_disadvantaged(code, on=day) is expected


def test_the_second_list_says_that_its_regulation_was_not_seen() -> None:
    newer = listing_on(IN_2026)
    assert newer is not None
    assert newer.is_second_hand
    assert "belum diperiksa" in newer.source_id
    older = listing_on(IN_2023)
    assert older is not None
    assert not older.is_second_hand


def test_no_day_has_two_lists() -> None:
    older, newer = listings()
    assert older.last_day < newer.first_day
