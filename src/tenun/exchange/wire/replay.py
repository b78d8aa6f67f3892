"""What was used once and may not be used again: nonces of signatures, `jti` of proofs and assertions."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tenun.exchange.wire.refusals import StoreUnavailable
from tenun.kernel.clock import Clock, SystemClock


class ReplayStore(Protocol):
    def remember(self, kind: str, values: Sequence[str], *, expires: datetime) -> bool:
        """True when none of the values was known for that kind; all are known from then on, until `expires`.

        False when one was: the call is refused, whatever became of the other values. Asking and remembering are
        one step, for all processes of the node. Raises `StoreUnavailable` when it cannot be told: then nothing
        may be served.
        """

    def knows(self, kind: str, value: str) -> bool:
        """Whether that value was remembered. For effects that can be had twice; never to let somebody in."""


class MemoryReplay:
    """A store in the memory of one process: for tests and for a consumer's own short runs.

    When `capacity` values are held that have not expired, it raises `StoreUnavailable`: forgetting one early
    would let it be used again.
    """

    def __init__(self, *, capacity: int = 100_000, clock: Clock | None = None) -> None:
        self._capacity = capacity
        self._clock = clock or SystemClock()
        self._until: dict[tuple[str, str], datetime] = {}
        self._lock = threading.Lock()

    def remember(self, kind: str, values: Sequence[str], *, expires: datetime) -> bool:
        keys = [(kind, value) for value in values]
        with self._lock:
            now = self._clock.now()
            if len(self._until) + len(keys) > self._capacity:
                self._until = {key: until for key, until in self._until.items() if until > now}
            if len(self._until) + len(keys) > self._capacity:
                raise StoreUnavailable()
            is_new = len(set(keys)) == len(keys) and not any(self._is_known(key, now) for key in keys)
            for key in keys:
                self._until[key] = max(expires, self._until.get(key, expires))
            return is_new

    def knows(self, kind: str, value: str) -> bool:
        with self._lock:
            return self._is_known((kind, value), self._clock.now())

    def _is_known(self, key: tuple[str, str], now: datetime) -> bool:
        until = self._until.get(key)
        return until is not None and until > now
