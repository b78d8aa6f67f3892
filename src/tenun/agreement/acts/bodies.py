"""What each kind of act says: closed shapes, nothing coerced. A member that is not named here is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from tenun.agreement.acts.kinds import KeyLoss, Kind, NoticeSubject, ScopeKind
from tenun.agreement.terms import Clause, Identifier, PartyKey, Sha256
from tenun.agreement.vocabulary import ForceMajeureEvent, SecurityEvent

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def instant(value: Any) -> datetime:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            pass
    raise PydanticCustomError("instant", "a moment in UTC to the second, like 2026-01-31T07:00:00Z")


def _day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "a date like 2026-01-31")


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise PydanticCustomError("twice", "nothing may stand here twice")
    return values


Instant = Annotated[datetime, BeforeValidator(instant)]
Day = Annotated[date, BeforeValidator(_day)]
Words = Annotated[str, Field(min_length=1, max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Thumbprint = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
Client = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$")]


class Closed(BaseModel):
    """An object of an act. Unknown members are refused and nothing is coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Reference(Closed):
    """The paper that goes with an act: number of the letter, its date, the digest of the scanned file."""

    number: Name
    dated: Day | None = None
    sha256: Sha256 | None = None


class EnterIntoForce(Closed):
    pass


class Addendum(Closed):
    rev: Sha256
    """The revision that takes the place of the one the act speaks of."""
    summary: Words


class Extend(Closed):
    until: Instant
    """The new end; like the term's own, it is no longer within the term."""


class End(Closed):
    reason: Words


class EndNonconformity(Closed):
    clause: Clause
    """The clause that was not kept."""
    reason: Words


class Notice(Closed):
    subject: NoticeSubject
    text: Words
    withdraws: Sha256 | None = None
    """The consent to a third party, by the hash of its act, that this party no longer gives (Pasal 7(2))."""


class NewContact(Closed):
    responsible: Name
    liaison: Name
    address: Name
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]


class ContactChange(Closed):
    changed_on: Day
    """The first day on which the new address holds, in Jakarta."""
    contact: NewContact


class KeyChange(Closed):
    reason: KeyLoss
    old: Name
    """Thumbprint of the key that goes, or the age recipient."""
    key: PartyKey | None = None
    age_recipient: Annotated[str, Field(pattern=r"^age1[02-9ac-hj-np-z]{58}$")] | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.key is None) == (self.age_recipient is None):
            raise PydanticCustomError("key_change", "either a key or an age recipient")
        return self


class Scope(Closed):
    kind: ScopeKind
    name: Client | None = None
    """The dataset or the client; none for the whole agreement."""

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if (self.kind is ScopeKind.AGREEMENT) != (self.name is None):
            raise PydanticCustomError("scope", "a dataset or a client has a name, the whole agreement has none")
        return self


class ShutOff(Closed):
    scope: Scope
    event: SecurityEvent
    reason: Words


class Reinstate(Closed):
    opens: Annotated[tuple[Sha256, ...], Field(min_length=1, max_length=64), AfterValidator(_once)]
    """The shut-offs, by the hash of their acts, that end."""
    reason: Words


class IncidentReport(Closed):
    event: SecurityEvent
    detected_at: Instant
    """From here run the 3 x 24 hours of UU 27/2022 Pasal 46."""
    datasets: Annotated[tuple[Identifier, ...], AfterValidator(_once)]
    persons: Annotated[int, Field(ge=0)] | None = None
    """How many people's data it touches, as far as known."""
    text: Words
    shut_off: Sha256 | None = None


class Evidence(Closed):
    title: Name
    sha256: Sha256


class ForceMajeureReport(Closed):
    event: ForceMajeureEvent
    began_on: Day
    ended_on: Day | None = None
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1, max_length=64)]
    duties: Annotated[tuple[Identifier, ...], AfterValidator(_once)]
    """The duties of the agreement that could not be met."""
    text: Words


class MeReport(Closed):
    period_from: Day
    period_until: Day
    """The last day of the period."""
    sha256: Sha256
    summary: Words


class DisputeOpen(Closed):
    clause: Clause
    subject: Name
    text: Words


class DisputeSettled(Closed):
    dispute: Sha256
    outcome: Words


class Letter(Closed):
    """One party's written approval: its number, its day, the office that signed it. Names no person."""

    number: Name
    dated: Day
    office: Name
    sha256: Sha256 | None = None
    """Digest of the scanned letter."""


class Letters(Closed):
    """Both parties' approvals; one of them alone is none."""

    desa: Letter
    naker: Letter


class ReleaseScope(Closed):
    """A consent that is for some figures of some areas only."""

    indicators: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Z]\d{1,2}$")], ...],
        Field(min_length=1, max_length=200),
        AfterValidator(_once),
    ]
    areas: Annotated[
        tuple[Annotated[str, Field(pattern=r"^\d\d(\.\d\d(\.\d\d(\.\d{4})?)?)?$")], ...],
        Field(min_length=1, max_length=1000),
        AfterValidator(_once),
    ]
    """Codes; each with all that lies inside it. `00` is the country."""
    letters: Letters


class ThirdPartyConsent(Closed):
    dataset: Identifier
    audience: Identifier
    """Who may be given it: a short name, as a use names its audience."""
    fields_: Annotated[tuple[str, ...], Field(alias="fields", min_length=1, max_length=256), AfterValidator(_once)]
    valid_from: Day
    valid_until: Day
    """The last day, in Jakarta."""
    text: Words
    release: ReleaseScope | None = None
    """None: the dataset as a whole; else these figures and no others."""


Body = (
    EnterIntoForce
    | Addendum
    | Extend
    | End
    | EndNonconformity
    | Notice
    | ContactChange
    | KeyChange
    | ShutOff
    | Reinstate
    | IncidentReport
    | ForceMajeureReport
    | MeReport
    | DisputeOpen
    | DisputeSettled
    | ThirdPartyConsent
)

BODIES: Mapping[Kind, type[Body]] = MappingProxyType(
    {
        Kind.ENTER_INTO_FORCE: EnterIntoForce,
        Kind.ADDENDUM: Addendum,
        Kind.EXTEND: Extend,
        Kind.END: End,
        Kind.END_NONCONFORMITY: EndNonconformity,
        Kind.NOTICE: Notice,
        Kind.CONTACT_CHANGE: ContactChange,
        Kind.KEY_CHANGE: KeyChange,
        Kind.SHUT_OFF: ShutOff,
        Kind.REINSTATE: Reinstate,
        Kind.INCIDENT_REPORT: IncidentReport,
        Kind.FORCE_MAJEURE_REPORT: ForceMajeureReport,
        Kind.ME_REPORT: MeReport,
        Kind.DISPUTE_OPEN: DisputeOpen,
        Kind.DISPUTE_SETTLED: DisputeSettled,
        Kind.THIRD_PARTY_CONSENT: ThirdPartyConsent,
    }
)
