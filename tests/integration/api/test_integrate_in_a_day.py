"""Every example of docs/how-to/integrate-in-a-day.md, in its order, against a node that runs as in life."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenun.agreement.standing import Standing
from tenun.agreement.vocabulary import Party
from tenun.exchange import witnessing
from tenun.exchange.calls import CallBook
from tenun.exchange.client.node import Consumer
from tenun.exchange.gate import OpenGate
from tenun.exchange.journal import Journal
from tests.integration.api.conftest import Served, serve_desa
from tests.lib.agreement_acts import noticed
from tests.lib.online_nodes import open_online_nodes
from tests.lib.two_nodes import person

PAGE = Path(__file__).resolve().parents[3] / "docs/how-to/integrate-in-a-day.md"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")


@pytest.fixture
def working(own_folder: Path) -> Iterator[Served]:
    """A node with API and guard, and its exports being made."""
    nodes = open_online_nodes(own_folder)
    with serve_desa(own_folder, nodes) as served:
        is_over = threading.Event()

        def work() -> None:
            while not is_over.wait(0.1):
                served.worked()

        worker = threading.Thread(target=work)
        worker.start()
        try:
            yield served
        finally:
            is_over.set()
            worker.join()
