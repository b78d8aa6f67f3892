"""The state of the agreement: what its acts make of it at a moment. Pure; the same acts give the same state at
every node, in whatever order they came.

What the signed document says is where it begins: without acts, the document alone counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from tenun.agreement.acts import working_days
from tenun.agreement.acts.bodies import (
    Addendum,
    ContactChange,
    DisputeOpen,
    DisputeSettled,
    Extend,
    ForceMajeureReport,
    IncidentReport,
    KeyChange,
    MeReport,
    Notice,
    Reinstate,
    ReleaseScope,
    ShutOff,
    ThirdPartyConsent,
)
from tenun.agreement.acts.kinds import KeyLoss, Kind, NoticeSubject, Part, ScopeKind
from tenun.agreement.acts.law import LAW
from tenun.agreement.acts.ledger import CLOCK_SLACK, Entry, Ledger, View
from tenun.agreement.acts.refusals import RevisionMissing
from tenun.agreement.acts.working_days import Deadline
from tenun.agreement.agreed import Agreement
from tenun.agreement.terms import PartyKey, PartyTerms
from tenun.agreement.vocabulary import KeyUse, Party, SecurityEvent
from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA, rfc3339

INCIDENT_CLOCK = timedelta(hours=3 * 24)
"""UU 27/2022 Pasal 46: those concerned and the authority are told within 3 x 24 hours."""


@dataclass(frozen=True)
class Ending:
    """The act that ended the agreement before its term, or will."""

    kind: Kind
    act: str
    at: datetime
    clause: str


@dataclass(frozen=True)
class Closure:
    """Access that a party has shut off and not opened again."""

    party: Party
    scope: ScopeKind
    name: str | None
    """The dataset or the client; none for the whole agreement."""
    since: datetime
    event: SecurityEvent
    reason: str
    act: str

    def covers(self, *, dataset: str | None, client: str | None) -> bool:
        """Whether it closes this dataset to this client. A dataset or client that is not told is not one of them."""
        match self.scope:
            case ScopeKind.DATASET:
                return dataset == self.name
            case ScopeKind.CLIENT:
                return client == self.name
        return True


@dataclass(frozen=True)
class ContactOf:
    """Where a party is written to, and how its last change was told."""

    responsible: str
    liaison: str
    address: str
    email: str
    since: datetime | None = None
    """None: as the signed document has it."""
    act: str | None = None
    notified_at: datetime | None = None
    due: Deadline | None = None
    """The last day on which the change could be notified in time (Pasal 10(2))."""

    @property
    def is_late(self) -> bool:
        """Whether the change was notified after the working days that the agreement gives."""
        return self.due is not None and self.notified_at is not None and self.notified_at >= self.due.passes_at


@dataclass(frozen=True)
class Consent:
    """The written consent of both parties to give results to someone else (Pasal 7(2))."""

    act: str
    dataset: str
    audience: str
    fields: frozenset[str]
    valid_from: date
    valid_until: date
    number: str
    release: ReleaseScope | None = None
    """None: the dataset as a whole; else these figures of these areas and no others."""

    def is_valid(self, moment: datetime) -> bool:
        return self.valid_from <= moment.astimezone(JAKARTA).date() <= self.valid_until

    def covers(self, *, dataset: str, audience: str | None, fields: frozenset[str], moment: datetime) -> bool:
        """Whether it allows exactly this: no other dataset, audience, field or day.

        One that is for some figures only allows nothing here, since a use does not say which figures it is of;
        `agreement.release` asks for those.
        """
        is_meant = (dataset, audience) == (self.dataset, self.audience) and fields <= self.fields
        is_meant = is_meant and self.release is None
        return is_meant and self.is_valid(moment)


@dataclass(frozen=True)
class Dispute:
    act: str
    by: Party
    opened_at: datetime
    clause: str
    subject: str
    settled_by: str | None = None
    """The act that settled it; none while it is open."""
    settled_at: datetime | None = None


@dataclass(frozen=True)
class Incident:
    act: str
    by: Party
    event: SecurityEvent
    detected_at: datetime
    reported_at: datetime
    datasets: tuple[str, ...]
    persons: int | None
    shut_off: str | None

    @property
    def due(self) -> datetime:
        """When the 3 x 24 hours are over."""
        return self.detected_at + INCIDENT_CLOCK


@dataclass(frozen=True)
class Report:
    """A force majeure report or a report on monitoring and evaluation."""

    act: str
    kind: Kind
    by: Party
    made_at: datetime
    first_day: date
    last_day: date | None
    sha256: tuple[str, ...]
    """Digests of the report or of its evidence."""
    subject: str
    duties: tuple[str, ...] = ()


@dataclass(frozen=True)
class NoticeGiven:
    act: str
    by: Party
    made_at: datetime
    subject: NoticeSubject
    text: str
    withdraws: str | None = None
    """The act of the consent that the party withdraws."""


@dataclass(frozen=True)
class State:
    """The agreement at a moment. Holds until the next act takes effect."""

    agreement: str
    heads: tuple[str, ...]
    """The acts it rests on that no other follows; empty where there is no act."""
    rev: str
    """The revision in force."""
    rev_since: datetime | None
    """None: the document that was signed first."""
    begins: datetime
    ends: datetime
    """By the document, its extensions and its endings, as known at the moment."""
    ending: Ending | None
    is_in_force: bool
    closures: Mapping[Party, tuple[Closure, ...]]
    contacts: Mapping[Party, ContactOf]
    keys: Mapping[Party, tuple[PartyKey, ...]]
    age_recipients: Mapping[Party, str | None]
    consents: tuple[Consent, ...]
    disputes: tuple[Dispute, ...]
    incidents: tuple[Incident, ...]
    reports: tuple[Report, ...]
    notices: tuple[NoticeGiven, ...]
    void: tuple[str, ...]
    """Acts that do not count, because a lost key signed them."""

    @implements("7(4)", control="Either party's shut-off closes; each party's closures are kept apart.")
    def is_closed(self, *, dataset: str | None = None, client: str | None = None) -> bool:
        """Whether a party has shut off access to this dataset, by this client, or to all of it."""
        return self.closure(dataset=dataset, client=client) is not None

    def closure(self, *, dataset: str | None = None, client: str | None = None) -> Closure | None:
        """The widest shut-off that closes it, or none."""
        found = [one for kept in self.closures.values() for one in kept if one.covers(dataset=dataset, client=client)]
        return min(found, key=lambda one: (list(ScopeKind).index(one.scope), one.since), default=None)

    def consent(
        self, *, dataset: str, audience: str | None, fields: frozenset[str], moment: datetime
    ) -> Consent | None:
        """The consent that allows this to be given to that audience, or none."""
        found = (
            one
            for one in self.consents
            if one.act not in self.withdrawn
            and one.covers(dataset=dataset, audience=audience, fields=fields, moment=moment)
        )
        return next(found, None)

    @property
    @implements("7(2)", control="A consent is of both: once either party withdraws it, it allows nothing more.")
    def withdrawn(self) -> frozenset[str]:
        """The acts of consents that a party has withdrawn."""
        return frozenset(one.withdraws for one in self.notices if one.withdraws is not None)

    @property
    def open_disputes(self) -> tuple[Dispute, ...]:
        return tuple(one for one in self.disputes if one.settled_by is None)

    def part(self, part: Part) -> Any:
        """What an act of a kind whose law names that part may change."""
        return {
            Part.TERM: (self.begins, self.ends, self.ending, self.is_in_force),
            Part.REVISION: (self.rev, self.rev_since),
            Part.CONTACTS: self.contacts,
            Part.KEYS: (self.keys, self.age_recipients),
            Part.CLOSURES: self.closures,
            Part.CONSENTS: self.consents,
            Part.DISPUTES: self.disputes,
            Part.INCIDENTS: self.incidents,
            Part.REPORTS: self.reports,
            Part.NOTICES: self.notices,
        }[part]

    def as_dict(self) -> dict[str, Any]:
        """For people and programs: only what JSON has, moments in UTC."""
        return {
            "agreement": self.agreement,
            "heads": list(self.heads),
            "rev": self.rev,
            "rev_since": _optional(self.rev_since),
            "in_force": self.is_in_force,
            "begins": rfc3339(self.begins),
            "ends": rfc3339(self.ends),
            "ending": None if self.ending is None else _plain(self.ending),
            "closures": {party.value: [_plain(one) for one in kept] for party, kept in self.closures.items()},
            "contacts": {party.value: {**_plain(one), "is_late": one.is_late} for party, one in self.contacts.items()},
            "keys": {
                party.value: [{"use": one.use.value, "kid": one.jwk.kid} for one in kept]
                for party, kept in self.keys.items()
            },
            "age_recipients": {party.value: recipient for party, recipient in self.age_recipients.items()},
            "consents": [_plain(one) for one in self.consents],
            "disputes": [_plain(one) for one in self.disputes],
            "incidents": [{**_plain(one), "due": rfc3339(one.due)} for one in self.incidents],
            "reports": [_plain(one) for one in self.reports],
            "notices": [_plain(one) for one in self.notices],
            "void": list(self.void),
        }


# --- the fold ----------------------------------------------------------------------------------------------------


def fold(view: View) -> State:
    """The state that a view's acts make at its moment."""
    if view.moment is None:
        raise ValueError("a state is of a moment")
    agreement, since = revision(view)
    begins, ends, ending = term(view)
    return State(
        agreement=agreement.id,
        heads=view.heads,
        rev=agreement.rev,
        rev_since=since,
        begins=begins,
        ends=ends,
        ending=ending,
        is_in_force=begins <= view.moment < ends,
        closures=closures(view),
        contacts=contacts(view, agreement),
        keys=keys(view, agreement),
        age_recipients=age_recipients(view, agreement),
        consents=tuple(_consent(entry) for entry in view.effective(Kind.THIRD_PARTY_CONSENT)),
        disputes=tuple(_disputes(view)),
        incidents=tuple(_incident(entry) for entry in view.effective(Kind.INCIDENT_REPORT)),
        reports=tuple(
            _report(entry) for kind in (Kind.FORCE_MAJEURE_REPORT, Kind.ME_REPORT) for entry in view.effective(kind)
        ),
        notices=tuple(_notice(entry) for entry in view.effective(Kind.NOTICE)),
        void=tuple(sorted(view.void)),
    )


