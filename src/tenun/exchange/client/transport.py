"""One call: sign the request, send it, and believe the answer only once its signature holds for this request.

No redirect is followed, no answer is decompressed, nothing is retried that could have an effect twice.
"""

from __future__ import annotations

import json
import secrets
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Protocol, TypeVar

import urllib3
from urllib3.exceptions import HTTPError

from tenun.exchange.client.peer import Credentials, Peer
from tenun.exchange.client.refusals import (
    AnswerMalformed,
    AnswerNotBelieved,
    AnswerUnsigned,
    ClientError,
    ClockAway,
    PeerUnreachable,
    Refused,
)
from tenun.exchange.wire import dpop, messages, signatures
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.refusals import SignatureExpired, SignatureFromFuture, WireError
from tenun.exchange.wire.signatures import Verified
from tenun.kernel.clock import Clock
from tenun.kernel.errors import TenunError

CHUNK = 64 * 1024
BODY_MAX = 4 * 1024 * 1024
"""Of an answer that is read whole, unless the caller knows better."""
CONNECTIONS_KEPT = 32
"""To one peer, for as many calls at once: a connection made anew for each call costs more than the call."""
CONNECT_S_MAX = 10.0
READ_S_MAX = 30.0
"""Longest silence, not longest answer."""
SKEW_TOLD = timedelta(seconds=20)
"""A difference of the clocks from here on is said to be the cause where our request was refused."""

# What a gateway says when the node behind it is not there; unsigned, so it counts as no answer.
_NOBODY_THERE = (502, 503, 504)
_LATER = (429, 503)


@dataclass(frozen=True)
class Retrying:
    """How patient the client is. Waits double from `first_s`; a signed Retry-After is kept to up to `wait_s_max`."""

    attempts: int = 4
    first_s: float = 0.5
    wait_s_max: float = 120.0


@dataclass(frozen=True)
class Call:
    """What is to be asked."""

    method: str
    path: str
    """Path and query, from the root of the peer's public URL."""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    is_signed: bool = True
    """Whether the request carries a message signature; the answer always does."""
    is_repeatable: bool = False
    """Whether asking twice has the effect of asking once: a GET, or a POST with an Idempotency-Key."""
    body_max: int = BODY_MAX
    accepted: frozenset[int] = frozenset()
    """Statuses from 400 on that are an answer and no refusal."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """Step, and for data operation, dataset, purpose, fields, area and job: for the gate and the log of a node. Never
    a person. A step that a node does not know stops with a shut-off."""


_T = TypeVar("_T")


class Ledger(Protocol):
    """Where a node notes its calls. A client without one notes nothing."""

    def asked(self, call: Call, request: Request) -> None:
        """Before the request leaves. Raises to keep it from leaving."""

    def proceed(self, call: Call, request: Request) -> None:
        """At each chunk, and before an answer is used. Raises where the exchange was shut off meanwhile."""

    def answered(self, call: Call, request: Request, answer: Answer) -> None:
        """After the answer's signature was verified; for a file, after its last byte."""

    def failed(self, call: Call, request: Request, problem: TenunError, answer: Answer | None = None) -> None:
        """No answer that can be believed, one that came too late, or (`answer`) one that broke off."""


class NoLedger:
    """Notes nothing: for those who keep no log of their own."""

    def asked(self, call: Call, request: Request) -> None: ...

    def proceed(self, call: Call, request: Request) -> None: ...

    def answered(self, call: Call, request: Request, answer: Answer) -> None: ...

    def failed(self, call: Call, request: Request, problem: TenunError, answer: Answer | None = None) -> None: ...


