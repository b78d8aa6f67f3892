"""A node of a hundred lines over the wire functions alone: enough for clients by others to be driven against."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tenun.exchange.wire import digests, dpop, messages, metadata, problems, signatures, tokens
from tenun.exchange.wire.keys import Key
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.refusals import ClientUnknown, MessageReplayed, TokenEpochOld
from tenun.exchange.wire.replay import MemoryReplay
from tenun.kernel.errors import TenunError

EPOCH = "7"
FILE = "".join(f'{{"baris":{number}}}\n' for number in range(1000)).encode()


class SmallNode:
    """Answers metadata, tokens, one query and one file, as a node does: every answer is signed."""

    def __init__(self, key: Key, *, clients: Mapping[str, Mapping[str, Key]], peers: Mapping[str, Key]) -> None:
        self.key = key
        self.keys = {key.thumbprint(): key}
        self.clients = clients
        self.peers = peers
        self.issuer = ""
        self.epoch = EPOCH
        self.replay = MemoryReplay()
        self.seen: list[Request] = []

    def answer(self, request: Request) -> Response:
        """The signed answer to a request, whatever it is."""
        self.seen.append(request)
        is_token = request.url == f"{self.issuer}/token"
        try:
            response = self._answer(request, is_token=is_token)
        except TenunError as error:
            problem = problems.of(error)
            problem = problem.at_token_endpoint() if is_token else problem
            response = Response(problem.status, problem.headers, json.dumps(problem.document).encode())
        return signatures.sign_response(response, to=request, key=self.key, now=datetime.now(UTC))

    def _answer(self, request: Request, *, is_token: bool) -> Response:
        if request.url == self.issuer + metadata.OAUTH_PATH:
            return _json(metadata.document(self.issuer))
        if is_token:
            return self._token(request)
        self._admit(request)
        if request.method == "GET":
            return self._file(request)
        return _json({"ada": True, "ditanya": json.loads(request.body)})

    def _token(self, request: Request) -> Response:
        asked, now = tokens.TokenRequest.from_form(request.body), datetime.now(UTC)
        shown = tokens.verify_assertion(
            asked.assertion, clients=self.clients, audiences=(self.issuer, f"{self.issuer}/token"), now=now
        )
        if asked.client not in (None, shown.client):
            raise ClientUnknown()
        proof = dpop.verify(request.headers.get("dpop", ""), method="POST", url=request.url, now=now)
        self._once("assertion", f"{shown.client}:{shown.jti}", shown.expires)
        self._once("dpop", f"{proof.thumbprint}:{proof.jti}", proof.expires)
        token = tokens.issue(
            asked.grant,
            self.key,
            issuer=self.issuer,
            client=shown.client,
            thumbprint=proof.thumbprint,
            epoch=self.epoch,
            now=now,
        )
        return _json(tokens.answer(token, asked.grant))

    def _admit(self, request: Request) -> None:
        now = datetime.now(UTC)
        verified = signatures.verify_request(request, keys=self.peers, now=now)
        text = tokens.bearer_of(request.headers)
        token = tokens.verify(text, keys=self.keys, issuer=self.issuer, now=now)
        proof = dpop.verify(
            request.headers.get("dpop", ""),
            method=request.method,
            url=request.url,
            now=now,
            token=text,
            thumbprint=token.thumbprint,
        )
        if token.epoch != self.epoch:
            raise TokenEpochOld()
        self._once("nonce", f"{verified.kid}:{verified.nonce}", verified.expires)
        self._once("dpop", f"{proof.thumbprint}:{proof.jti}", proof.expires)

    def _once(self, kind: str, value: str, expires: datetime) -> None:
        if not self.replay.remember(kind, [value], expires=expires):
            raise MessageReplayed()

    def _file(self, request: Request) -> Response:
        first, last = (int(place) for place in request.headers["range"].removeprefix("bytes=").split("-"))
        part = FILE[first : last + 1]
        headers = {
            "content-type": "application/x-ndjson",
            "repr-digest": digests.sha256_field(FILE),
            "content-range": f"bytes {first}-{last}/{len(FILE)}",
            "content-length": str(len(part)),
            "etag": '"satu"',
        }
        return Response(206, headers, part)


def _json(value: Any) -> Response:
    return Response(200, {"content-type": "application/json", "cache-control": "no-store"}, json.dumps(value).encode())


@contextmanager
def running(node: SmallNode) -> Iterator[str]:
    """The node on a free port of this machine; gives its issuer URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            url = f"{node.issuer}{self.path}"
            response = node.answer(Request(self.command, url, messages.headers(self.headers.items()), body))
            self.send_response(response.status)
            for name, value in {**response.headers, "content-length": str(len(response.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)

        do_POST = do_GET

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing on the terminal of whoever runs the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    node.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield node.issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
