"""What people said of pairs: append-only, apart from what machines compute, and outliving every run.

Pseudonyms, codes and an account's number; never a name, a NIK or a date of birth. A reason is one of a closed
list for the same cause: into a free text people write whom they mean. Pseudonyms belong to one node and one
purpose, so that judgements say nothing anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.kernel.errors import TenunError
from tenun.linkage.review import rules
from tenun.linkage.review.lines import Lines, LinesAltered
from tenun.linkage.review.rules import JudgeRole, Stage, Standing, Verdict

FOLDER = "judgements"
"""Name of the folder in a node's home, beside its lake."""
FILE = "judgements.jsonl"
SETTLED_SCHEMA = pa.schema([("seeker_id", pa.string()), ("person_id", pa.string()), ("verdict", pa.string())])


class Reason(StrEnum):
    """Why someone judged so. The stored spelling never changes; the portal has the words."""

    NONE = ""
    RELATIVE = "relative"
    TWIN = "twin"
    NAMESAKE = "namesake"
    OTHER_BIRTH_DATE = "other_birth_date"
    OTHER_NIK = "other_nik"
    OTHER_PLACE = "other_place"
    WRITING_ERROR = "writing_error"
    TOO_LITTLE = "too_little"
    CONTRADICTORY = "contradictory"
    OTHER = "other"


# Who says no, or does not know, says why: it is what an arbiter and the next model learn from.
NEEDS_REASON = frozenset({Verdict.DIFFERENT, Verdict.UNSURE})


class JudgementRefused(TenunError):
    """This account may not judge this pair (any more)."""

    code = "linkage.judgement_refused"
    text_id = "Pasangan ini tidak dapat dinilai oleh akun ini sekarang (keadaan: {stage})."
    text_en = "This account may not judge this pair now (state: {stage})."
    remedy_id = "Lanjutkan dengan pasangan berikutnya."
    remedy_en = "Go on with the next pair."


class ReasonMissing(TenunError):
    code = "linkage.judgement_needs_reason"
    text_id = "Putusan beda atau tidak yakin memerlukan alasan."
    text_en = "The verdict different or unsure needs a reason."
    remedy_id = "Pilih salah satu alasan."
    remedy_en = "Choose one of the reasons."


class Pair(NamedTuple):
    """An account and a resident, by their pseudonyms."""

    seeker_id: str
    person_id: str


@dataclass(frozen=True)
class Judgement:
    """One word of one person on one pair."""

    pair: Pair
    verdict: Verdict
    reviewer: str
    """Number of the portal account."""
    role: JudgeRole
    moment: datetime
    rule_version: str
    """Of the linkage whose pair it was."""
    weight: float | None
    """Weight that the reviewer saw."""
    stratum: str
    """Of the quality sample it was drawn in; empty for a pair of the queue."""
    reason: Reason = Reason.NONE

    def as_body(self) -> dict[str, Any]:
        return {
            **self.pair._asdict(),
            "verdict": str(self.verdict),
            "reviewer": self.reviewer,
            "role": str(self.role),
            "moment": rfc3339(self.moment),
            "rule_version": self.rule_version,
            "weight": self.weight,
            "stratum": self.stratum,
            "reason": str(self.reason),
        }

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> Judgement:
        return cls(
            pair=Pair(body["seeker_id"], body["person_id"]),
            verdict=Verdict(body["verdict"]),
            reviewer=body["reviewer"],
            role=JudgeRole(body["role"]),
            moment=datetime.fromisoformat(body["moment"]),
            rule_version=body["rule_version"],
            weight=body["weight"],
            stratum=body["stratum"],
            reason=Reason(body["reason"]),
        )


class Judgements:
    """The judgements of one node.

    Trusted for results: a settled verdict is stronger than any weight. A changed or missing line is found by
    every reader (`LinesAltered`).
    """

    def __init__(self, folder: Path) -> None:
        self._lines = Lines(folder / FILE)
        self._parsed: tuple[str, tuple[Judgement, ...], Mapping[Pair, tuple[Judgement, ...]]] | None = None

    @property
    def head(self) -> str:
        """Hash that stands for all judgements: goes into the origin of whatever is made with them."""
        return self._lines.head

    def all(self) -> tuple[Judgement, ...]:
        """Every judgement, oldest first. Raises `LinesAltered`."""
        return self._read()[0]

    def by_pair(self) -> Mapping[Pair, tuple[Judgement, ...]]:
        """The judgements of every judged pair, oldest first. Raises `LinesAltered`."""
        return self._read()[1]

    def stage(self, pair: Pair) -> Stage:
        return stage_of(self.by_pair().get(pair, ()))

    @implements(
        "7(1)",
        control="Two people judge a doubtful link independently, a third where they differ; what they said is kept.",
    )
    def record(self, judgement: Judgement, *, roles: frozenset[JudgeRole]) -> None:
        """Add a judgement by an account that holds these roles. When this returns it is on disk.

        Raises `JudgementRefused` where the account may not judge the pair, or not as that role; `ReasonMissing`;
        `LinesAltered`.
        """
        if judgement.verdict in NEEDS_REASON and judgement.reason is Reason.NONE:
            raise ReasonMissing()
        with self._lines.only_writer():
            there = self.by_pair().get(judgement.pair, ())
            reached = stage_of(there)
            if rules.may_judge(reached, standing_of(there, judgement.reviewer), roles=roles) is not judgement.role:
                raise JudgementRefused(stage=str(reached))
            self._lines.append(judgement.as_body())

    def _read(self) -> tuple[tuple[Judgement, ...], Mapping[Pair, tuple[Judgement, ...]]]:
        bodies, head = self._lines.all(), self._lines.head
        if self._parsed is None or self._parsed[0] != head:
            try:
                found = tuple(Judgement.of_body(body) for body in bodies)
            except (KeyError, TypeError, ValueError) as problem:
                raise LinesAltered(file=FILE, line="?") from problem
            by_pair: dict[Pair, tuple[Judgement, ...]] = {}
            for one in found:
                by_pair[one.pair] = (*by_pair.get(one.pair, ()), one)
            self._parsed = (head, found, by_pair)
        return self._parsed[1], self._parsed[2]


def stage_of(judgements: Sequence[Judgement]) -> Stage:
    return rules.stage([(one.role, one.verdict) for one in judgements])


def outcome_of(judgements: Sequence[Judgement]) -> Verdict | None:
    return rules.outcome([(one.role, one.verdict) for one in judgements])


def standing_of(judgements: Sequence[Judgement], reviewer: str) -> Standing:
    return Standing.JUDGED if any(one.reviewer == reviewer for one in judgements) else Standing.NEW


def outcomes(store: Judgements) -> dict[Pair, Verdict]:
    """Every pair that is through, with what stands; `unsure` where the arbiter could not tell either."""
    found = {pair: outcome_of(judgements) for pair, judgements in store.by_pair().items()}
    return {pair: verdict for pair, verdict in found.items() if verdict is not None}


def settled(store: Judgements) -> pa.Table:
    """What linkage goes by: (seeker_id, person_id, verdict `same` or `different`), in the order of the ids.

    A pair that nobody could tell is not in it: there the machine's word stands. An account may have several rows;
    `same` with two residents means that the registers hold one human twice.
    """
    rows = sorted((pair, verdict) for pair, verdict in outcomes(store).items() if verdict is not Verdict.UNSURE)
    return pa.table(
        {
            "seeker_id": [pair.seeker_id for pair, _ in rows],
            "person_id": [pair.person_id for pair, _ in rows],
            "verdict": [str(verdict) for _, verdict in rows],
        },
        schema=SETTLED_SCHEMA,
    )
