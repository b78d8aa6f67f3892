"""The acts that this node misses, fetched from the peer: whole, each after those that it follows.

An event carries an act only where it fits, and one that was lost leaves a gap in the chain. The peer's chain
(`GET .../acts`) closes both: asked for when an event does not fit, and by the worker from time to time, should the
event never come. Nothing of it is believed: each act has its own signatures and its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from typing import Any

from tenun.agreement.acts import act as acts
from tenun.agreement.acts.bodies import Addendum
from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.refusals import ActNotReported
from tenun.agreement.standing import Standing
from tenun.exchange.calls import CallBook
from tenun.exchange.client.refusals import AnswerMalformed
from tenun.exchange.client.session import Client
from tenun.exchange.events import EventOutOfOrder
from tenun.exchange.gate import Gate
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError
from tenun.node import consuming
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
            with closing(consuming.consumer_of(home, standing, gate, book)) as consumer:
                return _fetched(consumer.client(), chain)
        except (TenunError, OSError) as problem:
            raise EventOutOfOrder() from problem

    return fetch


@implements("7(4)", "13", control="A peer's act is known here soon, also where none of its events ever came.")
def take_missing(client: Client, chain: Chain) -> int:
    """Take what the peer's chain has and ours does not; gives how many acts that were.

    The guard closes and opens the gate by what is in the chain. Raises what a call raises, `AnswerMalformed`, and an
    `ActError` for an act that cannot be taken; those before it are taken all the same.
    """
    before = set(chain.ledger().entries)
    fetched = _fetched(client, chain)
    while True:
        # One that the log could not be told of counts, and the worker tells it: what follows it does not wait for that.
        with suppress(ActNotReported):
            chain.take_all(_unknown(fetched, chain))
            break
    return len(chain.ledger().entries.keys() - before)


def _fetched(client: Client, chain: Chain) -> list[bytes]:
    contents = _contents(client.acts())
    for rev in _missing_revisions(contents, chain):
        chain.revisions.take(client.revision(rev))
    return contents


def _unknown(contents: Iterable[bytes], chain: Chain) -> list[bytes]:
    known = chain.ledger().entries
    return [one for one in contents if hashlib.sha256(one).hexdigest() not in known]


def _contents(told: Any) -> list[bytes]:
    try:
        return [str(one["act"]).encode() for one in told["acts"]]
    except (KeyError, TypeError) as problem:
        raise AnswerMalformed(reason="no list of acts") from problem


def _missing_revisions(contents: Iterable[bytes], chain: Chain) -> list[str]:
    """Only what an act names that is not here yet: else a peer could fill our disk with documents."""
    fetched = (acts.parse(content) for content in _unknown(contents, chain))
    named = {one.body.rev for one in fetched if isinstance(one.body, Addendum)}
    return sorted(rev for rev in named if not chain.revisions.path(rev).is_dir())
