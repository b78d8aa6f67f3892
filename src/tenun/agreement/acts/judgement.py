"""Whether an act may stand where it wants to stand. Judged by the acts that it follows, and by no others.

So the answer is the same at both nodes and for ever. What only this node can know (its clock) is `chain`'s matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from tenun.agreement.acts import act as acts
from tenun.agreement.acts import bodies, law, refusals, state
from tenun.agreement.acts.kinds import KeyLoss, Kind, ScopeKind
from tenun.agreement.acts.law import Demand, Effect
from tenun.agreement.acts.ledger import Entry, Ledger, View
from tenun.agreement.agreed import Agreement
from tenun.agreement.terms import PartyKey
from tenun.agreement.vocabulary import Party
from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.registry.table import Classification

B = TypeVar("B", bound=bodies.Closed)


@dataclass(frozen=True)
class _Case:
    """An act, and what it follows."""

    entry: Entry
    view: View
    agreement: Agreement
    """The revision that it speaks of."""
    revision: Agreement | None
    """The document that comes with an addendum."""

    @property
    def body(self) -> bodies.Body:
        return self.entry.signed.body

    @property
    def by(self) -> Party:
        return self.entry.by


def admit(ledger: Ledger, signed: acts.SignedAct, *, revision: Agreement | None = None) -> Ledger:
    """The ledger with the act in it. Raises an `ActError` that says why not."""
    entry = judged(ledger, signed, revision=revision)
    check_signatures(signed, _view(ledger, entry))
    return ledger.extended(signed, revision=revision)


def judged(ledger: Ledger, signed: acts.SignedAct, *, revision: Agreement | None = None) -> Entry:
    """The act in its place, when all but its signatures is right. Raises an `ActError`."""
    act = signed.act
    if act.agreement != ledger.base.id:
        raise refusals.ActOfAnotherAgreement()
    known = ledger.digests.get(signed.digest)
    if known is not None:
        raise refusals.ActTakenOtherwise(known=known[:12])
    entry = ledger.placed(signed)
    _check_place(ledger, entry)
    view = _view(ledger, entry)
    agreement = ledger.agreement(act.rev) if _knows(view, act.rev) else None
    if agreement is None:
        raise refusals.RevisionUnknown()
    case = _Case(entry, view, agreement, revision)
    _check_law(case)
    _CHECKS[act.kind](case)
    return entry


def _view(ledger: Ledger, entry: Entry) -> View:
    return View(ledger, entry.ancestors, entry.completed_at)


# --- its place ---------------------------------------------------------------------------------------------------


def _check_place(ledger: Ledger, entry: Entry) -> None:
    act = entry.signed.act
    before = [ledger.entries[name] for name in act.previous if name != ledger.base.rev]
    if len(before) != len(act.previous) and before:
        raise refusals.ActPredecessorsNotHeads()
    if any(one.ancestors >> other.number & 1 for one in before for other in before):
        raise refusals.ActPredecessorsNotHeads()
    if any(act.made_at < one.completed_at for one in before):
        raise refusals.ActOutOfOrder()
    if any(one.signed_at < act.made_at for one in entry.signed.signatures):
        raise refusals.ActOutOfOrder()
    if not law.is_of_both(act) and ledger.own_acts[act.by] & ~entry.ancestors:
        raise refusals.ActForked(party=act.by.value)


def _knows(view: View, rev: str) -> bool:
    """Whether the revision is the first one, or came by an addendum that the act follows."""
    addenda = (one.signed.body for one in view.of(Kind.ADDENDUM))
    return rev == view.ledger.base.rev or any(isinstance(one, bodies.Addendum) and one.rev == rev for one in addenda)


# --- the law -----------------------------------------------------------------------------------------------------


def _check_law(case: _Case) -> None:
    signed, rule = case.entry.signed, law.LAW[case.entry.kind]
    act = signed.act
    if act.effective_at is not None:
        is_lost_key = isinstance(act.body, bodies.KeyChange) and act.body.reason is KeyLoss.LOST
        if rule.effect is not Effect.CHOSEN or is_lost_key:
            raise refusals.EffectNotChosen(kind=act.kind.value)
        if act.effective_at < act.made_at:
            raise refusals.EffectTooEarly()
    if rule.needs_reference and act.reference is None:
        raise refusals.ReferenceMissing(kind=act.kind.value, clause=rule.clause)
    if not rule.after_the_end and case.entry.completed_at >= state.term(case.view)[1]:
        raise refusals.ActAfterTheEnd(kind=act.kind.value)
    if rule.needs_notice is not None:
        _check_notice(case)


@implements("6(2)", control="Extending and ending need a notice to the other party that stands in the chain before.")
def _check_notice(case: _Case) -> None:
    """A notice of the wish, given since the term was last extended; for a one-party act, by that party."""
    subject = law.LAW[case.entry.kind].needs_notice
    used = list(case.view.of(Kind.EXTEND))
    is_of_both = law.is_of_both(case.entry.signed.act)
    for one in case.view.of(Kind.NOTICE):
        body = one.signed.body
        is_fresh = not any(earlier.follows(one) for earlier in used)
        is_meant = isinstance(body, bodies.Notice) and body.subject is subject and is_fresh
        if is_meant and (is_of_both or one.by is case.by):
            return
    raise refusals.NoticeMissing(subject=str(subject))


# --- signatures --------------------------------------------------------------------------------------------------


def check_signatures(signed: acts.SignedAct, view: View) -> None:
    """That every demanded signature is there and true, and no other. Raises as `ActError`s."""
    met = met_demands(signed, view)
    missing = [demand for demand in law.demands(signed.act) if demand not in met]
    if missing:
        names = ", ".join(demand.party.value if demand.party else "kunci baru / new key" for demand in missing)
        raise refusals.ActNotSigned(kind=signed.kind.value, missing=names)


def met_demands(signed: acts.SignedAct, view: View) -> Mapping[Demand, str]:
    """Which demands of the law the signatures meet, and by which key. Every signature must be true and meet one."""
    agreement, _ = state.revision(view)
    pinned = state.keys(view, agreement)
    demands = list(law.demands(signed.act))
    met: dict[Demand, str] = {}
    # Demands that name their key are served first: any key of the party would do for the others.
    for number, one in enumerate(signed.signatures, start=1):
        found = state.key_of(pinned, one.kid)
        fresh = _new_key(signed)
        if found is not None:
            acts.verify(signed, one.kid, found[1].jwk.members())
        elif fresh is not None and fresh.jwk.kid == one.kid:
            acts.verify(signed, one.kid, fresh.jwk.members())
        else:
            raise refusals.ActSignatureBroken(number=number, reason="no key of a party")
        open_demands = [demand for demand in demands if demand not in met and _meets(demand, one.kid, found)]
        if not open_demands:
            raise refusals.ActSignatureSurplus(kind=signed.kind.value)
        met[min(open_demands, key=lambda demand: demand.kid is None)] = one.kid
    return met


def _meets(demand: Demand, kid: str, found: tuple[Party, PartyKey] | None) -> bool:
    if demand.kid is not None and demand.kid != kid:
        return False
    if demand.party is None:
        return found is None
    return found is not None and found[0] is demand.party and found[1].use in demand.uses and kid != demand.but_not


def _new_key(signed: acts.SignedAct) -> PartyKey | None:
    return signed.body.key if isinstance(signed.body, bodies.KeyChange) else None


# --- kind by kind ------------------------------------------------------------------------------------------------


def _enter_into_force(case: _Case) -> None:
    if any(case.view.of(Kind.ENTER_INTO_FORCE)):
        raise refusals.AlreadyInForce()


def _addendum(case: _Case) -> None:
    body = _as(case, bodies.Addendum)
    addenda = list(case.view.of(Kind.ADDENDUM))
    last = max(addenda, key=lambda one: (one.takes_effect, one.order), default=None)
    current = (
        last.signed.body.rev if last and isinstance(last.signed.body, bodies.Addendum) else case.view.ledger.base.rev
    )
    if case.agreement.rev != current or body.rev == current:
        raise refusals.RevisionStale()
    if _knows(case.view, body.rev):
        raise refusals.RevisionStale()
    if case.revision is None or case.revision.rev != body.rev:
        raise refusals.RevisionMissing(rev=body.rev[:12])
    _check_revision(case, case.revision)


@implements("13", control="An addendum changes what is arranged; not whose agreement it is, its term, or a key.")
def _check_revision(case: _Case, new: Agreement) -> None:
    base = case.view.ledger.base
    if new.id != base.id:
        raise refusals.RevisionForbidden(pointer="/id")
    if new.term != base.term:
        raise refusals.RevisionForbidden(pointer="/term")
    pinned = state.keys(case.view, case.agreement)
    recipients = state.age_recipients(case.view, case.agreement)
    for number, terms in enumerate(new.document.parties):
        if set(terms.keys) != set(pinned[terms.role]):
            raise refusals.RevisionForbidden(pointer=f"/parties/{number}/keys")
        if terms.age_recipient != recipients[terms.role]:
            raise refusals.RevisionForbidden(pointer=f"/parties/{number}/age_recipient")


def _extend(case: _Case) -> None:
    body = _as(case, bodies.Extend)
    _, ends, ending = state.term(case.view)
    if ending is not None:
        raise refusals.EndingStands(end=rfc3339(ends))
    if body.until <= ends:
        raise refusals.TermNotExtended(end=rfc3339(ends))


def _end(case: _Case) -> None:
    ends = state.term(case.view)[1]
    if case.entry.takes_effect >= ends:
        raise refusals.TermNotShortened(end=rfc3339(ends))


def _end_nonconformity(case: _Case) -> None:
    _check_clause(case, _as(case, bodies.EndNonconformity).clause)
    _end(case)


def _key_change(case: _Case) -> None:
    body = _as(case, bodies.KeyChange)
    pinned, recipients = state.keys(case.view, case.agreement), state.age_recipients(case.view, case.agreement)
    if body.key is None:
        if recipients[case.by] != body.old:
            raise refusals.KeyNotPinned(party=case.by.value)
        if body.age_recipient in _recipients_ever(case):
            raise refusals.KeyUsedBefore()
        return
    if body.old not in state.kids(pinned, case.by, body.key.use):
        raise refusals.KeyNotPinned(party=case.by.value)
    if body.key.jwk.kid in _kids_ever(case):
        raise refusals.KeyUsedBefore()


def _kids_ever(case: _Case) -> set[str]:
    """Every key that was ever named, as far as the act can know. Addenda name none that was not there before."""
    named = {one.jwk.kid for terms in case.view.ledger.base.document.parties for one in terms.keys}
    changes = (one.signed.body for one in case.view.of(Kind.KEY_CHANGE))
    return named | {one.key.jwk.kid for one in changes if isinstance(one, bodies.KeyChange) and one.key is not None}


def _recipients_ever(case: _Case) -> set[str | None]:
    named = {terms.age_recipient for terms in case.view.ledger.base.document.parties}
    changes = (one.signed.body for one in case.view.of(Kind.KEY_CHANGE))
    return named | {one.age_recipient for one in changes if isinstance(one, bodies.KeyChange)}


def _shut_off(case: _Case) -> None:
    body = _as(case, bodies.ShutOff)
    if body.scope.kind is ScopeKind.DATASET and body.scope.name not in case.agreement.datasets:
        raise refusals.DatasetUnknown(pointer="/act/body/scope/name")
    _check_event(case, body.event)


def _check_event(case: _Case, event: object) -> None:
    terms = case.agreement.document.shut_off
    if event not in terms.events:
        raise refusals.EventNotListed(clause=terms.clause, known=", ".join(terms.events))


@implements("7(4)", control="Only the party that shut off opens again, by a signed act.")
def _reinstate(case: _Case) -> None:
    opened = {
        name
        for one in case.view.of(Kind.REINSTATE)
        if isinstance(one.signed.body, bodies.Reinstate)
        for name in one.signed.body.opens
    }
    for name in _as(case, bodies.Reinstate).opens:
        found = case.view.get(name)
        if found is None or found.kind is not Kind.SHUT_OFF:
            raise refusals.NoSuchShutOff(act=name[:12])
        if found.by is not case.by:
            raise refusals.ShutOffOfOther(party=found.by.value)
        if name in opened:
            raise refusals.AlreadyOpened(act=name[:12])


def _incident_report(case: _Case) -> None:
    body = _as(case, bodies.IncidentReport)
    _check_event(case, body.event)
    for number, name in enumerate(body.datasets):
        if name not in case.agreement.datasets:
            raise refusals.DatasetUnknown(pointer=f"/act/body/datasets/{number}")
    if body.detected_at > case.entry.completed_at:
        raise refusals.ActOutOfOrder()
    if body.shut_off is not None:
        found = case.view.get(body.shut_off)
        if found is None or found.kind is not Kind.SHUT_OFF:
            raise refusals.NoSuchShutOff(act=body.shut_off[:12])


@implements("11(1)", "11(2)", control="A report names an event of the closed list and carries digests of its evidence.")
def _force_majeure_report(case: _Case) -> None:
    body, terms = _as(case, bodies.ForceMajeureReport), case.agreement.document.force_majeure
    if body.event not in terms.events:
        raise refusals.EventNotListed(clause=terms.clause, known=", ".join(terms.events))
    if any(name not in case.agreement.duties for name in body.duties):
        raise refusals.DutyUnknown()
    if body.ended_on is not None and body.ended_on < body.began_on:
        raise refusals.DatesReversed()


def _me_report(case: _Case) -> None:
    body = _as(case, bodies.MeReport)
    if body.period_until < body.period_from:
        raise refusals.DatesReversed()


def _dispute_open(case: _Case) -> None:
    _check_clause(case, _as(case, bodies.DisputeOpen).clause)


def _dispute_settled(case: _Case) -> None:
    name = _as(case, bodies.DisputeSettled).dispute
    found = case.view.get(name)
    if found is None or found.kind is not Kind.DISPUTE_OPEN:
        raise refusals.NoSuchDispute(act=name[:12])
    for one in case.view.of(Kind.DISPUTE_SETTLED):
        if isinstance(one.signed.body, bodies.DisputeSettled) and one.signed.body.dispute == name:
            raise refusals.AlreadySettled(act=name[:12])


@implements("7(2)", control="Consent names dataset, audience, fields, days and the letter; never data of persons.")
def _third_party_consent(case: _Case) -> None:
    body = _as(case, bodies.ThirdPartyConsent)
    dataset = case.agreement.datasets.get(body.dataset)
    if dataset is None:
        raise refusals.DatasetUnknown(pointer="/act/body/dataset")
    if any(name not in dataset.fields for name in body.fields_):
        raise refusals.FieldUnknown(dataset=body.dataset)
    if any(field.classification is not Classification.NONE for field in dataset.fields.values()):
        raise refusals.ConsentOnPersons(dataset=body.dataset)
    if body.valid_until < body.valid_from:
        raise refusals.DatesReversed()


@implements("7(2)", control="What a party withdraws is a consent that both have given and that stands in the chain.")
def _notice(case: _Case) -> None:
    name = _as(case, bodies.Notice).withdraws
    found = None if name is None else case.view.get(name)
    if name is not None and (found is None or found.kind is not Kind.THIRD_PARTY_CONSENT):
        raise refusals.NoSuchConsent(act=name[:12])


def _check_clause(case: _Case, clause: str) -> None:
    if clause not in case.agreement.clauses:
        raise refusals.ClauseUnknown(clause=clause)


def _nothing_more(case: _Case) -> None:
    """What the table says is all there is to check."""


def _as(case: _Case, kind: type[B]) -> B:
    assert isinstance(case.body, kind)
    return case.body


_CHECKS: Mapping[Kind, Callable[[_Case], None]] = MappingProxyType(
    {
        Kind.ENTER_INTO_FORCE: _enter_into_force,
        Kind.ADDENDUM: _addendum,
        Kind.EXTEND: _extend,
        Kind.END: _end,
        Kind.END_NONCONFORMITY: _end_nonconformity,
        Kind.NOTICE: _notice,
        Kind.CONTACT_CHANGE: _nothing_more,
        Kind.KEY_CHANGE: _key_change,
        Kind.SHUT_OFF: _shut_off,
        Kind.REINSTATE: _reinstate,
        Kind.INCIDENT_REPORT: _incident_report,
        Kind.FORCE_MAJEURE_REPORT: _force_majeure_report,
        Kind.ME_REPORT: _me_report,
        Kind.DISPUTE_OPEN: _dispute_open,
        Kind.DISPUTE_SETTLED: _dispute_settled,
        Kind.THIRD_PARTY_CONSENT: _third_party_consent,
    }
)
