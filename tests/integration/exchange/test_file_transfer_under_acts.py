"""Handing over by file follows the acts on the agreement as the API does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.vocabulary import Party
from tenun.exchange import pack, receipt, unpack
from tenun.exchange.refusals import NotPermitted
from tests.lib.agreement_acts import BODIES
from tests.lib.two_nodes import VILLAGES, Nodes, open_nodes, publish_residents


@pytest.fixture
def nodes(tmp_path: Path) -> Nodes:
    nodes = open_nodes(tmp_path / "nodes")
    publish_residents(nodes.desa.lake, VILLAGES[0], 30)
    return nodes


def shut_off(nodes: Nodes, at: Party) -> None:
    station = nodes.of(at)
    chain = Chain(station.acts, agreement=station.agreement, own_keys=station.keys, clock=nodes.clock)
    chain.act(Kind.SHUT_OFF, by=at, keys=station.keys, body=BODIES[Kind.SHUT_OFF])


@pytest.mark.pasal("7(4)")
def test_a_shut_off_stops_packing(nodes: Nodes) -> None:
    shut_off(nodes, Party.DESA)
    with pytest.raises(NotPermitted) as refused:
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    assert [reason.code for reason in refused.value.denial.reasons] == ["agreement.shut_off"]
    assert not list((nodes.desa.exchange / "outbox").glob("*.age"))


@pytest.mark.pasal("7(4)")
def test_a_shut_off_stops_taking_in_a_pack_that_was_made_before(nodes: Nodes) -> None:
    made = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    shut_off(nodes, Party.NAKER)
    with pytest.raises(NotPermitted):
        unpack.accept(nodes.naker, made.file)


@pytest.mark.pasal("7(4)")
def test_a_shut_off_does_not_silence_a_receipt(nodes: Nodes) -> None:
    made = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    accepted = unpack.accept(nodes.naker, made.file)
    shut_off(nodes, Party.DESA)
    assert receipt.check(nodes.desa, accepted.receipt).is_first
