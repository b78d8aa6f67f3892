"""The outbox of events: nothing is lost, nothing overtakes, and the gate holds back data alone."""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenun.agreement.vocabulary import Party
from tenun.exchange import events, outbox, witnessing
from tenun.exchange.events import EventType
from tenun.exchange.gate import OpenGate
from tenun.exchange.journal import Journal
from tenun.exchange.outbox import Outbox, OutboxDamaged, announce_changes, announce_checkpoint
from tenun.exchange.refusals import LogUnavailable
from tests.lib.two_nodes import VILLAGES, Nodes, publish_residents

ISSUER = "http://127.0.0.1:8527"
AGREEMENT = "urn:tenun:agreement:sid-siapkerja"


class SwitchedGate:
    """Open but for the datasets named, or for everything."""

    def __init__(self, *closed: str) -> None:
        self.closed = set(closed)

    def is_open(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> bool:
        return not self.closed & {"*", dataset}

    def epoch(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> str:
        return "0"


class Peer:
    """Takes events, or answers otherwise for as long as it is told to."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], int] = lambda event: 202

    def __call__(self, content: bytes) -> int:
        event = json.loads(content)
        status = self.answer(event)
        if status < 300:
            self.taken.append(event)
        return status

    def told(self) -> list[str]:
        return [event["data"].get("cursor") or event["data"]["sha256"] for event in self.taken]


def act(number: int) -> dict[str, Any]:
    return {"agreement": AGREEMENT, "kind": "notice", "sha256": f"{number:064x}", "act": "{}"}


def changed(day: int, dataset: str = "sid-warga") -> dict[str, Any]:
    return {"agreement": AGREEMENT, "dataset": dataset, "cursor": f"2026-11-{day:02}T00:00:00Z"}


def an_outbox(nodes: Nodes, gate: Any = None) -> Outbox:
    return Outbox(nodes.desa, gate or OpenGate())


def put_acts(box: Outbox, *numbers: int) -> None:
    for number in numbers:
        box.put(EventType.ACT, source=ISSUER, data=act(number))


# --- order and repetition ------------------------------------------------------------------------------


def test_acts_arrive_in_their_order_and_are_gone_from_the_outbox_then(nodes: Nodes) -> None:
    box, peer = an_outbox(nodes), Peer()
    put_acts(box, 3, 1, 2)
    done = box.deliver_due(peer, nodes.clock.now())
    assert peer.told() == [f"{number:064x}" for number in (3, 1, 2)]
    assert (done.delivered, done.waiting) == (3, 0)


def test_an_act_that_does_not_get_through_is_not_overtaken(nodes: Nodes) -> None:
    box, peer = an_outbox(nodes), Peer()
    put_acts(box, 1, 2)
    peer.answer = lambda event: 503 if event["data"]["sha256"].endswith("1") else 202
    assert box.deliver_due(peer, nodes.clock.now()).waiting == 2
    assert peer.taken == []
    nodes.later(seconds=1)
    peer.answer = lambda event: 202
    box.deliver_due(peer, nodes.clock.now())
    assert peer.told() == [f"{number:064x}" for number in (1, 2)]


def test_the_same_event_waits_once(nodes: Nodes) -> None:
    box = an_outbox(nodes)
    put_acts(box, 1, 1, 1)
    assert box.status().waiting == 1


def test_of_a_dataset_only_the_newest_change_is_told(nodes: Nodes) -> None:
    box, peer = an_outbox(nodes), Peer()
    for day in (1, 2, 3):
        box.put(EventType.DATASET_CHANGED, source=ISSUER, data=changed(day))
    box.put(EventType.DATASET_CHANGED, source=ISSUER, data=changed(1, "hasil-desa"))
    box.deliver_due(peer, nodes.clock.now())
    assert sorted(peer.told()) == ["2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z"]


def test_a_failure_is_tried_again_later_and_later_and_never_given_up(nodes: Nodes) -> None:
    box, peer = an_outbox(nodes), Peer()
    put_acts(box, 1)
    tries: list[Any] = []
    peer.answer = lambda event: tries.append(nodes.clock.now()) or 400  # type: ignore[func-returns-value]
    for _ in range(400):
        box.deliver_due(peer, nodes.clock.now())
        nodes.later(seconds=1)
    waits = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert waits[:4] == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert max(waits) == outbox.LONGEST_WAIT_ACT
    assert box.status().waiting == 1


def test_a_peer_that_does_not_answer_is_a_peer_that_is_tried_again(nodes: Nodes) -> None:
    def away(content: bytes) -> int:
        raise ConnectionRefusedError

    box, peer = an_outbox(nodes), Peer()
    put_acts(box, 1)
    box.deliver_due(away, nodes.clock.now())
    assert box.deliver_due(peer, nodes.clock.now()).delivered == 0
    nodes.later(seconds=1)
    assert box.deliver_due(peer, nodes.clock.now()).delivered == 1


def test_a_change_that_the_peer_will_never_take_is_put_aside_and_does_not_block(nodes: Nodes) -> None:
    box, peer = an_outbox(nodes), Peer()
    peer.answer = lambda event: 422
    box.put(EventType.DATASET_CHANGED, source=ISSUER, data=changed(1))
    done = box.deliver_due(peer, nodes.clock.now())
    assert (done.waiting, done.parked) == (0, 1)
    peer.answer = lambda event: 202
    box.put(EventType.DATASET_CHANGED, source=ISSUER, data=changed(2))
    assert box.deliver_due(peer, nodes.clock.now()).delivered == 1


def test_a_clock_that_was_put_back_does_not_silence_an_act(nodes: Nodes) -> None:
    box, peer = an_outbox(nodes), Peer()
    put_acts(box, 1)
    peer.answer = lambda event: 503
    box.deliver_due(peer, nodes.clock.now())
    nodes.later(days=-400)
    peer.answer = lambda event: 202
    assert box.deliver_due(peer, nodes.clock.now()).delivered == 1
    put_acts(box, 2, 3)
    box.deliver_due(peer, nodes.clock.now())
    assert peer.told() == [f"{number:064x}" for number in (1, 2, 3)]


@pytest.mark.pasal("7(4)")
def test_a_clock_that_was_put_back_by_minutes_does_not_delay_an_act(nodes: Nodes) -> None:
    box, peer = an_outbox(nodes), Peer()
    put_acts(box, 1)
    peer.answer = lambda event: 503
    box.deliver_due(peer, nodes.clock.now())
    peer.answer = lambda event: 202
    nodes.later(minutes=-5)
    assert box.deliver_due(peer, nodes.clock.now()).delivered == 1


def test_a_damaged_event_is_told_and_not_passed_over(nodes: Nodes) -> None:
    box, peer = an_outbox(nodes), Peer()
    put_acts(box, 1, 2)
    first = min((nodes.desa.exchange / outbox.FOLDER / "acts").glob("*.json"))
    first.write_bytes(b"{")
    box.put(EventType.DATASET_CHANGED, source=ISSUER, data=changed(1))
    with pytest.raises(OutboxDamaged):
        box.deliver_due(peer, nodes.clock.now())
    assert [event["type"] for event in peer.taken] == ["dataset.changed"]  # another stream is not held up


@settings(max_examples=25, deadline=None)
@given(answers=st.lists(st.sampled_from([202, 202, 500, 503, 409, 404, 0]), min_size=1, max_size=40))
def test_whatever_the_peer_answers_acts_come_in_order_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, nodes_with_residents: Nodes, answers: list[int]
) -> None:
    station = _empty_copy(nodes_with_residents, tmp_path_factory.mktemp("outbox"))
    box, peer, script = Outbox(station, OpenGate()), Peer(), iter(answers)

    def send(content: bytes) -> int:
        status = next(script, 202)
        if status == 0:
            raise TimeoutError
        peer.answer = lambda event: status
        return peer(content)

    put_acts(box, *range(6))
    moment = station.clock.now()
    for _ in range(len(answers) + 6):
        box.deliver_due(send, moment)
        moment += timedelta(minutes=1)
    assert peer.told() == [f"{number:064x}" for number in range(6)]
    assert box.status().waiting == 0


def _empty_copy(nodes: Nodes, folder: Path) -> Any:
    return replace(nodes.desa, exchange=folder / "exchange")


# --- crashes -------------------------------------------------------------------------------------------


def _killed(run: Callable[[], None]) -> None:
    """Run in a process of its own that kills itself: no cleaning up, no flushing, as a power cut does it."""
    child = os.fork()
    if child == 0:
        try:
            run()
        finally:
            os._exit(3)  # it should not have come this far
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)


@pytest.mark.parametrize("after", [1, 2, 3])
def test_killed_between_the_peers_answer_and_its_own_note_it_sends_again_and_in_order(
    nodes: Nodes, tmp_path: Path, after: int
) -> None:
    seen = tmp_path / "seen"
    put_acts(an_outbox(nodes), 1, 2, 3)

    def send(content: bytes) -> int:
        with seen.open("ab") as handle:
            handle.write(json.loads(content)["data"]["sha256"].encode() + b"\n")
        if len(seen.read_bytes().split()) == after:
            os.kill(os.getpid(), signal.SIGKILL)
        return 202

    _killed(lambda: an_outbox(nodes).deliver_due(send, nodes.clock.now()) and None)
    an_outbox(nodes).deliver_due(send, nodes.clock.now())
    came = [int(line, 16) for line in seen.read_text().split()]
    assert list(dict.fromkeys(came)) == [1, 2, 3]
    assert came.count(after) == 2
    assert an_outbox(nodes).status().waiting == 0


def test_killed_while_queueing_the_queue_is_whole(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    put_acts(an_outbox(nodes), 1)

    def dies_when_renaming(self: Path, target: Path) -> Path:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dies_when_renaming)
        _killed(lambda: put_acts(an_outbox(nodes), 2))
    peer = Peer()
    put_acts(an_outbox(nodes), 2)
    an_outbox(nodes).deliver_due(peer, nodes.clock.now())
    assert peer.told() == [f"{number:064x}" for number in (1, 2)]


def test_a_second_process_does_not_send_what_the_first_is_sending(nodes: Nodes) -> None:
    box, peer = an_outbox(nodes), Peer()
    put_acts(box, 1, 2)

    def meanwhile(event: dict[str, Any]) -> int:
        assert an_outbox(nodes).deliver_due(Peer(), nodes.clock.now()).delivered == 0
        return 202

    peer.answer = meanwhile
    assert box.deliver_due(peer, nodes.clock.now()).delivered == 2


# --- the gate ------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
def test_a_shut_off_holds_back_data_events_and_lets_the_evidence_pass(nodes: Nodes) -> None:
    gate = SwitchedGate("*")
    box, peer = an_outbox(nodes, gate), Peer()
    box.put(EventType.DATASET_CHANGED, source=ISSUER, data=changed(1))
    box.put(EventType.SHUT_OFF, source=ISSUER, data={**act(1), "kind": "shut-off"})
    told = {"agreement": AGREEMENT, "incident": "b" * 32, "event": "hack", "at": "2026-11-24T02:00:00Z"}
    box.put(EventType.INCIDENT_OPENED, source=ISSUER, data=told)
    box.put(EventType.CHECKPOINT, source=ISSUER, data={"agreement": AGREEMENT, "size": 1, "checkpoint": "c"})
    done = box.deliver_due(peer, nodes.clock.now())
    assert (done.delivered, done.waiting, done.held) == (3, 1, 1)
    assert [event["type"] for event in peer.taken] == ["agreement.shutoff", "incident.opened", "log.checkpoint"]
    gate.closed.clear()
    assert box.deliver_due(peer, nodes.clock.now()).delivered == 1


def test_a_dataset_that_is_shut_off_does_not_hold_back_another(nodes: Nodes) -> None:
    box, peer = an_outbox(nodes, SwitchedGate("sid-warga")), Peer()
    box.put(EventType.DATASET_CHANGED, source=ISSUER, data=changed(1))
    box.put(EventType.DATASET_CHANGED, source=ISSUER, data=changed(2, "sid-indeks-desa"))
    box.deliver_due(peer, nodes.clock.now())
    assert peer.told() == ["2026-11-02T00:00:00Z"]


def test_delivered_events_are_in_the_log_and_an_unwritable_log_delays_no_act(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, peer = Journal(nodes.desa), Peer()
    box = Outbox(nodes.desa, OpenGate(), book=book)
    put_acts(box, 1)
    box.deliver_due(peer, nodes.clock.now())
    assert [entry["type"] for _, entry in book.entries(0)] == ["event.delivered"]

    def cannot(*entry: Any, **members: Any) -> None:
        raise LogUnavailable(reason="test")

    put_acts(box, 2, 3)
    monkeypatch.setattr(book, "write", cannot)
    with pytest.raises(LogUnavailable):
        box.deliver_due(peer, nodes.clock.now())
    assert peer.told() == [f"{number:064x}" for number in (1, 2, 3)]
    assert box.status().waiting == 2  # they go once more, when the log can say so
    monkeypatch.undo()
    box.deliver_due(peer, nodes.clock.now())
    assert box.status().waiting == 0
    assert len(list(book.entries(0))) == 3


# --- telling that data changed ---------------------------------------------------------------------------


def announce(nodes: Nodes, gate: Any = None, **other: Any) -> list[str]:
    gate = gate or OpenGate()
    return announce_changes(nodes.desa, nodes.agreement, Outbox(nodes.desa, gate), gate=gate, **other)


def test_a_change_is_announced_once_and_the_next_one_again(nodes: Nodes) -> None:
    assert announce(nodes) == ["sid-warga"]
    assert announce(nodes) == []
    nodes.later(hours=1)
    publish_residents(nodes.desa.lake, VILLAGES[0], 12, version="2")
    assert announce(nodes) == ["sid-warga"]
    peer = Peer()
    an_outbox(nodes).deliver_due(peer, nodes.clock.now())
    assert peer.told() == [nodes.clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z")]


def test_a_snapshot_of_an_older_date_changes_nothing_that_is_told(nodes: Nodes) -> None:
    announce(nodes)
    publish_residents(nodes.desa.lake, VILLAGES[0], 12, as_of=date(2020, 1, 1), version="3")
    assert announce(nodes) == []


@pytest.mark.pasal("7(4)")
def test_while_the_gate_is_closed_nothing_is_announced_and_all_of_it_afterwards(nodes: Nodes) -> None:
    assert announce(nodes, SwitchedGate("sid-warga")) == []
    assert announce(nodes) == ["sid-warga"]


@pytest.mark.pasal("7(3)")
def test_after_the_term_nothing_is_announced(nodes: Nodes) -> None:
    assert announce(nodes, is_in_force=False) == []


def test_an_announcement_holds_no_personal_data(nodes: Nodes) -> None:
    announce(nodes)
    (path,) = (nodes.desa.exchange / outbox.FOLDER / "data-sid-warga").glob("*.json")
    event = json.loads(json.loads(path.read_bytes())["event"])
    assert set(event["data"]) == {"agreement", "dataset", "cursor"}


def test_only_what_is_ours_to_give_is_announced(nodes: Nodes) -> None:
    publish_residents(nodes.naker.lake, VILLAGES[0], 5)
    found = announce_changes(nodes.naker, nodes.agreement, Outbox(nodes.naker, OpenGate()), gate=OpenGate())
    assert found == []


def test_a_checkpoint_is_told_hourly_and_only_when_the_log_has_grown(nodes: Nodes) -> None:
    box, peer, book = an_outbox(nodes), Peer(), Journal(nodes.desa)

    def told() -> bool:
        return announce_checkpoint(nodes.desa, nodes.agreement, box)

    assert not told()  # there is no log yet
    book.write("test.entry")
    assert told()
    assert not told()
    nodes.later(hours=1)
    assert not told()
    book.write("test.entry")
    assert told()
    book.write("test.entry")
    nodes.later(minutes=59)
    assert not told()
    box.deliver_due(peer, nodes.clock.now())
    (event,) = peer.taken  # of two that waited, the newest
    heard = events.read(json.dumps(event).encode(), peer=Party.DESA, issuer=ISSUER, agreement=AGREEMENT)
    assert heard.data.size == 2
    witnessing.hear(nodes.naker, nodes.agreement, heard.data.checkpoint.encode())
