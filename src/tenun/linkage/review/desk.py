"""The reviewer's desk: which pair is next for an account, and how much is left. For the portal and for commands."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake
from tenun.linkage import crosswalk
from tenun.linkage import model as models
from tenun.linkage.assignment import MatchClass
from tenun.linkage.model import Model
from tenun.linkage.review import candidates, queue, rules, sample
from tenun.linkage.review.candidates import Candidate
from tenun.linkage.review.claims import Claims
from tenun.linkage.review.judgements import Judgement, Judgements, Pair, Reason, stage_of, standing_of
from tenun.linkage.review.reveals import Reveals
from tenun.linkage.review.rules import JudgeRole, Stage, Verdict


class WorkList(StrEnum):
    """What an account may work through."""

    QUEUE = "queue"
    """Doubtful pairs, the most telling first."""
    SAMPLE = "sample"
    """The newest quality sample, in the order of its lots."""
    BOTH = "both"
    """The sample, then the queue: for arbiters, to whom only what is disputed comes."""


class PairNotYours(TenunError):
    """The account works on another pair, or its time with this one is over."""

    code = "linkage.pair_not_yours"
    text_id = "Pasangan ini tidak lagi dipegang akun ini: waktunya habis atau sudah dinilai."
    text_en = "This account no longer holds this pair: its time is over, or it has been judged."
    remedy_id = "Lanjutkan dengan pasangan berikutnya."
    remedy_en = "Go on with the next pair."


FINAL = frozenset({Stage.SETTLED, Stage.UNDECIDED})
Covers = Callable[[str], bool]
"""Whether an account's area covers a village."""


@dataclass(frozen=True)
class Judge:
    """Who works here: an account, what it may do, and where."""

    account: str
    roles: frozenset[JudgeRole]
    covers: Covers


@dataclass(frozen=True)
class Task:
    """One pair on the desk."""

    candidate: Candidate
    role: JudgeRole
    stratum: str
    """Empty for a pair of the queue."""
    earlier: tuple[Judgement, ...]
    """For an arbiter what both reviewers said; for a reviewer nothing, whatever there is."""

    @property
    def name(self) -> str:
        return candidates.short_name(self.candidate.pair)


@dataclass(frozen=True)
class Count:
    """Pairs of one work list, for one judge and role."""

    whole: int
    """All there are in the judge's area."""
    done: int
    """Settled, or told to be undecidable."""
    left: int
    """What this account can still judge in this role, what it put aside left out."""
    skipped: int


