"""Working days in Indonesia: Monday to Friday, without public holidays and without cuti bersama.

Holidays and cuti bersama are decreed year by year (joint decree of three ministers, usually in September for the
next year). A year counts as certain when the library at hand holds its cuti bersama and none of its public
holidays is estimated. With holidays 0.109 that is 2002 to 2026: for 2027 it knows the cuti bersama but estimates
Idul Fitri and Idul Adha. What reaches into another year says so, and changes when the decree is out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA

if TYPE_CHECKING:
    from holidays.countries.indonesia import Indonesia

# How the library marks what it computed and no decree has confirmed.
_ESTIMATED = "(perkiraan)"


@dataclass(frozen=True)
class Deadline:
    last_day: date
    """The last day on which it is still in time."""
    is_certain: bool
    """Whether the holidays of every year that was counted through are decreed."""
    uncertain_years: tuple[int, ...]

    @property
    def passes_at(self) -> datetime:
        """The first moment at which it is too late: midnight in Jakarta after the last day."""
        return datetime.combine(self.last_day + timedelta(days=1), time(), JAKARTA)


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _days_off(day.year)


def is_certain(year: int) -> bool:
    """Whether holidays and cuti bersama of the year are known, and not estimated."""
    return _is_decreed(year)


@implements("10(2)", control="Working days leave out weekends, public holidays and cuti bersama.")
def after(day: date, count: int) -> Deadline:
    """The deadline of so many working days after a day, which itself does not count."""
    if count < 1:
        raise ValueError(count)
    current, left = day, count
    while left:
        current += timedelta(days=1)
        left -= is_working_day(current)
    uncertain = tuple(year for year in range(day.year, current.year + 1) if not is_certain(year))
    return Deadline(current, not uncertain, uncertain)


def between(first: date, last: date) -> int:
    """How many working days lie after the first day, up to and with the last."""
    days = (last - first).days
    return sum(is_working_day(first + timedelta(days=offset)) for offset in range(1, days + 1))


@lru_cache(maxsize=64)
def _days_off(year: int) -> Mapping[date, str]:
    from holidays.constants import GOVERNMENT, PUBLIC

    return dict(_calendar(year, (PUBLIC, GOVERNMENT)))


@lru_cache(maxsize=64)
def _is_decreed(year: int) -> bool:
    from holidays.constants import GOVERNMENT

    has_joint_leave = bool(_calendar(year, (GOVERNMENT,)))
    return has_joint_leave and not any(_ESTIMATED in name for name in _days_off(year).values())


def _calendar(year: int, categories: tuple[str, ...]) -> Indonesia:
    # Loaded at the first question about a day: it is a second of every country's holidays, and most commands ask none.
    from holidays.countries.indonesia import Indonesia

    return Indonesia(years=year, categories=categories, language="id")
