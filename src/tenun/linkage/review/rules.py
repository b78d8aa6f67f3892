"""Who may judge a pair next: two reviewers who do not know of each other, then an arbiter where they differ.

The table is the whole rule; `tests/unit/linkage/review/test_rules.py` goes through every row of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType


class Verdict(StrEnum):
    """What a person says of a pair. The stored spelling never changes."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


class JudgeRole(StrEnum):
    """As what someone judged. The stored spelling never changes."""

    REVIEWER = "reviewer"
    ARBITER = "arbiter"


class Stage(StrEnum):
    """How far a pair has come."""

    OPEN = "open"
    """Nobody has judged it."""
    SECOND = "second"
    """One reviewer has; another must, without knowing what the first said."""
    DISPUTED = "disputed"
    """The two differ, or one was unsure: an arbiter decides."""
    SETTLED = "settled"
    """Same or different, for good."""
    UNDECIDED = "undecided"
    """The arbiter was unsure too: nobody can tell from these records."""


class Standing(StrEnum):
    """What an account has to do with a pair so far."""

    NEW = "new"
    JUDGED = "judged"


_NEXT: Mapping[tuple[Stage, Standing], JudgeRole | None] = MappingProxyType(
    {
        (Stage.OPEN, Standing.NEW): JudgeRole.REVIEWER,
        (Stage.OPEN, Standing.JUDGED): None,  # cannot be: whoever judged it has opened it no more
        (Stage.SECOND, Standing.NEW): JudgeRole.REVIEWER,
        (Stage.SECOND, Standing.JUDGED): None,
        (Stage.DISPUTED, Standing.NEW): JudgeRole.ARBITER,
        (Stage.DISPUTED, Standing.JUDGED): None,
        (Stage.SETTLED, Standing.NEW): None,
        (Stage.SETTLED, Standing.JUDGED): None,
        (Stage.UNDECIDED, Standing.NEW): None,
        (Stage.UNDECIDED, Standing.JUDGED): None,
    }
)


def stage(verdicts: Sequence[tuple[JudgeRole, Verdict]]) -> Stage:
    """How far a pair has come with these judgements, oldest first."""
    said = [verdict for role, verdict in verdicts if role is JudgeRole.REVIEWER]
    ruled = [verdict for role, verdict in verdicts if role is JudgeRole.ARBITER]
    if ruled:
        return Stage.UNDECIDED if ruled[-1] is Verdict.UNSURE else Stage.SETTLED
    if len(said) < 2:
        return Stage.SECOND if said else Stage.OPEN
    return Stage.SETTLED if said[0] is said[1] is not Verdict.UNSURE else Stage.DISPUTED


def outcome(verdicts: Sequence[tuple[JudgeRole, Verdict]]) -> Verdict | None:
    """What stands in the end: the arbiter's word, else what both reviewers said; none while it is open."""
    reached = stage(verdicts)
    if reached is Stage.UNDECIDED:
        return Verdict.UNSURE
    return verdicts[-1][1] if reached is Stage.SETTLED else None


def may_judge(reached: Stage, standing: Standing, *, roles: frozenset[JudgeRole]) -> JudgeRole | None:
    """As what an account with these roles may judge a pair now; none = not at all."""
    needed = _NEXT[reached, standing]
    return needed if needed in roles else None
