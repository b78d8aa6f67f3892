"""Working days in Indonesia, against calendars that were decreed, and the years of which nobody can be sure yet."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenun.agreement.acts import working_days
from tenun.kernel.clock import JAKARTA

pytestmark = pytest.mark.pasal("10(2)")


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        (date(2026, 3, 17), True),
        (date(2026, 3, 18), False),  # cuti bersama Nyepi
        (date(2026, 3, 19), False),  # Nyepi
        (date(2026, 3, 20), False),  # cuti bersama Idul Fitri
        (date(2026, 3, 21), False),  # Idul Fitri, a Saturday
        (date(2026, 3, 24), False),  # cuti bersama Idul Fitri
        (date(2026, 3, 25), True),
        (date(2025, 8, 18), False),  # cuti bersama, decreed two weeks before
        (date(2026, 12, 24), False),  # cuti bersama Natal
        (date(2026, 12, 25), False),
        (date(2026, 11, 28), False),  # a Saturday
        (date(2026, 11, 30), True),
    ],
)
def test_weekends_public_holidays_and_joint_leave_are_no_working_days(day: date, is_working: bool) -> None:
    assert working_days.is_working_day(day) == is_working


@pytest.mark.parametrize(
    ("changed_on", "last_day"),
    [
        (date(2026, 11, 2), date(2026, 11, 20)),  # no holiday between
        (date(2026, 3, 1), date(2026, 3, 26)),  # over Nyepi and Idul Fitri with their joint leave
        (date(2025, 8, 1), date(2025, 8, 22)),  # over the leave of 18 August
    ],
)
def test_fourteen_working_days_after_a_change(changed_on: date, last_day: date) -> None:
    deadline = working_days.after(changed_on, 14)
    assert (deadline.last_day, deadline.is_certain) == (last_day, True)
    assert deadline.passes_at == datetime(last_day.year, last_day.month, last_day.day, tzinfo=JAKARTA) + timedelta(
        days=1
    )


def test_the_years_of_which_the_library_is_sure() -> None:
    """When this fails because a new year has become certain, say so in `working_days` and in the protocol page."""
    assert [year for year in range(2000, 2030) if working_days.is_certain(year)] == list(range(2002, 2027))


def test_a_deadline_that_reaches_into_an_uncertain_year_says_so() -> None:
    deadline = working_days.after(date(2026, 12, 20), 14)
    assert not deadline.is_certain
    assert deadline.uncertain_years == (2027,)


def test_a_deadline_of_no_days_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError):
        working_days.after(date(2026, 1, 1), 0)


@given(day=st.dates(date(2024, 1, 1), date(2026, 6, 1)), count=st.integers(1, 40))
def test_a_deadline_is_a_working_day_with_so_many_working_days_before_it(day: date, count: int) -> None:
    deadline = working_days.after(day, count)
    assert working_days.is_working_day(deadline.last_day)
    assert working_days.between(day, deadline.last_day) == count