@dataclass
class Answer:
    """An answer whose signature was verified. `body` is empty where the content is streamed instead."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    verified: Verified
    call: str
    """Id of the call: SHA-256 of our request's signature, in hexadecimal; empty where we did not sign."""
    rows: int | None = None
    bytes: int = 0
    """Of content that was received."""

    def json(self) -> Any:
        """The body as JSON. Raises `AnswerMalformed`."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise AnswerMalformed(reason="not JSON") from None

    @property
    def retry_after(self) -> int | None:
        return retry_after(self.headers, now=datetime.now(UTC))


class Transport:
    """The connections to one peer, and how calls over them are signed, verified and repeated."""

    def __init__(
        self,
        peer: Peer,
        credentials: Credentials,
        *,
        clock: Clock,
        ledger: Ledger | None = None,
        retrying: Retrying | None = None,
        sleep: Callable[[float], None] = time.sleep,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        self.peer = peer
        self.credentials = credentials
        self.clock = clock
        self.sleep = sleep
        self.ledger: Ledger = ledger or NoLedger()
        self._retrying = retrying or Retrying()
        self._pool = pool or _pool(peer, credentials)

    def close(self) -> None:
        self._pool.clear()

    def send(self, call: Call) -> Answer:
        """The verified answer, whole. Raises `Refused` for a signed refusal, and the other errors of `refusals`."""
        return self._repeat(call, self._whole)

    def stream(self, call: Call) -> Stream:
        """The answer with its content still to come. Close it; iterate over `chunks` first."""
        return self._repeat(call, self._begun)

    # --- one attempt -----------------------------------------------------------------------------

    def _whole(self, call: Call) -> Answer:
        request = self.sign(call)
        self.ledger.asked(call, request)
        try:
            raw = self._open(call, request)
            try:
                body = _read(raw, limit=call.body_max)
                answer = self._verify(request, raw, body)
            finally:
                raw.release_conn()
            self.ledger.proceed(call, request)
            answer.bytes = len(answer.body)
        except TenunError as problem:
            self.ledger.failed(call, request, problem)
            raise
        self.ledger.answered(call, request, answer)
        if answer.status in call.accepted:
            return answer
        self._blame_clock(answer)
        return _require_success(answer)

    def _begun(self, call: Call) -> Stream:
        request = self.sign(call)
        self.ledger.asked(call, request)
        try:
            raw = self._open(call, request)
            try:
                # A refusal is short and signed over its digest; a file is signed over its headers.
                is_file = raw.status in (200, 206)
                body = b"" if is_file else _read(raw, limit=BODY_MAX)
                answer = self._verify(request, raw, body, is_file=is_file)
            except BaseException:
                raw.close()
                raise
        except TenunError as problem:
            self.ledger.failed(call, request, problem)
            raise
        if not is_file:
            raw.release_conn()
            self.ledger.answered(call, request, answer)
            self._blame_clock(answer)
            _require_success(answer)
            raise AnswerMalformed(reason=f"status {answer.status} where a file belongs")
        return Stream(answer, raw, call, request, self.ledger)

    def sign(self, call: Call) -> Request:
        """The request as it goes out: with proof of possession where there is a token, and signed."""
        url = self.peer.url(call.path)
        now = self.clock.now()
        headers = {name.lower(): value for name, value in call.headers.items()}
        headers.setdefault("accept", "application/json, application/problem+json")
        headers["accept-encoding"] = "identity"
        if call.token is not None:
            headers["authorization"] = f"DPoP {call.token}"
            headers["dpop"] = dpop.proof(
                self.credentials.client_key, method=call.method, url=url, now=now, token=call.token
            )
        request = Request(call.method, url, headers, call.body)
        if not call.is_signed:
            return request
        return signatures.sign_request(request, self.credentials.message_key, now=now, nonce=secrets.token_urlsafe(18))

    def _open(self, call: Call, request: Request) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(
                request.method,
                self.peer.reach(call.path),
                body=request.body or None,
                headers=dict(request.headers),
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
            )
        except HTTPError as problem:
            raise PeerUnreachable(reason=type(problem).__name__, attempts=1) from problem

    def _verify(self, request: Request, raw: urllib3.BaseHTTPResponse, body: bytes, *, is_file: bool = False) -> Answer:
        try:
            headers = messages.headers(raw.headers.items())
            if "signature" not in headers and "signature-input" not in headers:
                raise AnswerUnsigned(status=raw.status, reason="no signature")
            response = Response(raw.status, headers, body)
            verified = self._verify_at(response, request, self.clock.now(), may_be_file=is_file)
        except (SignatureExpired, SignatureFromFuture) as problem:
            self._tell_of_clocks(response, request, problem, is_file=is_file)
            raise AnswerNotBelieved(status=raw.status, reason=problem.code) from problem
        except WireError as problem:
            raise AnswerNotBelieved(status=raw.status, reason=problem.code) from problem
        return Answer(raw.status, headers, body, verified, _call_id(request))

    def _verify_at(self, response: Response, request: Request, now: datetime, *, may_be_file: bool) -> Verified:
        return signatures.verify_response(
            response, to=request, keys=self.peer.message_keys, now=now, may_be_file=may_be_file
        )

    def _tell_of_clocks(
        self, response: Response, request: Request, problem: SignatureExpired | SignatureFromFuture, *, is_file: bool
    ) -> None:
        """Raise `ClockAway` where nothing but the time is wrong with an answer to this very request.

        It answers a nonce of a moment ago, so its times tell the other clock; a replayed answer does not get here.
        """
        if "signature" not in request.headers:
            return
        away = timedelta(seconds=int(str(problem.parts["seconds"])) + 1)
        is_ahead = isinstance(problem, SignatureExpired)
        try:
            there = self.clock.now() + (-away if is_ahead else away)
            verified = self._verify_at(response, request, there, may_be_file=is_file)
        except WireError:
            return
        raise ClockAway(seconds=round((self.clock.now() - verified.created).total_seconds()))

    def _blame_clock(self, answer: Answer) -> None:
        """Where our request's signature was refused, and the clocks differ, the clocks are why."""
        away = self.clock.now() - answer.verified.created
        if answer.status in (400, 401, 403) and abs(away) >= SKEW_TOLD:
            raise ClockAway(seconds=round(away.total_seconds()))

    # --- several attempts ------------------------------------------------------------------------

    def _repeat(self, call: Call, attempt: Callable[[Call], _T]) -> _T:
        """Each attempt is signed anew: a nonce is good once."""
        wait = self._retrying.first_s
        for number in range(1, self._retrying.attempts + 1):
            is_last = number == self._retrying.attempts or not call.is_repeatable
            try:
                return attempt(call)
            except (PeerUnreachable, AnswerUnsigned) as problem:
                if isinstance(problem, AnswerUnsigned) and problem.status not in _NOBODY_THERE:
                    raise
                if is_last:
                    raise _exhausted(problem, number) from problem
                pause = wait
            except Refused as problem:
                said = problem.retry_after
                if problem.status not in _LATER or is_last or said is None or said > self._retrying.wait_s_max:
                    raise
                pause = float(said)
            self.sleep(pause)
            wait *= 2
        raise AssertionError("unreachable: the last attempt returns or raises")


