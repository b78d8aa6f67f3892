"""Who is at which pair just now, so that two people do not do the same work at once. It expires by itself.

Nothing here decides anything: that is `rules`, when a judgement is recorded. A lost file costs a moment's work.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tenun.kernel import canonical_json, durable
from tenun.linkage.review.judgements import Pair
from tenun.linkage.review.rules import JudgeRole

FILE = "claims.json"
CLAIM_LASTS = timedelta(minutes=15)
# Whoever skipped a pair should not meet it again on the same morning.
SKIP_LASTS = timedelta(hours=4)


@dataclass(frozen=True)
class Claim:
    """A pair that someone works on, or has put aside (`is_skip`)."""

    pair: Pair
    role: JudgeRole
    reviewer: str
    until: datetime
    is_skip: bool = False


class Claims:
    """The claims of one node. Threads and processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def held(self, reviewer: str, role: JudgeRole, *, now: datetime) -> Pair | None:
        """The pair that this account works on in that role."""
        mine = (
            one.pair for one in self._alive(now) if not one.is_skip and (one.reviewer, one.role) == (reviewer, role)
        )
        return next(mine, None)

    def skipped(self, reviewer: str, role: JudgeRole, *, now: datetime) -> frozenset[Pair]:
        return frozenset(
            one.pair for one in self._alive(now) if one.is_skip and (one.reviewer, one.role) == (reviewer, role)
        )

    def take(self, pairs: Iterable[Pair], reviewer: str, role: JudgeRole, *, now: datetime) -> Pair | None:
        """Claim the first of these pairs that nobody else is at and this account has not put aside."""
        with self._only_writer():
            alive = self._alive(now)
            others = {one.pair for one in alive if one.role is role and not one.is_skip and one.reviewer != reviewer}
            aside = {one.pair for one in alive if one.role is role and one.is_skip and one.reviewer == reviewer}
            taken = next((pair for pair in pairs if pair not in others and pair not in aside), None)
            kept = [one for one in alive if one.is_skip or (one.reviewer, one.role) != (reviewer, role)]
            if taken is not None:
                kept.append(Claim(taken, role, reviewer, now + CLAIM_LASTS))
            self._write(kept)
            return taken

    def renew(self, pair: Pair, reviewer: str, role: JudgeRole, *, now: datetime) -> bool:
        """Keep a pair that one still has for another while; false where it is not one's own any more."""
        with self._only_writer():
            alive = self._alive(now)
            mine = [
                one for one in alive if not one.is_skip and (one.pair, one.reviewer, one.role) == (pair, reviewer, role)
            ]
            if mine:
                others = [one for one in alive if one not in mine]
                self._write([*others, Claim(pair, role, reviewer, now + CLAIM_LASTS)])
            return bool(mine)

    def release(self, reviewer: str, role: JudgeRole, *, now: datetime) -> None:
        """Let go of what one is at."""
        with self._only_writer():
            kept = [one for one in self._alive(now) if one.is_skip or (one.reviewer, one.role) != (reviewer, role)]
            self._write(kept)

    def skip(self, pair: Pair, reviewer: str, role: JudgeRole, *, now: datetime) -> None:
        """Put a pair aside for a while, for this account alone."""
        with self._only_writer():
            kept = [one for one in self._alive(now) if one.is_skip or (one.reviewer, one.role) != (reviewer, role)]
            self._write([*kept, Claim(pair, role, reviewer, now + SKIP_LASTS, is_skip=True)])

    def bring_back(self, reviewer: str, role: JudgeRole, *, now: datetime) -> None:
        """Take everything up again that this account had put aside."""
        with self._only_writer():
            kept = [one for one in self._alive(now) if not one.is_skip or (one.reviewer, one.role) != (reviewer, role)]
            self._write(kept)

    def _alive(self, now: datetime) -> list[Claim]:
        try:
            noted = json.loads(self._file.read_bytes())
            found = [
                Claim(
                    Pair(one["seeker_id"], one["person_id"]),
                    JudgeRole(one["role"]),
                    one["reviewer"],
                    datetime.fromisoformat(one["until"]),
                    one["is_skip"],
                )
                for one in noted
            ]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError):
            return []  # as if everybody had let go: see the head of this module
        return [one for one in found if one.until > now]

    def _write(self, claims: Iterable[Claim]) -> None:
        content = canonical_json.dumps(
            [
                {
                    "seeker_id": one.pair.seeker_id,
                    "person_id": one.pair.person_id,
                    "role": str(one.role),
                    "reviewer": one.reviewer,
                    "until": one.until.isoformat(),
                    "is_skip": one.is_skip,
                }
                for one in claims
            ]
        )
        durable.write_durably(self._file, content)

    def _only_writer(self) -> AbstractContextManager[None]:
        return durable.only_one(self._file.with_suffix(".lock"))
