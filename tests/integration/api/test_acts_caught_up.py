"""A node that missed acts of its peer gets them from the peer's own chain, when the next event comes."""

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
from tenun.node import chain as chains
from tenun.node import shutoff
from tenun.node.home import Role
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
    assert answer.json()["code"] == "exchange.event_out_of_order"
    assert both.hashes(Party.NAKER) == before
