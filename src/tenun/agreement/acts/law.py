"""The law of acts: who must sign, with which key, when it takes effect, what it may change, and until when.

One table. Everything that judges or computes asks it; the tests go through every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from tenun.agreement.acts.act import Act, SignedAct
from tenun.agreement.acts.bodies import ContactChange, KeyChange
from tenun.agreement.acts.kinds import KeyLoss, Kind, NoticeSubject, Part
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA


class Signers(StrEnum):
    ONE = "one"
    """The party that makes the act."""
    BOTH = "both"
    ONE_OR_BOTH = "one-or-both"
    """The party that makes it; both, where it no longer has the key (key-change only)."""


class Effect(StrEnum):
    AT_ONCE = "at-once"
    """When the last needed signature is put under it."""
    CHOSEN = "chosen"
    """At `effective_at`, but never before the last needed signature; at once where none is chosen."""
    CHANGE_OF_ADDRESS = "change-of-address"
    """On the day of the change, but never before the notice."""


@dataclass(frozen=True)
class Law:
    clause: str
    signers: Signers
    effect: Effect
    after_the_end: bool
    """Whether it can still be made once the agreement has ended."""
    changes: frozenset[Part]
    keys: frozenset[KeyUse] = frozenset({KeyUse.AGREEMENT})
    """Keys that sign it. The message key where closing must work although the agreement key is kept elsewhere."""
    needs_reference: bool = False
    """Whether the number of the written document must stand in it."""
    needs_notice: NoticeSubject | None = None
    """The wish that must have been notified before (Pasal 6(2))."""


_ANY_KEY = frozenset({KeyUse.AGREEMENT, KeyUse.MESSAGE})


def _changes(*parts: Part) -> frozenset[Part]:
    return frozenset(parts)


# The one place where these rules stand; tests/unit/agreement/acts/test_law.py holds every row against the signed text.
LAW: Mapping[Kind, Law] = MappingProxyType(
    {
        Kind.ENTER_INTO_FORCE: Law("14", Signers.BOTH, Effect.CHOSEN, False, _changes(Part.TERM)),
        Kind.ADDENDUM: Law("13", Signers.BOTH, Effect.CHOSEN, False, _changes(Part.REVISION)),
        Kind.EXTEND: Law(
            "6(1)", Signers.BOTH, Effect.AT_ONCE, False, _changes(Part.TERM), needs_notice=NoticeSubject.EXTEND
        ),
        Kind.END: Law("6(1)", Signers.BOTH, Effect.CHOSEN, False, _changes(Part.TERM), needs_notice=NoticeSubject.END),
        Kind.END_NONCONFORMITY: Law(
            "6(3)", Signers.ONE, Effect.CHOSEN, False, _changes(Part.TERM), needs_notice=NoticeSubject.END
        ),
        Kind.NOTICE: Law("6(2)", Signers.ONE, Effect.AT_ONCE, True, _changes(Part.NOTICES)),
        Kind.CONTACT_CHANGE: Law("10(2)", Signers.ONE, Effect.CHANGE_OF_ADDRESS, True, _changes(Part.CONTACTS)),
        Kind.KEY_CHANGE: Law("14", Signers.ONE_OR_BOTH, Effect.CHOSEN, True, _changes(Part.KEYS)),
        Kind.SHUT_OFF: Law("7(4)", Signers.ONE, Effect.AT_ONCE, True, _changes(Part.CLOSURES), keys=_ANY_KEY),
        Kind.REINSTATE: Law("7(4)", Signers.ONE, Effect.AT_ONCE, True, _changes(Part.CLOSURES)),
        Kind.INCIDENT_REPORT: Law("7(4)", Signers.ONE, Effect.AT_ONCE, True, _changes(Part.INCIDENTS), keys=_ANY_KEY),
        Kind.FORCE_MAJEURE_REPORT: Law("11(2)", Signers.ONE, Effect.AT_ONCE, True, _changes(Part.REPORTS)),
        Kind.ME_REPORT: Law("9(2)", Signers.ONE, Effect.AT_ONCE, True, _changes(Part.REPORTS)),
        Kind.DISPUTE_OPEN: Law("12(2)", Signers.ONE, Effect.AT_ONCE, True, _changes(Part.DISPUTES)),
        Kind.DISPUTE_SETTLED: Law("12(2)", Signers.BOTH, Effect.AT_ONCE, True, _changes(Part.DISPUTES)),
        Kind.THIRD_PARTY_CONSENT: Law(
            "7(2)", Signers.BOTH, Effect.AT_ONCE, True, _changes(Part.CONSENTS), needs_reference=True
        ),
    }
)


@dataclass(frozen=True)
class Demand:
    """One signature that an act needs: of a party, with a key of one of these uses, or of one named key."""

    party: Party | None
    uses: frozenset[KeyUse] = frozenset()
    kid: str | None = None
    """This key and no other: the new one, to prove that its private part is held; the old one, likewise."""
    but_not: str | None = None
    """A key that does not count, because it is lost."""


@implements("6(1)", "7(2)", "7(4)", "12(2)", "13", control="Which signatures an act needs stands in one table.")
def demands(act: Act[Any]) -> tuple[Demand, ...]:
    """Every signature that the act needs. One signature meets one demand, and none may be left over."""
    law = LAW[act.kind]
    if isinstance(act.body, KeyChange):
        return _demands_of_key_change(act.by, act.body)
    parties = tuple(Party) if law.signers is Signers.BOTH else (act.by,)
    return tuple(Demand(party, law.keys) for party in parties)


def _demands_of_key_change(by: Party, body: KeyChange) -> tuple[Demand, ...]:
    """The old key signs, or both parties where it is lost; the new key always signs too, to show that it is held.

    A rotation is further signed by the party's agreement key, so that a stolen message key cannot put
    another in its own place. A lost agreement key is vouched for by the party's message key.
    """
    new = (Demand(None, kid=body.key.jwk.kid),) if body.key is not None else ()
    agreement_key = frozenset({KeyUse.AGREEMENT})
    if body.reason is KeyLoss.LOST:
        own = Demand(by, agreement_key | {KeyUse.MESSAGE}, but_not=body.old)
        return (own, Demand(by.other, agreement_key), *new)
    if body.key is None or body.key.use is KeyUse.AGREEMENT:
        kid = body.old if body.key is not None else None
        return (Demand(by, agreement_key, kid=kid), *new)
    return (Demand(by, agreement_key), Demand(by, frozenset({body.key.use}), kid=body.old), *new)


def is_of_both(act: Act[Any]) -> bool:
    """Whether both parties must sign it."""
    return {demand.party for demand in demands(act)} >= set(Party)


def takes_effect(signed: SignedAct) -> datetime:
    """When an act that is fully signed begins to count."""
    act = signed.act
    match LAW[act.kind].effect:
        case Effect.CHOSEN:
            return max(act.effective_at or signed.completed_at, signed.completed_at)
        case Effect.CHANGE_OF_ADDRESS if isinstance(act.body, ContactChange):
            return max(datetime.combine(act.body.changed_on, time(), JAKARTA), signed.completed_at)
    return signed.completed_at
