"""Acts that come in events: taken into the chain, fetched where they do not fit, in whatever order they come."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from typing import Any

import pytest

from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.ledger import Entry
from tenun.agreement.acts.refusals import ActError
from tenun.agreement.vocabulary import Party
from tenun.exchange import events
from tenun.exchange.events import EventMalformed, EventOutOfOrder
from tests.lib.two_nodes import Nodes


def chain_of(nodes: Nodes, party: Party) -> Chain:
    there = nodes.of(party)
    return Chain(there.acts, agreement=there.agreement, own_keys=there.keys, clock=nodes.clock)


def acts_of_desa(nodes: Nodes) -> list[Entry]:
    """A shut-off, its reinstatement, and a notice, each after the other."""
    chain, keys = chain_of(nodes, Party.DESA), nodes.desa.keys

    def act(kind: Kind, body: dict[str, Any]) -> Entry:
        nodes.later(minutes=1)
        return chain.act(kind, by=Party.DESA, keys=keys, body=body)

    shut = act(Kind.SHUT_OFF, {"scope": {"kind": "agreement"}, "event": "hack", "reason": "Diretas."})
    opened = act(Kind.REINSTATE, {"opens": [shut.hash], "reason": "Bersih."})
    return [shut, opened, act(Kind.NOTICE, {"subject": "other", "text": "Pemberitahuan."})]


def nothing() -> Iterable[bytes]:
    return []


@pytest.mark.pasal("7(4)")
def test_a_shut_off_in_an_event_closes_here_and_a_second_time_changes_nothing(nodes: Nodes) -> None:
    shut = acts_of_desa(nodes)[0]
    chain = chain_of(nodes, Party.NAKER)
    take = events.chain_taker(chain, nothing)
    for _ in range(2):
        take(shut.signed.content, shut.hash)
    assert chain.state().is_closed()
    assert len(chain.all()) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_whatever_order_acts_come_the_chain_is_the_same_in_the_end(nodes: Nodes, order: tuple[int, ...]) -> None:
    acts = acts_of_desa(nodes)
    chain = chain_of(nodes, Party.NAKER)
    take = events.chain_taker(chain, nothing)
    waiting = [acts[at] for at in order]
    rounds = 0
    while waiting:
        rounds += 1
        assert rounds <= len(acts)
        later = []
        for one in waiting:
            try:
                take(one.signed.content, one.hash)
            except EventOutOfOrder:
                later.append(one)  # as the sender does: it comes again
        waiting = later
    assert [one.hash for one in chain.all()] == [one.hash for one in acts]
    assert not chain.state().is_closed()


def test_an_act_whose_predecessor_is_missing_brings_the_whole_chain(nodes: Nodes) -> None:
    acts = acts_of_desa(nodes)
    chain = chain_of(nodes, Party.NAKER)
    take = events.chain_taker(chain, lambda: [one.signed.content for one in reversed(acts)])
    take(acts[-1].signed.content, acts[-1].hash)
    assert len(chain.all()) == 3


def test_an_act_too_large_for_an_event_is_fetched_by_its_digest(nodes: Nodes) -> None:
    acts = acts_of_desa(nodes)
    chain = chain_of(nodes, Party.NAKER)
    events.chain_taker(chain, lambda: [one.signed.content for one in acts])(None, acts[0].hash)
    assert len(chain.all()) == 3
    with pytest.raises(EventOutOfOrder):
        events.chain_taker(chain, nothing)(None, "f" * 64)


def test_an_act_that_is_not_what_its_event_says_is_refused(nodes: Nodes) -> None:
    shut, opened, _ = acts_of_desa(nodes)
    chain = chain_of(nodes, Party.NAKER)
    with pytest.raises(EventMalformed):
        events.chain_taker(chain, nothing)(shut.signed.content, opened.hash)
    assert chain.all() == []


@pytest.mark.pasal("7(4)")
def test_an_act_that_nobody_signed_closes_nothing(nodes: Nodes) -> None:
    shut = acts_of_desa(nodes)[0]
    forged = shut.signed.content.replace(b"Diretas.", b"Dirates.")
    chain = chain_of(nodes, Party.NAKER)
    with pytest.raises(ActError):
        events.chain_taker(chain, nothing)(forged, hashlib.sha256(forged).hexdigest())
    assert chain.all() == []
