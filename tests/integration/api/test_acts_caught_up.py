"""A node that missed acts of its peer gets them from the peer's own chain: with the next event, or with none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.ledger import Entry
from tenun.agreement.vocabulary import Party
from tenun.api import serving
from tenun.exchange import events
from tenun.exchange.events import EventType
from tenun.exchange.gate import MappedGate
from tenun.exchange.journal import Journal
from tenun.exchange.outbox import Outbox
from tenun.node import chain as chains
from tenun.node import config, shutoff
from tenun.node.home import Role
from tenun.node.worker import LANES, Desk, Lane
from tests.integration.api.conftest import open_folder
from tests.lib.api_calls import Answered, Caller, in_home
from tests.lib.online_nodes import OnlineNodes, open_online_nodes

pytestmark = pytest.mark.xdist_group("api")


@dataclass
class Both:
    """Both nodes' APIs running; *desa* tells *naker*."""

    nodes: OnlineNodes
    caller: Caller

    def unsent(self, kind: Kind, body: dict[str, Any]) -> Entry:
        """An act of *desa* of which nothing goes out: as if its event were lost on the way."""
        station = self.nodes.desa
        chain = Chain(station.acts, agreement=station.agreement, own_keys=station.keys)
        return chain.act(kind, by=Party.DESA, keys=station.keys, body=body)

    def tell(self, entry: Entry, kind: EventType = EventType.ACT, *, is_whole: bool = True) -> Answered:
        """The act's event; not whole, as `compose` makes it of an act that is larger than an event may be."""
        data = {"agreement": self.nodes.agreement.id, "kind": str(entry.kind), "sha256": entry.hash}
        if is_whole:
            data["act"] = entry.signed.content.decode()
        event = events.compose(kind, source=self.nodes.issuer(Party.DESA), data=data, now=datetime.now(UTC))
        return self.caller.call("POST", "/v1/events", event, content_type=events.CONTENT_TYPE)

    def catching_up(self, party: Party) -> Lane:
        """The job of that node's worker which asks for acts that no event has brought."""
        home = self.nodes.home(party)
        desk = Desk(home, config.read_or_default(home), MappedGate.open(home.station.gate), lambda: False)
        return Lane.of("evidence", [one for one in LANES["evidence"] if one.name == "catch-up"], desk)

    def hashes(self, party: Party) -> list[str]:
        return [entry.hash for entry in chains.chain_of(self.nodes.home(party)).all()]


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with open_folder() as folder, ExitStack() as stack:
        stack.enter_context(in_home(folder))
        nodes = open_online_nodes(folder, villages=())
        for party in Party:
            shutoff.keeper_of(nodes.home(party)).establish()
        desa, naker = (
            stack.enter_context(serving.start(Role(party.value), nodes.port(party), workers=1)) for party in Party
        )
        assert desa.address == nodes.issuer(Party.DESA)
        yield Both(nodes, Caller(nodes, naker.address, party=Party.DESA))


@pytest.mark.pasal("7(4)", "13")
def test_a_peer_that_missed_two_acts_has_the_whole_chain_after_the_thirds_event(both: Both) -> None:
    notices = [both.unsent(Kind.NOTICE, {"subject": "other", "text": f"Pemberitahuan {at}."}) for at in (1, 2)]
    shut = both.unsent(
        Kind.SHUT_OFF, {"scope": {"kind": "dataset", "name": "sid-warga"}, "event": "hack", "reason": "Diretas."}
    )
    before = both.hashes(Party.NAKER)
    answer = both.tell(shut, EventType.SHUT_OFF)
    assert answer.status == 202, answer.body
    assert both.hashes(Party.NAKER) == both.hashes(Party.DESA)
    assert {one.hash for one in (*notices, shut)} == set(both.hashes(Party.NAKER)) - set(before)
    record = shutoff.keeper_of(both.nodes.home(Party.NAKER)).read()
    assert [closure.act for closure in record.closures] == [shut.hash]


