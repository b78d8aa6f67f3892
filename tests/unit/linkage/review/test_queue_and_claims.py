"""The order of the queue, and who gets what of it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenun.linkage.assignment import MatchClass
from tenun.linkage.review import candidates, queue
from tenun.linkage.review.candidates import Candidate
from tenun.linkage.review.claims import CLAIM_LASTS, FILE, SKIP_LASTS, Claims
from tenun.linkage.review.judgements import Pair
from tenun.linkage.review.rules import JudgeRole

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
REVIEWER, ARBITER = JudgeRole.REVIEWER, JudgeRole.ARBITER
PAIRS = [Pair(f"a{number}", f"r{number}") for number in range(4)]


def candidate(seeker: str, person: str, weight: float) -> Candidate:
    probability = candidates.probability({"weight": weight})
    return Candidate(
        Pair(seeker, person), "52.08.01.2001", MatchClass.REVIEW, weight, probability, ("name_equal",), "link/1.1"
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"weight": 0.0}, 0.5),
        ({"weight": 1.0}, 2 / 3),
        ({"weight": -1.0}, 1 / 3),
        ({"weight": 0.0, "probability": None}, 0.5),
        ({"weight": 9.0, "probability": 0.25}, 0.25),
        ({"weight": 9.0, "probability": 0.0}, 0.0),
        ({"weight": 5000.0}, 1.0),
        ({"weight": -5000.0}, 0.0),
    ],
)
def test_the_crosswalks_probability_counts_and_else_the_weight_as_odds(row: dict[str, float], expected: float) -> None:
    assert candidates.probability(row) == pytest.approx(expected, abs=1e-12)


def test_what_is_least_certain_comes_first() -> None:
    given = [candidate(f"a{weight}", f"r{weight}", weight) for weight in (-4.0, 0.1, 7.0, 2.0, -1.0)]
    assert [one.weight for one in queue.ordered(given)] == [0.1, -1.0, 2.0, -4.0, 7.0]


def test_a_pair_that_bears_on_others_comes_before_one_as_uncertain() -> None:
    rivals = [candidate("a1", "r1", 1.0), candidate("a1", "r2", 1.0)]
    alone = candidate("a3", "r3", 1.0)
    assert queue.ordered([alone, *rivals])[-1] == alone


def test_the_order_does_not_depend_on_the_order_given() -> None:
    given = [candidate(f"a{number}", f"r{number}", 1.0) for number in range(50)]
    shuffled = random.Random(1).sample(given, len(given))
    assert queue.ordered(given) == queue.ordered(shuffled)
    assert queue.ordered(given) != given, "equal ones come by lot, not by id"


def test_the_lots_are_md5_of_seed_and_pair_and_stay_what_they_are() -> None:
    assert candidates.lot(Pair("a", "b"), "1") == "16af4b0bde4e806ed27cfd5db96def24"  # printf '1|a|b' | md5sum
    assert candidates.lot(Pair("a", "b"), "2") != candidates.lot(Pair("a", "b"), "1")


def test_two_accounts_get_two_pairs_and_an_arbiter_is_nobodys_rival(tmp_path: Path) -> None:
    claims = Claims(tmp_path)
    assert claims.take(PAIRS, "1", REVIEWER, now=NOW) == PAIRS[0]
    assert claims.take(PAIRS, "2", REVIEWER, now=NOW) == PAIRS[1]
    assert claims.take(PAIRS, "3", ARBITER, now=NOW) == PAIRS[0]
    assert claims.held("1", REVIEWER, now=NOW) == PAIRS[0]
    assert claims.held("1", ARBITER, now=NOW) is None


def test_taking_again_lets_go_of_the_first(tmp_path: Path) -> None:
    claims = Claims(tmp_path)
    claims.take(PAIRS, "1", REVIEWER, now=NOW)
    assert claims.take(PAIRS[1:], "1", REVIEWER, now=NOW) == PAIRS[1]
    assert claims.take(PAIRS, "2", REVIEWER, now=NOW) == PAIRS[0]


def test_a_claim_expires_unless_it_is_renewed(tmp_path: Path) -> None:
    claims = Claims(tmp_path)
    claims.take(PAIRS, "1", REVIEWER, now=NOW)
    soon, late = NOW + CLAIM_LASTS - timedelta(seconds=1), NOW + CLAIM_LASTS
    assert claims.renew(PAIRS[0], "1", REVIEWER, now=soon)
    assert claims.take(PAIRS, "2", REVIEWER, now=late) == PAIRS[1]
    over = soon + CLAIM_LASTS
    assert claims.held("1", REVIEWER, now=over) is None
    assert not claims.renew(PAIRS[0], "1", REVIEWER, now=over)
    assert claims.take(PAIRS, "3", REVIEWER, now=over) == PAIRS[0]


def test_what_one_puts_aside_comes_to_others_and_back_later(tmp_path: Path) -> None:
    claims = Claims(tmp_path)
    claims.take(PAIRS, "1", REVIEWER, now=NOW)
    claims.skip(PAIRS[0], "1", REVIEWER, now=NOW)
    assert claims.skipped("1", REVIEWER, now=NOW) == {PAIRS[0]}
    assert claims.take(PAIRS, "1", REVIEWER, now=NOW) == PAIRS[1]
    assert claims.take(PAIRS, "2", REVIEWER, now=NOW) == PAIRS[0]
    assert claims.skipped("1", REVIEWER, now=NOW + SKIP_LASTS) == frozenset()
    claims.bring_back("1", REVIEWER, now=NOW)
    claims.release("2", REVIEWER, now=NOW)
    assert claims.take(PAIRS, "1", REVIEWER, now=NOW) == PAIRS[0]


@pytest.mark.parametrize("content", ["", "{", "[{}]", "7"])
def test_a_file_that_cannot_be_read_means_that_everybody_let_go(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert Claims(tmp_path).take(PAIRS, "1", REVIEWER, now=NOW) == PAIRS[0]


def test_the_regency_of_a_pair_is_the_residents() -> None:
    one = candidate("a", "r", 1.0)
    assert one.regency_code == "52.08"
    assert replace(one, village_code="").regency_code == ""
