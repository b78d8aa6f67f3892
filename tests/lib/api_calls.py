"""The other party at work against a node's API: requests made with the wire functions alone, answers checked.

No client of ours is in between, so that a fault that client and server share is not hidden.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange.station import pinned_keys
from tenun.exchange.wire import dpop, signatures, tokens
from tenun.exchange.wire.grants import Grant
from tenun.exchange.wire.keys import Key
from tenun.exchange.wire.messages import Request, Response, headers
from tenun.exchange.wire.tokens import TokenRequest
from tenun.transparency_log.folder import LogFolder
from tests.lib.online_nodes import OnlineNodes

FORM = "application/x-www-form-urlencoded"
PEOPLE = {
    "dataset": "sid-warga",
    "purpose": "pemadanan",
    "fields": ["birth_date", "full_name", "nik", "person_id", "village_code"],
    "area": "53.17",
}


@dataclass
class Answered:
    """An answer whose signature held."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    call: str | None = None

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The name of the problem."""
        return str(self.json()["type"]).rsplit(":", 1)[-1]


@dataclass
class Caller:
    """One party calling the other's node at an address."""

    nodes: OnlineNodes
    address: str
    party: Party = Party.NAKER
    message_key: Key | None = None
    client_key: Key | None = None
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        station = self.nodes.of(self.party)
        self.message_key = self.message_key or station.message_key(self.nodes.agreement)
        self.client_key = self.client_key or station.client_key(self.nodes.agreement)
        self.peer_keys = pinned_keys(self.nodes.agreement, self.party.other, KeyUse.MESSAGE)

    @property
    def issuer(self) -> str:
        return self.nodes.issuer(self.party.other)

    @property
    def base(self) -> str:
        return f"/v1/agreements/{self.nodes.agreement.id.rsplit(':', 1)[-1]}"

    # --- making requests ---------------------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        body: Any = b"",
        *,
        token: str | None = None,
        more: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        nonce: str | None = None,
        lifetime: int = 60,
    ) -> Request:
        """Signed; with a proof where there is a token. A body that is no bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {name.lower(): value for name, value in (more or {}).items()}
        if content:
            given.setdefault("content-type", content_type)
        url = self.issuer + path
        if token is not None:
            given.setdefault("authorization", f"DPoP {token}")
            proof = dpop.proof(self.client_key, method=method, url=url, now=self.now(), token=token)
            given.setdefault("dpop", proof)
        request = Request(method, url, given, content)
        return signatures.sign_request(request, self.message_key, now=self.now(), nonce=nonce, lifetime=lifetime)

    def send(self, request: Request, *, is_signed: bool = True) -> Answered:
        """Send it as it is, and check the answer's signature over it."""
        status, found, body = exchange(self.address, request)
        response = Response(status, found, body)
        signatures.verify_response(response, to=request, keys=self.peer_keys, now=self.now(), may_be_file=True)
        return Answered(status, found, body, signatures.call_id(request) if is_signed else None)

    def call(self, method: str, path: str, body: Any = b"", **more: Any) -> Answered:
        return self.send(self.request(method, path, body, **more))

    # --- tokens ------------------------------------------------------------------------------------

    def grant(self, **changed: Any) -> Grant:
        asked = {**PEOPLE, "operation": "bulk", **changed}
        return Grant(
            agreement=asked.pop("agreement", self.nodes.agreement.id),
            rev=asked.pop("rev", self.nodes.agreement.rev),
            **{**asked, "fields": tuple(sorted(asked["fields"]))},
        )

    def token_request(self, grant: Grant, **changed: Any) -> Request:
        now = self.now()
        assertion = changed.get("assertion") or tokens.client_assertion(
            self.client_key,
            client=changed.get("client", str(self.party)),
            audience=changed.get("audience", self.issuer),
            now=now,
        )
        url = f"{self.issuer}/token"
        proof = dpop.proof(changed.get("proof_key", self.client_key), method="POST", url=url, now=now)
        form = TokenRequest(assertion=assertion, grant=grant).to_form()
        return Request("POST", url, {"content-type": FORM, "dpop": proof}, form)

    def ask_token(self, grant: Grant, **changed: Any) -> Answered:
        return self.send(self.token_request(grant, **changed), is_signed=False)

    def token(self, **changed: Any) -> str:
        answer = self.ask_token(self.grant(**changed))
        assert answer.status == 200, answer.body
        return str(answer.json()["access_token"])

    # --- exports -----------------------------------------------------------------------------------

    def export_body(self, **changed: Any) -> dict[str, Any]:
        return {**PEOPLE, "format": "parquet", **changed}

    def begin_export(self, token: str, *, key: str | None = None, **changed: Any) -> Answered:
        more = {"Idempotency-Key": key or secrets.token_hex(8), "Prefer": "respond-async"}
        return self.call("POST", f"{self.base}/exports", self.export_body(**changed), token=token, more=more)


def exchange(address: str, request: Request, *, seconds: float = 20) -> tuple[int, dict[str, str], bytes]:
    """One HTTP exchange, byte for byte as the request says."""
    status, found, pieces = open_exchange(address, request, seconds=seconds)
    return status, found, b"".join(pieces)


def open_exchange(
    address: str, request: Request, *, seconds: float = 20
) -> tuple[int, dict[str, str], Iterator[bytes]]:
    """The same, with the body to come. Raises what `http.client` raises where it is broken off."""
    place, target = urlsplit(address), urlsplit(request.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=seconds)
    path = target.path + (f"?{target.query}" if target.query else "")
    connection.putrequest(request.method, path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", target.netloc)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    if request.body or request.method in ("POST", "PUT"):
        connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body or None)
    answer = connection.getresponse()

    def pieces() -> Iterator[bytes]:
        try:
            while piece := answer.read(64 * 1024):
                yield piece
        finally:
            answer.close()
            connection.close()

    return answer.status, headers(answer.getheaders()), pieces()


# --- what the node has written --------------------------------------------------------------------------


def log_of(folder: Path) -> list[dict[str, Any]]:
    """Every entry of a node's log, oldest first."""
    files = LogFolder(folder)
    signed = files.checkpoint()
    size = int(signed.split(b"\n")[1]) if signed else 0
    return [json.loads(entry) for entry in files.entries(size=size)]


def entries_of(folder: Path, call: str) -> list[dict[str, Any]]:
    """What a log says of one call."""
    return [entry for entry in log_of(folder) if entry.get("call") == call]


@contextmanager
def in_home(folder: Path) -> Iterator[None]:
    """`TENUN_HOME` for processes that are started inside."""
    before = os.environ.get("TENUN_HOME")
    os.environ["TENUN_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TENUN_HOME"]
        else:
            os.environ["TENUN_HOME"] = before


def until(is_so: Callable[[], Any], *, seconds: float = 15.0) -> Any:
    """Wait for something that must come about, and give it."""
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found


def names(problems: Sequence[Answered]) -> list[str]:
    return [answer.problem for answer in problems]
