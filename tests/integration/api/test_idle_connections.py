"""Connections that are open and say nothing take no thread from those that call."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.integration.api.conftest import Served

pytestmark = pytest.mark.xdist_group("api")

IDLE = 400
"""Many times the threads of a worker: if each had one for some seconds, the call would give up."""


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["silent", "kept-alive"])
def test_open_connections_keep_no_call_waiting(served: Served, sent: bytes) -> None:
    place = urlsplit(served.api.address)
    with ExitStack() as stack:
        for _ in range(IDLE):
            connection = stack.enter_context(socket.create_connection((place.hostname, place.port), timeout=20))
            if sent:
                connection.sendall(sent)
        for _ in range(3):
            assert served.caller.call("GET", f"{served.caller.base}/acts/state").status == 200
