"""One request on its way: what is asked, by whom, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenun.agreement.decision import Denial, Permit, Use
from tenun.agreement.standing import Position
from tenun.agreement.vocabulary import Operation, Party
from tenun.exchange import calls
from tenun.exchange.calls import Call, RequestDigests
from tenun.exchange.gate import Passage
from tenun.exchange.wire.messages import Request
from tenun.exchange.wire.signatures import Verified
from tenun.exchange.wire.tokens import Grant, Token


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a call wants, as the request's body, the token request or the export that it is about says."""

    operation: Operation
    dataset: str
    purpose: str
    fields: frozenset[str]
    area: str | None = None
    earlier: tuple[datetime, ...] = ()
    """When the same rows were handed over before, for the same purpose."""
    subject: str | None = None
    """The person as an HMAC, for the log."""
    job: str | None = None
    """The export that it is about."""

    @classmethod
    def of_grant(cls, grant: Grant, *, earlier: tuple[datetime, ...] = ()) -> Ask:
        return cls(
            operation=Operation(grant.operation),
            dataset=grant.dataset,
            purpose=grant.purpose,
            fields=frozenset(grant.fields),
            area=grant.area,
            earlier=earlier,
        )

    def under(self, grant: Grant) -> Grant:
        """The same as a grant, to be compared with the one that a token has."""
        return Grant(
            agreement=grant.agreement,
            rev=grant.rev,
            dataset=self.dataset,
            operation=str(self.operation),
            purpose=self.purpose,
            fields=tuple(sorted(self.fields)),
            area=self.area,
        )

    def as_use(self, *, by: Party, moment: datetime) -> Use:
        return Use(
            dataset=self.dataset,
            purpose=self.purpose,
            operation=self.operation,
            fields=self.fields,
            by=str(by),
            moment=moment,
            earlier=self.earlier,
        )


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The other party, established by a signature of this very request."""

    party: Party
    request: Request
    verified: Verified
    position: Position
    now: datetime

    @property
    def digests(self) -> RequestDigests:
        return RequestDigests(
            kid=self.verified.kid,
            signature_sha256=self.verified.signature_sha256,
            base_sha256=self.verified.base_sha256,
            content_sha256=self.verified.content_sha256,
        )


Asking = Ask | Callable[[Caller], Ask]
"""What is asked; or how to find out, once it is known who asks."""


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """A call that may be answered. Nothing of the answer may leave before `conclude` or `begin` has logged it."""

    caller: Caller
    call: Call
    visit: Visit
    passage: Passage | None = None
    """Asked before each piece of data; none for what a shut-off does not stop."""
    permit: Permit | None = None
    token: Token | None = None

    @property
    def position(self) -> Position:
        return self.caller.position


@dataclass
class Visit:
    """How far a request has come: what the entry about its refusal can say."""

    request: Request
    step: str
    position: Position | None = None
    caller: Caller | None = None
    """None as long as nobody has established who they are."""
    call: Call | None = None
    requester: Mapping[str, Any] | None = None
    """At the token endpoint: what is known of the client and of what it wants, in words for the log."""
    decision: Permit | Denial | None = None

    @property
    def is_stranger(self) -> bool:
        return self.caller is None and self.requester is None

    def about(self, caller: Caller, ask: Ask | None) -> Call:
        """The call in words for the log."""
        more: Mapping[str, Any] = {}
        if ask is not None:
            more = {
                "dataset": ask.dataset,
                "purpose": ask.purpose,
                "fields": ask.fields,
                "area": ask.area,
                "subject": ask.subject,
                "job": ask.job,
            }
        operation = str(ask.operation) if ask is not None else self.step
        agreement = caller.position.agreement
        return calls.about(agreement, caller.digests, operation=operation, step=self.step, **more)
