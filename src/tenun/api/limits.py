"""How many calls a process takes on at once. The rest are told to come again, at once and under signature.

Threads are more than calls: those beyond the limit exist to say "busy". Without them a burst would pile up where
nobody answers, and everyone in it would wait longer than their patience.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tenun.exchange.wire.refusals import WireError

CALLS_MAX = int(os.environ.get("TENUN_API_THREADS", "16"))
"""Small calls at once in a process."""
STREAMS_MAX = int(os.environ.get("TENUN_API_STREAMS", "16"))
"""Files on their way at once in a process."""
WAIT_SECONDS_MAX = 0.25
"""How long a call may wait for its turn: as long as a short burst lasts."""
SPARE_THREADS = 16
"""To wait and to say "busy"."""
THREADS = CALLS_MAX + STREAMS_MAX + SPARE_THREADS
RETRY_AFTER_SECONDS = 1
POLICY = f'"calls";q={CALLS_MAX};qu="concurrent-requests"'
"""RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers): how many requests at once."""


class Busy(WireError):
    """More at once than this process takes on."""

    code = "exchange.node_busy"
    retryable = True
    text_id = "Simpul ini sedang melayani sebanyak yang sanggup dilayaninya."
    text_en = "This node is serving as many calls as it can."
    remedy_id = "Ulangi setelah jeda yang disebut Retry-After, dengan permintaan yang ditandatangani ulang."
    remedy_en = "Try again after the pause that Retry-After names, with the request signed anew."


class Slots:
    """A bounded number of places."""

    def __init__(self, size: int, *, wait_seconds: float) -> None:
        self._free = threading.Semaphore(size)
        self._wait_seconds = wait_seconds

    def take(self) -> None:
        """Raises `Busy`."""
        if not self._free.acquire(timeout=self._wait_seconds):
            raise Busy()

    def give_back(self) -> None:
        self._free.release()

    @contextmanager
    def one(self) -> Iterator[None]:
        self.take()
        try:
            yield
        finally:
            self.give_back()

    @property
    def left(self) -> int:
        """How many are free now: a figure for those who ask, not a promise."""
        return self._free._value  # type: ignore[attr-defined]  # the standard library has no other way to ask


calls = Slots(CALLS_MAX, wait_seconds=WAIT_SECONDS_MAX)
streams = Slots(STREAMS_MAX, wait_seconds=0.0)
