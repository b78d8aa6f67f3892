"""A node's gate in a folder, with a guard in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tenun.agreement.vocabulary import Party
from tenun.exchange.gate import MappedGate
from tenun.node.gate import Gatekeeper
from tenun.node.guard import Guard
from tenun.node.home import Role

AGREEMENT = "urn:tenun:agreement:sid-siapkerja"
RESIDENTS = {"agreement": AGREEMENT, "dataset": "sid-warga", "client": "naker"}
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


class Ticking:
    """A clock that goes on by a second each time it is asked."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


class GateUnderTest:
    """Record, guard and a worker's view of them. `gate` is what a worker asks."""

    def __init__(self, folder: Path, *, party: Party = Party.DESA) -> None:
        self.folder = folder / "gate"
        self.keeper = Gatekeeper(self.folder, party)
        self.keeper.establish()
        self.guard = Guard(self.keeper, is_first=True)
        self.tick()
        self.gate = MappedGate.open(self.folder)

    def tick(self, rounds: int = 2) -> None:
        """As much as the guard does in a tenth of a second."""
        for _ in range(rounds):
            self.guard.tick()

    def is_open(self) -> bool:
        return self.gate.is_open(**RESIDENTS)

    def epoch(self) -> str:
        return self.gate.epoch(**RESIDENTS)


@contextmanager
def guard_process(home: Path, role: Role = Role.DESA) -> Iterator[subprocess.Popen[bytes]]:
    """The guard as a node runs it, ready. Killed at the end if it is still there."""
    ready = home / f"guard-{time.monotonic_ns()}.ready"
    process = subprocess.Popen(
        [sys.executable, "-m", "tenun.node.guard", role, str(ready)],
        env={**os.environ, "TENUN_HOME": str(home)},
        stderr=subprocess.DEVNULL,
    )
    try:
        until(ready.exists, seconds=30)
        yield process
    finally:
        process.kill()
        process.wait()


def until(is_so: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait for something that must come about."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)
