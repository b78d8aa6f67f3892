"""The worker's jobs: each on its own, whatever becomes of the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tenun.agreement.acts.kinds import Kind
from tenun.agreement.vocabulary import Party
from tenun.exchange.gate import MappedGate, Reason, Scope
from tenun.exchange.journal import Journal
from tenun.exchange.outbox import Outbox
from tenun.node import chain, config, shutoff, worker
from tenun.node.home import NodeHome, Role
from tenun.node.worker import LANES, Desk, Lane, Work
from tests.lib.online_nodes import open_online_nodes


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodeHome:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    return NodeHome.of(Role.DESA)


def desk(home: NodeHome, should_stop: Callable[[], bool] = lambda: False) -> Desk:
    return Desk(home, config.read_or_default(home), MappedGate.open(home.station.gate), should_stop)


def lane(home: NodeHome, *works: Work) -> Lane:
    return Lane.of("test", works, desk(home))


def note(told: list[str], name: str, *, more: bool = False, fault: Exception | None = None) -> Work:
    def run(_desk: Desk) -> bool:
        told.append(name)
        if fault is not None:
            raise fault
        return more

    return Work(name, 100.0, run, needs_agreement=False)


def test_a_job_that_fails_in_whatever_way_does_not_stop_the_others(home: NodeHome) -> None:
    told: list[str] = []
    faults = (OSError(28, "full"), ValueError("Budi 5201"), RecursionError())
    works = [note(told, f"fails-{number}", fault=fault) for number, fault in enumerate(faults)]
    one = lane(home, *works, note(told, "works"))
    one.run_due()
    assert told == ["fails-0", "fails-1", "fails-2", "works"]
    assert [state["problem"] for state in one.told().values()] == ["OSError", "ValueError", "RecursionError", None]
    assert "Budi" not in json.dumps(one.told())


def test_a_job_waits_its_time_unless_there_is_more_to_do(home: NodeHome) -> None:
    told: list[str] = []
    one = lane(home, note(told, "more", more=True), note(told, "once"))
    for _ in range(3):
        one.run_due()
    assert told == ["more", "once", "more", "more"]


def test_jobs_that_need_an_agreement_wait_for_one_and_are_not_said_to_fail(home: NodeHome) -> None:
    for name, works in LANES.items():
        made = Lane.of(name, works, desk(home))
        made.run_due()
        assert {state["problem"] for state in made.told().values()} == {None}


def test_nothing_more_is_begun_once_the_process_is_told_to_end(home: NodeHome) -> None:
    told: list[str] = []
    ended = Lane.of("test", [note(told, "late")], desk(home, lambda: True))
    ended.run_due()
    assert told == []


@pytest.mark.pasal("7(4)")
def test_the_evidence_lane_finishes_a_shut_off_while_the_peer_is_away(home: NodeHome, tmp_path: Path) -> None:
    nodes = open_online_nodes(tmp_path, villages=())
    keeper = shutoff.keeper_of(home)
    keeper.establish()
    keeper.close(Scope.all(), reason=Reason.LEAK)
    made = Lane.of("evidence", LANES["evidence"], desk(home))
    made.run_due()
    made.desk.close()
    (act,) = chain.chain_of(home).all()
    assert act.by is Party.DESA
    assert shutoff.waiting(home) == []
    entries = [entry["type"] for _, entry in Journal(nodes.desa).entries(0)]
    assert {shutoff.SHUT, chain.ACT_TAKEN} <= set(entries)
    # Told to the peer for as long as it takes: it waits here, and the gate does not hold it.
    waiting = Outbox(nodes.desa, MappedGate.open(home.station.gate)).status()
    assert (waiting.waiting, waiting.held) == (2, 0)  # the act, and the incident that it opens


@pytest.mark.pasal("7(4)")
def test_exports_are_dropped_for_what_is_shut_off_and_not_because_the_guard_is_away(
    home: NodeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_online_nodes(tmp_path, villages=())
    keeper = shutoff.keeper_of(home)
    keeper.establish()
    dropped: list[Scope | None] = []
    made = desk(home)
    monkeypatch.setattr(type(made.exports), "drop", lambda _self, scope=None: dropped.append(scope) or 0)
    worker.drop_closed(made)
    assert dropped == []
    assert not made.gate.is_open(agreement="sid-siapkerja")
    keeper.close(Scope.of_dataset("sid-siapkerja", "sid-warga"), reason=Reason.HACK)
    worker.drop_closed(made)
    assert dropped == [Scope.of_dataset("sid-siapkerja", "sid-warga")]


def test_the_newest_checkpoint_is_told_to_the_peer_on_a_way_of_its_own(home: NodeHome, tmp_path: Path) -> None:
    nodes = open_online_nodes(tmp_path, villages=())
    notice = {"subject": "other", "text": "Pemberitahuan."}
    chain.chain_of(home).act(Kind.NOTICE, by=Party.DESA, keys=home.folder / "keys", body=notice)
    told = Lane.of("exports", [one for one in LANES["exports"] if one.name == "announce-log"], desk(home))
    told.run_due()
    told.desk.close()
    assert told.told()["announce-log"]["problem"] is None
    (waiting,) = (nodes.desa.exchange / "outbox-events" / "log").glob("*.json")
    record = json.loads(waiting.read_bytes())
    assert record["type"] == "log.checkpoint"
    signed = json.loads(record["event"])["data"]["checkpoint"]
    assert signed.encode() == (nodes.desa.log / "checkpoint").read_bytes()
