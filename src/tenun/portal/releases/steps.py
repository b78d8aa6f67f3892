"""What this account can do with a request or release at this node; where it cannot, the command for it and why.

The table of states (`agreement.release.states`) says who may do what, when. Here come the account's ministry and what
this node has: a node signs for its own party, with a key that the party may keep elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from tenun.agreement.release import states
from tenun.agreement.release.gate import Release, lies_in
from tenun.agreement.release.request import Request
from tenun.agreement.release.states import Actor, ReleaseState
from tenun.agreement.vocabulary import Party
from tenun.node import releases
from tenun.node.home import Role
from tenun.node.release_figures import VILLAGES_MAX_ON_A_PAGE
from tenun.portal.access import Permission
from tenun.portal.releases import wording
from tenun.registry.reference import edition


class Action(StrEnum):
    """What a form of these pages asks for."""

    PREVIEW = "preview"
    CONSENT = "consent"
    COUNTERSIGN = "countersign"
    DISCARD = "discard"
    REVOKE = "revoke"
    PUBLISH = "publish"
    KEY = "key"


@dataclass(frozen=True)
class Step:
    action: Action
    is_here: bool
    """Whether a form for it is on the page."""
    command: str = ""
    why: str = ""
    """Where it is not: what to run instead, and why."""


def of_request(user: Any, one: Request) -> dict[str, Step]:
    """By action, those that the account's role and ministry may take now."""
    found = [_preview(user, one), _consent(user, one), _countersign(user, one), _discard(user, one)]
    return {step.action.value: step for step in found if step is not None}


def of_release(user: Any, one: Release) -> dict[str, Step]:
    found = [_publish(user, one), _key(user, one), _revoke(user, one)]
    return {step.action.value: step for step in found if step is not None}


def actor_of(user: Any, letters: Any) -> Actor | None:
    """Who the account is in the table of states; None for whoever may only look."""
    if user.may(Permission.RELEASE_DECIDE):
        return Actor.CONSENTED if Party(user.party) in letters else Actor.SIGNER
    return Actor.OFFICER if user.may(Permission.RELEASE_PREPARE) else None


def is_own(user: Any) -> bool:
    """Whether the account belongs to the party that this node signs for."""
    return bool(user.party == str(settings.ROLE))


def _may(user: Any, one: Request, action: states.Action) -> bool:
    actor = actor_of(user, one.letters)
    return actor is not None and states.may(one.state, action, by=actor)


def _preview(user: Any, one: Request) -> Step | None:
    if not _may(user, one, states.Action.PREVIEW):
        return None
    if settings.ROLE is not Role.NAKER:
        return Step(
            Action.PREVIEW,
            False,
            f"tenun release take {one.id}.json --node naker && tenun release preview {one.id} --node naker",
            _("Figures for others are made at one node only, that of Kemnaker, so that each has one noise."),
        )
    if _villages(one) > VILLAGES_MAX_ON_A_PAGE:
        return Step(
            Action.PREVIEW,
            False,
            f"tenun release preview {one.id} --node naker",
            _("So many villages take longer than a page may take."),
        )
    return Step(Action.PREVIEW, True)


def _consent(user: Any, one: Request) -> Step | None:
    if not _may(user, one, states.Action.CONSENT):
        return None
    if not is_own(user):
        return _elsewhere(user, one, Action.CONSENT)
    is_second = Party(user.party).other in one.letters
    if is_second and not releases.holds_key(settings.NODE):
        return _without_key(Action.CONSENT, _consent_command(user, one))
    return Step(Action.CONSENT, True)


def _countersign(user: Any, one: Request) -> Step | None:
    """The other party's act of it may come only when this party's letter is in the request."""
    if not user.may(Permission.RELEASE_DECIDE) or not is_own(user) or Party(user.party) not in one.letters:
        return None
    if not releases.holds_key(settings.NODE):
        command = f"tenun release consent {one.id} --node {user.party} --act {one.id}.act.json"
        return _without_key(Action.COUNTERSIGN, command)
    return Step(Action.COUNTERSIGN, True)


def _discard(user: Any, one: Request) -> Step | None:
    return Step(Action.DISCARD, True) if is_own(user) and _may(user, one, states.Action.DISCARD) else None


def _revoke(user: Any, one: Release) -> Step | None:
    if not user.may(Permission.RELEASE_DECIDE) or not states.may(one.state, states.Action.REVOKE, by=Actor.SIGNER):
        return None
    command = f'tenun release revoke {one.act[:12]} --node {user.party} --reason "…"'
    if not is_own(user):
        return Step(Action.REVOKE, False, command, _other_node(user))
    if not releases.holds_key(settings.NODE):
        return _without_key(Action.REVOKE, command)
    return Step(Action.REVOKE, True)


def _publish(user: Any, one: Release) -> Step | None:
    if one.state is not ReleaseState.PUBLISHED or not user.may(Permission.RELEASE_PREPARE):
        return None
    if settings.ROLE is not Role.NAKER:
        return None
    return Step(
        Action.PUBLISH,
        _villages_in(one.scope.areas) <= VILLAGES_MAX_ON_A_PAGE,
        f"tenun release publish {one.act[:12]} --node naker --out rilis",
        _("So many villages take longer than a page may take."),
    )


def _key(user: Any, one: Release) -> Step | None:
    may_give = user.may(Permission.RELEASE_PREPARE) and one.state is ReleaseState.PUBLISHED
    return Step(Action.KEY, True) if may_give and settings.ROLE is Role.NAKER else None


def _elsewhere(user: Any, one: Request, action: Action) -> Step:
    command = f"tenun release take {one.id}.json --node {user.party} && {_consent_command(user, one)}"
    return Step(action, False, command, _other_node(user))


def _other_node(user: Any) -> str:
    return _("This node signs for %(party)s alone; your ministry signs at its own node.") % {
        "party": wording.party_name(Party(str(settings.ROLE)))
    }


def _consent_command(user: Any, one: Request) -> str:
    return f'tenun release consent {one.id} --node {user.party} --number "…" --dated 2026-01-31 --office "…"'


def _without_key(action: Action, command: str) -> Step:
    why = _("This node does not hold your ministry's signing key; run this where the key is kept.")
    return Step(action, False, command, why)


def _villages(one: Request) -> int:
    return _villages_in(one.scope["areas"])


def _villages_in(areas: Any) -> int:
    """Of the current edition of codes: how long it takes to make the figures."""
    return sum(
        code.count(".") == 3 and any(lies_in(code, around) for around in areas) for code in edition.current().names
    )
