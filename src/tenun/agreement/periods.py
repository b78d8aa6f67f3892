"""Lengths of time and frequencies as the document writes them, in the part of ISO 8601 that cannot be misread.

`P365D`: 365 days. `R1/P1D`: at most once within any 1 day.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta

DAYS = re.compile(r"P([1-9]\d{0,4})D")
FREQUENCY = re.compile(r"R([1-9]\d{0,3})/P([1-9]\d{0,4})D")


def days(text: str) -> timedelta:
    """The length of `P365D`."""
    match = DAYS.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return timedelta(days=int(match[1]))


def is_exhausted(frequency: str, *, earlier: Collection[datetime], moment: datetime) -> bool:
    """Whether one more at this moment would be more than the frequency allows."""
    match = FREQUENCY.fullmatch(frequency)
    if match is None:
        raise ValueError(frequency)
    since = moment - timedelta(days=int(match[2]))
    # One after this moment counts too: it was handed over before, by a clock that was ahead and has been put right.
    return sum(since < one for one in earlier) >= int(match[1])
