"""The guard as a process: killed, stopped, told of by the database, and raced by many workers."""

from __future__ import annotations

import multiprocessing
import signal
import time
from multiprocessing.synchronize import Event, Semaphore
from pathlib import Path

import pytest

from tenun.agreement.vocabulary import Party
from tenun.exchange.gate import GateClosed, MappedGate, Reason, Scope
from tenun.node.gate import Effect, Gatekeeper
from tests.lib.gates import AGREEMENT, RESIDENTS, guard_process, until

DATASET = Scope.of_dataset(AGREEMENT, "sid-warga")


@pytest.fixture
def keeper(tmp_path: Path) -> Gatekeeper:
    made = Gatekeeper(tmp_path / "desa" / "gate", Party.DESA)
    made.establish()
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def why(gate: MappedGate) -> Reason | None:
    try:
        gate.epoch(**RESIDENTS)
    except GateClosed as problem:
        return problem.reason
    return None


@pytest.mark.pasal("7(4)")
def test_workers_start_closed_and_close_when_the_guard_is_killed_and_open_when_it_is_back(
    keeper: Gatekeeper, home: Path
) -> None:
    gate = MappedGate.open(keeper.folder)
    assert why(gate) is Reason.PAGE_UNREADABLE
    with guard_process(home) as guard:
        until(lambda: why(gate) is None)
        epoch = gate.epoch(**RESIDENTS)
        guard.send_signal(signal.SIGKILL)
        until(lambda: why(gate) is Reason.GUARD_SILENT)
    keeper.close(DATASET, reason=Reason.LEAK)
    assert why(gate) is Reason.GUARD_SILENT
    with guard_process(home):
        until(lambda: why(gate) is Reason.LEAK)
        keeper.reopen(DATASET)
        assert why(gate) is None
        assert gate.epoch(**RESIDENTS) != epoch


@pytest.mark.pasal("7(4)")
def test_a_guard_that_is_told_to_end_closes_at_once(keeper: Gatekeeper, home: Path) -> None:
    gate = MappedGate.open(keeper.folder)
    with guard_process(home) as guard:
        until(lambda: why(gate) is None)
        guard.send_signal(signal.SIGTERM)
        assert guard.wait(timeout=10) == 0
        assert why(gate) is Reason.GUARD_SILENT


def test_a_guard_that_stands_still_closes_and_goes_on_when_it_does(keeper: Gatekeeper, home: Path) -> None:
    gate = MappedGate.open(keeper.folder)
    with guard_process(home) as guard:
        until(lambda: why(gate) is None)
        guard.send_signal(signal.SIGSTOP)
        until(lambda: why(gate) is Reason.GUARD_SILENT)
        # A closing meanwhile is in the page at once; nobody needs the guard for it.
        assert keeper.close(DATASET, reason=Reason.LEAK)[1] is Effect.PAGE
        guard.send_signal(signal.SIGCONT)
        until(lambda: why(gate) is Reason.LEAK)


@pytest.mark.pasal("7(4)")
def test_the_sentinel_made_by_hand_closes_everything_and_a_lost_record_too(keeper: Gatekeeper, home: Path) -> None:
    gate = MappedGate.open(keeper.folder)
    with guard_process(home):
        until(lambda: why(gate) is None)
        (keeper.folder / "SHUT").touch()
        until(lambda: why(gate) is not None)
        until(lambda: keeper.read().by(Party.DESA, Scope.all()) is not None)
        keeper.reopen(Scope.all())
        until(lambda: why(gate) is None)
        keeper.record_file.unlink()
        until(lambda: why(gate) is Reason.RECORD_UNREADABLE)


def test_a_closing_finds_the_workers_also_when_their_page_has_lost_its_name(keeper: Gatekeeper, home: Path) -> None:
    gate = MappedGate.open(keeper.folder)
    with guard_process(home):
        until(lambda: why(gate) is None)
        for _ in range(5):
            keeper.page_file.unlink()
            _, effect = keeper.close(DATASET, reason=Reason.LEAK)
            assert effect is not Effect.GUARD_SILENT
            assert not gate.is_open(**RESIDENTS)
            keeper.reopen(DATASET)
            until(lambda: why(gate) is None)


