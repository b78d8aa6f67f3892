from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement import party_keys
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange.client import Client, Retrying
from tenun.exchange.station import pinned_keys
from tests.lib.exporting import exports_of
from tests.lib.provider_server import Provider, serving
from tests.lib.two_nodes import Nodes


class Waits:
    """Waits for nobody, and notes for how long it would have."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.nodes.later(seconds=seconds)


@pytest.fixture
def provider(nodes: Nodes) -> Provider:
    issuer = nodes.agreement.parties[Party.DESA].node.issuer
    return Provider(nodes, exports_of(nodes), issuer=issuer)


@pytest.fixture
def address(provider: Provider) -> Iterator[str]:
    with serving(provider) as where:
        yield where


@pytest.fixture
def waits(nodes: Nodes) -> Waits:
    return Waits(nodes)


def connected(nodes: Nodes, provider: Provider, address: str, waits: Waits, **more: Any) -> Client:
    keys = pinned_keys(nodes.agreement, Party.DESA, KeyUse.MESSAGE).values()
    settings: dict[str, Any] = {
        "issuer": provider.issuer,
        "address": address,
        "client_id": "naker",
        "message_key": party_keys.private(nodes.naker.keys, "message"),
        "client_key": party_keys.private(nodes.naker.keys, "client"),
        "peer_keys": [key.as_dict(private=False) for key in keys],
        "agreement": nodes.agreement.id,
        "rev": nodes.agreement.rev,
        "clock": nodes.clock,
        "sleep": waits,
        "retrying": Retrying(attempts=4, first_s=0.5, wait_s_max=60.0),
    }
    return Client.connect(**{**settings, **more})


@pytest.fixture
def client(nodes: Nodes, provider: Provider, address: str, waits: Waits) -> Iterator[Client]:
    made = connected(nodes, provider, address, waits)
    yield made
    made.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An empty folder for what is fetched."""
    folder = tmp_path / "fetched"
    folder.mkdir()
    return folder
