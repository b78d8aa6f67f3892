"""How often the same rows may be handed over, whatever the clock did in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenun.agreement import periods

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.mark.pasal("13")
@pytest.mark.parametrize(
    ("ago", "is_exhausted"),
    [
        (timedelta(days=30), False),
        (timedelta(days=30) - timedelta(seconds=1), True),
        (timedelta(), True),
        # Handed over while the clock was ten minutes ahead, and asked for again after it was put right.
        (timedelta(minutes=-10), True),
    ],
)
def test_a_hand_over_counts_for_its_time_also_where_the_clock_was_ahead(ago: timedelta, is_exhausted: bool) -> None:
    assert periods.is_exhausted("R1/P30D", earlier=[NOW - ago], moment=NOW) is is_exhausted
