"""What is released, from the chain of acts alone: the same at both nodes, and again after any loss of a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tenun.agreement.acts.bodies import ReleaseScope
from tenun.agreement.acts.state import Consent, State
from tenun.agreement.release.states import ReleaseState
from tenun.agreement.standing import Standing
from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA

NATIONAL = "00"


@dataclass(frozen=True)
class Release:
    """A release that both parties have signed, and where it stands at a moment."""

    act: str
    audience: str
    scope: ReleaseScope
    valid_from: date
    valid_until: date
    state: ReleaseState

    def covers(self, *, indicator: str, area: str, audience: str) -> bool:
        """Whether it names this, whatever the day."""
        is_named = audience == self.audience and indicator in self.scope.indicators
        return is_named and any(lies_in(area, one) for one in self.scope.areas)

    def as_dict(self) -> dict[str, Any]:
        """For people and programs: only what JSON has."""
        return {
            "act": self.act,
            "state": self.state.value,
            "audience": self.audience,
            **self.scope.model_dump(mode="json"),
            "valid_from": self.valid_from.isoformat(),
            "valid_until": self.valid_until.isoformat(),
        }


def lies_in(area: str, around: str) -> bool:
    """Whether an area is that one or inside it. What is above it is not."""
    return around == NATIONAL or area == around or area.startswith(f"{around}.")


def releases(state: State, *, at: datetime) -> tuple[Release, ...]:
    """Every release of the chain, in the order of its effect. `state` is that of the moment `at`."""
    return tuple(_release(one, one.release, state, at) for one in state.consents if one.release is not None)


def _release(consent: Consent, scope: ReleaseScope, state: State, at: datetime) -> Release:
    where = _where(consent, state, at.astimezone(JAKARTA).date())
    return Release(consent.act, consent.audience, scope, consent.valid_from, consent.valid_until, where)


def _where(consent: Consent, state: State, today: date) -> ReleaseState:
    if consent.act in state.withdrawn:
        return ReleaseState.REVOKED
    if today > consent.valid_until:
        return ReleaseState.EXPIRED
    return ReleaseState.GRANTED if today < consent.valid_from else ReleaseState.PUBLISHED


@implements("7(2)", control="A figure reaches others only while one consent of both names it, its area and them.")
def release_of(state: State, *, indicator: str, area: str, audience: str, at: datetime) -> Release | None:
    """The release that lets this audience see this figure of this area now, or none.

    One release must cover all of it: two that cover a part each do not add up.
    """
    found = (
        one
        for one in releases(state, at=at)
        if one.state is ReleaseState.PUBLISHED and one.covers(indicator=indicator, area=area, audience=audience)
    )
    return next(found, None)


@dataclass(frozen=True)
class ReleaseGate:
    """The gate of a node, for pages, files and feeds. Keeps nothing: a revocation closes with the next question."""

    standing: Standing

    def is_released(self, indicator: str, area: str, audience: str, at: datetime) -> bool:
        """Whether the audience may see that figure. Raises what an agreement or a chain raises that cannot be read:
        then there is no answer, and so no figure."""
        state = self.standing.at(at).state
        return release_of(state, indicator=indicator, area=area, audience=audience, at=at) is not None
