"""A caller keeps its connection, and every call on it is a call of its own."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tenun.api.workers import LINGER_SECONDS
from tests.integration.api.conftest import Served
from tests.lib.api_calls import Caller, entries_of

pytestmark = pytest.mark.xdist_group("api")


@contextmanager
def connected(served: Served) -> Iterator[http.client.HTTPConnection]:
    place = urlsplit(served.api.address)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=20)
    try:
        yield connection
    finally:
        connection.close()


def test_calls_on_one_connection_are_each_signed_and_each_in_the_log(served: Served, caller: Caller) -> None:
    seen = set()
    with connected(served) as connection:
        for _ in range(3):
            request = caller.request("GET", "/v1/catalog")
            connection.request("GET", "/v1/catalog", headers={"host": urlsplit(request.url).netloc, **request.headers})
            answer = connection.getresponse()
            assert (answer.status, answer.will_close) == (200, False)
            answer.read()
            seen.add(answer.headers["signature"])
    assert len(seen) == 3


def test_a_caller_who_pauses_is_answered_on_the_same_connection(served: Served) -> None:
    with connected(served) as connection:
        for pause in (0.0, 3 * LINGER_SECONDS):
            time.sleep(pause)
            connection.request("GET", "/health")
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)


def test_requests_sent_at_once_are_answered_in_turn(served: Served) -> None:
    place = urlsplit(served.api.address)
    one = f"GET /health HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode()
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=20) as connection:
        connection.sendall(one + one + last)
        received = b""
        while piece := connection.recv(64 * 1024):
            received += piece
    assert received.count(b"HTTP/1.1 200 OK") == 3


def test_a_caller_who_hangs_up_takes_nothing_from_the_next(served: Served, caller: Caller) -> None:
    for _ in range(3):
        with connected(served) as connection:
            connection.request("GET", "/health")
            connection.getresponse().read()
    answer = caller.call("GET", "/v1/catalog")
    assert answer.status == 200
    assert [entry["type"] for entry in entries_of(served.log, answer.call or "")] == ["call.opened", "call.closed"]
