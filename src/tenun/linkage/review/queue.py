"""In which order doubtful pairs are judged: first what a judgement tells most about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tenun.linkage.review.candidates import Candidate, entropy, lot


def ordered(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates by expected information, the greatest first; equal ones by lot, the same lot every time.

    Expected information is the entropy of the machine's probability (greatest at one half) times the pairs that the
    answer bears on: itself, and the others of the same account or resident, of which at most one is right.
    """
    accounts = Counter(one.pair.seeker_id for one in candidates)
    residents = Counter(one.pair.person_id for one in candidates)

    def information(one: Candidate) -> float:
        bears_on = accounts[one.pair.seeker_id] + residents[one.pair.person_id] - 1
        return round(entropy(one.probability) * bears_on, 9)

    return sorted(candidates, key=lambda one: (-information(one), lot(one.pair)))
