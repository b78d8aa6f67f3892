"""A node's processes: started in order, started again, held back, stopped as a whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenun.exchange.gate import MappedGate
from tenun.node import config as configs
from tenun.node import processes
from tenun.node.home import NodeHome, Role
from tenun.node.processes import AlreadyRunning, Name, NodeNotStarted, NotRunning, Program, Supervisor
from tenun.node.shutoff import keeper_of
from tests.lib.gates import RESIDENTS, until

BOTH = (Name.GUARD, Name.WORKER)
SOON_READY = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
WITH_A_CHILD = (
    "import pathlib, subprocess, sys, time; child = subprocess.Popen(['sleep', '60']);"
    " print(child.pid, flush=True); pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodeHome:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    made = NodeHome.of(Role.DESA)
    keeper_of(made).establish()
    configs.write(made, configs.default(Role.DESA))
    return made


class Supervised:
    """A supervisor that looks in a thread, with programs that do nothing."""

    def __init__(self, home: NodeHome, script: str = SOON_READY) -> None:
        ready = str(home.folder / "run" / "worker.ready")
        words = (sys.executable, "-c", script, ready, "tenun.nothing", str(home.role))
        self.supervisor = Supervisor(home, [Program(Name.WORKER, words, {})])
        self.supervisor.take_over()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            self.supervisor.look()

    def stop_looking(self) -> None:
        self._ended.set()
        self._thread.join()

    def die(self) -> None:
        """As the kernel leaves it when a supervisor is killed: no lock, and processes that go on."""
        self.stop_looking()
        for handle in self.supervisor._stack:
            handle.close()

    def stop(self) -> None:
        self.stop_looking()
        self.supervisor.stop()


@pytest.fixture
def supervised(home: NodeHome) -> Iterator[Supervised]:
    made = Supervised(home)
    until(lambda: pid(home, Name.WORKER) is not None)
    yield made
    made.stop()


def pid(home: NodeHome, name: Name) -> int | None:
    found = processes.status(home, name)
    return found.pid if found.state == "ready" else None


def is_gone(process_id: int) -> bool:
    return not processes._is_alive(process_id)


# --- the node's own programs ---------------------------------------------------------------------------------


def test_a_node_starts_open_comes_back_from_a_killed_guard_and_ends_closed(home: NodeHome) -> None:
    gate = MappedGate.open(home.folder / "gate")
    assert not gate.is_open(**RESIDENTS)
    with processes.start(Role.DESA, BOTH) as running:
        until(lambda: gate.is_open(**RESIDENTS))
        killed = pid(home, Name.GUARD)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        until(lambda: pid(home, Name.GUARD) not in (None, killed), seconds=30)
        until(lambda: gate.is_open(**RESIDENTS))
        with pytest.raises(AlreadyRunning):
            processes.start(Role.DESA, [Name.GUARD])
        pids = [pid(home, name) for name in BOTH]
        processes.stop(home)
        running.process.wait(timeout=20)
    assert not gate.is_open(**RESIDENTS)
    assert all(one is not None and is_gone(one) for one in pids)
    assert not any(processes.is_supervised(home, name) for name in Name)
    with pytest.raises(NotRunning):
        processes.stop(home)


def test_a_node_that_does_not_come_up_says_which_process_and_where_its_log_is(
    home: NodeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STARTS_MAX", 0)
    (home.folder / "gate").rename(home.folder / "gate-away")
    (home.folder / "gate").write_text("a file where the folder should be")
    with pytest.raises(NodeNotStarted) as refused:
        processes.start(Role.DESA, [Name.GUARD])
    assert refused.value.parts["process"] == "guard"


# --- the supervisor ------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
def test_what_is_killed_is_started_again(home: NodeHome, supervised: Supervised) -> None:
    killed = pid(home, Name.WORKER)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    until(lambda: pid(home, Name.WORKER) not in (None, killed))
    assert processes.status(home, Name.WORKER).restarts == 1


@pytest.mark.parametrize("is_hard", [True, False])
def test_what_is_stopped_on_purpose_stays_stopped_until_it_is_let_go(
    home: NodeHome, supervised: Supervised, is_hard: bool
) -> None:
    stopped = pid(home, Name.WORKER)
    assert stopped is not None
    processes.hold(home, Name.WORKER, is_hard=is_hard)
    assert is_gone(stopped)
    until(lambda: processes.status(home, Name.WORKER).state == "held")
    processes.release(home, Name.WORKER)
    until(lambda: pid(home, Name.WORKER) not in (None, stopped))


def test_two_supervisors_do_not_run_the_same_process(home: NodeHome, supervised: Supervised) -> None:
    with pytest.raises(AlreadyRunning):
        Supervised(home)


def test_what_a_killed_supervisor_left_behind_is_ended_by_the_next(home: NodeHome) -> None:
    first = Supervised(home)
    until(lambda: pid(home, Name.WORKER) is not None)
    left = pid(home, Name.WORKER)
    first.die()
    assert left is not None
    assert processes.status(home, Name.WORKER).state == "stopped"
    second = Supervised(home)
    try:
        first.supervisor._children[0].process.wait(timeout=10)  # type: ignore[union-attr]
        assert is_gone(left)
        until(lambda: pid(home, Name.WORKER) not in (None, left))
    finally:
        second.stop()


def test_a_group_is_killed_with_all_that_it_started(home: NodeHome) -> None:
    made = Supervised(home, WITH_A_CHILD)
    try:
        until(lambda: pid(home, Name.WORKER) is not None)
        child = int((home.folder / "logs" / "worker.log").read_text().split()[0])
        processes.hold(home, Name.WORKER, is_hard=True)
        until(lambda: is_gone(child))
    finally:
        made.stop()


def test_a_foreign_process_with_the_number_of_a_dead_one_is_left_alone(home: NodeHome) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        (home.folder / "run").mkdir()
        (home.folder / "run" / "guard.json").write_text(f'{{"pid": {other.pid}}}')
        processes._end_left_over(home, Name.GUARD)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_the_guard_comes_first_and_every_port_that_is_free_is_another(home: NodeHome) -> None:
    config = configs.changed(configs.read(home), {"web.port": 0, "api.port": 0})
    found = processes.programs(home, config, list(Name))
    assert [program.name for program in found] == list(Name)
    assert found[0].name is Name.GUARD
    ports = {program.port for program in found if program.port is not None}
    assert len(ports) == 2
    assert 0 not in ports
