"""Events: what is refused, and that each effect can be had twice and in any order."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenun.agreement.vocabulary import Party
from tenun.exchange import events
from tenun.exchange.events import Effects, Event, EventMalformed, EventOutOfOrder, EventSourceOther, EventType
from tenun.exchange.journal import Journal
from tenun.exchange.refusals import LogUnavailable
from tenun.exchange.wire.refusals import StoreUnavailable
from tenun.exchange.wire.replay import MemoryReplay
from tests.lib.two_nodes import NOW, Nodes, open_nodes

DESA = "http://127.0.0.1:8527"
AGREEMENT = "urn:tenun:agreement:sid-siapkerja"
CHANGED = {"agreement": AGREEMENT, "dataset": "sid-warga", "cursor": "2026-11-24T03:00:00Z"}
ACT = {"agreement": AGREEMENT, "kind": "shut-off", "sha256": "a" * 64, "act": '{"act":{}}'}
INCIDENT = {"agreement": AGREEMENT, "incident": "b" * 32, "event": "malware", "at": "2026-11-24T02:00:00Z"}


def read(content: bytes, **other: Any) -> Event:
    return events.read(content, **{"peer": Party.DESA, "issuer": DESA, "agreement": AGREEMENT, **other})


def composed(kind: EventType, data: dict[str, Any]) -> bytes:
    return events.compose(kind, source=DESA, data=data, now=NOW)


def altered(**members: Any) -> bytes:
    value = {**json.loads(composed(EventType.DATASET_CHANGED, CHANGED)), **members}
    return json.dumps(value).encode()


# --- reading -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "member"),
    [
        (b"", "/"),
        (b"[]", "/"),
        (b'{"id": "1", "id": "2"}', "/"),
        (b'{"specversion": NaN}', "/"),
        (b"\xff\xfe", "/"),
        (b" " * (events.BYTES_MAX + 1), "/"),
        (altered(specversion="0.3"), "/specversion"),
        (altered(specversion=1.0), "/specversion"),
        (altered(id=""), "/id"),
        (altered(id="3201010101010001 x"), "/id"),
        (altered(id=17), "/id"),
        (altered(time="20261124T030000Z"), "/time"),
        (altered(time="2026-11-24"), "/time"),
        (altered(time=None), "/time"),
        (altered(datacontenttype="text/plain"), "/datacontenttype"),
        (altered(data_base64="AAAA"), "/data"),
        (altered(data="text"), "/data"),
        (altered(data=None), "/data"),
        (altered(data={**CHANGED, "cursor": "yesterday"}), "/data/cursor"),
        (altered(data={**CHANGED, "cursor": 7}), "/data/cursor"),
        (altered(data={**CHANGED, "dataset": "../keys"}), "/data/dataset"),
        (altered(data={"agreement": AGREEMENT, "dataset": "sid-warga"}), "/data/cursor"),
        (altered(data={**CHANGED, "agreement": "urn:tenun:agreement:other"}), "/data/agreement"),
    ],
)
def test_what_is_not_one_of_our_events_is_refused_with_its_place(content: bytes, member: str) -> None:
    with pytest.raises(EventMalformed) as refused:
        read(content)
    assert refused.value.parts["member"] == member


def test_an_event_that_names_another_source_than_the_peer_is_refused() -> None:
    with pytest.raises(EventSourceOther):
        read(composed(EventType.DATASET_CHANGED, CHANGED), issuer="http://127.0.0.1:8528")


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(str.encode)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["id", "source", "type", "specversion", "time", "data", "data_base64", "subject", "x"]),
                inner,
                max_size=9,
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_comes_is_understood_or_refused_by_an_error_of_ours(content: bytes) -> None:
    with pytest.raises(events.ExchangeError):
        read(content)


def test_a_refusal_never_repeats_what_was_sent() -> None:
    secret = "3201010101010001"
    for content in (altered(id=secret + " "), altered(type=secret), altered(data={**CHANGED, "cursor": secret})):
        with pytest.raises(events.ExchangeError) as refused:
            read(content)
        assert secret not in json.dumps(refused.value.as_dict())


# --- writing -------------------------------------------------------------------------------------------


def test_the_same_change_told_twice_is_one_event_and_another_is_another() -> None:
    later = datetime(2026, 11, 25, tzinfo=UTC)
    first, again = (events.compose(EventType.SHUT_OFF, source=DESA, data=ACT, now=now) for now in (NOW, later))
    other = composed(EventType.SHUT_OFF, {**ACT, "sha256": "c" * 64})
    assert read(first).key == read(again).key != read(other).key


def test_a_member_that_no_type_has_is_never_sent() -> None:
    with pytest.raises(EventMalformed):
        composed(EventType.DATASET_CHANGED, {**CHANGED, "rows": 7})


def test_an_act_too_large_for_an_event_is_left_to_be_fetched() -> None:
    large = {**ACT, "act": "x" * events.BYTES_MAX}
    sent = read(composed(EventType.SHUT_OFF, large))
    assert sent.data.act is None
    assert sent.data.sha256 == ACT["sha256"]
    assert sent.key == read(composed(EventType.SHUT_OFF, ACT)).key


# --- handling ------------------------------------------------------------------------------------------


class Receiver:
    """Node *naker*, with effects that are counted."""

    def __init__(self, nodes: Nodes) -> None:
        self.station = nodes.naker
        self.replay = MemoryReplay(clock=nodes.clock)
        self.book = Journal(self.station)
        self.done: list[tuple[str, Any]] = []
        self.chain: list[str] = []
        self.needs: dict[str, str] = {}

    def take_act(self, act: bytes | None, sha256: str) -> None:
        before = self.needs.get(sha256)
        if before is not None and before not in self.chain:
            raise EventOutOfOrder()
        if sha256 not in self.chain:
            self.chain.append(sha256)
        self.done.append(("act", sha256))

    def handle(self, kind: EventType, data: dict[str, Any]) -> events.Handled:
        content = composed(kind, data)
        return events.handle(
            read(content),
            station=self.station,
            replay=self.replay,
            effects=Effects(
                take_act=self.take_act,
                follow_gate=lambda: self.done.append(("gate", None)),
                hear_checkpoint=lambda checkpoint: self.done.append(("checkpoint", checkpoint)),
            ),
            book=self.book,
            content_sha256="0" * 64,
        )


@pytest.fixture
def receiver(tmp_path: Path) -> Receiver:
    return Receiver(open_nodes(tmp_path))


@pytest.mark.pasal("7(4)")
def test_a_shut_off_is_in_effect_before_it_is_acknowledged(receiver: Receiver) -> None:
    handled = receiver.handle(EventType.SHUT_OFF, ACT)
    assert receiver.done == [("act", ACT["sha256"]), ("gate", None)]
    assert handled.is_first
    assert handled.log_index is not None


def test_an_event_that_comes_again_is_known_and_not_logged_again(receiver: Receiver) -> None:
    first, again = (receiver.handle(EventType.DATASET_CHANGED, CHANGED) for _ in range(2))
    assert (first.is_first, again.is_first) == (True, False)
    assert again.log_index is None
    assert events.changes(receiver.station) == {"sid-warga": CHANGED["cursor"]}


def test_an_event_that_could_not_be_logged_is_logged_when_it_comes_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a process was killed between the effect and the entry: the sender tells it again."""

    def gone(*_: object, **__: object) -> None:
        raise LogUnavailable(reason="killed")

    with monkeypatch.context() as patch:
        patch.setattr(receiver.book, "write", gone)
        with pytest.raises(LogUnavailable):
            receiver.handle(EventType.DATASET_CHANGED, CHANGED)
    again, third = (receiver.handle(EventType.DATASET_CHANGED, CHANGED) for _ in range(2))
    assert (again.is_first, third.is_first) == (True, False)
    assert again.log_index is not None


