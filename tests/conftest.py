"""What holds for every test: a home of its own, and no way out of this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nodes of the person who runs the tests are never touched."""
    folder = tmp_path_factory.mktemp("home")
    before = os.environ.get("TENUN_HOME")
    os.environ["TENUN_HOME"] = str(folder)
    yield folder
    if before is None:
        del os.environ["TENUN_HOME"]
    else:
        os.environ["TENUN_HOME"] = before


@pytest.fixture(scope="session", autouse=True)
def browser_and_database_in_one_process() -> Iterator[None]:
    """Playwright keeps an event loop running in the process; Django would take every later query for a mistake."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class LeftTheMachine(AssertionError):
    """A test tried to reach another host."""


@pytest.fixture(scope="session", autouse=True)
def no_way_out() -> Iterator[None]:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(str(address[0])):
            raise LeftTheMachine("a test tried to reach another host")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False
