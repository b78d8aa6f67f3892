"""The states of a release, and who may do what in each: one table. What it does not name is not allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class ReleaseState(StrEnum):
    """Stored spellings never change."""

    DRAFT = "draft"
    """Asked for by one ministry's officer; nobody outside the ministries sees anything of it."""
    PREVIEWED = "previewed"
    """What it would show is known: share of hidden figures, test of differences."""
    CONSENTED_BY_ONE = "consented-by-one"
    """One party's letter is in it."""
    GRANTED = "granted"
    """Signed by both and in the chain; its first day has not come."""
    PUBLISHED = "published"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Actor(StrEnum):
    OFFICER = "officer"
    """Data officer of either ministry."""
    SIGNER = "signer"
    """Whoever signs for a party that has not consented yet; once both have, for either."""
    CONSENTED = "consented"
    """Whoever signs for the party whose letter is in it already."""
    OUTSIDE = "outside"
    """The audience."""


class Action(StrEnum):
    PREVIEW = "preview"
    CONSENT = "consent"
    DISCARD = "discard"
    REVOKE = "revoke"
    READ = "read"
    """See the figures as that audience."""


@dataclass(frozen=True)
class Rule:
    actors: frozenset[Actor]
    leads_to: frozenset[ReleaseState]


_MINISTRIES = frozenset({Actor.OFFICER, Actor.SIGNER, Actor.CONSENTED})
_SIGNERS = frozenset({Actor.SIGNER, Actor.CONSENTED})


def _rule(actors: frozenset[Actor], *leads_to: ReleaseState) -> Rule:
    return Rule(actors, frozenset(leads_to))


_DRAFT, _PREVIEWED, _ONE = ReleaseState.DRAFT, ReleaseState.PREVIEWED, ReleaseState.CONSENTED_BY_ONE
_GRANTED, _PUBLISHED, _REVOKED = ReleaseState.GRANTED, ReleaseState.PUBLISHED, ReleaseState.REVOKED

# A consent needs a preview first, and the second letter never comes from the party of the first. Time alone leads
# from `granted` to `published` to `expired`. tests/unit/agreement/release goes through every cell.
RULES: Mapping[ReleaseState, Mapping[Action, Rule]] = MappingProxyType(
    {
        _DRAFT: {Action.PREVIEW: _rule(_MINISTRIES, _PREVIEWED), Action.DISCARD: _rule(_MINISTRIES)},
        _PREVIEWED: {
            Action.PREVIEW: _rule(_MINISTRIES, _PREVIEWED),
            Action.CONSENT: _rule(frozenset({Actor.SIGNER}), _ONE),
            Action.DISCARD: _rule(_MINISTRIES),
        },
        _ONE: {
            Action.PREVIEW: _rule(_MINISTRIES, _ONE),
            Action.CONSENT: _rule(frozenset({Actor.SIGNER}), _GRANTED, _PUBLISHED),
            Action.DISCARD: _rule(_SIGNERS),
        },
        _GRANTED: {Action.REVOKE: _rule(_SIGNERS, _REVOKED)},
        _PUBLISHED: {
            Action.REVOKE: _rule(_SIGNERS, _REVOKED),
            Action.READ: _rule(_MINISTRIES | {Actor.OUTSIDE}, _PUBLISHED),
        },
        _REVOKED: {},
        ReleaseState.EXPIRED: {},
    }
)


def may(state: ReleaseState, action: Action, *, by: Actor) -> bool:
    """Whether the table lets that actor do that in that state."""
    rule = RULES[state].get(action)
    return rule is not None and by in rule.actors
