"""The one place that asks what time it is, so that a test or a replay can decide it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

# The agreement is dated and ends by the clock of the city it was signed in (Pasal 6(1)).
JAKARTA = ZoneInfo("Asia/Jakarta")


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still: for tests, and for questions about another day."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        return self.moment


def today(clock: Clock) -> date:
    """The date in Jakarta."""
    return clock.now().astimezone(JAKARTA).date()


def rfc3339(moment: datetime) -> str:
    """`2026-01-31T07:00:00Z`: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
