"""Order and position: missing is neither high nor low, and a doubtful figure is not set beside others."""

from datetime import date

import pytest

from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Level
from tenun.indicators.results import Value
from tenun.portal.maps import ranking
from tenun.portal.maps.ranking import Order, Sort


def value(code: str, amount: float | None, state: ValueState = ValueState.OK, name: str = "") -> Value:
    return Value(
        indicator="C1", version=1, level=Level.VILLAGE, area_code=code, area_name=name or code, breakdown="",
        category="", state=state, value=amount, numerator=None, denominator=None, low=None, high=None, unit="orang",
        reason=None, sid_as_of=date(2026, 10, 1), siapkerja_as_of=None, rule_version="sdc-1",
    )  # fmt: skip


VALUES = [
    value("1", 5, name="Gamma"),
    value("2", None, ValueState.LT, name="Alfa"),
    value("3", 9, name="beta"),
    value("4", 9, name="Delta"),
    value("5", 0, ValueState.ZERO, name="Eta"),
]
MATCHES = [value("1", 90), value("2", 95), value("3", 60), value("4", 80), value("5", None, ValueState.NA)]


@pytest.mark.parametrize(
    ("sort", "order", "expected"),
    [
        (Sort.VALUE, Order.DOWN, "34152"),
        (Sort.VALUE, Order.UP, "51342"),
        (Sort.NAME, Order.UP, "23451"),
        (Sort.NAME, Order.DOWN, "15432"),
        (Sort.MATCH, Order.DOWN, "21435"),
        (Sort.MATCH, Order.UP, "34125"),
    ],
)
def test_areas_without_a_figure_come_last_in_either_direction(sort: Sort, order: Order, expected: str) -> None:
    lines = ranking.lines(VALUES, MATCHES, sort=sort, order=order, is_linked=False)
    assert "".join(line.value.area_code for line in lines) == expected


def test_equal_figures_share_a_position_and_hidden_ones_have_none() -> None:
    lines = ranking.lines(VALUES, (), sort=Sort.VALUE, order=Order.DOWN, is_linked=False)
    assert {line.value.area_code: line.position for line in lines} == {"3": 1, "4": 1, "1": 3, "5": 4, "2": None}


def test_a_linked_figure_has_no_position_where_few_are_known_to_be_linked() -> None:
    """A hidden match rate is no low one: it may be hidden because nearly everyone was linked."""
    lines = ranking.lines(VALUES, MATCHES, sort=Sort.VALUE, order=Order.DOWN, is_linked=True)
    assert {line.value.area_code: line.position for line in lines} == {"3": None, "4": 1, "1": 2, "5": 3, "2": None}
    assert {line.value.area_code for line in lines if line.is_doubtful} == {"3"}


def test_only_one_state_can_be_asked_for() -> None:
    lines = ranking.lines(VALUES, (), sort=Sort.VALUE, order=Order.DOWN, is_linked=False)
    assert [line.value.area_code for line in ranking.only(lines, ValueState.LT)] == ["2"]
    assert ranking.only(lines, None) == lines
