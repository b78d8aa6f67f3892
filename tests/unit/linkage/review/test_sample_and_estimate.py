"""Drawing a stratified sample, and what may be said from its judged part."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tenun.linkage.assignment import MatchClass
from tenun.linkage.review import estimate, sample
from tenun.linkage.review.candidates import Candidate
from tenun.linkage.review.estimate import wilson
from tenun.linkage.review.judgements import Pair
from tenun.linkage.review.rules import Verdict
from tenun.linkage.review.sample import Sample, SampleMissing, SampleTooSmall, SampleUnreadable

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CLASSES = (MatchClass.NIK, MatchClass.PROBABLE, MatchClass.REVIEW)


def population(sizes: dict[MatchClass, int], regencies: int = 2) -> tuple[list[Candidate], dict[Pair, dict[str, str]]]:
    found, domains = [], {}
    for name, size in sizes.items():
        for number in range(size):
            regency = f"52.0{1 + number % regencies}"
            pair = Pair(f"{name}{number}", f"p{number}")
            found.append(Candidate(pair, f"{regency}.01.2001", name, 1.0, 0.66, (), "link/1.1"))
            domains[pair] = {
                "match_class": str(name),
                "regency": regency,
                "sex": ("male", "female")[number % 3 == 0],
                "age_band": sample.age_band(15 + number % 45),
            }
    return found, domains


def drawn(sizes: dict[MatchClass, int], size: int, seed: int = 1, regencies: int = 2) -> Sample:
    found, domains = population(sizes, regencies)
    return sample.of_candidates(found, domains, crosswalk="link/x", size=size, seed=seed, moment=NOW)


SIZES = {MatchClass.NIK: 3_000, MatchClass.PROBABLE: 600, MatchClass.REVIEW: 400}


def test_every_stratum_has_two_and_the_rest_goes_by_size() -> None:
    places = sample.allocate({"a": 1, "b": 2, "c": 300, "d": 700}, 105)
    assert sum(places.values()) == 105
    assert (places["a"], places["b"]) == (1, 2)
    assert places["c"] == pytest.approx(2 + 98 * 298 / 996, abs=1)


@pytest.mark.parametrize("size", [7, 50, 1003, 5000])
def test_no_stratum_gives_more_than_it_has_and_all_places_are_filled(size: int) -> None:
    strata = {"a": 1, "b": 2, "c": 300, "d": 700}
    places = sample.allocate(strata, size)
    assert all(places[name] <= strata[name] for name in strata)
    assert sum(places.values()) == min(size, 1003)


@pytest.mark.parametrize(
    ("size", "dimensions"),
    [
        (400, ("match_class", "regency", "sex", "age_band")),
        (30, ("match_class", "regency", "sex")),
        (15, ("match_class", "regency")),
        (8, ("match_class",)),
    ],
)
def test_strata_are_as_fine_as_the_size_allows(size: int, dimensions: tuple[str, ...]) -> None:
    found = drawn(SIZES, size)
    assert found.dimensions == dimensions
    assert len(found.drawn) == size
    assert min(Counter(one.stratum for one in found.drawn).values()) >= 2
    assert sum(found.strata.values()) == sum(SIZES.values())


def test_a_sample_that_cannot_reach_every_class_is_refused() -> None:
    with pytest.raises(SampleTooSmall):
        drawn(SIZES, 5)


def test_the_same_request_draws_the_same_and_another_seed_another() -> None:
    pairs = [one.candidate.pair for one in drawn(SIZES, 100).drawn]
    assert pairs == [one.candidate.pair for one in drawn(SIZES, 100).drawn]
    assert len(set(pairs)) == 100
    assert set(pairs) != {one.candidate.pair for one in drawn(SIZES, 100, seed=2).drawn}


def test_a_kept_sample_is_read_back_whole_and_not_drawn_anew(tmp_path: Path) -> None:
    first = sample.keep(tmp_path, drawn(SIZES, 100))
    assert sample.get(tmp_path) == first
    assert sample.get(tmp_path, first.id) == first
    second = sample.keep(tmp_path, drawn(SIZES, 100, seed=2))
    assert {one.id for one in sample.all_kept(tmp_path)} == {first.id, second.id}
    assert sample.keep(tmp_path, drawn(SIZES, 100)) == first


def test_a_sample_that_is_not_there_or_not_whole_is_told(tmp_path: Path) -> None:
    with pytest.raises(SampleMissing):
        sample.get(tmp_path)
    kept = sample.keep(tmp_path, drawn(SIZES, 100))
    (tmp_path / "samples" / f"{kept.id}.json").write_text("{}")
    with pytest.raises(SampleUnreadable):
        sample.get(tmp_path)


@pytest.mark.parametrize(
    ("age", "band"),
    [(None, "unknown"), (14, "unknown"), (15, "15-24"), (24, "15-24"), (25, "25-34"), (54, "45-54"), (55, "55+"),
     (103, "55+"), (250, "unknown")],
)  # fmt: skip
def test_ages_fall_into_bands(age: int | None, band: str) -> None:
    assert sample.age_band(age) == band


# --- estimates -------------------------------------------------------------------------------------


def judged(found: Sample, right: dict[MatchClass, float], share: float = 1.0) -> dict[Pair, Verdict]:
    """The first part of the sample judged, with exactly these shares right in each class (as near as it goes)."""
    said: dict[Pair, Verdict] = {}
    seen: Counter[MatchClass] = Counter()
    for one in found.drawn[: round(share * len(found.drawn))]:
        name = one.candidate.match_class
        before, after = math.floor(seen[name] * right[name]), math.floor((seen[name] + 1) * right[name])
        seen[name] += 1
        said[one.candidate.pair] = Verdict.SAME if after > before else Verdict.DIFFERENT
    return said


ALL_RIGHT = dict.fromkeys(CLASSES, 1.0)


def test_precision_weighs_every_pair_by_what_it_stands_for() -> None:
    found = drawn({MatchClass.NIK: 10_000, MatchClass.PROBABLE: 100, MatchClass.REVIEW: 100}, 300, regencies=1)
    said = judged(found, {MatchClass.NIK: 1.0, MatchClass.PROBABLE: 0.0, MatchClass.REVIEW: 0.5})
    shown = estimate.estimate(found, said).precision
    assert shown.value == pytest.approx(10_000 / 10_100)
    assert shown.low is not None
    assert shown.high is not None
    assert shown.low < 10_000 / 10_100 < shown.high


def test_nothing_is_told_from_too_few_judgements() -> None:
    found = drawn(SIZES, 400)
    shown = estimate.estimate(found, judged(found, ALL_RIGHT, share=0.05))
    assert shown.precision.value is None
    assert shown.precision.why == "too_few_judgements"
    assert 0 < shown.precision.judged < shown.precision.needed == estimate.JUDGED_MIN
    assert shown.recall_within_candidates.value is None
    assert all(share.value is None for shares in shown.by.values() for share in shares.values())


def test_nothing_is_told_while_a_class_has_no_judgement() -> None:
    found = drawn(SIZES, 400)
    said = {pair: verdict for pair, verdict in judged(found, ALL_RIGHT).items() if "probable" not in pair.seeker_id}
    shown = estimate.estimate(found, said)
    assert (shown.precision.value, shown.precision.why) == (None, "class_not_judged")
    assert shown.by["match_class"]["nik"].value == 1.0


def test_pairs_that_nobody_can_tell_are_counted_apart() -> None:
    found = drawn(SIZES, 400)
    said = judged(found, ALL_RIGHT)
    unsure = list(said)[:7]
    shown = estimate.estimate(found, {**said, **dict.fromkeys(unsure, Verdict.UNSURE)})
    assert shown.undecided == 7
    accepted = sum(1 for pair in set(said) - set(unsure) if "review" not in pair.seeker_id)
    assert shown.precision.judged == accepted


def test_a_perfect_sample_still_has_an_interval() -> None:
    found = drawn(SIZES, 400)
    shown = estimate.estimate(found, judged(found, ALL_RIGHT)).precision
    assert (shown.value, shown.high) == (1.0, 1.0)
    assert shown.low is not None
    assert 0.98 < shown.low < 1.0


def test_a_stratum_that_nobody_has_judged_lends_its_pairs_to_its_class() -> None:
    found = drawn(SIZES, 400)
    said = judged(found, ALL_RIGHT)
    empty = next(one.stratum for one in found.drawn if one.candidate.match_class is MatchClass.NIK)
    for one in found.drawn:
        if one.stratum == empty:
            del said[one.candidate.pair]
    weights = sum(one.weight for one in estimate._judged(found, said))
    assert weights == pytest.approx(sum(SIZES.values()))


def test_recall_within_candidates_counts_right_pairs_left_in_review() -> None:
    found = drawn({MatchClass.NIK: 800, MatchClass.PROBABLE: 200, MatchClass.REVIEW: 500}, 600, regencies=1)
    shown = estimate.estimate(found, judged(found, {**ALL_RIGHT, MatchClass.REVIEW: 0.5})).recall_within_candidates
    assert shown.value == pytest.approx(1_000 / 1_250, abs=0.005)
    assert shown.low is not None
    assert shown.high is not None
    assert shown.low < 0.8 < shown.high
    assert shown.high - shown.low < 0.06


def test_estimates_are_the_same_every_time() -> None:
    found = drawn(SIZES, 400)
    said = judged(found, {**ALL_RIGHT, MatchClass.REVIEW: 0.4})
    assert estimate.estimate(found, said).as_dict() == estimate.estimate(found, dict(reversed(said.items()))).as_dict()


@pytest.mark.parametrize(
    # Wilson's interval of 81 in 263 is the worked example of Newcombe, Statistics in Medicine 17 (1998) 857, table I;
    # so are 15 in 148, 0 in 20 and 1 in 29.
    ("right", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_as_published(right: int, trials: int, low: float, high: float) -> None:
    found = wilson(right / trials, trials)
    assert found == pytest.approx((low, high), abs=5e-5)


def test_who_has_judged_everything_knows_it() -> None:
    assert wilson(0.9, 100, population=100) == (0.9, 0.9)
    narrow, wide = wilson(0.9, 100, population=200), wilson(0.9, 100)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_judging_in_the_order_of_the_lots_is_judging_a_random_part() -> None:
    """Whoever stops early has not judged only one class or region: the order of the sample is drawn too."""
    found = drawn(SIZES, 400)
    half = Counter(one.candidate.match_class for one in found.drawn[:200])
    whole = Counter(one.candidate.match_class for one in found.drawn)
    for name in CLASSES:
        assert half[name] == pytest.approx(whole[name] / 2, abs=4 * math.sqrt(whole[name]) / 2)
