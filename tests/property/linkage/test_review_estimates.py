"""The estimates against known truth: what they call a 95 % interval holds the truth in about 95 of 100 samples."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenun.linkage.assignment import ACCEPTED, MatchClass
from tenun.linkage.review import estimate, sample
from tenun.linkage.review.candidates import Candidate
from tenun.linkage.review.estimate import Share, wilson
from tenun.linkage.review.judgements import Pair
from tenun.linkage.review.rules import Verdict

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TRIALS = 200
# Truth held by 0.95 of the samples, give or take four standard deviations of the trial itself; above it the
# interval may be too wide by what stratifying gains.
COVERED_MIN, COVERED_MAX = 0.95 - 4 * (0.95 * 0.05 / TRIALS) ** 0.5, 0.995

# Match class -> pairs, and share of right ones by regency: errors gather where registers are bad.
COUNTRIES = {
    "a good linkage": {
        MatchClass.NIK: (1_200, {"52.01": 0.998, "52.02": 0.99}),
        MatchClass.PROBABLE: (500, {"52.01": 0.97, "52.02": 0.93}),
        MatchClass.REVIEW: (300, {"52.01": 0.5, "52.02": 0.35}),
    },
    "a bad linkage": {
        MatchClass.NIK: (800, {"52.01": 0.95, "52.02": 0.8}),
        MatchClass.PROBABLE: (800, {"52.01": 0.85, "52.02": 0.6}),
        MatchClass.REVIEW: (400, {"52.01": 0.2, "52.02": 0.1}),
    },
}


def country(name: str) -> tuple[list[Candidate], dict[Pair, dict[str, str]], dict[Pair, bool]]:
    chance = random.Random(name)
    found, domains, is_right = [], {}, {}
    for match_class, (size, shares) in COUNTRIES[name].items():
        for number in range(size):
            regency = ("52.01", "52.02")[number % 3 == 0]
            pair = Pair(f"{match_class}{number}", f"p{number}")
            found.append(Candidate(pair, f"{regency}.01.2001", match_class, 1.0, 0.66, (), "link/1.1"))
            domains[pair] = {
                "match_class": str(match_class),
                "regency": regency,
                "sex": chance.choice(("male", "female")),
                "age_band": sample.age_band(chance.randrange(15, 60)),
            }
            is_right[pair] = chance.random() < shares[regency]
    return found, domains, is_right


def holds(share: Share, truth: float) -> bool:
    assert share.low is not None
    assert share.high is not None
    return share.low <= truth <= share.high


@pytest.mark.parametrize("name", COUNTRIES)
def test_intervals_hold_the_truth_in_about_95_of_100_samples(name: str) -> None:
    found, domains, is_right = country(name)
    accepted = [one.pair for one in found if one.match_class in ACCEPTED]
    right_accepted = sum(is_right[pair] for pair in accepted)
    precision = right_accepted / len(accepted)
    recall = right_accepted / sum(is_right.values())
    in_regency = [pair for pair in accepted if domains[pair]["regency"] == "52.01"]
    precision_of_regency = sum(is_right[pair] for pair in in_regency) / len(in_regency)
    covered = {"precision": 0, "recall": 0, "regency": 0}
    values = []
    for seed in range(TRIALS):
        drawn = sample.of_candidates(found, domains, crosswalk="link/x", size=300, seed=seed, moment=NOW)
        # As in life, not all is judged yet; and the order of the lots makes what is judged a random part.
        judged = [one.candidate.pair for one in drawn.drawn[:240]]
        said = {pair: Verdict.SAME if is_right[pair] else Verdict.DIFFERENT for pair in judged}
        shown = estimate.estimate(drawn, said)
        covered["precision"] += holds(shown.precision, precision)
        covered["recall"] += holds(shown.recall_within_candidates, recall)
        covered["regency"] += holds(shown.by["regency"]["52.01"], precision_of_regency)
        values.append(shown.precision.value or 0.0)
    rates = {what: held / TRIALS for what, held in covered.items()}
    assert all(COVERED_MIN <= rate <= COVERED_MAX for rate in rates.values()), rates
    # On the average of many samples the estimate is the truth: within four standard errors of the mean.
    spread = (sum((value - precision) ** 2 for value in values) / TRIALS) ** 0.5
    assert sum(values) / TRIALS == pytest.approx(precision, abs=4 * spread / TRIALS**0.5)


@given(right=st.integers(0, 200), more=st.integers(0, 200), factor=st.integers(2, 50))
def test_wilsons_interval_holds_its_share_and_narrows_with_trials(right: int, more: int, factor: int) -> None:
    trials = right + more
    if not trials:
        return
    share = right / trials
    low, high = wilson(share, trials)
    narrow = wilson(share, trials * factor)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
    assert narrow[1] - narrow[0] < high - low


@given(
    strata=st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 500), min_size=1, max_size=20),
    size=st.integers(1, 2_000),
)
def test_places_never_exceed_a_stratum_nor_the_size_once_every_stratum_has_its_two(
    strata: dict[str, int], size: int
) -> None:
    places = sample.allocate(strata, size)
    least = sum(min(2, members) for members in strata.values())
    assert all(min(2, strata[name]) <= places[name] <= strata[name] for name in strata)
    assert sum(places.values()) == max(least, min(size, sum(strata.values())))