def of_document(agreement: Agreement, moment: datetime) -> State:
    """The state of an agreement to which nothing has happened since it was signed."""
    return fold(Ledger(agreement, {}).view(moment))


@implements("13", control="An addendum counts from its day on; before it, the revision of that time answers.")
def revision(view: View) -> tuple[Agreement, datetime | None]:
    """The document in force, and since when; none for the one that was signed first."""
    found, since = view.ledger.base, None
    for entry in view.effective(Kind.ADDENDUM):
        body = entry.signed.body
        assert isinstance(body, Addendum)
        document = view.ledger.agreement(body.rev)
        if document is None:
            raise RevisionMissing(rev=body.rev[:12])
        found, since = document, entry.takes_effect
    return found, since


@implements("6(1)", "6(3)", control="The end is that of the document, moved by extensions and endings alone.")
def term(view: View) -> tuple[datetime, datetime, Ending | None]:
    """When the agreement begins and ends, as far as the view's acts say, and the act that ends it early."""
    base = view.ledger.base.term
    # Asked of every act in the view, whenever it was made: before an act takes it into force, it was not in force.
    entered = View(view.ledger, view.mask, None).effective(Kind.ENTER_INTO_FORCE)
    begins = max(base.start, min((one.takes_effect for one in entered), default=base.start))
    ends = base.end
    for entry in view.of(Kind.EXTEND):
        assert isinstance(entry.signed.body, Extend)
        ends = max(ends, entry.signed.body.until)
    endings = sorted(
        (entry for kind in (Kind.END, Kind.END_NONCONFORMITY) for entry in view.of(kind)),
        key=lambda one: (one.takes_effect, one.order),
    )
    if endings and endings[0].takes_effect < ends:
        first = endings[0]
        return begins, first.takes_effect, Ending(first.kind, first.hash, first.takes_effect, LAW[first.kind].clause)
    return begins, ends, None


