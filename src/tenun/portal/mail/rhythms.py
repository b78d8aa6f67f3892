"""When a digest is due, by the clock of Jakarta."""

from __future__ import annotations

from datetime import date, datetime

from tenun.kernel.clock import JAKARTA
from tenun.portal.mail.kinds import Rhythm

HOUR = 7
"""From here on the digest of a day or week is made."""
_WORKDAYS = 5


def period(rhythm: Rhythm, now: datetime) -> str | None:
    """The day (`2026-11-25`) or week (`2026-W48`) whose digest is due by now; None where none is."""
    local = now.astimezone(JAKARTA)
    day, is_time = local.date(), local.hour >= HOUR
    if rhythm is Rhythm.DAILY:
        return day.isoformat() if is_time and day.weekday() < _WORKDAYS else None
    if rhythm is Rhythm.WEEKLY:
        return _week(day) if is_time or day.weekday() > 0 else None
    return None


def _week(day: date) -> str:
    year, number, _weekday = day.isocalendar()
    return f"{year}-W{number:02}"
