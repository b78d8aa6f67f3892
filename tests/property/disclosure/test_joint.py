"""All tables of a regency and its districts attacked together, with both margins: exact bounds by a linear program."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenun.disclosure import joint
from tenun.disclosure.attack import UNBOUNDED, Contradiction
from tenun.disclosure.linear import Program
from tenun.disclosure.profile import MINISTRIES
from tenun.disclosure.ptable import ptable
from tenun.disclosure.suppression import LEAST_WIDTH
from tests.property.disclosure.attacker import Knowledge
from tests.property.disclosure.two_ways import AGES, REGENCY, SEXES, Name, Population, around, numbers

NOISE = ptable(5, 2.0, 2)
SMALL = MINISTRIES.minimum_cell - 1
count = st.sampled_from((0, 0, 1, 1, 2, 3, 4, 5, 8, 40))


@st.composite
def populations(draw: st.DrawFn) -> Population:
    districts = [f"d{number}" for number in range(draw(st.integers(2, 3)))]
    return Population({(district, sex, age): draw(count) for district in districts for sex in SEXES for age in AGES})


def _possible(shown: dict[Name, int]) -> dict[Name, tuple[int, int]]:
    """What a reader thinks possible of each number alone, who knows the p-table and no key."""
    return {name: (NOISE.possible(one).start, NOISE.possible(one).stop - 1) for name, one in shown.items()}


def _exact(population: Population, bounds: dict[Name, tuple[int, int]]) -> dict[Name, tuple[int, int]]:
    """The least and greatest whole number that everything published leaves for each."""
    scopes = joint._scopes(numbers(bounds), around(population))
    system = joint._system(members for sums in scopes.values() for members in sums)
    program = Program(system.sums, system.bounds)
    found = {}
    for at, name in enumerate(program.names):
        weights = np.zeros(len(program.names))
        weights[at] = 1.0
        most = program.greatest(weights)[at]
        least = program.greatest(-weights)[at]
        found[name] = math.ceil(least - 1e-6), math.floor(most + 1e-6)
    return found  # type: ignore[return-value]


@pytest.mark.pasal("7(2)")
@settings(max_examples=60, deadline=None)
@given(populations(), st.integers(0, 2**32))
def test_no_small_count_is_told_within_its_interval_by_all_perturbed_tables_with_both_margins(
    population: Population, key: int
) -> None:
    truth, bounds = population.truth(), _possible(population.perturbed(NOISE, Random(key)))
    for name, (least, most) in _exact(population, bounds).items():
        assert least <= truth[name] <= most
        if 0 < truth[name] <= SMALL:
            assert most - least >= LEAST_WIDTH, name
    fixed = joint.attack(numbers(bounds), around(population)).fixed
    assert not {name for name in fixed if 0 < truth[name] <= SMALL}  # type: ignore[index]


@settings(max_examples=40, deadline=None)
@given(populations(), st.randoms(use_true_random=False))
def test_what_is_fixed_is_what_another_linear_program_leaves_one_value_for(
    population: Population, chance: Random
) -> None:
    """True tables with holes: nothing in common between the two programs but the tables."""
    truth = population.truth()
    hidden = {name for name in truth if chance.random() < (0.5 if "*" in name[1] else 0.15)}
    told = {name: (0, UNBOUNDED) if name in hidden else one for name, one in truth.items()}
    known = Knowledge(shown={name: float(one) for name, one in truth.items() if name not in hidden})
    names = population.names()
    for whole, people in names.items():
        area, breakdown, category = whole
        parts = [(district, breakdown, category) for district in population.districts]
        if area == REGENCY:
            known.sums.append((whole, parts))
        for finer in {"sex", "age_group", "sex*age_group"}:
            margins = set(finer.split("*")) - set(breakdown.split("*"))
            if len(margins) != 1 or not set(breakdown.split("*")) - {""} <= set(finer.split("*")):
                continue
            within = [one for one, mine in names.items() if one[:2] == (area, finer) and set(mine) <= set(people)]
            known.sums.append((whole, within))
    intervals = known.intervals(sorted(hidden)) if hidden else {}
    expected = {name for name, (low, high) in intervals.items() if high - low < 1e-5}
    fixed = joint.attack(numbers(told), around(population)).fixed
    assert set(fixed) == expected
    assert all(truth[name] == one for name, one in fixed.items())  # type: ignore[index]


def test_both_margins_tell_what_the_totals_alone_do_not() -> None:
    """Rows and columns of a table with four holes that lie in one row each: the columns tell them."""
    population = Population({("d0", sex, age): 7 for sex in SEXES for age in AGES})
    truth = population.truth()
    holes = {("d0", "sex*age_group", "male*15-24"), ("d0", "sex*age_group", "male*25-59")}
    told = {name: (0, UNBOUNDED) if name in holes else one for name, one in truth.items() if name[0] == "d0"}
    assert joint.attack(numbers(told), {0: {}}).fixed == dict.fromkeys(holes, 7)
    without_margins = {name: one for name, one in told.items() if name[1] in ("", "sex*age_group")}
    assert joint.attack(numbers(without_margins), {0: {}}).fixed == {}


def test_a_new_key_for_every_release_gives_small_counts_away() -> None:
    """The same attack succeeds where noise does not persist, or the first test would prove nothing."""
    chance = Random(1)
    population = Population(
        {(d, sex, age): chance.choice((1, 2, 3, 4)) for d in ("d0", "d1") for sex in SEXES for age in AGES}
    )
    truth = population.truth()
    bounds: dict[Name, tuple[int, int]] = dict.fromkeys(truth, (0, UNBOUNDED))
    for release in range(200):
        for name, (low, high) in _possible(population.perturbed(NOISE, Random(release))).items():
            bounds[name] = max(bounds[name][0], low), min(bounds[name][1], high)
    fixed = joint.attack(numbers(bounds), around(population)).fixed
    assert len([name for name in fixed if truth[name] <= SMALL]) > 5  # type: ignore[index]


def test_a_regency_too_large_for_one_program_is_attacked_area_by_area() -> None:
    population = Population({(d, sex, age): 7 for d in ("d0", "d1", "d2") for sex in SEXES for age in AGES})
    truth = population.truth()
    hole = ("d1", "sex*age_group", "male*15-24")
    told = {name: (0, UNBOUNDED) if name == hole else one for name, one in truth.items()}
    assert joint.attack(numbers(told), around(population), limit=0).fixed == {hole: 7}


def test_tables_that_contradict_their_margins_are_told() -> None:
    population = Population({("d0", sex, age): 7 for sex in SEXES for age in AGES})
    told = population.truth() | {("d0", "sex", "male"): 20}
    with pytest.raises(Contradiction):
        joint.attack(numbers(told), around(population))
