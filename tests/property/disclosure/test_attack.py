"""Our attacker, held against trying everything; then perturbed tables, held against our attacker."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenun.disclosure.attack import UNBOUNDED, Contradiction, System, attack, average
from tenun.disclosure.ptable import ptable

NOISE = ptable(5, 2.0, 2)
small = st.integers(0, 6)


def _system(table: Sequence[Sequence[int]], bounds: dict[tuple[int, int], tuple[int, int]]) -> System:
    """Rows and columns with their totals shown; of the cells those with bounds are hidden."""
    system = System(dict(bounds))
    for line, sign in [
        *(([(row, at) for at in range(len(table[0]))], 1) for row in range(len(table))),
        *(([(at, column) for at in range(len(table))], -1) for column in range(len(table[0]))),
    ]:
        hidden = [cell for cell in line if cell in bounds]
        if hidden:
            system.add_sum(((cell, sign) for cell in hidden), sign * sum(table[row][at] for row, at in hidden))
    return system


def _by_trying(system: System, cap: int) -> dict[tuple[int, int], int]:
    names = list(system.bounds)
    ranges = [range(low, min(high, cap) + 1) for low, high in system.bounds.values()]
    assume(math.prod(map(len, ranges)) < 20000)
    possible = [
        found
        for values in itertools.product(*ranges)
        for found in [dict(zip(names, values, strict=True))]
        if all(sum(sign * found[name] for name, sign in members) == right for members, right in system.sums)
    ]
    return {name: possible[0][name] for name in names if len({one[name] for one in possible}) == 1}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(small, small, small), min_size=2, max_size=3), st.randoms(use_true_random=False))
def test_what_the_attacker_tells_is_what_trying_everything_tells(rows: list[tuple[int, ...]], chance: Random) -> None:
    bounds = {}
    for row, column in itertools.product(range(len(rows)), range(3)):
        count = rows[row][column]
        if chance.random() < 0.6:
            wide = (0, UNBOUNDED) if chance.random() < 0.5 else (max(count - chance.randint(0, 2), 0), count + 2)
            bounds[row, column] = (1, 4) if 0 < count < 5 else wide
    system = _system(rows, bounds)
    assert attack(system).fixed == _by_trying(system, sum(map(sum, rows)))


def test_sums_that_are_no_network_are_solved_too() -> None:
    """One village in two releases: its district alone, and its district with a village that came later."""
    system = System(dict.fromkeys("abc", (0, UNBOUNDED)))
    system.add_sum([("a", 1), ("b", 1)], 30)
    system.add_sum([("a", 1), ("b", 1), ("c", 1)], 33)
    system.add_sum([("a", 1), ("b", 1), ("c", 1)], 33)
    assert attack(system).fixed == {"c": 3}


def test_bounds_tell_what_sums_alone_do_not() -> None:
    system = System({"a": (1, 4), "b": (1, 4)})
    system.add_sum([("a", 1), ("b", 1)], 8)
    assert attack(system).fixed == {"a": 4, "b": 4}


def test_numbers_that_contradict_one_another_are_told() -> None:
    system = System({"a": (1, 4)})
    system.add_sum([("a", 1)], 9)
    with pytest.raises(Contradiction):
        attack(system)


# --- perturbed tables ----------------------------------------------------------------------------


def _shown(count: int, chance: Random) -> int:
    """With a fresh key; a cell of the same people is drawn once and kept."""
    return count + NOISE.noise(count, chance.randrange(256))


def _bounds(shown: int) -> tuple[int, int]:
    possible = NOISE.possible(shown)
    return possible.start, possible.stop - 1


@pytest.mark.parametrize("seed", range(40))
def test_no_small_count_follows_from_all_perturbed_tables_of_a_district(seed: int) -> None:
    """Twelve villages by sex, with both kinds of totals, each perturbed on its own; the attacker knows the p-table."""
    chance = Random(seed)
    truth = {(village, sex): chance.choice((1, 2, 3, 4, 9, 30)) for village in range(12) for sex in "mf"}
    for village in range(12):
        truth[village, ""] = truth[village, "m"] + truth[village, "f"]
    for sex in ("m", "f", ""):
        truth["all", sex] = sum(truth[village, sex] for village in range(12))
    system = System({name: _bounds(_shown(count, chance)) for name, count in truth.items()})
    for area in (*range(12), "all"):
        system.add_sum([((area, "m"), 1), ((area, "f"), 1), ((area, ""), -1)], 0)
    for sex, sign in (("m", -1), ("f", -1), ("", 1)):
        system.add_sum([*(((village, sex), sign) for village in range(12)), (("all", sex), -sign)], 0)
    fixed = attack(system).fixed
    assert not {name for name in fixed if truth[name] < 5}


def test_the_same_attack_tells_them_where_totals_are_exact_and_noise_small() -> None:
    """Or the test above would prove nothing: with noise of at most one and a true total, one table is left."""
    system = System({"a": (2, 4), "b": (3, 5)})
    system.add_sum([("a", 1), ("b", 1)], 5)
    assert attack(system).fixed == {"a": 2, "b": 3}


def _hits_of_averaging(releases: int, *, is_persistent: bool) -> float:
    """Share of 400 counts of 1 to 8 that the mean of all releases gives away."""
    chance = Random(5)
    hits = 0
    for cell in range(400):
        count = 1 + cell % 8
        once = _shown(count, chance)
        drawn = [once if is_persistent else _shown(count, chance) for _ in range(releases)]
        mean, _ = average([(shown, 2.0) for shown in drawn])
        hits += round(mean) == count
    return hits / 400


def test_averaging_over_releases_gives_nothing_where_record_keys_persist() -> None:
    assert _hits_of_averaging(60, is_persistent=True) == _hits_of_averaging(1, is_persistent=True) < 0.4


def test_averaging_over_releases_gives_almost_everything_where_they_do_not() -> None:
    assert _hits_of_averaging(60, is_persistent=False) > 0.95


def test_averaging_over_the_fixed_tables_leaves_a_total_uncertain_by_a_person() -> None:
    """Alone, over three categories of sex and over three of age: independent noises of one number."""
    _, variance = average([(0, 2.0), (0, 3 * 2.0), (0, 3 * 2.0)])
    assert variance > 1.0


def test_the_difference_of_two_groups_is_seldom_the_true_one() -> None:
    """A village before and after a hamlet of two left it: exact counts would tell two every time."""
    chance = Random(9)
    tries = [(whole, _shown(whole, chance) - _shown(whole - 2, chance)) for whole in range(60, 1060)]
    assert sum(told == 2 for _, told in tries) / len(tries) < 0.25
    assert sum(told <= 0 for _, told in tries) / len(tries) > 0.1