def test_a_closing_in_the_two_seconds_after_a_guard_and_its_page_went_is_still_kept(
    keeper: Gatekeeper, home: Path
) -> None:
    """The worst moment: a worker believes a page that nobody can write to any more."""
    gate = MappedGate.open(keeper.folder)
    with guard_process(home) as guard:
        until(lambda: why(gate) is None)
        guard.kill()
        guard.wait()
    keeper.page_file.unlink()
    with guard_process(home):
        _, effect = keeper.close(DATASET, reason=Reason.LEAK)
        assert not gate.is_open(**RESIDENTS), effect


def test_a_second_guard_waits_for_the_first(keeper: Gatekeeper, home: Path) -> None:
    gate = MappedGate.open(keeper.folder)
    with guard_process(home) as first:
        until(lambda: why(gate) is None)
        second = multiprocessing.get_context("spawn").Process(target=run_guard, args=(home,))
        second.start()
        try:
            first.kill()
            first.wait()
            until(lambda: why(gate) is None or not second.is_alive(), seconds=30)
            assert why(gate) is None
        finally:
            second.terminate()
            second.join()


def run_guard(home: Path) -> None:
    import os

    from tenun.node import guard
    from tenun.node.home import NodeHome, Role

    os.environ["TENUN_HOME"] = str(home)
    guard.run(NodeHome.of(Role.DESA))


Admissions = list[tuple[str, int]]


# --- many workers --------------------------------------------------------------------------------------------


def admit(folder: str, started: Semaphore, stop: Event, report: multiprocessing.Queue[Admissions]) -> None:
    """A worker: asks as fast as it can, and notes the epochs it was let in under, and when it last asked."""
    gate = MappedGate.open(Path(folder))
    admitted: dict[str, int] = {}
    until(lambda: why(gate) is None)
    started.release()
    while not stop.is_set():
        for _ in range(200):
            # The moment before the question: whoever asks after an acknowledgement must be refused.
            asked = time.monotonic_ns()
            try:
                epoch = gate.epoch(**RESIDENTS)
            except GateClosed:
                continue
            admitted[epoch] = asked
    report.put(list(admitted.items()))


@pytest.mark.pasal("7(4)")
def test_no_worker_admits_anything_after_a_shut_off_is_acknowledged(keeper: Gatekeeper, home: Path) -> None:
    context = multiprocessing.get_context("spawn")
    started, stop, report = context.Semaphore(0), context.Event(), context.Queue()
    workers = [context.Process(target=admit, args=(str(keeper.folder), started, stop, report)) for _ in range(4)]
    closed: list[tuple[int, int]] = []
    with guard_process(home):
        for worker in workers:
            worker.start()
        for _ in workers:
            assert started.acquire(timeout=60)
        ends = time.monotonic() + 3
        while time.monotonic() < ends:
            scope = (DATASET, Scope.all(), Scope.of_client(AGREEMENT, "naker"))[len(closed) % 3]
            keeper.close(scope, reason=Reason.LEAK)
            acknowledged = time.monotonic_ns()
            time.sleep(0.01)
            record, _ = keeper.reopen(scope)
            closed.append((acknowledged, record.number))
            time.sleep(0.01)
        stop.set()
        found = [report.get(timeout=20) for _ in workers]
        for worker in workers:
            worker.join()
    assert len(closed) > 10
    admissions = [one for admitted in found for one in admitted]
    assert len({epoch for epoch, _ in admissions}) > 10, "nothing was raced"
    for acknowledged, reopened in closed:
        for epoch, last in admissions:
            # Whoever asked after a closing was let in by what opened it again, or not at all.
            assert last <= acknowledged or int(epoch) >= reopened