def test_an_act_before_its_predecessor_is_refused_and_fits_when_sent_again(receiver: Receiver) -> None:
    reinstated = {**ACT, "kind": "reinstate", "sha256": "d" * 64}
    receiver.needs = {reinstated["sha256"]: ACT["sha256"]}
    with pytest.raises(EventOutOfOrder) as refused:
        receiver.handle(EventType.REINSTATED, reinstated)
    assert refused.value.retryable
    receiver.handle(EventType.SHUT_OFF, ACT)
    assert receiver.handle(EventType.REINSTATED, reinstated).is_first
    assert receiver.chain == [ACT["sha256"], reinstated["sha256"]]


@pytest.mark.pasal("7(4)")
def test_with_the_database_down_a_shut_off_takes_effect_all_the_same(receiver: Receiver) -> None:
    receiver.replay = MemoryReplay(capacity=0)
    with pytest.raises(StoreUnavailable):
        receiver.replay.remember("event", ["x"], expires=NOW)
    handled = receiver.handle(EventType.SHUT_OFF, ACT)
    assert receiver.chain == [ACT["sha256"]]
    assert handled.is_first


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_whatever_order_changes_come_the_newest_cursor_is_kept(receiver: Receiver, order: tuple[int, ...]) -> None:
    cursors = ["2026-11-24T03:00:00Z", "2026-11-24T03:00:00.5Z", "2026-11-25T00:00:00Z"]
    for at in order:
        receiver.handle(EventType.DATASET_CHANGED, {**CHANGED, "cursor": cursors[at]})
    assert events.changes(receiver.station) == {"sid-warga": cursors[-1]}


@pytest.mark.parametrize(
    "order", list(itertools.product([EventType.INCIDENT_OPENED, EventType.INCIDENT_CLOSED], repeat=3))
)
def test_an_incident_that_was_closed_stays_closed(receiver: Receiver, order: tuple[EventType, ...]) -> None:
    for kind in order:
        receiver.handle(kind, INCIDENT)
    (known,) = events.incidents(receiver.station)
    assert ("closed" in known) == (EventType.INCIDENT_CLOSED in order)
    assert ("opened" in known) == (EventType.INCIDENT_OPENED in order)


def test_a_checkpoint_begets_no_entry_of_its_own(receiver: Receiver) -> None:
    told = {"agreement": AGREEMENT, "size": 3, "checkpoint": "desa.tenun/log\n3\nAAAA\n"}
    handled = receiver.handle(EventType.CHECKPOINT, told)
    assert handled.log_index is None
    assert receiver.done == [("checkpoint", told["checkpoint"].encode())]