def test_an_act_too_large_for_an_event_is_fetched_whole(both: Both) -> None:
    large = both.unsent(
        Kind.FORCE_MAJEURE_REPORT,
        {
            "event": "banjir besar",
            "began_on": "2026-11-20",
            "evidence": [{"title": f"{at:02} " + "𑀩" * 190, "sha256": "ab" * 32} for at in range(64)],
            "duties": [],
            "text": "𑀩" * 4000,
        },
    )
    assert len(large.signed.content) > events.BYTES_MAX
    told = events.compose(
        EventType.ACT,
        source=both.nodes.issuer(Party.DESA),
        data={
            "agreement": both.nodes.agreement.id,
            "kind": str(large.kind),
            "sha256": large.hash,
            "act": large.signed.content.decode(),
        },
        now=datetime.now(UTC),
    )
    assert json.loads(told)["data"].get("act") is None
    answer = both.caller.call("POST", "/v1/events", told, content_type=events.CONTENT_TYPE)
    assert answer.status == 202, answer.body
    assert large.hash in both.hashes(Party.NAKER)


def test_an_act_that_the_peer_does_not_have_is_asked_for_again_and_changes_nothing(both: Both) -> None:
    before = both.hashes(Party.NAKER)
    data = {"agreement": both.nodes.agreement.id, "kind": "notice", "sha256": "f" * 64}
    event = events.compose(EventType.ACT, source=both.nodes.issuer(Party.DESA), data=data, now=datetime.now(UTC))
    answer = both.caller.call("POST", "/v1/events", event, content_type=events.CONTENT_TYPE)
    assert (answer.status, answer.problem) == (409, "event-out-of-order")
    assert answer.json()["code"] == "exchange.event_out_of_order"
    assert int(answer.headers["retry-after"]) > 0
    assert both.hashes(Party.NAKER) == before


@pytest.mark.pasal("7(4)", "13")
def test_a_node_learns_of_acts_without_any_event_or_call(both: Both) -> None:
    """As after a time in which it was down, and the peer's own events were lost."""
    shut = both.unsent(
        Kind.SHUT_OFF,
        {"scope": {"kind": "dataset", "name": "siapkerja-lowongan"}, "event": "malware", "reason": "Perangkat."},
    )
    later = both.unsent(Kind.NOTICE, {"subject": "other", "text": "Setelah pemutusan."})
    naker = both.nodes.naker
    assert not {shut.hash, later.hash} & set(both.hashes(Party.NAKER))
    lane = both.catching_up(Party.NAKER)
    lane.run_due()
    assert lane.told()["catch-up"]["problem"] is None
    lane.desk.close()
    assert both.hashes(Party.NAKER) == both.hashes(Party.DESA)
    # Its own log has them, and so have both the call that brought them.
    noted = [entry for _, entry in Journal(naker).entries(0)]
    assert {shut.hash, later.hash} <= {entry["act"]["sha256"] for entry in noted if entry["type"] == chains.ACT_TAKEN}
    asked = [entry for entry in noted if entry["type"] == "call.asked"]
    answered = [entry["call"] for _, entry in Journal(both.nodes.desa).entries(0) if entry["type"] == "call.opened"]
    assert asked[-1]["operation"] == "acts"
    assert asked[-1]["call"] in answered
    # What the guard does a moment later: the gate follows the chain.
    keeper = shutoff.keeper_of(both.nodes.home(Party.NAKER))
    said = chains.Reading(both.nodes.home(Party.NAKER))()
    keeper.reconcile(said.closures, known=said.known)
    assert shut.hash in {closure.act for closure in keeper.read().closures}
    # They are the peer's: nothing of them goes back to it.
    assert Outbox(naker, MappedGate.open(naker.gate)).status().waiting == 0


def test_a_peer_that_is_away_is_asked_again_soon_and_then_later_and_later(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(range(0, 10_000_000, 10_000))
    lane = both.catching_up(Party.NAKER)
    home = both.nodes.home(Party.NAKER)
    lane.desk.config = config.read_or_default(home).model_copy(update={"peer_address": "http://127.0.0.1:9"})
    monkeypatch.setattr(config, "read_or_default", lambda _home: lane.desk.config)
    (turn,) = lane.turns
    waits = []
    for moment in moments:
        monkeypatch.setattr("tenun.node.worker.time.monotonic", lambda at=float(moment): at)
        lane.run_due()
        waits.append(turn.due - moment)
        if len(waits) == 6:
            break
    assert turn.problem == "exchange.peer_unreachable"
    assert waits == [20, 40, 80, 160, 300, 300]
    lane.desk.close()