class Stream:
    """Content on its way, after the headers that describe it were verified."""

    def __init__(
        self, answer: Answer, raw: urllib3.BaseHTTPResponse, call: Call, request: Request, ledger: Ledger
    ) -> None:
        self.answer = answer
        self._raw = raw
        self._call = call
        self._request = request
        self._ledger = ledger
        self._is_told = False

    def chunks(self) -> Iterator[bytes]:
        """The content, at most 64 KiB at a time. Raises `PeerUnreachable` where it breaks off."""
        expected = int(self.answer.headers.get("content-length", "-1"))
        try:
            while True:
                piece = self._raw.read(CHUNK)
                if not piece:
                    break
                self._ledger.proceed(self._call, self._request)
                self.answer.bytes += len(piece)
                yield piece
        except HTTPError as problem:
            raise PeerUnreachable(reason=type(problem).__name__, attempts=1) from problem
        if expected not in (-1, self.answer.bytes):
            raise PeerUnreachable(reason="IncompleteRead", attempts=1)

    def finish(self, *, rows: int | None = None) -> None:
        """Note that everything came and was what it had to be."""
        self._is_told = True
        self.answer.rows = rows
        self._ledger.answered(self._call, self._request, self.answer)

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, _: TracebackType | None
    ) -> None:
        # Closed, not given back: what is left of a broken answer must not be read as the next one's beginning.
        self._raw.close()
        if not self._is_told and isinstance(problem, TenunError):
            self._ledger.failed(self._call, self._request, problem, self.answer)


# --- below the surface -------------------------------------------------------------------------------


def _pool(peer: Peer, credentials: Credentials) -> urllib3.PoolManager:
    context = ssl.create_default_context(cafile=str(peer.ca_file) if peer.ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if credentials.certificate is not None:
        context.load_cert_chain(credentials.certificate, credentials.certificate_key)
    return urllib3.PoolManager(
        maxsize=CONNECTIONS_KEPT,
        timeout=urllib3.Timeout(connect=CONNECT_S_MAX, read=READ_S_MAX),
        retries=False,
        ssl_context=context,
    )


def _read(raw: urllib3.BaseHTTPResponse, *, limit: int) -> bytes:
    """The content, whole. Raises `PeerUnreachable` where it breaks off, `AnswerNotBelieved` where it has no end."""
    body = bytearray()
    try:
        while piece := raw.read(CHUNK):
            body += piece
            if len(body) > limit:
                raw.close()
                raise AnswerNotBelieved(status=raw.status, reason=f"more than {limit} bytes")
    except HTTPError as problem:
        raw.close()
        raise PeerUnreachable(reason=type(problem).__name__, attempts=1) from problem
    return bytes(body)


def _require_success(answer: Answer) -> Answer:
    if answer.status < 300 or answer.status == 304:
        return answer
    if answer.status < 400:
        raise AnswerMalformed(reason=f"a redirect ({answer.status}), which is never followed")
    document: Any = None
    # At /token a refusal is the same document in plain JSON, with OAuth's members beside (RFC 6749, section 5.2).
    if answer.headers.get("content-type", "").split(";")[0].strip() in ("application/problem+json", "application/json"):
        document = answer.json()
    if not isinstance(document, Mapping):
        document = {"title": {"id": "Tanpa keterangan.", "en": "Without an explanation."}}
    raise Refused(status=answer.status, document=document, retry_after=answer.retry_after)


def retry_after(headers: Mapping[str, str], *, now: datetime) -> int | None:
    """Seconds to wait, from a Retry-After in either of its forms (RFC 9110, 10.2.3); None where there is none."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit():
        return int(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0, round(((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()))


def _exhausted(problem: ClientError, attempts: int) -> ClientError:
    if isinstance(problem, PeerUnreachable):
        return PeerUnreachable(reason=problem.parts["reason"], attempts=attempts)
    return problem


def _call_id(request: Request) -> str:
    return signatures.call_id(request) if "signature" in request.headers else ""
