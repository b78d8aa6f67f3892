"""A node as a caller of its peer, at the address that it was told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tenun.agreement.standing import Standing
from tenun.exchange.calls import CallBook
from tenun.exchange.client.node import Consumer
from tenun.exchange.client.transport import Retrying
from tenun.exchange.gate import Gate
from tenun.kernel.clock import Clock
from tenun.node import config
from tenun.node.home import NodeHome


def consumer_of(
    home: NodeHome, standing: Standing, gate: Gate, book: CallBook, *, clock: Clock | None = None
) -> Consumer:
    """Its calls are in the node's log, and each is tried once: whoever asks comes again."""
    found = config.read_or_default(home)
    return Consumer(
        home.station if clock is None else replace(home.station, clock=clock),
        standing,
        gate,
        book,
        address=found.peer_address,
        ca_file=Path(found.peer_ca) if found.peer_ca else None,
        retrying=Retrying(attempts=1),
    )
