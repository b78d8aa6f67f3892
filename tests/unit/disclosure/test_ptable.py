from __future__ import annotations

import math
from collections import Counter

import pytest

from tenun.disclosure.ptable import KEYS, admissible, maximum_entropy, ptable

TABLE = ptable(5, 2.0, 2)
COUNTS = range(1, len(TABLE.rows) + 1)


@pytest.mark.parametrize("count", COUNTS)
def test_noise_has_no_bias_to_the_last_key(count: int) -> None:
    row = TABLE.rows[count - 1]
    assert len(row) == KEYS
    assert sum(row) == 0


@pytest.mark.parametrize("count", COUNTS)
def test_noise_has_the_variance_asked_for(count: int) -> None:
    """256 keys cannot be dealt out to -1 and 2 two to one; from 3 up they can."""
    variance = sum(noise * noise for noise in TABLE.rows[count - 1]) / KEYS
    assert variance == 2.0 if count > 2 else 2.0 <= variance < 2.04


@pytest.mark.parametrize("count", COUNTS)
def test_no_count_is_shown_as_one_or_two_or_moved_by_more_than_five(count: int) -> None:
    for noise in TABLE.rows[count - 1]:
        assert abs(noise) <= 5
        assert count + noise == 0 or count + noise >= 3


@pytest.mark.parametrize("count", COUNTS)
def test_the_keys_dealt_out_are_the_shares_of_greatest_entropy(count: int) -> None:
    shares = maximum_entropy(admissible(count, noise_max=5, unseen_max=2), variance=2.0)
    dealt = Counter(TABLE.rows[count - 1])
    assert math.fsum(shares.values()) == pytest.approx(1)
    for noise, share in shares.items():
        assert abs(dealt[noise] - share * KEYS) < 3


def test_no_other_noise_of_that_mean_and_variance_has_more_entropy() -> None:
    """A step in any direction that keeps mass, mean and variance loses entropy."""
    noises = admissible(20, noise_max=5, unseen_max=2)
    shares = maximum_entropy(noises, variance=2.0)
    assert math.fsum(noise * share for noise, share in shares.items()) == pytest.approx(0, abs=1e-12)
    assert math.fsum(noise * noise * share for noise, share in shares.items()) == pytest.approx(2)

    def entropy(of: dict[int, float]) -> float:
        return -math.fsum(share * math.log(share) for share in of.values())

    for at in range(len(noises) - 3):
        # Third differences: 1, -3, 3, -1 changes neither mass nor mean nor variance.
        for size in (1e-4, -1e-4):
            moved = dict(shares)
            for noise, factor in zip(noises[at : at + 4], (1, -3, 3, -1), strict=True):
                moved[noise] += size * factor
            assert entropy(moved) < entropy(dict(shares))


def test_zero_is_never_altered() -> None:
    assert {TABLE.noise(0, key) for key in range(KEYS)} == {0}


def test_large_counts_share_the_last_row() -> None:
    assert [TABLE.noise(10**6, key) for key in range(KEYS)] == list(TABLE.rows[-1])


def test_what_a_reader_thinks_possible_holds_the_true_count() -> None:
    for count in range(40):
        for key in range(KEYS):
            assert count in TABLE.possible(count + TABLE.noise(count, key))
    assert list(TABLE.possible(0)) == [0, 1, 2, 3, 4, 5]
    assert list(TABLE.possible(1)) == []


def test_the_rows_of_this_version_never_change() -> None:
    """Other rows are other noise, and two noises of one cell can be averaged: a change here is a new rule version."""
    assert [sorted(Counter(row).items()) for row in (TABLE.rows[0], TABLE.rows[1], TABLE.rows[-1])] == [
        [(-1, 171), (2, 84), (3, 1)],
        [(-2, 86), (1, 168), (2, 2)],
        [(-4, 2), (-3, 7), (-2, 27), (-1, 56), (0, 71), (1, 57), (2, 27), (3, 8), (4, 1)],
    ]


def test_a_variance_that_no_noise_has_is_refused() -> None:
    with pytest.raises(ValueError, match="variance"):
        ptable(5, 1.0, 2)
