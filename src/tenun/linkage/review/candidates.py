"""Pairs of the crosswalk that people can judge, with what the machine says of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenun.lake.snapshot import Snapshot
from tenun.lake.store import Lake
from tenun.linkage import crosswalk
from tenun.linkage.assignment import MatchClass
from tenun.linkage.review.judgements import Pair

_COLUMNS = ("seeker_id", "person_id", "village_code", "match_class", "weight", "reasons", "rule_version")
PROBABILITY = "probability"
# Beyond this weight a float knows no difference to certainty.
_WEIGHT_MAX = 60.0


@dataclass(frozen=True)
class Candidate:
    """A pair as the crosswalk has it."""

    pair: Pair
    village_code: str
    match_class: MatchClass
    weight: float
    probability: float
    """That both records are one person, as the machine sees it."""
    reasons: tuple[str, ...]
    rule_version: str

    @property
    def regency_code(self) -> str:
        return self.village_code[:5]


def of_crosswalk(lake: Lake, snapshot: Snapshot, classes: Sequence[MatchClass]) -> list[Candidate]:
    """The pairs of these classes, in the order of the accounts. `snapshot` is the crosswalk's, already verified."""
    path = lake.path(snapshot, crosswalk.TABLE)
    there = set(pq.read_schema(path).names)
    columns = [*_COLUMNS, *([PROBABILITY] if PROBABILITY in there else [])]
    wanted = pc.field("match_class").isin([str(name) for name in classes]) & pc.field("person_id").is_valid()
    return list(_candidates(pq.read_table(path, columns=columns, filters=wanted)))


def _candidates(rows: pa.Table) -> Iterator[Candidate]:
    for row in rows.to_pylist():
        yield Candidate(
            pair=Pair(row["seeker_id"], row["person_id"]),
            village_code=row["village_code"] or "",
            match_class=MatchClass(row["match_class"]),
            weight=row["weight"],
            probability=probability(row),
            reasons=tuple(row["reasons"]),
            rule_version=row["rule_version"],
        )


def probability(row: Mapping[str, Any]) -> float:
    """The crosswalk's own probability where it has one, else 2^w / (1 + 2^w): a weight is log2 of odds."""
    given = row.get(PROBABILITY)
    if given is not None:
        return float(given)
    weight = min(max(float(row["weight"]), -_WEIGHT_MAX), _WEIGHT_MAX)
    return 1 / (1 + 2**-weight)


def entropy(share: float) -> float:
    """How much a yes or no tells, in bits: 1 where both are as likely, 0 where it is known already (Shannon)."""
    if share in (0.0, 1.0):
        return 0.0
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share)


def lot(pair: Pair, seed: str = "") -> str:
    """A number by lot that a pair draws; the same for ever and on every machine."""
    return hashlib.md5(f"{seed}|{pair.seeker_id}|{pair.person_id}".encode(), usedforsecurity=False).hexdigest()


def short_name(pair: Pair) -> str:
    """What a pair is called on a page and in a log: tells nothing, and fits into a form."""
    return lot(pair, "name")[:16]
