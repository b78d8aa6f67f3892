"""The words of acts. Stored spellings never change: they stand in signed acts."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    ENTER_INTO_FORCE = "enter-into-force"
    ADDENDUM = "addendum"
    EXTEND = "extend"
    END = "end"
    END_NONCONFORMITY = "end-nonconformity"
    NOTICE = "notice"
    CONTACT_CHANGE = "contact-change"
    KEY_CHANGE = "key-change"
    SHUT_OFF = "shut-off"
    REINSTATE = "reinstate"
    INCIDENT_REPORT = "incident-report"
    FORCE_MAJEURE_REPORT = "force-majeure-report"
    ME_REPORT = "me-report"
    DISPUTE_OPEN = "dispute-open"
    DISPUTE_SETTLED = "dispute-settled"
    THIRD_PARTY_CONSENT = "third-party-consent"


class ScopeKind(StrEnum):
    """How much of the agreement's access a shut-off closes."""

    AGREEMENT = "agreement"
    DATASET = "dataset"
    CLIENT = "client"


class NoticeSubject(StrEnum):
    EXTEND = "extend"
    """The wish to extend the term (Pasal 6(2))."""
    END = "end"
    """The wish to end before the term (Pasal 6(2))."""
    OTHER = "other"


class KeyLoss(StrEnum):
    """Why a key changes. Whoever still has the old key changes it alone; else the other party must agree."""

    ROTATION = "rotation"
    LOST = "lost"


class Part(StrEnum):
    """The parts of the state, as far as acts may change them."""

    TERM = "term"
    REVISION = "revision"
    CONTACTS = "contacts"
    KEYS = "keys"
    CLOSURES = "closures"
    CONSENTS = "consents"
    DISPUTES = "disputes"
    INCIDENTS = "incidents"
    REPORTS = "reports"
    NOTICES = "notices"
