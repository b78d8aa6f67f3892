"""A provider on a free port of this machine, well-behaved until a test tells it otherwise.

Made of the wire's functions and `serving.exports` alone, without the API: so the client is tested against the
protocol, and a test can have any answer spoilt in any way. Spoiling is done by `on(step, change)`: `change` gets the
`Exchange` of a request and may alter the signed answer, replace it, or act on the socket.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tenun.agreement import party_keys
from tenun.agreement.decision import Denial, Operation, Use, decide
from tenun.agreement.party_jwk import Key
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange.refusals import NotPermitted
from tenun.exchange.serving.exports import Exports
from tenun.exchange.station import pinned_keys
from tenun.exchange.wire import digests, dpop, problems, signatures, tokens
from tenun.exchange.wire.messages import Request, Response, headers
from tenun.exchange.wire.replay import MemoryReplay
from tenun.exchange.wire.tokens import Grant
from tenun.kernel.clock import Clock
from tenun.kernel.errors import TenunError
from tests.lib.two_nodes import Nodes

BASE = "/v1/agreements/sid-siapkerja"
_RANGE = re.compile(r"bytes=(\d+)-")


@dataclass
class Exchange:
    """One request and what is about to be answered."""

    step: str
    request: Request
    response: Response
    number: int
    """Which request of its step this is, from 1."""
    content: bytes = b""
    """Of a file: what is sent after the headers."""
    cut_at: int | None = None
    """Break the connection after so many bytes of content."""
    is_silent: bool = False
    """Accept the request and never answer."""


Change = Callable[[Exchange], None]


@dataclass
class Provider:
    """The node of *desa* as the client sees it."""

    nodes: Nodes
    exports: Exports
    issuer: str = "http://127.0.0.1:8527"
    key: Key = field(init=False)
    clock: Clock = field(init=False)
    epoch: str = "1"
    ahead: timedelta = timedelta()
    """How far its clock is ahead of the nodes'."""
    changes: dict[str, list[Change]] = field(default_factory=dict)
    seen: list[tuple[str, Request]] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    queries: list[dict[str, Any]] = field(default_factory=list)
    is_idle: bool = False
    """Whether exports wait: nobody works on them."""
    retry_after: str = "1"
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.key = party_keys.private(self.nodes.desa.keys, "message")
        self.clock = self.nodes.clock
        self.replay = MemoryReplay(clock=self.clock)

    def on(self, step: str, change: Change, *, only: int | None = None) -> None:
        """Let a change be made to the answers of a step; `only`: to the one with that number."""

        def once(exchange: Exchange) -> None:
            if only is None or exchange.number == only:
                change(exchange)

        self.changes.setdefault(step, []).append(once)

    def steps(self) -> list[str]:
        return [step for step, _ in self.seen]

    def requests(self, step: str) -> list[Request]:
        return [request for one, request in self.seen if one == step]

    def now(self) -> datetime:
        return self.clock.now() + self.ahead

    # --- answering -------------------------------------------------------------------------------

    def answer(self, request: Request) -> Exchange:
        path = request.url.removeprefix(self.issuer)
        step = _step(request.method, path)
        with self.lock:
            self.seen.append((step, request))
            number = sum(one == step for one, _ in self.seen)
            exchange = Exchange(step, request, Response(500), number)
            try:
                self._answer(exchange, path)
            except TenunError as problem:
                told = problems.of(problem)
                document = json.dumps(told.document).encode()
                exchange.response = Response(told.status, told.headers, document)
            exchange.response = self.signed(exchange.response, request)
            for change in self.changes.get(step, []):
                change(exchange)
            return exchange

    def signed(self, response: Response, request: Request | None) -> Response:
        return signatures.sign_response(response, to=request, key=self.key, now=self.now())

    def _answer(self, exchange: Exchange, path: str) -> None:
        request, step = exchange.request, exchange.step
        if step == "token":
            exchange.response = self._token(request)
            return
        if step == "well-known":
            exchange.response = _json({"issuer": self.issuer})
            return
        keys = pinned_keys(self.nodes.agreement, Party.NAKER, KeyUse.MESSAGE)
        verified = signatures.verify_request(request, keys=keys, now=self.now())
        assert self.replay.remember("nonce", [verified.nonce], expires=verified.expires), "a nonce came twice"
        if step in ("export", "status", "manifest", "file", "cancel", "query"):
            grant = self._grant(request)
            exchange.response, exchange.content = self._data(step, path, request, grant)
        elif step == "receipt":
            self.receipts.append(request.body)
            exchange.response = _json({"accepted": True})
        elif step == "event":
            self.events.append(request.body)
            exchange.response = Response(202)
        elif step == "checkpoint":
            exchange.response = Response(200, {"content-type": "text/plain"}, b"desa.tenun/log\n0\n")
        elif step == "tile":
            exchange.response = Response(200, {"content-type": "application/octet-stream"}, bytes(32))
        else:
            exchange.response = _json({"step": step})

    def _token(self, request: Request) -> Response:
        asked = tokens.TokenRequest.from_form(request.body)
        keys = pinned_keys(self.nodes.agreement, Party.NAKER, KeyUse.CLIENT)
        tokens.verify_assertion(asked.assertion, clients={"naker": keys}, audiences=[self.issuer], now=self.now())
        proof = dpop.verify(request.headers["dpop"], method="POST", url=request.url, now=self.now())
        self._decide(asked.grant)
        token = tokens.issue(
            asked.grant,
            self.key,
            issuer=self.issuer,
            client="naker",
            thumbprint=proof.thumbprint,
            epoch=self.epoch,
            now=self.now(),
        )
        return _json(tokens.answer(token, asked.grant))

    def _grant(self, request: Request) -> Grant:
        text = tokens.bearer_of(request.headers)
        keys = {self.key.thumbprint(): self.key}
        token = tokens.verify(text, keys=keys, issuer=self.issuer, now=self.now())
        dpop.verify(
            request.headers["dpop"],
            method=request.method,
            url=request.url,
            now=self.now(),
            token=text,
            thumbprint=token.thumbprint,
        )
        if token.epoch != self.epoch:
            from tenun.exchange.wire.refusals import TokenEpochOld

            raise TokenEpochOld()
        return token.grant

    def _decide(self, grant: Grant) -> Any:
        use = Use(
            dataset=grant.dataset,
            purpose=grant.purpose,
            operation=Operation(grant.operation),
            fields=frozenset(grant.fields),
            by="naker",
            moment=self.clock.now(),
        )
        decision = decide(self.nodes.agreement, use)
        if isinstance(decision, Denial):
            raise NotPermitted(decision)
        return decision

    def _data(self, step: str, path: str, request: Request, grant: Grant) -> tuple[Response, bytes]:
        if step == "query":
            body = json.loads(request.body)
            self.queries.append(body)
            return _json({"mode": body["mode"], "ticket": body["ticket"], "answer": "yes"}), b""
        if step == "export":
            body = json.loads(request.body)
            job = self.exports.kick_off(
                self._decide(grant),
                client="naker",
                output_format=body["format"],
                area=body.get("area"),
                since=body.get("since"),
                idempotency_key=request.headers["idempotency-key"],
            )
            where = f"{self.issuer}{BASE}/exports/{job.id}"
            return replace(_json({"job": job.id}), status=202).with_headers(content_location=where), b""
        pieces = path.removeprefix(f"{BASE}/exports/").split("/")
        job = self.exports.job(pieces[0], client="naker")
        if step == "cancel":
            self.exports.cancel(job.id)
            return Response(204), b""
        if step == "status":
            if not self.is_idle:
                self.exports.run_next()
            job = self.exports.job(job.id)
            if job.is_waiting:
                waiting = replace(_json({"state": str(job.state)}), status=202)
                return waiting.with_headers(retry_after=self.retry_after, x_progress=job.progress), b""
            self.exports.manifest(job.id)  # raises what became of it
            return _json({"state": str(job.state)}), b""
        if step == "manifest":
            return Response(200, {"content-type": "application/json"}, self.exports.manifest(job.id)), b""
        return self._file(job.id, pieces[-1], request)

    def _file(self, job: str, name: str, request: Request) -> tuple[Response, bytes]:
        file = self.exports.file(job, name)
        with file.open() as handle:
            content = handle.read()
        assert content is not None
        said = {
            "content-type": file.content_type,
            "etag": file.etag,
            "repr-digest": digests.field_of(file.sha256),
        }
        wanted = _RANGE.fullmatch(request.headers.get("range", ""))
        if wanted and request.headers.get("if-range", file.etag) == file.etag:
            start = int(wanted[1])
            rest = content[start:]
            said |= {"content-range": f"bytes {start}-{file.size - 1}/{file.size}", "content-length": str(len(rest))}
            return Response(206, said), rest
        return Response(200, said | {"content-length": str(file.size)}), content