def closures(view: View) -> Mapping[Party, tuple[Closure, ...]]:
    """What each party keeps closed. A shut-off counts a little before its own time: its clock may be ahead of ours."""
    opened = {
        name
        for entry in view.effective(Kind.REINSTATE)
        if isinstance(entry.signed.body, Reinstate)
        for name in entry.signed.body.opens
    }
    kept: dict[Party, list[Closure]] = {party: [] for party in Party}
    for entry in view.of(Kind.SHUT_OFF, slack=CLOCK_SLACK):
        if entry.hash not in opened:
            kept[entry.by].append(_closure(entry))
    return MappingProxyType({party: tuple(found) for party, found in kept.items()})


def keys(view: View, agreement: Agreement) -> Mapping[Party, tuple[PartyKey, ...]]:
    """Each party's keys: those of the document, with every change of a key applied."""
    changed = {
        entry.signed.body.old: entry.signed.body.key
        for entry in _key_changes(view)
        if isinstance(entry.signed.body, KeyChange) and entry.signed.body.key is not None
    }
    return MappingProxyType(
        {
            party: tuple(dict.fromkeys(_current(one, changed) for one in terms.keys))
            for party, terms in agreement.parties.items()
        }
    )


def age_recipients(view: View, agreement: Agreement) -> Mapping[Party, str | None]:
    """Whom files are encrypted to, for each party."""
    changed = {
        entry.signed.body.old: entry.signed.body.age_recipient
        for entry in _key_changes(view)
        if isinstance(entry.signed.body, KeyChange) and entry.signed.body.age_recipient is not None
    }
    found = {}
    for party, terms in agreement.parties.items():
        current = terms.age_recipient
        while current in changed:
            current = changed[current]
        found[party] = current
    return MappingProxyType(found)


