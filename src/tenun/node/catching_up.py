"""The acts that this node misses, fetched from the peer: whole, each after those that it follows.

An event carries an act only where it fits, and one that was lost leaves a gap in the chain. The peer's chain
(`GET .../acts`) closes both. Nothing of it is believed: each act has its own signatures and its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

from tenun.agreement.acts import act as acts
from tenun.agreement.acts.bodies import Addendum
from tenun.agreement.acts.chain import Chain
from tenun.agreement.standing import Standing
from tenun.exchange.calls import CallBook
from tenun.exchange.client.refusals import AnswerMalformed
from tenun.exchange.client.session import Client
from tenun.exchange.events import EventOutOfOrder
from tenun.exchange.gate import Gate
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError
from tenun.node import worker
from tenun.node.home import NodeHome


@implements("7(4)", control="A peer's act has effect here although its event was too large or an earlier one lost.")
def from_peer(
    home: NodeHome, chain: Chain, *, standing: Standing, gate: Gate, book: CallBook
) -> Callable[[], Iterable[bytes]]:
    """How `events.chain_taker` fetches the peer's chain. The documents of addenda that are not here come first.

    The call is signed and in both logs, and no shut-off stops it. What it gives raises `EventOutOfOrder` where the
    peer cannot be asked or its answer cannot be used: whoever sent the event sends it again.
    """

    def fetch() -> list[bytes]:
        try:
            with closing(worker.consumer_of(home, standing, gate, book)) as consumer:
                return _fetched(consumer.client(), chain)
        except (TenunError, OSError) as problem:
            raise EventOutOfOrder() from problem

    return fetch


def _fetched(client: Client, chain: Chain) -> list[bytes]:
    contents = _contents(client.acts())
    for rev in _missing_revisions(contents, chain):
        chain.revisions.take(client.revision(rev))
    return contents


def _contents(told: Any) -> list[bytes]:
    try:
        return [str(one["act"]).encode() for one in told["acts"]]
    except (KeyError, TypeError) as problem:
        raise AnswerMalformed(reason="no list of acts") from problem


def _missing_revisions(contents: Iterable[bytes], chain: Chain) -> list[str]:
    """Only what an act names that is not here yet: else a peer could fill our disk with documents."""
    known = chain.ledger().entries
    fetched = (acts.parse(content) for content in contents)
    named = {one.body.rev for one in fetched if isinstance(one.body, Addendum) and one.hash not in known}
    return sorted(rev for rev in named if not chain.revisions.path(rev).is_dir())