def _step(method: str, path: str) -> str:
    plain = path.partition("?")[0]
    if plain == "/token":
        return "token"
    if plain.startswith("/.well-known/"):
        return "well-known"
    below = plain.removeprefix(BASE)
    match below.strip("/").split("/"):
        case ["exports"]:
            return "export"
        case ["exports", _]:
            return "cancel" if method == "DELETE" else "status"
        case ["exports", _, "manifest"]:
            return "manifest"
        case ["exports", _, "files", _]:
            return "file"
        case ["queries"]:
            return "query"
        case ["receipts"]:
            return "receipt"
        case ["v1", "events"]:
            return "event"
        case ["v1", "log", "checkpoint"]:
            return "checkpoint"
        case ["v1", "log", "tile", *_]:
            return "tile"
    return below.strip("/").replace("/", "-")


def _json(value: Any) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(value).encode())


@contextmanager
def serving(provider: Provider) -> Iterator[str]:
    """The provider on a free port; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            body = self.rfile.read(length)
            request = Request(self.command, provider.issuer + self.path, headers(self.headers.items()), body)
            exchange = provider.answer(request)
            if exchange.is_silent:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            response = exchange.response
            content = exchange.content or response.body
            self.send_response_only(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            if "content-length" not in response.headers and response.status != 204:
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if exchange.cut_at is None else content[: exchange.cut_at])
            if exchange.cut_at is not None:
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_DELETE = do_PUT = _serve

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