def contacts(view: View, agreement: Agreement) -> Mapping[Party, ContactOf]:
    days = agreement.document.correspondence.address_change_working_days
    found = {
        party: ContactOf(terms.contact.responsible, terms.contact.liaison, terms.contact.address, terms.contact.email)
        for party, terms in agreement.parties.items()
    }
    for entry in view.effective(Kind.CONTACT_CHANGE):
        body = entry.signed.body
        assert isinstance(body, ContactChange)
        found[entry.by] = ContactOf(
            body.contact.responsible,
            body.contact.liaison,
            body.contact.address,
            body.contact.email,
            since=entry.takes_effect,
            act=entry.hash,
            notified_at=entry.completed_at,
            due=working_days.after(body.changed_on, days),
        )
    return MappingProxyType(found)


def as_it_stands(agreement: Agreement, state: State) -> Agreement:
    """The document with the keys and contacts that its acts have given it. `rev` and `canonical` stay those signed."""
    parties = tuple(_as_they_stand(terms, state) for terms in agreement.document.parties)
    if parties == agreement.document.parties:
        return agreement
    return replace(agreement, document=agreement.document.model_copy(update={"parties": parties}))


def _as_they_stand(terms: PartyTerms, state: State) -> PartyTerms:
    now = state.contacts[terms.role]
    contact = terms.contact.model_copy(
        update={
            "responsible": now.responsible,
            "liaison": now.liaison,
            "address": now.address,
            "email": now.email,
        }
    )
    return terms.model_copy(
        update={
            "contact": contact,
            "keys": state.keys[terms.role],
            "age_recipient": state.age_recipients[terms.role],
        }
    )


# --- parts of it -------------------------------------------------------------------------------------------------


def _key_changes(view: View) -> list[Entry]:
    """In the order in which they overwrite each other: where two change one key, the report of its loss wins."""

    def rank(entry: Entry) -> tuple[bool, tuple[int, str]]:
        body = entry.signed.body
        return isinstance(body, KeyChange) and body.reason is KeyLoss.LOST, entry.order

    return sorted(view.effective(Kind.KEY_CHANGE), key=rank)


