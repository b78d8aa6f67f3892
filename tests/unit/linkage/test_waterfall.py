"""The steps of one pair add up, and say where they come from."""

from __future__ import annotations

import math

import pytest

from tenun.linkage import model, waterfall
from tenun.linkage.comparisons import COMPARISONS

MODEL = model.load()
M_U = {field: {code: list(m_u) for code, m_u in levels.items()} for field, levels in MODEL.probabilities.items()}
PRIOR = 0.001
LEVELS = ["nik_missing", "name_similar", "birth_date_equal", "sex_equal", "village_equal", "address_missing"]


def told(reasons: list[str], weight: float) -> tuple[waterfall.Step, ...]:
    return waterfall.steps(reasons, weight, m_u=M_U, prior=PRIOR, second_account_bits=4.0)


def expected(reasons: list[str]) -> float:
    levels = {
        level.code: comparison.field for comparison in COMPARISONS for level in comparison.levels if not level.is_null
    }
    return math.log2(PRIOR / (1 - PRIOR)) + sum(MODEL.weight(levels[code], code) for code in reasons if code in levels)


def test_steps_begin_with_the_prior_and_end_with_the_weight() -> None:
    weight = expected(LEVELS)
    steps = told(LEVELS, weight)
    assert [step.code for step in steps] == [
        "prior", "name_similar", "birth_date_equal", "sex_equal", "village_equal", "total",
    ]  # fmt: skip
    assert steps[0].sum == pytest.approx(math.log2(PRIOR / (1 - PRIOR)))
    assert steps[-2].sum == pytest.approx(steps[-1].sum) == pytest.approx(weight)


def test_what_is_left_is_the_rarity_of_the_name() -> None:
    reasons = ["name_equal", "birth_date_equal", "sex_equal"]
    steps = told(reasons, expected(reasons) + 2.5)
    assert steps[-2].code == "name_rarity"
    assert steps[-2].weight == pytest.approx(2.5)


def test_a_second_account_pays_for_being_one() -> None:
    reasons = ["nik_missing", "name_similar", "birth_date_equal", "person_has_other_account"]
    steps = told(reasons, expected(reasons) - 4.0)
    assert [step.code for step in steps][-2:] == ["second_account", "total"]
    assert steps[-2].weight == -4.0


def test_what_held_a_pair_back_is_no_step() -> None:
    assert "weight_between" not in {step.code for step in told([*LEVELS, "weight_between"], expected(LEVELS))}
