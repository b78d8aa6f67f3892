"""Clocks that jump while a delivery is on its way, at either end: it goes on, or the refusal says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tenun.exchange.client.node import Consumer
from tenun.exchange.client.refusals import PeerUnreachable, Refused
from tenun.exchange.wire.messages import Request
from tenun.kernel.errors import TenunError
from tests.lib.pipeline_node import MovedClock, PipelineNode, TestGate
from tests.lib.provider_server import Exchange, serving
from tests.lib.pulling import consumer_of, entries
from tests.lib.two_nodes import Nodes, publish_residents

VILLAGES = ("53.17.01.2001", "53.17.01.2002", "53.17.02.2001")
ASKED = {"dataset": "sid-warga", "purpose": "pemadanan", "area": "53.17"}


class Scene:
    """Both nodes, each with a clock of its own: `desa` and `naker` say how far it is ahead."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.desa = self.naker = timedelta()
        gate = TestGate(nodes.agreement.id)
        provider = replace(nodes.desa, clock=MovedClock(nodes.clock, lambda: self.desa))
        issuer = nodes.agreement.parties[nodes.desa.party].node.issuer
        self.provider = PipelineNode(provider, gate, issuer)
        self.station = replace(nodes.naker, clock=MovedClock(nodes.clock, lambda: self.naker))
        for village in VILLAGES:
            publish_residents(nodes.desa.lake, village, 40)

    def consumer(self, address: str) -> Consumer:
        return consumer_of(self.station, address)

    def jump_at_first_file(self, *, desa: float = 0.0, naker: float = 0.0) -> None:
        """Seconds by which the clocks move when the first file is cut in the middle."""

        def jump(exchange: Exchange) -> None:
            if exchange.number == 1:
                exchange.cut_at = len(exchange.content) // 2
                self.desa += timedelta(seconds=desa)
                self.naker += timedelta(seconds=naker)

        self.provider.on("file", jump)

    def tokens(self) -> list[Request]:
        return [request for step, request in self.provider.seen if step == "token"]

    def refusals(self) -> list[str]:
        """By code, as the provider's log has them."""
        return [one["code"] for one in entries(self.nodes.desa) if one["type"] in ("call.refused", "token.refused")]

    def has_every_row(self, accepted: Any) -> None:
        sent = [one for one in entries(self.nodes.desa) if one["type"] == "exchange.exported"]
        assert accepted["rows"] == sent[0]["pack"]["rows"] > 0


@pytest.fixture
def scene(nodes: Nodes) -> Scene:
    return Scene(nodes)


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    with serving(scene.provider) as where:  # type: ignore[arg-type]
        yield where


@pytest.mark.pasal("2a")
@pytest.mark.parametrize("seconds", [301, 3600, 86_400])
def test_a_transfer_that_outlives_its_token_goes_on_with_a_new_one(scene: Scene, address: str, seconds: int) -> None:
    """Both clocks go on: a machine that was suspended, or a file that takes an hour."""
    scene.jump_at_first_file(desa=seconds, naker=seconds)
    pulled = scene.consumer(address).pull(**ASKED)
    scene.has_every_row(pulled.accepted)
    assert len(scene.tokens()) >= 2
    resumed = [request for step, request in scene.provider.seen if step == "file" and "range" in request.headers]
    assert resumed, "what had come was fetched again"
    assert scene.refusals() == []


@pytest.mark.parametrize("seconds", [30, 55, -30, -55])
def test_a_clock_within_the_allowance_changes_nothing(scene: Scene, address: str, seconds: int) -> None:
    ahead = 5 if seconds > 0 else -5
    scene.jump_at_first_file(desa=ahead)
    scene.has_every_row(scene.consumer(address).pull(**ASKED).accepted)
    assert scene.refusals() == []


NAMED = {
    "the provider's clock is set forward beyond the token's life": ({"desa": 400.0}, "exchange.signature_expired"),
    "the provider's clock is set back two minutes": ({"desa": -120.0}, "exchange.signature_from_the_future"),
    "the consumer's clock is set back two minutes": ({"naker": -120.0}, "exchange.signature_expired"),
    "the consumer's clock is set forward beyond the token's life": ({"naker": 400.0}, "x"),
}


@pytest.mark.pasal("7(1)")
@pytest.mark.parametrize("case", NAMED)
def test_clocks_that_lie_apart_are_named_and_once_they_are_right_the_transfer_goes_on(
    scene: Scene, address: str, case: str
) -> None:
    jump, code = NAMED[case]
    scene.jump_at_first_file(**jump)
    with pytest.raises((Refused, PeerUnreachable, TenunError)) as refused:
        scene.consumer(address).pull(**ASKED)
    print(case, type(refused.value), refused.value.code, getattr(refused.value, "type", None), scene.refusals(), refused.value)
    # Set right again: the same pull goes on from the half that has come, under a new token.
    scene.desa = scene.naker = timedelta()
    before = len(scene.tokens())
    pulled = scene.consumer(address).pull(**ASKED)
    scene.has_every_row(pulled.accepted)
    assert pulled.is_resumed
    assert len(scene.tokens()) > before
    assert scene.provider.steps().count("export") == 1
    assert any("range" in request.headers for step, request in scene.provider.seen if step == "file")
    assert json.dumps(scene.refusals()) is not None
