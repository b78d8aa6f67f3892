"""What shown groups within groups tell by their difference."""

from __future__ import annotations

import pytest

from tenun.disclosure.nesting import Figure, Group, Nesting, told
from tenun.indicators import definition
from tenun.indicators.nestings import NESTINGS

WITHIN = Nesting(Group("Y"), (Group("X"),))
SUM = Nesting(Group("T"), (Group("P"), Group("Q")), is_all=True)


@pytest.mark.parametrize(("whole", "found"), [(20, set()), (21, {"X"}), (24, {"X"}), (25, set())])
def test_a_difference_of_a_few_people_is_found(whole: int, found: set[str]) -> None:
    figures = {"X": Figure(20, None, False), "Y": Figure(whole, None, False)}
    assert told(figures, [WITHIN], minimum=5) == found


def test_a_hidden_part_of_a_shown_sum_is_found_and_two_hidden_parts_are_not() -> None:
    shown, hidden = Figure(30, 60, False), Figure(None, None, True)
    assert told({"T": shown, "P": shown, "Q": hidden}, [SUM], minimum=5) == {"Q"}
    assert told({"T": shown, "P": hidden, "Q": hidden}, [SUM], minimum=5) == set()


def test_the_nestings_are_of_indicators_that_there_are() -> None:
    assert {group.indicator for one in NESTINGS for group in one.groups} <= definition.load_all().keys()
