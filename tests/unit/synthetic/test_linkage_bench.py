"""The bench of linkages: sizes as people write them, and what a run is said to cost."""

from __future__ import annotations

import sys

import pytest
from benchmarks import linkage


def test_sizes_are_read_as_people_write_them() -> None:
    assert linkage._sizes("100k,1m,2.5m,750") == [100_000, 1_000_000, 2_500_000, 750]


def test_a_run_costs_what_its_own_process_used_and_nothing_of_ours() -> None:
    ours = bytearray(300 * 1024**2)  # what the bench itself holds must not show
    small = linkage.measured([sys.executable, "-c", "pass"])
    large = linkage.measured([sys.executable, "-c", "x = bytearray(200 * 1024**2); x[::4096] = b'1' * len(x[::4096])"])
    assert len(ours) > small.peak_mb
    assert small.peak_mb < 100
    assert 200 <= large.peak_mb < 300


def test_a_run_that_fails_says_why() -> None:
    with pytest.raises(linkage.Failed, match="no such luck"):
        linkage.measured([sys.executable, "-c", "raise SystemExit('no such luck')"])


def test_the_middle_of_several_runs_counts_and_the_highest_peak() -> None:
    runs = [linkage.Cost(3.0, 9.0, 10), linkage.Cost(1.0, 8.0, 30), linkage.Cost(2.0, 7.0, 20)]
    assert linkage.median(runs) == linkage.Cost(2.0, 8.0, 30)
