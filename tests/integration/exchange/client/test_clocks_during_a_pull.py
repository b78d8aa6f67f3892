"""Clocks that jump while a delivery is on its way, at either end: it goes on, or the refusal says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tenun.exchange.client.node import Consumer
from tenun.exchange.client.refusals import AnswerNotBelieved, ClientError, ClockAway
from tenun.exchange.wire.messages import Request
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
        self._jump: tuple[float, float] | None = None
        gate = TestGate(nodes.agreement.id)
        provider = replace(nodes.desa, clock=MovedClock(nodes.clock, lambda: self.desa))
        issuer = nodes.agreement.parties[nodes.desa.party].node.issuer
        self.provider = PipelineNode(provider, gate, issuer)
        self.station = replace(nodes.naker, clock=MovedClock(nodes.clock, lambda: self.naker))
        for village in VILLAGES:
            publish_residents(nodes.desa.lake, village, 40)

    def consumer(self, address: str) -> Consumer:
        return consumer_of(self.station, address, sleep=self._between_attempts)

    def jump_amid_a_file(self, *, desa: float = 0.0, naker: float = 0.0) -> None:
        """Seconds by which the clocks move once the first file was cut in the middle."""

        def cut(exchange: Exchange) -> None:
            if exchange.number == 1:
                exchange.cut_at = len(exchange.content) // 2
                self._jump = (desa, naker)

        self.provider.on("file", cut)

    def _between_attempts(self, _: float) -> None:
        if self._jump is not None:
            self.desa, self.naker = (timedelta(seconds=one) for one in self._jump)
            self._jump = None

    def tokens(self) -> list[Request]:
        return [request for step, request in self.provider.seen if step == "token"]

    def refusals(self) -> list[str]:
        """By code, as the provider's log has them."""
        return [one["code"] for one in entries(self.nodes.desa) if one["type"] in ("call.refused", "token.refused")]

    def has_gone_on(self) -> bool:
        """Whether a file was asked for from where it broke off."""
        return any("range" in request.headers for step, request in self.provider.seen if step == "file")

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
    scene.jump_amid_a_file(desa=seconds, naker=seconds)
    pulled = scene.consumer(address).pull(**ASKED)
    scene.has_every_row(pulled.accepted)
    assert len(scene.tokens()) >= 2
    assert scene.has_gone_on(), "what had come was fetched again"
    assert scene.refusals() == []


@pytest.mark.parametrize("seconds", [4, -4])
def test_a_clock_within_the_allowance_changes_nothing(scene: Scene, address: str, seconds: int) -> None:
    scene.jump_amid_a_file(desa=seconds)
    scene.has_every_row(scene.consumer(address).pull(**ASKED).accepted)
    assert scene.refusals() == []


EXPIRED, FROM_FUTURE = "exchange.http_signature_expired", "exchange.http_signature_from_future"
# What moves, what the provider's log says then, and the error at the consumer.
NAMED: dict[str, tuple[dict[str, float], set[str], type[ClientError]]] = {
    "the provider's goes forward beyond a token's life": ({"desa": 400.0}, {EXPIRED}, ClockAway),
    "the provider's goes back two minutes": ({"desa": -120.0}, {FROM_FUTURE}, ClockAway),
    "the consumer's goes back two minutes": ({"naker": -120.0}, {EXPIRED}, ClockAway),
    "the consumer's goes forward within its token's life": ({"naker": 100.0}, {FROM_FUTURE}, ClockAway),
    # It needs another token first. The answer to that is bound to no signature, so it may be an old one, and its time
    # is no proof of anybody's clock: it is not believed, and why is told.
    "the consumer's goes forward beyond its token's life": (
        {"naker": 400.0}, {"exchange.assertion_invalid"}, AnswerNotBelieved
    ),
}  # fmt: skip


@pytest.mark.pasal("7(1)")
@pytest.mark.parametrize("case", NAMED)
def test_a_clock_that_jumps_is_named_and_once_it_is_right_the_transfer_goes_on(
    scene: Scene, address: str, case: str
) -> None:
    jump, codes, kind = NAMED[case]
    scene.jump_amid_a_file(**jump)
    consumer = scene.consumer(address)
    with pytest.raises(kind) as refused:
        consumer.pull(**ASKED)
    if kind is ClockAway:
        assert refused.value.parts["seconds"] == abs(sum(jump.values()))
    else:
        assert refused.value.parts["reason"] == EXPIRED
    assert set(scene.refusals()) == codes
    told = [one for one in entries(scene.nodes.naker) if one.get("code") == refused.value.code]
    assert told, "our own log says why it ended"

    # Set right again, the same pull is gone on with: no second export, what had come is kept.
    scene.desa = scene.naker = timedelta()
    pulled = consumer.pull(**ASKED)
    scene.has_every_row(pulled.accepted)
    assert pulled.is_resumed
    assert scene.provider.steps().count("export") == 1
    assert scene.has_gone_on()
