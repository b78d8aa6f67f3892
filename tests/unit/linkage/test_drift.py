"""When a model no longer fits: the index, the shift, and what is advised."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tenun.linkage import drift, model
from tenun.linkage.drift import COMMON_SHARE, Advice
from tenun.linkage.model import Model


def moved(before: Model, field: str, shares: dict[str, float]) -> Model:
    """The model with other m for some levels of a field."""
    levels = {code: (shares.get(code, m), u) for code, (m, u) in before.probabilities[field].items()}
    return replace(before, probabilities={**before.probabilities, field: levels})


def test_a_model_does_not_drift_from_itself() -> None:
    found = drift.compare(model.load(), model.load())
    assert found.advice is Advice.KEEP
    assert all(field.psi == 0 for field in found.fields)
    assert all(level.shift_bits == 0 for field in found.fields for level in field.levels)


def test_the_index_is_the_one_of_scorecards() -> None:
    # (.5 - .4) ln(.5 / .4) + (.5 - .6) ln(.5 / .6)
    assert drift.psi([(0.4, 0.5), (0.6, 0.5)]) == pytest.approx(0.1 * math.log(1.25) - 0.1 * math.log(5 / 6))


def test_a_level_never_seen_leaves_the_index_finite() -> None:
    assert 0 < drift.psi([(0.0, 0.1), (1.0, 0.9)]) < 1


@pytest.mark.parametrize(
    ("shares", "advice"),
    [
        ({"sex_equal": 0.98, "sex_differs": 0.02}, Advice.KEEP),
        ({"sex_equal": 0.90, "sex_differs": 0.10}, Advice.REFIT),  # three bits less against another sex
        ({"sex_equal": 0.955, "sex_differs": 0.045}, Advice.KEEP),  # fewer than COMMON_SHARE: chance
        ({"sex_equal": 0.96, "sex_differs": 0.051}, Advice.WATCH),
    ],
)
def test_advice_follows_the_shift_of_common_levels(shares: dict[str, float], advice: Advice) -> None:
    before = moved(model.load(), "sex", {"sex_equal": 0.987, "sex_differs": 0.0130})
    found = drift.compare(before, moved(before, "sex", shares))
    (sex,) = [field for field in found.fields if field.field == "sex"]
    assert sex.advice is advice
    assert COMMON_SHARE == 0.05


def test_frequencies_that_moved_advise_refitting() -> None:
    before = moved(model.load(), "village", {"village_equal": 0.80, "village_differs": 0.10})
    now = moved(before, "village", {"village_equal": 0.50, "village_differs": 0.40})
    found = drift.compare(before, now)
    (village,) = [field for field in found.fields if field.field == "village"]
    assert village.psi > drift.PSI_MOVED
    assert found.advice is Advice.REFIT
    told = found.as_dict()
    assert (told["advice"], told["advice_id"], told["advice_en"]) == (
        "refit", drift.ADVICE[Advice.REFIT].id, drift.ADVICE[Advice.REFIT].en,
    )  # fmt: skip


def test_a_weight_shift_is_told_in_bits() -> None:
    before = model.load()
    m, _ = before.probabilities["sex"]["sex_differs"]
    found = drift.compare(before, moved(before, "sex", {"sex_differs": 2 * m}))
    (sex,) = [field for field in found.fields if field.field == "sex"]
    (level,) = [level for level in sex.levels if level.code == "sex_differs"]
    assert level.shift_bits == pytest.approx(1.0)
