"""How good the linkage is, from the judged part of a stratified sample: with intervals, or not at all.

Precision is the share of right links among the accepted. It is the Horvitz-Thompson ratio (Horvitz and Thompson,
1952; Hajek, 1971): every judged pair stands for N_h / n_h pairs of its stratum. Its interval is Wilson's (1927) at
the effective sample size (sum w)^2 / sum w^2 (Kish, 1965), corrected for a finite population; what stratifying gains
is left out, so that the interval is rather too wide. Recall within the candidates is a ratio over the match classes,
each drawn from its Jeffreys posterior (Brown, Cai and DasGupta, 2001). Of matches that the machine never proposed,
`self_test` tells.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenun.linkage.assignment import ACCEPTED
from tenun.linkage.review.judgements import Pair
from tenun.linkage.review.rules import Verdict
from tenun.linkage.review.sample import DIMENSIONS, Drawn, Sample

# Below this many judged pairs an interval is wider than any decision can use, and is not told.
JUDGED_MIN = 50
Z = 1.959963984540054
DRAWS = 4_000


@dataclass(frozen=True)
class Share:
    """An estimated share with its 95 % interval; no value where too little was judged."""

    value: float | None
    low: float | None
    high: float | None
    judged: int
    needed: int
    """Judged pairs from which a value is told."""
    drawn: int
    method: str
    why: str = ""
    """Code of the reason where there is no value: `too_few_judgements`, `class_not_judged`."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "value": _rounded(self.value),
            "interval_95": None if self.low is None else [_rounded(self.low), _rounded(self.high)],
            "judged": self.judged,
            "drawn": self.drawn,
            "needed": self.needed,
            "method": self.method,
            **({"why": self.why} if self.why else {}),
        }


@dataclass(frozen=True)
class Estimate:
    """What a sample says of the crosswalk it was drawn from."""

    sample: str
    crosswalk: str
    precision: Share
    recall_within_candidates: Share
    """Of the right pairs that the machine found at all, those it accepted: never below the recall over everything."""
    by: Mapping[str, Mapping[str, Share]]
    """Dimension -> value -> precision of the accepted links; for `match_class`, of that class, review too."""
    undecided: int
    """Pairs of the sample that nobody could tell. They count as not judged."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "sample": self.sample,
            "crosswalk": self.crosswalk,
            "precision": self.precision.as_dict(),
            "recall_within_candidates": self.recall_within_candidates.as_dict(),
            "by": {
                dimension: {value: share.as_dict() for value, share in shares.items()}
                for dimension, shares in self.by.items()
            },
            "undecided": self.undecided,
        }


@dataclass(frozen=True)
class _Judged:
    """A judged pair: whether it is right, and how many pairs it stands for."""

    drawn: Drawn
    is_right: bool
    weight: float


WILSON = "Horvitz-Thompson; Wilson at Kish's effective sample size"
JEFFREYS = "Horvitz-Thompson; Jeffreys posterior by match class"


def estimate(sample: Sample, outcomes: Mapping[Pair, Verdict], *, judged_min: int = JUDGED_MIN) -> Estimate:
    """What the judged part of the sample says. Within a stratum it is taken as a random part of what was drawn."""
    judged = _judged(sample, outcomes)
    accepted_drawn = [one for one in sample.drawn if one.candidate.match_class in ACCEPTED]
    accepted = [one for one in judged if one.drawn.candidate.match_class in ACCEPTED]
    by: dict[str, dict[str, Share]] = {}
    for dimension in DIMENSIONS:
        pool, known = (sample.drawn, judged) if dimension == "match_class" else (accepted_drawn, accepted)
        by[dimension] = {
            value: _precision(
                [one for one in known if one.drawn.domains[dimension] == value],
                [one for one in pool if one.domains[dimension] == value],
                sample,
                judged_min,
            )
            for value in sorted({one.domains[dimension] for one in pool})
        }
    return Estimate(
        sample=sample.id,
        crosswalk=sample.crosswalk,
        precision=_precision(accepted, accepted_drawn, sample, judged_min),
        recall_within_candidates=_recall(judged, sample, judged_min),
        by=by,
        undecided=sum(1 for one in sample.drawn if outcomes.get(one.candidate.pair) is Verdict.UNSURE),
    )


def _judged(sample: Sample, outcomes: Mapping[Pair, Verdict]) -> list[_Judged]:
    """The judged pairs with what each stands for.

    A stratum of which nothing is judged yet lends its pairs to the others of its match class.
    """
    settled = [
        (one, outcomes[one.candidate.pair] is Verdict.SAME)
        for one in sample.drawn
        if outcomes.get(one.candidate.pair, Verdict.UNSURE) is not Verdict.UNSURE
    ]
    counts: dict[str, int] = defaultdict(int)
    for one, _ in settled:
        counts[one.stratum] += 1
    pairs: dict[str, int] = defaultdict(int)
    covered: dict[str, int] = defaultdict(int)
    for name, members in sample.strata.items():
        pairs[_class_of(name)] += members
        covered[_class_of(name)] += members if counts[name] else 0
    return [
        _Judged(
            one,
            is_right,
            sample.strata[one.stratum]
            / counts[one.stratum]
            * pairs[_class_of(one.stratum)]
            / covered[_class_of(one.stratum)],
        )
        for one, is_right in settled
    ]


def _class_of(stratum: str) -> str:
    """The match class, which every stratum's name begins with."""
    return stratum.partition("/")[0]


