"""The linear program, held against trying everything."""

from __future__ import annotations

import itertools
import math
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenun.disclosure.linear import UNBOUNDED, Contradiction, Program, fixed


@st.composite
def systems(draw: st.DrawFn):
    """Sums that whole numbers satisfy, each number in any of them with either sign, and bounds around them."""
    values = draw(st.lists(st.integers(0, 8), min_size=2, max_size=7))
    chance = draw(st.randoms(use_true_random=False))
    bounds = {at: (max(0, one - chance.randint(0, 2)), one + chance.randint(0, 2)) for at, one in enumerate(values)}
    sums = []
    for _ in range(draw(st.integers(1, 4))):
        members = tuple(
            (at, chance.choice((1, -1))) for at in chance.sample(range(len(values)), chance.randint(1, len(values)))
        )
        sums.append((members, sum(sign * values[at] for at, sign in members)))
    return sums, bounds


@settings(max_examples=80, deadline=None)
@given(systems())
def test_ranges_hold_every_possible_table_and_what_is_fixed_is(system) -> None:
    sums, bounds = system
    program = Program(sums, bounds)
    ranges = [range(bounds[name][0], bounds[name][1] + 1) for name in program.names]
    assume(math.prod(map(len, ranges)) < 4000)
    tables = [
        values
        for values in itertools.product(*ranges)
        for told in [dict(zip(program.names, values, strict=True))]
        if all(sum(sign * told[name] for name, sign in members) == right for members, right in sums)
    ]
    for at in range(len(program.names)):
        weights = np.zeros(len(program.names))
        weights[at] = 1.0
        assert program.greatest(weights)[at] >= max(table[at] for table in tables) - 1e-6
        assert program.greatest(-weights)[at] <= min(table[at] for table in tables) + 1e-6
    for name, one in fixed(sums, bounds).items():
        assert {table[program.names.index(name)] for table in tables} == {one}


def test_a_number_without_a_bound_is_bound_by_its_sum_alone() -> None:
    sums = [((("a", 1), ("b", 1)), 9), ((("b", 1), ("c", -1)), 4)]
    bounds = dict.fromkeys("abc", (0, UNBOUNDED))
    program = Program(sums, bounds)
    assert program.greatest(np.array([0.0, 0.0, 1.0]))[2] == pytest.approx(5)
    assert program.greatest(np.array([1.0, 0.0, 0.0]))[0] == pytest.approx(5)
    assert fixed(sums, bounds) == {}
    assert fixed([*sums, ((("a", 1), ("c", 1)), 5)], bounds | {"c": (5, UNBOUNDED)}) == {"a": 0, "b": 9, "c": 5}


def test_sums_that_nothing_satisfies_are_told() -> None:
    with pytest.raises(Contradiction):
        Program([((("a", 1), ("b", 1)), 9)], {"a": (0, 4), "b": (0, 4)})


def test_a_large_table_is_decided_in_one_go() -> None:
    """Three dimensions of six, all pairs of margins shown, ten cells hidden: no network."""
    chance = Random(3)
    cells = {place: chance.randint(0, 9) for place in itertools.product(range(6), repeat=3)}
    sums = []
    for left_out in range(3):
        for kept in itertools.product(range(6), repeat=2):
            line = [(*kept[:left_out], at, *kept[left_out:]) for at in range(6)]
            sums.append((tuple((place, 1) for place in line), sum(cells[place] for place in line)))
    found = fixed(sums, {place: (one, one) if sum(place) % 3 else (0, 9) for place, one in cells.items()})
    assert {place: one for place, one in found.items() if cells[place] != one} == {}
    assert len(found) >= sum(1 for place in cells if sum(place) % 3)