def _current(key: PartyKey, changed: Mapping[str, PartyKey | None]) -> PartyKey:
    # A key never comes back (`judgement`), so this ends.
    while (newer := changed.get(key.jwk.kid)) is not None:
        key = newer
    return key


def _closure(entry: Entry) -> Closure:
    body = entry.signed.body
    assert isinstance(body, ShutOff)
    return Closure(entry.by, body.scope.kind, body.scope.name, entry.takes_effect, body.event, body.reason, entry.hash)


def _consent(entry: Entry) -> Consent:
    body, reference = entry.signed.body, entry.signed.act.reference
    assert isinstance(body, ThirdPartyConsent)
    return Consent(
        entry.hash,
        body.dataset,
        body.audience,
        frozenset(body.fields_),
        body.valid_from,
        body.valid_until,
        reference.number if reference else "",
        body.release,
    )


def _disputes(view: View) -> Iterator[Dispute]:
    settled: dict[str, Entry] = {}
    for entry in view.effective(Kind.DISPUTE_SETTLED):
        assert isinstance(entry.signed.body, DisputeSettled)
        settled.setdefault(entry.signed.body.dispute, entry)
    for entry in view.effective(Kind.DISPUTE_OPEN):
        body = entry.signed.body
        assert isinstance(body, DisputeOpen)
        end = settled.get(entry.hash)
        yield Dispute(
            entry.hash,
            entry.by,
            entry.takes_effect,
            body.clause,
            body.subject,
            end.hash if end else None,
            end.takes_effect if end else None,
        )


def _incident(entry: Entry) -> Incident:
    body = entry.signed.body
    assert isinstance(body, IncidentReport)
    return Incident(
        entry.hash,
        entry.by,
        body.event,
        body.detected_at,
        entry.completed_at,
        body.datasets,
        body.persons,
        body.shut_off,
    )


def _report(entry: Entry) -> Report:
    body = entry.signed.body
    if isinstance(body, MeReport):
        return Report(
            entry.hash,
            entry.kind,
            entry.by,
            entry.completed_at,
            body.period_from,
            body.period_until,
            (body.sha256,),
            body.summary,
        )
    assert isinstance(body, ForceMajeureReport)
    return Report(
        entry.hash,
        entry.kind,
        entry.by,
        entry.completed_at,
        body.began_on,
        body.ended_on,
        tuple(one.sha256 for one in body.evidence),
        body.event.value,
        body.duties,
    )


def _notice(entry: Entry) -> NoticeGiven:
    body = entry.signed.body
    assert isinstance(body, Notice)
    return NoticeGiven(entry.hash, entry.by, entry.completed_at, body.subject, body.text, body.withdraws)


# --- in JSON -----------------------------------------------------------------------------------------------------


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def _plain(value: Any) -> Any:
    """A value of ours as JSON has it."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, ReleaseScope):
        return value.model_dump(mode="json")
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def breakpoints(ledger: Ledger) -> tuple[datetime, ...]:
    """Every moment at which the state may change, in order. Between two of them it stays the same."""
    found = {ledger.base.term.start, ledger.base.term.end}
    for entry in ledger.entries.values():
        found |= {entry.completed_at, entry.takes_effect, entry.completed_at - CLOCK_SLACK}
        if isinstance(entry.signed.body, Extend):
            found.add(entry.signed.body.until)
    return tuple(sorted(found))


def key_of(keys: Mapping[Party, tuple[PartyKey, ...]], kid: str) -> tuple[Party, PartyKey] | None:
    """Whose key that is, among the keys in force, and for what."""
    return next(
        ((party, one) for party, kept in keys.items() for one in kept if one.jwk.kid == kid),
        None,
    )


def kids(keys: Mapping[Party, tuple[PartyKey, ...]], party: Party, use: KeyUse) -> frozenset[str]:
    """The thumbprints of a party's keys for one use."""
    return frozenset(one.jwk.kid for one in keys[party] if one.use is use)