def _precision(judged: Sequence[_Judged], drawn: Sequence[Drawn], sample: Sample, judged_min: int) -> Share:
    classes = {str(one.candidate.match_class) for one in drawn}
    unseen = classes - {str(one.drawn.candidate.match_class) for one in judged}
    if len(judged) < judged_min:
        return _none(judged, drawn, judged_min, WILSON, "too_few_judgements")
    if unseen:
        return _none(judged, drawn, judged_min, WILSON, "class_not_judged")
    whole = sum(one.weight for one in judged)
    value = sum(one.weight for one in judged if one.is_right) / whole
    effective = whole**2 / sum(one.weight**2 for one in judged)
    low, high = wilson(value, effective, population=whole)
    return Share(value, low, high, len(judged), judged_min, len(drawn), WILSON)


def wilson(share: float, trials: float, *, population: float = math.inf) -> tuple[float, float]:
    """Wilson's 95 % interval of a share seen in so many (effective) trials out of a finite population."""
    if trials >= population:
        return share, share
    if population != math.inf:
        trials *= (population - 1) / (population - trials)
    z2 = Z**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _recall(judged: Sequence[_Judged], sample: Sample, judged_min: int) -> Share:
    if len(judged) < judged_min:
        return _none(judged, sample.drawn, judged_min, JEFFREYS, "too_few_judgements")
    classes = {_class_of(name) for name in sample.strata}
    by_class = {name: [one for one in judged if _class_of(one.drawn.stratum) == name] for name in sorted(classes)}
    if not all(by_class.values()):
        return _none(judged, sample.drawn, judged_min, JEFFREYS, "class_not_judged")
    pairs = {name: sum(one.weight for one in members) for name, members in by_class.items()}
    shares = {
        name: sum(one.weight for one in members if one.is_right) / pairs[name] for name, members in by_class.items()
    }
    trials = {name: pairs[name] ** 2 / sum(one.weight**2 for one in members) for name, members in by_class.items()}
    value = _accepted_share(pairs, shares)
    if value is None:
        return _none(judged, sample.drawn, judged_min, JEFFREYS, "too_few_judgements")
    # The seed is the sample's name: the same judgements give the same interval.
    chance = random.Random(sample.id)  # noqa: S311 - no secret
    draws = sorted(
        _accepted_share(
            pairs,
            {
                name: chance.betavariate(shares[name] * trials[name] + 0.5, (1 - shares[name]) * trials[name] + 0.5)
                for name in pairs
            },
        )
        or 0.0
        for _ in range(DRAWS)
    )
    low, high = draws[int(0.025 * DRAWS)], draws[int(0.975 * DRAWS) - 1]
    # Where nothing speaks against the best there is, or for anything at all, the interval reaches the end (ibid.).
    low, high = (0.0 if value == 0 else min(low, value)), (1.0 if value == 1 else max(high, value))
    return Share(value, low, high, len(judged), judged_min, len(sample.drawn), JEFFREYS)


def _accepted_share(pairs: Mapping[str, float], shares: Mapping[str, float]) -> float | None:
    """Of the right pairs of all classes, those in accepted ones; none where no pair is right."""
    right = {name: pairs[name] * shares[name] for name in pairs}
    whole = sum(right.values())
    return sum(right.get(str(name), 0.0) for name in ACCEPTED) / whole if whole else None


def _none(judged: Sequence[_Judged], drawn: Sequence[Drawn], needed: int, method: str, why: str) -> Share:
    return Share(None, None, None, len(judged), needed, len(drawn), method, why)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
