"""From a request as it came to a call that may be answered, and from an answer to what may leave."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from tenun.agreement.decision import Denial, Permit, decide
from tenun.agreement.standing import Position, Standing
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange import calls
from tenun.exchange.admission.doorstep import Doorstep
from tenun.exchange.admission.keyring import Keyring
from tenun.exchange.admission.refusals import (
    AgreementUnknown,
    AnswerFailed,
    CallRefused,
    CertificateUnknown,
    RevisionSuperseded,
    ShutOff,
)
from tenun.exchange.admission.visit import Admitted, Ask, Asking, Caller, Visit
from tenun.exchange.calls import AnswerDigests, CallBook
from tenun.exchange.gate import Gate, GateClosed, Passage
from tenun.exchange.refusals import LogUnavailable, NotPermitted
from tenun.exchange.station import Station
from tenun.exchange.wire import dpop, signatures, tokens
from tenun.exchange.wire.dpop import Proof
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.refusals import (
    DpopInvalid,
    MessageReplayed,
    TokenEpochOld,
    TokenInvalid,
    TokenNotForThis,
    WireError,
)
from tenun.exchange.wire.replay import ReplayStore
from tenun.exchange.wire.tokens import Grant, Token, TokenCache
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError

TOKEN_REFUSED = "token.refused"  # noqa: S105 - the type of a log entry
_GRANTED = ("agreement", "dataset", "operation", "purpose")


class Admission:
    """The pipeline. One for a process, made after a fork; safe from any thread."""

    def __init__(
        self,
        station: Station,
        standing: Standing,
        gate: Gate,
        replay: ReplayStore,
        book: CallBook,
        *,
        demands_certificate: bool = False,
        condition: Callable[[], None] = lambda: None,
    ) -> None:
        """`demands_certificate`: TLS ends here, with client certificates, which must be those of the agreement.

        `condition` raises a `TenunError` while data may not pass for another reason than the gate: such as a log that
        the other party has not witnessed for too long.
        """
        self.station = station
        self.standing = standing
        self.gate = gate
        self.replay = replay
        self.book = book
        self.keyring = Keyring(station)
        self.doorstep = Doorstep(book, station.clock)
        self._demands_certificate = demands_certificate
        self._condition = condition
        self._tokens = TokenCache()

    # --- in ----------------------------------------------------------------------------------------

    @implements("7(1)", "7(4)", control="Every call passes gate, signature, token, decision and log, in this order.")
    def admit(
        self, request: Request, operation: str, ask: Asking, *, agreement: str, certificate: str | None = None
    ) -> Admitted:
        """A data call that may be answered.

        `operation` names the request for the log (`export`, `file`, `query`); `agreement` is the last segment of
        the agreement's URN, from the address; `certificate` the connection's x5t#S256. Raises `CallRefused`: by
        then the refusal is in the log, or counted there.
        """
        visit = Visit(request, operation)
        with self.refusals(visit):
            caller = self._recognise(visit, certificate, is_gated=True)
            self._require_agreement(caller.position, agreement)
            token, proof = self._held_token(caller)
            self._require_new(caller, proof)
            asked = ask(caller) if callable(ask) else ask
            return self._decided(visit, caller, token, asked)

    def recognise(
        self,
        request: Request,
        operation: str,
        *,
        agreement: str | None = None,
        is_gated: bool = False,
        certificate: str | None = None,
    ) -> Admitted:
        """A signed call of the other party that takes no token: events, acts, receipts, the log, the catalogue.

        `is_gated` False for what a shut-off does not stop. Raises `CallRefused`.
        """
        visit = Visit(request, operation)
        with self.refusals(visit):
            caller = self._recognise(visit, certificate, is_gated=is_gated)
            if agreement is not None:
                self._require_agreement(caller.position, agreement)
            self._require_new(caller, None)
            visit.call = visit.about(caller, None)
            passage = self.passage(caller.position, None) if is_gated else None
            return Admitted(caller=caller, call=visit.call, visit=visit, passage=passage)

    @staticmethod
    def decide(position: Position, ask: Ask, *, by: Party, now: datetime) -> Permit | Denial:
        """The agreement's answer at this moment. That a token was given under it does not count here."""
        return decide(position.agreement, ask.as_use(by=by, moment=now), state=position.state)

    # --- out ---------------------------------------------------------------------------------------

    @implements("7(1)", control="An answer is in the log, with its digest and signature, before its first byte leaves.")
    def conclude(self, admitted: Admitted, response: Response, *, rows: int | None = None) -> Response:
        """An answer that is all in memory: logged whole, signed, ready to leave. Raises `CallRefused`."""
        with self.refusals(admitted.visit):
            self._require_passage(admitted)
            signed = self.sign(response, to=admitted.caller.request, position=admitted.position)
            answer = digests_of(signed, rows=rows)
            self.book.opened_and_closed(admitted.call, answer, decision=admitted.permit)
            # What closed while the entry was written keeps the answer here; a second entry then says so.
            self._require_passage(admitted)
            return signed

    def conclude_unlogged(self, admitted: Admitted, response: Response) -> Response:
        """An answer about the log itself, or about what both parties sign anyway: signed, without an entry.

        An entry about a call that reads the log would be something new to read, for ever. The steps are
        `calls.NOT_NOTED`, at both nodes. Raises `CallRefused`.
        """
        assert admitted.visit.step in calls.NOT_NOTED, "this step is noted by the other party"
        with self.refusals(admitted.visit):
            self._require_passage(admitted)
            return self.sign(response, to=admitted.caller.request, position=admitted.position)

    def begin(self, admitted: Admitted, response: Response) -> Response:
        """An answer whose content follows: its headers, signed. `book.closed` must follow. Raises `CallRefused`."""
        with self.refusals(admitted.visit):
            self._require_passage(admitted)
            signed = self.sign(response, to=admitted.caller.request, position=admitted.position)
            self.book.opened(admitted.call, decision=admitted.permit)
            return signed

    def sign(self, response: Response, *, to: Request | None, position: Position | None = None) -> Response:
        """Any answer, as the node signs it. Raises where the node has no key that the agreement pins."""
        now = self.station.clock.now()
        key = self.keyring.signing((position or self.standing.at(now)).agreement)
        return signatures.sign_response(response, to=to, key=key, now=now)

    # --- refusing ----------------------------------------------------------------------------------

    @contextmanager
    def refusals(self, visit: Visit) -> Iterator[None]:
        """Whatever is refused inside is in the log before it is told, and becomes a `CallRefused`."""
        try:
            yield
        except CallRefused:
            raise
        except TenunError as problem:
            raise self.refused(visit, problem) from problem
        except Exception as problem:
            # Its text may hold anything, so only the kind goes into the log that is never erased.
            refusal = self.refused(visit, AnswerFailed(), code=f"exchange.failed.{type(problem).__name__}")
            raise refusal from problem

    def refused(self, visit: Visit, error: TenunError, *, code: str | None = None) -> CallRefused:
        """Log a refusal, and give what is to be told. A log that cannot be written is itself the refusal then."""
        code = code or error.code
        if isinstance(error, NotPermitted):
            visit.decision = error.denial
        try:
            if visit.is_stranger:
                return CallRefused(error, log_index=self._log_stranger(visit, code))
            index = self._log(visit, code)
        except LogUnavailable as problem:
            return CallRefused(problem)
        return CallRefused(
            error,
            decision=visit.decision.decision_id if visit.decision is not None else None,
            log_index=index,
            rev=visit.position.agreement.rev if visit.position is not None else None,
        )

    def _log(self, visit: Visit, code: str) -> int:
        call = visit.call or (visit.about(visit.caller, None) if visit.caller is not None else None)
        if call is not None:
            return self.book.refused(call, code=code, decision=visit.decision).index
        told = {
            **(visit.requester or {}),
            "decision": calls.decided(visit.decision) if visit.decision is not None else None,
        }
        return self.book.journal.write(TOKEN_REFUSED, code=code, **told).index

    def _log_stranger(self, visit: Visit, code: str) -> int | None:
        if not self.doorstep.may_list():
            self.doorstep.count(code)
            self.doorstep.write_due()
            return None
        try:
            claimed = signatures.call_id(visit.request)
        except WireError:
            claimed = None  # there is none that could be named
        return self.book.refused_stranger(step=visit.step, code=code, call=claimed).index

    # --- the steps ---------------------------------------------------------------------------------

    def _recognise(self, visit: Visit, certificate: str | None, *, is_gated: bool) -> Caller:
        """Gate, then signature. Whoever cannot be recognised while the gate is closed learns no more than that."""
        now = self.station.clock.now()
        position = visit.position = self.standing.at(now)
        peer = self.station.party.other
        closed = self.closed(position) if is_gated else None
        try:
            self.require_certificate(position, certificate)
            keys = self.keyring.of(position.agreement, peer, KeyUse.MESSAGE)
            verified = signatures.verify_request(visit.request, keys=keys, now=now)
        except WireError as problem:
            raise ShutOff() if closed is not None else problem from None
        visit.caller = Caller(party=peer, request=visit.request, verified=verified, position=position, now=now)
        if closed is not None:
            raise closed
        return visit.caller

    def closed(self, position: Position) -> GateClosed | None:
        """Why no data pass for the other party at all, where the gate is closed."""
        try:
            self.gate.epoch(agreement=position.agreement.id, client=str(self.station.party.other))
        except GateClosed as problem:
            return problem
        return None

    def passage(self, position: Position, dataset: str | None) -> Passage:
        """The way through the gate for one call of the other party. Raises `GateClosed`, and what `condition` does."""
        self._condition()
        client = str(self.station.party.other)
        return Passage.enter(self.gate, agreement=position.agreement.id, dataset=dataset, client=client)

    def require_certificate(self, position: Position, certificate: str | None) -> None:
        """Raise `CertificateUnknown` where certificates are demanded and this is none that the agreement names."""
        pinned = position.agreement.parties[self.station.party.other].node.mtls
        if self._demands_certificate and certificate not in pinned:
            raise CertificateUnknown()

    @staticmethod
    def _require_agreement(position: Position, agreement: str) -> None:
        if agreement != position.agreement.id.rsplit(":", 1)[-1]:
            raise AgreementUnknown()

    def _held_token(self, caller: Caller) -> tuple[Token, Proof]:
        """The token, and the proof that the caller holds the key it was given to."""
        request, position = caller.request, caller.position
        text = tokens.bearer_of(request.headers)
        token = tokens.verify(
            text,
            keys=self.keyring.of(position.agreement, self.station.party, KeyUse.MESSAGE),
            issuer=position.agreement.parties[self.station.party].node.issuer,
            now=caller.now,
            cache=self._tokens,
        )
        if token.client != str(caller.party):
            raise TokenInvalid(member="client_id")
        shown = request.headers.get("dpop")
        if shown is None:
            raise DpopInvalid(member="dpop")
        proof = dpop.verify(
            shown, method=request.method, url=request.url, now=caller.now, token=text, thumbprint=token.thumbprint
        )
        return token, proof

    def _require_new(self, caller: Caller, proof: Proof | None) -> None:
        """Neither the signature's nonce nor the proof's `jti` was here before. One statement for both."""
        values, expires = [f"nonce {caller.verified.kid} {caller.verified.nonce}"], caller.verified.expires
        if proof is not None:
            values.append(proof_value(proof))
            expires = max(expires, proof.expires)
        if not self.replay.remember("call", values, expires=expires):
            raise MessageReplayed()

    def _decided(self, visit: Visit, caller: Caller, token: Token, ask: Ask) -> Admitted:
        visit.call = visit.about(caller, ask)
        self._require_granted(token.grant, ask, caller.position)
        passage = self.passage(caller.position, ask.dataset)
        if token.epoch != passage.epoch:
            raise TokenEpochOld()
        visit.decision = decision = self.decide(caller.position, ask, by=caller.party, now=caller.now)
        if not decision:
            raise NotPermitted(decision)
        return Admitted(caller=caller, call=visit.call, visit=visit, passage=passage, permit=decision, token=token)

    @staticmethod
    def _require_granted(granted: Grant, ask: Ask, position: Position) -> None:
        require_revision(granted, position)
        wanted = ask.under(granted)
        if not wanted.is_within(granted):
            beyond = [name for name in _GRANTED if getattr(wanted, name) != getattr(granted, name)]
            raise TokenNotForThis(
                member=beyond[0] if beyond else "fields" if ask.fields - set(granted.fields) else "area"
            )

    @staticmethod
    def _require_passage(admitted: Admitted) -> None:
        if admitted.passage is not None:
            admitted.passage.require()


def require_revision(grant: Grant, position: Position) -> None:
    """Raise unless a grant goes by this agreement, in the revision in force."""
    if grant.agreement != position.agreement.id:
        raise AgreementUnknown()
    if grant.rev != position.agreement.rev:
        raise RevisionSuperseded(rev=position.agreement.rev)


def proof_value(proof: Proof) -> str:
    """A proof, for the store of what was used."""
    return f"proof {proof.thumbprint} {proof.jti}"


def digests_of(response: Response, *, rows: int | None = None) -> AnswerDigests:
    """A signed answer for the log."""
    return AnswerDigests(
        status=response.status,
        signature_sha256=signature_sha256(response),
        content_sha256=hashlib.sha256(response.body).hexdigest() if response.body else None,
        rows=rows,
        bytes=len(response.body),
    )


def signature_sha256(response: Response) -> str:
    """SHA-256 of an answer's raw signature, in hexadecimal, as we have made it."""
    given = response.headers["signature"]
    return hashlib.sha256(base64.b64decode(given.partition(":")[2].rstrip(":"))).hexdigest()
