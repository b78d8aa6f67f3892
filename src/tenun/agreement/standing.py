"""Where the agreement stands: the revision in force at a moment, and its state. Asked for every call.

Asking costs microseconds as long as nothing changed on disk; what changed is read and checked before it is used.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from tenun.agreement.acts import state as states
from tenun.agreement.acts.ledger import Ledger, View
from tenun.agreement.acts.reading import Reader
from tenun.agreement.acts.state import State
from tenun.agreement.agreed import Agreement

__all__ = ["Position", "Standing", "State"]

# Between two moments at which something changes, one position serves; so many of them are kept.
_POSITIONS_MAX = 64


@dataclass(frozen=True)
class Position:
    """The agreement at a moment.

    `agreement` is the revision in force, with the keys and contacts that acts gave it; `rev` and `canonical` are
    those that were signed. It is given before the beginning and after the end too: duties, log and acts go on.
    Whether data may pass, `decision.decide(agreement, use, state=state)` says.
    """

    agreement: Agreement
    state: State


class Standing:
    """One agreement at one node. Safe to share among threads."""

    def __init__(self, agreement: Path, acts: Path, *, own_keys: Path | None = None) -> None:
        """The folders `agreement/`, `acts/` and `keys/` of a node; `revisions/` lies beside the agreement."""
        self._reader = Reader(agreement, acts, own_keys=own_keys)
        self._positions: _Positions | None = None

    def at(self, moment: datetime, *, heads: Iterable[str] | None = None) -> Position:
        """The position at a moment; with `heads`, as it was known to whoever knew only these acts.

        The latter answers whether an old decision was right when it was made: its log entry names the heads.
        Raises what `signing.verify` raises of the agreement, and `ChainDamaged` where an act is not what it was.
        """
        ledger = self._reader.ledger()
        if heads is not None:
            return _position(ledger.view(moment, heads=heads))
        positions = self._positions
        if positions is None or positions.ledger is not ledger:
            positions = self._positions = _Positions(ledger)
        return positions.at(moment)

    def ledger(self) -> Ledger:
        """Every act behind it."""
        return self._reader.ledger()


class _Positions:
    """The positions of one ledger. Each holds from one moment of change to the next."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._changes = states.breakpoints(ledger)
        self._kept = lru_cache(maxsize=_POSITIONS_MAX)(self._of_interval)

    def at(self, moment: datetime) -> Position:
        return self._kept(bisect_right(self._changes, moment))

    def _of_interval(self, number: int) -> Position:
        moment = self._changes[number - 1] if number else self._changes[0].min.replace(tzinfo=self._changes[0].tzinfo)
        return _position(self.ledger.view(moment))


def _position(view: View) -> Position:
    state = states.fold(view)
    agreement, _ = states.revision(view)
    return Position(states.as_it_stands(agreement, state), state)
