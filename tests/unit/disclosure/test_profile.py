"""What may be said of a figure alone: the rule, row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenun.agreement import document
from tenun.disclosure.profile import MINISTRIES, DisclosureClass, judge_count, judge_rate

R0, R1, R2, R3, R4 = DisclosureClass


@pytest.mark.parametrize(
    ("class_", "count", "population", "households", "is_below_district", "state", "reason"),
    [
        (R0, 0, 0, 0, True, "zero", None),
        (R0, 1, 0, 0, True, "ok", None),
        (R1, 0, 40, 0, True, "zero", None),
        (R1, 1, 40, 0, True, "lt", "small_count"),
        (R1, 4, 40, 0, True, "lt", "small_count"),
        (R1, 5, 40, 0, True, "ok", None),
        (R1, 4, 39, 0, True, "na", "population_small"),
        (R1, 5, 39, 0, True, "na", "population_small"),
        (R1, 0, 39, 0, True, "na", "population_small"),
        (R3, 50, 250, 40, True, "na", "level_too_low"),
        (R3, 50, 249, 40, False, "na", "population_small"),
        (R3, 50, 250, 39, False, "na", "population_small"),
        (R3, 50, 250, 40, False, "ok", None),
        (R3, 4, 250, 40, False, "lt", "small_count"),
        (R3, 0, 250, 40, False, "zero", None),
        (R4, 50, 10_000, 4000, False, "na", "level_too_low"),
    ],
)
def test_a_number_of_persons_is_shown_only_when_its_class_allows(
    class_: DisclosureClass,
    count: int,
    population: int,
    households: int,
    is_below_district: bool,
    state: str,
    reason: str | None,
) -> None:
    judged = judge_count(
        count,
        profile=MINISTRIES,
        class_=class_,
        population=population,
        households=households,
        is_below_district=is_below_district,
    )
    assert (judged.state, judged.reason) == (state, reason)


@pytest.mark.parametrize(
    ("numerator", "denominator", "population", "state", "reason"),
    [
        (10, 20, 40, "ok", None),
        (10, 19, 40, "na", "denominator_small"),
        (10, 20, 39, "na", "population_small"),
        (5, 20, 40, "ok", None),
        (4, 20, 40, "lt", "small_count"),
        (0, 20, 40, "lt", "small_count"),
        (15, 20, 40, "ok", None),
        (16, 20, 40, "sup", "small_rest"),
        (20, 20, 40, "sup", "small_rest"),
        (0, 0, 40, "na", "denominator_small"),
    ],
)
def test_a_rate_is_shown_only_when_both_its_sides_are_large_enough(
    numerator: int, denominator: int, population: int, state: str, reason: str | None
) -> None:
    judged = judge_rate(numerator, denominator, profile=MINISTRIES, population=population)
    assert (judged.state, judged.reason) == (state, reason)


@pytest.mark.parametrize("denominator", range(60))
def test_what_a_reader_learns_of_a_rate_always_contains_the_truth_and_what_must_stay_possible(denominator: int) -> None:
    for numerator in range(denominator + 1):
        judged = judge_rate(numerator, denominator, profile=MINISTRIES, population=1000)
        if judged.is_hidden:
            high = denominator if judged.high is None else judged.high
            assert judged.low <= judged.need_low <= numerator <= judged.need_high <= high


def test_a_masked_figure_says_nothing_and_still_needs_its_range() -> None:
    small = judge_count(
        3, profile=MINISTRIES, class_=R1, population=100, households=50, is_below_district=True
    ).masked()
    assert (small.state, small.low, small.high) == ("sup", 0, None)
    assert (small.need_low, small.need_high) == (1, 4)


@pytest.mark.pasal("7(2)")
def test_the_thresholds_are_those_of_the_agreement() -> None:
    agreed = document.load(Path(__file__).parents[3] / "agreements" / "sid-siapkerja").document.disclosure
    assert (MINISTRIES.minimum_cell, MINISTRIES.minimum_denominator) == (
        agreed.minimum_cell,
        agreed.minimum_denominator,
    )


@pytest.mark.parametrize(("population", "households", "state"), [(249, 40, "na"), (250, 39, "na"), (250, 40, "ok")])
def test_a_sensitive_rate_needs_a_large_area(population: int, households: int, state: str) -> None:
    judged = judge_rate(
        20, 60, profile=MINISTRIES, population=population, class_=DisclosureClass.R3, households=households
    )
    assert judged.state == state
