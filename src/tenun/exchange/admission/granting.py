"""Tokens: who may have one, for what, and what a gateway is told about one.

These requests are no signed messages: an assertion by the pinned client key says who asks (RFC 7523), a DPoP proof
which key the token is for (RFC 9449). Their answers are signed like all others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from tenun.agreement.standing import Position
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange import calls
from tenun.exchange.admission.pipeline import Admission, proof_value, require_revision
from tenun.exchange.admission.refusals import ShutOff
from tenun.exchange.admission.visit import Ask, Visit
from tenun.exchange.gate import GateClosed
from tenun.exchange.journal import cite
from tenun.exchange.refusals import NotPermitted
from tenun.exchange.wire import dpop, tokens
from tenun.exchange.wire.assertions import Assertion, verify_assertion
from tenun.exchange.wire.dpop import Proof
from tenun.exchange.wire.messages import Request
from tenun.exchange.wire.refusals import (
    ClientUnknown,
    DpopInvalid,
    MessageReplayed,
    TokenExpired,
    TokenInvalid,
    TokenRequestMalformed,
    WireError,
)
from tenun.exchange.wire.tokens import ASSERTION_TYPE, Token, TokenRequest
from tenun.exchange.witnessing import Unwitnessed
from tenun.kernel.clause import implements

GRANTED = "token.granted"


class Granting:
    """What the token and introspection endpoints do, with the gate, the keys and the log of all other calls."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._station = admission.station

    @implements(
        "7(1)", "7(4)", control="A token is given for exactly what was asked or refused by name, never trimmed."
    )
    def grant(self, request: Request, *, certificate: str | None = None) -> dict[str, Any]:
        """What `/token` answers: a token for the access that was asked for, in the log before it is given.

        Raises `CallRefused`.
        """
        visit = Visit(request, "token")
        with self._admission.refusals(visit):
            now = self._station.clock.now()
            position = visit.position = self._admission.standing.at(now)
            wanted, proof = self._established(visit, position, now, certificate)
            require_revision(wanted.grant, position)
            ask = Ask.of_grant(wanted.grant)
            passage = self._admission.passage(position, ask.dataset)
            visit.decision = decision = self._admission.decide(position, ask, by=self._peer, now=now)
            if not decision:
                raise NotPermitted(decision)
            token = tokens.issue(
                wanted.grant,
                self._admission.keyring.signing(position.agreement),
                issuer=self._issuer(position),
                client=str(self._peer),
                thumbprint=proof.thumbprint,
                epoch=passage.epoch,
                now=now,
            )
            digest = hashlib.sha256(token.encode()).hexdigest()
            told = {**(visit.requester or {}), "token_sha256": digest, "decision": calls.decided(decision)}
            self._admission.book.journal.write(GRANTED, **told)
            passage.require()
            return tokens.answer(token, wanted.grant)

    def introspect(self, request: Request, *, certificate: str | None = None) -> dict[str, Any]:
        """What `/introspect` answers (RFC 7662) to either party or its gateway: whether a token of ours counts now.

        Not whether a call with it would be allowed: that is decided for each call. Raises `CallRefused`.
        """
        visit = Visit(request, "introspect")
        with self._admission.refusals(visit):
            now = self._station.clock.now()
            position = visit.position = self._admission.standing.at(now)
            form = _form(request.body)
            if form.get("client_assertion_type") != ASSERTION_TYPE or "token" not in form:
                raise TokenRequestMalformed(member="token" if "token" not in form else "client_assertion_type")
            assertion = self._assertion(form.get("client_assertion", ""), position, tuple(Party), now)
            self._admission.require_certificate(position, certificate)
            visit.requester = {"agreement": cite(position.agreement), "client": assertion.client, "kid": assertion.kid}
            self._require_new([f"assertion {assertion.client} {assertion.jti}"], expires=assertion.expires)
            return tokens.introspected(self._counting(form["token"], position, now))

    # --- below the surface -----------------------------------------------------------------------

    @property
    def _peer(self) -> Party:
        return self._station.party.other

    def _issuer(self, position: Position) -> str:
        return str(position.agreement.parties[self._station.party].node.issuer)

    def _established(
        self, visit: Visit, position: Position, now: datetime, certificate: str | None
    ) -> tuple[TokenRequest, Proof]:
        """What the other party wants, once it is certain that it is they, here for the first time."""
        closed = self._admission.closed(position)
        try:
            wanted = TokenRequest.from_form(visit.request.body)
            assertion = self._assertion(wanted.assertion, position, (self._peer,), now)
            if wanted.client not in (None, assertion.client):
                raise ClientUnknown()
            proof = self._proof(visit.request, now)
            self._admission.require_certificate(position, certificate)
        except WireError as problem:
            raise ShutOff() if closed is not None else problem from None
        grant = wanted.grant
        words = calls.known_words(position.agreement, dataset=grant.dataset, purpose=grant.purpose, fields=grant.fields)
        visit.requester = {
            "agreement": cite(position.agreement),
            "client": assertion.client,
            "kid": assertion.kid,
            "bound_to": proof.thumbprint,
            "operation": grant.operation,
            "area": grant.area,
            **words,
            "fields": list(words["fields"]) or None,
        }
        if closed is not None:
            raise closed
        used = [f"assertion {assertion.client} {assertion.jti}", proof_value(proof)]
        self._require_new(used, expires=max(assertion.expires, proof.expires))
        return wanted, proof

    def _assertion(self, text: str, position: Position, parties: Collection[Party], now: datetime) -> Assertion:
        issuer = self._issuer(position)
        keys = {str(party): self._admission.keyring.of(position.agreement, party, KeyUse.CLIENT) for party in parties}
        return verify_assertion(text, clients=keys, audiences=(issuer, f"{issuer}/token"), now=now)

    @staticmethod
    def _proof(request: Request, now: datetime) -> Proof:
        shown = request.headers.get("dpop")
        if shown is None:
            raise DpopInvalid(member="dpop")
        return dpop.verify(shown, method=request.method, url=request.url, now=now)

    def _require_new(self, values: list[str], *, expires: datetime) -> None:
        if not self._admission.replay.remember("token", values, expires=expires):
            raise MessageReplayed()

    def _counting(self, text: str, position: Position, now: datetime) -> Token | None:
        """A token, if it counts at this moment."""
        own = self._admission.keyring.of(position.agreement, self._station.party, KeyUse.MESSAGE)
        try:
            token = tokens.verify(text, keys=own, issuer=self._issuer(position), now=now)
            epoch = self._admission.passage(position, token.grant.dataset).epoch
        except (TokenInvalid, TokenExpired, GateClosed, Unwitnessed):
            return None
        is_current = token.epoch == epoch and token.grant.rev == position.agreement.rev
        return token if is_current else None


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=20, errors="strict")
    except ValueError as problem:
        raise TokenRequestMalformed(member="body") from problem
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenRequestMalformed(member="body")
    return form
