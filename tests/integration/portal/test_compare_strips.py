"""The picture of where areas lie: letters at their values, states without a place, and all of it in words."""

from dataclasses import replace
from datetime import date

import pytest

from tenun.disclosure.state import ValueState
from tenun.indicators import definition as definitions
from tenun.indicators.areas import Area, level_of
from tenun.indicators.results import Value
from tenun.portal.compare import strip
from tenun.portal.compare.table import Cell, Row

pytestmark = [pytest.mark.xdist_group("portal"), pytest.mark.usefixtures("node")]

RATE = definitions.load_all()["B1"]
COUNT = definitions.load_all()["C1"]
VILLAGE, NEIGHBOUR = "52.08.01.2002", "52.08.01.2003"


def value(code: str, amount: float | None) -> Value:
    state = ValueState.OK if amount is not None else ValueState.LT
    return Value(
        indicator="B1", version=1, level=level_of(code), area_code=code, area_name=code, breakdown="", category="",
        state=state, value=amount, numerator=None, denominator=None, low=amount, high=amount, unit="%", reason=None,
        sid_as_of=date(2026, 10, 1), siapkerja_as_of=None, rule_version="sdc-1",
    )  # fmt: skip


def row(*values: Value, reference: Value | None = None) -> Row:
    return Row(RATE, tuple(Cell(Area(one.area_code, one.area_name), one, None) for one in values), reference)


def test_letters_stand_where_their_values_are_and_never_on_one_another() -> None:
    drawn = strip.draw(row(*(value(VILLAGE, at) for at in (10, 10, 11, 50, 90))), [10, 10, 11, 50, 90], minimum_cell=5)
    at = {place.letter: place for place in drawn.places}
    assert at["A"].x == at["B"].x < at["C"].x < at["D"].x < at["E"].x
    assert (at["A"].x, at["E"].x) == (strip.EDGE, strip.WIDTH - strip.EDGE)
    for one in drawn.places:
        for other in drawn.places:
            if one is not other and one.lane == other.lane:
                assert abs(one.x - other.x) >= strip.LABEL
    assert drawn.height >= max(place.y for place in drawn.places) + strip.LABEL


def test_an_area_without_a_figure_has_a_box_with_its_state_and_no_place() -> None:
    drawn = strip.draw(row(value(VILLAGE, 10), value(NEIGHBOUR, None)), [10, 20], minimum_cell=5)
    assert [place.letter for place in drawn.places] == ["A"]
    assert [(box.letter, box.mark.fill, box.mark.is_pattern) for box in drawn.boxes] == [("B", "p-lt", True)]
    assert "B, Desa 52.08.01.2003: <5" in drawn.text


def test_the_picture_says_in_words_how_many_lie_lower() -> None:
    drawn = strip.draw(row(value(VILLAGE, 20), reference=value("52.08", 30)), [10, 20, 20, 40], minimum_cell=5)
    assert "1" in drawn.finding
    assert drawn.reference_x is not None
    assert "10,0" in drawn.text
    assert "30,0" in drawn.text


def test_the_number_of_a_whole_regency_is_no_place_on_the_line() -> None:
    counted = replace(row(value(VILLAGE, 20), reference=value("52.08", 9000)), definition=COUNT)
    drawn = strip.draw(counted, [10, 20], minimum_cell=5)
    assert drawn.reference_x is None
    assert (drawn.low, drawn.high) == ("10", "20")


def test_nothing_at_all_gives_an_empty_line_and_says_so() -> None:
    drawn = strip.draw(row(value(VILLAGE, None)), [], minimum_cell=5)
    assert (drawn.ticks, drawn.places, drawn.low) == ("", (), "")
