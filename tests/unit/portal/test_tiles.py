"""The classes of a map."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenun.portal.design.tiles import CLASSES, Scale


@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=60))
def test_every_amount_lies_in_one_class_whose_limits_hold_it(amounts: list[float]) -> None:
    scale = Scale(amounts)
    assert 1 <= len(scale.classes) <= CLASSES
    for amount in amounts:
        low, high = scale.limits(scale.class_of(amount))
        assert low <= amount <= high


@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=2, max_size=60))
def test_a_higher_amount_is_never_in_a_lower_class(amounts: list[float]) -> None:
    scale = Scale(amounts)
    ordered = [scale.class_of(amount) for amount in sorted(amounts)]
    assert ordered == sorted(ordered)


@pytest.mark.parametrize(
    ("amounts", "classes"), [([], 0), ([7.0] * 9, 1), ([1.0, 2.0], 2), (list(map(float, range(50))), 5)]
)
def test_there_are_no_more_classes_than_different_values(amounts: list[float], classes: int) -> None:
    assert len(Scale(amounts).classes) == classes


def test_classes_hold_about_as_many_areas_each() -> None:
    scale = Scale([float(amount) for amount in range(100)])
    assert [sum(scale.class_of(float(amount)) == class_ for amount in range(100)) for class_ in scale.classes] == [
        20
    ] * 5
