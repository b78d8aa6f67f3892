"""A line between two nodes that notes what passes, call by call, and breaks when it is told to.

It belongs to neither node: what it saw is what their logs are held against. A call is named as both logs name it, by
the digest of the request's signature. HTTP/1.1 with `Content-Length`; one exchange after another on a connection.
"""

from __future__ import annotations

import hashlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tenun.exchange.wire import signatures
from tenun.exchange.wire.messages import Request
from tenun.kernel.errors import TenunError

PIECE = 16 * 1024
SECONDS_MAX = 60.0


@dataclass
class Seen:
    """One exchange. Moments are of the monotonic clock."""

    method: str
    path: str
    call: str | None
    """None where the request bears no signature."""
    received: float
    """When the whole request was here. It is sent on after that, so it was admitted later still."""
    is_sent_on: bool = False
    status: int | None = None
    answered: float | None = None
    passed: int = 0
    """Bytes of the answer's body that the client was given."""
    length: int = 0
    """Bytes of body that the answer announced."""
    sha256: str | None = None
    """Of a body that passed whole."""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class _Broken(Exception):
    """One end is gone, or the line was cut on purpose."""


@dataclass
class Line:
    """Listens at a port of its own and passes on to `to`. `cut_share` of the exchanges are cut somewhere."""

    to: int
    cut_share: float
    chance: random.Random
    seen: list[Seen] = field(default_factory=list)
    cuts: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.settimeout(0.2)
        self._turn, self._over = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self._listener.close()

    def taken(self) -> list[Seen]:
        """What was noted so far, and is forgotten here."""
        with self._turn:
            found, self.seen = self.seen, []
        return found

    # --- below the surface -----------------------------------------------------------------------

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(SECONDS_MAX)
        with client, client.makefile("rb") as reader, suppress(_Broken, OSError, ValueError):
            while not self._over.is_set() and self._exchange(client, reader):
                pass

    def _exchange(self, client: socket.socket, reader: Any) -> bool:
        head, fields = _head(reader)
        if not head:
            return False
        body = _exactly(reader, int(fields.get("content-length", "0")))
        seen = self._noted(head, fields)
        cut = self._cut()
        if cut == "before":
            raise _Broken
        with socket.create_connection(("127.0.0.1", self.to), timeout=SECONDS_MAX) as server:
            server.sendall(head + body)
            seen.is_sent_on = True
            if cut == "unanswered":
                raise _Broken
            with server.makefile("rb") as answers:
                return self._answer(client, answers, seen, is_cut=cut == "amid")

    def _answer(self, client: socket.socket, answers: Any, seen: Seen, *, is_cut: bool) -> bool:
        head, fields = _head(answers)
        if not head:
            raise _Broken
        seen.length = int(fields.get("content-length", "0"))
        allowed = int(self.chance.random() * seen.length) if is_cut else seen.length
        client.sendall(head)
        # In this order: whoever reads the status finds the moment too.
        seen.answered = time.monotonic()
        seen.status = int(head.split(b" ", 2)[1])
        digest = hashlib.sha256()
        while seen.passed < allowed:
            piece = answers.read1(min(PIECE, allowed - seen.passed))
            if not piece:
                raise _Broken
            client.sendall(piece)
            digest.update(piece)
            seen.passed += len(piece)
        if is_cut:
            raise _Broken
        seen.sha256 = digest.hexdigest()
        return fields.get("connection", "").lower() != "close"

    def _cut(self) -> str | None:
        with self._turn:
            if self.chance.random() >= self.cut_share:
                return None
            self.cuts += 1
            return self.chance.choice(["before", "unanswered", "amid"])

    def _noted(self, head: bytes, fields: dict[str, str]) -> Seen:
        method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
        try:
            call = signatures.call_id(Request(method, f"http://nowhere{target}", fields))
        except TenunError:
            call = None
        seen = Seen(method, target.split("?")[0], call, time.monotonic())
        with self._turn:
            self.seen.append(seen)
        return seen


def _head(reader: Any) -> tuple[bytes, dict[str, str]]:
    """The head as it came, and its fields by lower-case name. Nothing where the other end hung up."""
    lines: list[bytes] = []
    while line := reader.readline(65536):
        lines.append(line)
        if line in (b"\r\n", b"\n"):
            pairs = (one.decode("latin-1").partition(":") for one in lines[1:-1])
            return b"".join(lines), {name.strip().lower(): value.strip() for name, _, value in pairs}
    return b"", {}


def _exactly(reader: Any, size: int) -> bytes:
    body: bytes = reader.read(size) if size else b""
    if len(body) != size:
        raise _Broken
    return body


@contextmanager
def line(to: int, *, cut_share: float, chance: random.Random) -> Iterator[Line]:
    made = Line(to, cut_share, chance)
    made.start()
    try:
        yield made
    finally:
        made.stop()
