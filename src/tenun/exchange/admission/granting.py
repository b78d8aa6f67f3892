"""Tokens: who may have one, for what, and what a gateway is told about one.

These requests are no signed messages: an assertion by the pinned client key says who asks (RFC 7523), a DPoP proof
which key the token is for (RFC 9449). Their answers are signed like all others.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from tenun.agreement.standing import Position
from tenun.agreement.vocabulary import KeyUse
from tenun.exchange import calls
from tenun.exchange.admission.pipeline import Admission, proof_value, require_revision
from tenun.exchange.admission.refusals import ShutOff
from tenun.exchange.admission.visit import Ask, Visit
from tenun.exchange.gate import Passage
from tenun.exchange.journal import cite
from tenun.exchange.refusals import NotPermitted
from tenun.exchange.wire import dpop, tokens
from tenun.exchange.wire.assertions import Assertion, verify_assertion
from tenun.exchange.wire.messages import Request
from tenun.exchange.wire.refusals import ClientUnknown, DpopInvalid, MessageReplayed, WireError
from tenun.exchange.wire.tokens import Grant, TokenRequest
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError

GRANTED = "token.granted"


class Granting:
    """What the token and introspection endpoints do, with the gate, the keys and the log of all other calls."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._station = admission.station

    @implements("7(1)", "7(4)", control="A token is given for exactly what was asked or refused by name, never trimmed.")
    def grant(self, request: Request, *, certificate: str | None = None) -> dict[str, Any]:
        """What `/token` answers: a token for the access that was asked for, in the log before it is given.

        Raises `CallRefused`.
        """
        visit = Visit(request, "token")
        with self._admission.refusals(visit):
            now = self._station.clock.now()
            position = visit.position = self._admission.standing.at(now)
            wanted = self._known(visit, position, now, certificate)
            grant = wanted.grant
            require_revision(grant, position)
            passage = self._passage(position, grant)
            ask = Ask.of_grant(grant)
            visit.decision = decision = self._admission.decide_for(position, ask, now=now)
            if not decision:
                raise NotPermitted(decision)
            proof = self._proof(request, now)
            token = tokens.issue(
                grant,
                self._admission.keyring.signing(position.agreement),
                issuer=self._issuer(position),
                client=str(self._station.party.other),
                thumbprint=proof.thumbprint,
                epoch=passage.epoch,
                now=now,
            )
            self._admission.book.journal.write(
                GRANTED,
                decision=calls.decided(decision),
                token_sha256=hashlib.sha256(token.encode()).hexdigest(),
                bound_to=proof.thumbprint,
                **(visit.requester or {}),
            )
            passage.require()
            return tokens.answer(token, grant)
