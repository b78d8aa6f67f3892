"""Nine states, two languages, one wording."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tenun.disclosure import profile
from tenun.disclosure.state import ValueState
from tenun.indicators import compute, definition, wording
from tenun.indicators.areas import Level
from tenun.indicators.definition import CATEGORIES, Unit
from tenun.indicators.results import Value, cut


def value(state: str, amount: float | None = None, **other: Any) -> Value:
    return Value(
        indicator="A1", version=1, level=Level.VILLAGE, area_code="99.01.01.2001", area_name="Desa Satu", breakdown="",
        category="", state=ValueState(state), value=amount, numerator=None, denominator=None,
        low=other.get("low"), high=other.get("high"), unit=other.get("unit", Unit.PERSON), reason=other.get("reason"),
        sid_as_of=date(2026, 1, 12), siapkerja_as_of=date(2026, 1, 20), rule_version=profile.RULE_VERSION,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "indonesian", "english"),
    [
        (value("ok", 1842.0), "1.842", "1,842"),
        (value("ok", 61.0), "61", "61"),
        (value("ok", 64.1, unit="%"), "64,1\u00a0%", "64.1%"),
        (value("ok", 100.0, unit="%"), "100,0\u00a0%", "100.0%"),
        (value("ok", 7.5, unit="per 1.000"), "7,5\u00a0per 1.000", "7.5\u00a0per 1,000"),
        (value("ok", 2.1, unit="orang per tempat kerja"), "2,1", "2.1"),
        (value("ok", 3500000.0, unit="rupiah per bulan"), "3.500.000", "3,500,000"),
        (value("lt", unit="orang per tempat kerja"), "<5\u00a0orang", "<5\u00a0people"),
        (value("zero", 0.0), "0", "0"),
        (value("lt"), "<5", "<5"),
        (value("lt", unit="%"), "<5\u00a0orang", "<5\u00a0people"),
        (value("lt", unit="per 1.000"), "<5\u00a0orang", "<5\u00a0people"),
        (value("sup"), "Dirahasiakan", "Confidential"),
        (value("nc"), "Tidak dikumpulkan", "Not collected"),
        (value("ns"), "Belum tersinkron", "Not synced yet"),
        (value("na"), "Tidak dapat dihitung", "Cannot be computed"),
        (value("stale", 61.0), "61 (per 12 Jan 2026)", "61 (as of 12 Jan 2026)"),
        (value("cut"), "Akses diputus", "Access shut off"),
    ],
)
def test_every_state_is_said_in_both_languages(figure: Value, indonesian: str, english: str) -> None:
    assert (wording.say(figure, "id"), wording.say(figure, "en")) == (indonesian, english)


def test_no_state_and_no_reason_goes_without_words() -> None:
    assert set(wording.STATES) == set(wording.SIGNS) == set(ValueState)
    assert all(indonesian and english for indonesian, english in (*wording.STATES.values(), *wording.REASONS.values()))


def test_every_category_has_a_name() -> None:
    assert {one for listed in CATEGORIES.values() for one in listed} | {""} == set(wording.CATEGORIES)


def test_a_band_is_said_only_where_it_is_wide() -> None:
    assert wording.band(value("ok", 66.7, unit="%", low=60.0, high=70.0), "id") == "60,0–70,0\u00a0%"
    assert wording.band(value("ok", 66.7, unit="%", low=66.7, high=66.7), "id") == ""
    assert wording.band(value("lt", unit="%"), "en") == ""


@pytest.mark.pasal("7(4)")
def test_a_shut_off_leaves_nothing_of_a_figure() -> None:
    after = cut(value("ok", 61.0, low=61.0, high=61.0))
    assert after.state is ValueState.CUT
    assert (after.value, after.numerator, after.denominator, after.low, after.high) == (None,) * 5
    assert wording.why(after, "id") == "Akses data diputus berdasarkan Pasal 7(4)."


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(1, 3, 33.3), (2, 3, 66.7), (1, 8, 12.5), (1, 16, 6.3), (1, 2000, 0.1), (7, 7, 100.0)]
)
def test_percentages_have_one_decimal_and_halves_go_up(part: int, whole: int, shown: float) -> None:
    assert compute.rate(part, whole) == shown


def test_a_field_that_was_not_delivered_is_named() -> None:
    one = definition.load_all()["B8"]
    not_collected = value("nc", reason="field_not_collected")
    assert "Jam kerja seminggu lalu (416b) [survey_hours]" in wording.why(not_collected, "id", one)
    assert "Hours worked last week (416b) [survey_hours]" in wording.why(not_collected, "en", one)
    assert wording.why(not_collected, "id") == wording.REASONS["field_not_collected"][0]
    assert "survey_hours" not in wording.why(value("ns", reason="not_delivered"), "id", one)