class Desk:
    """One node's review work. Threads may share it."""

    def __init__(self, lake: Lake, folder: Path) -> None:
        self.lake = lake
        self.folder = folder
        self.judgements = Judgements(folder)
        self.reveals = Reveals(folder)
        self.claims = Claims(folder)
        self._lock = threading.Lock()
        self._queue: tuple[str, list[tuple[Candidate, str]]] | None = None

    # --- what there is -------------------------------------------------------------------------

    def crosswalk(self) -> Snapshot:
        """The crosswalk in use. Raises `SnapshotMissing`."""
        return self.lake.current(layer=Layer.LINK, dataset=crosswalk.DATASET, scope=crosswalk.SCOPE)

    def model(self) -> Model | None:
        """The model that the crosswalk was made with, where it is the shipped one: for the weights by field."""
        try:
            shipped = models.load()
        except models.ModelUnfit:
            return None  # a pair can be judged without them, and a model of another version would tell wrong ones
        return shipped if self.crosswalk().origin.settings.get("model") == shipped.id else None

    def sample(self) -> sample.Sample | None:
        """The newest quality sample; none where there is none."""
        kept = sample.all_kept(self.folder)
        return kept[-1] if kept else None

    def candidates(self, work: WorkList) -> list[tuple[Candidate, str]]:
        """The pairs of a work list in its order, each with its stratum. Raises `SnapshotMissing`, `SnapshotAltered`."""
        if work is WorkList.BOTH:
            drawn_pairs = self.candidates(WorkList.SAMPLE)
            if not drawn_pairs:
                return self.candidates(WorkList.QUEUE)
            known = {one.pair for one, _ in drawn_pairs}
            return [*drawn_pairs, *(one for one in self.candidates(WorkList.QUEUE) if one[0].pair not in known)]
        if work is WorkList.SAMPLE:
            drawn = self.sample()
            return [(one.candidate, one.stratum) for one in drawn.drawn] if drawn else []
        snapshot = self.crosswalk()
        with self._lock:
            if self._queue is None or self._queue[0] != snapshot.reference:
                # Once for a crosswalk and process: hashing and sorting the whole is seconds at national size.
                self.lake.verify(snapshot)
                found = candidates.of_crosswalk(self.lake, snapshot, [MatchClass.REVIEW])
                self._queue = (snapshot.reference, [(one, "") for one in queue.ordered(found)])
            return self._queue[1]

    # --- working -------------------------------------------------------------------------------

    def take(self, judge: Judge, role: JudgeRole, work: WorkList, *, now: datetime) -> Task | None:
        """Claim the next pair for a judge; none where nothing is left."""
        open_to = self._open_to(judge, role, self._within(judge, work))
        if self.claims.take((one.pair for one, _ in open_to), judge.account, role, now=now) is None:
            return None
        return self.at_hand(judge, role, now=now)

    def at_hand(self, judge: Judge, role: JudgeRole, *, now: datetime) -> Task | None:
        """The pair that the judge holds, its time renewed; none where it is nobody's or somebody else's by now."""
        pair = self.claims.held(judge.account, role, now=now)
        if pair is None or not _may(judge, role, self.judgements.by_pair().get(pair, ())):
            return None
        found = next(((one, stratum) for one, stratum in self._within(judge, WorkList.BOTH) if one.pair == pair), None)
        if found is None or not self.claims.renew(pair, judge.account, role, now=now):
            return None
        earlier = self.judgements.by_pair().get(pair, ()) if role is JudgeRole.ARBITER else ()
        return Task(found[0], role, found[1], earlier)

    def hold(self, judge: Judge, role: JudgeRole, name: str, *, now: datetime) -> Task:
        """The pair at hand, which must be the one of that name: a page may be older than the claim it shows."""
        task = self.at_hand(judge, role, now=now)
        if task is None or task.name != name:
            raise PairNotYours()
        return task

    def judge(self, judge: Judge, task: Task, verdict: Verdict, reason: Reason, *, now: datetime) -> None:
        """Record what the judge says of the pair at hand, and let go of it. Raises as `Judgements.record`."""
        self.judgements.record(
            Judgement(
                pair=task.candidate.pair,
                verdict=verdict,
                reviewer=judge.account,
                role=task.role,
                moment=now,
                rule_version=task.candidate.rule_version,
                weight=task.candidate.weight,
                stratum=task.stratum,
                reason=reason,
            ),
            roles=judge.roles,
        )
        self.claims.release(judge.account, task.role, now=now)

    # --- counting ------------------------------------------------------------------------------

    def count(self, judge: Judge, role: JudgeRole, work: WorkList, *, now: datetime) -> Count:
        """How much of a work list is done and left, in the judge's area."""
        within = self._within(judge, work)
        judged = self.judgements.by_pair()
        mine = {one.pair for one, _ in self._open_to(judge, role, within)}
        aside = self.claims.skipped(judge.account, role, now=now) & mine
        done = sum(1 for one, _ in within if one.pair in judged and stage_of(judged[one.pair]) in FINAL)
        return Count(whole=len(within), done=done, left=len(mine) - len(aside), skipped=len(aside))

    def stages(self, pairs: Iterable[Pair]) -> Counter[Stage]:
        """How many of these pairs are in which stage."""
        judged = self.judgements.by_pair()
        return Counter(stage_of(judged.get(pair, ())) for pair in pairs)

    def _within(self, judge: Judge, work: WorkList) -> list[tuple[Candidate, str]]:
        return [(one, stratum) for one, stratum in self.candidates(work) if judge.covers(one.village_code)]

    def _open_to(
        self, judge: Judge, role: JudgeRole, within: Sequence[tuple[Candidate, str]]
    ) -> Iterator[tuple[Candidate, str]]:
        judged = self.judgements.by_pair()
        may_open = _may(judge, role, ())
        for one, stratum in within:
            there = judged.get(one.pair)
            if may_open if there is None else _may(judge, role, there):
                yield one, stratum


def _may(judge: Judge, role: JudgeRole, judgements: Sequence[Judgement]) -> bool:
    """Whether a pair with these judgements is next for this judge in that role."""
    standing = standing_of(judgements, judge.account)
    return rules.may_judge(stage_of(judgements), standing, roles=judge.roles) is role
