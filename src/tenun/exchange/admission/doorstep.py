"""Refusals of those who did not establish who they are: a few are listed, the rest counted."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta

from tenun.exchange.calls import CallBook
from tenun.kernel.clock import Clock

LISTED_AT_ONCE = 12
LISTED_EVERY = timedelta(seconds=2)
COUNTED_EVERY = timedelta(seconds=10)


class Doorstep:
    """Which refusals of strangers get an entry of their own.

    A log that anyone can make grow is a log that anyone can fill the disk with, and that hides the one refusal that
    matters. So each process lists a dozen at once and then one every two seconds, and writes what comes beyond that
    as one entry with counts by code, at most every ten seconds. A process that is killed loses at most ten seconds of
    counts, and no refusal of the other party: those always have an entry.
    """

    def __init__(self, book: CallBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._lock = threading.Lock()
        self._listable = float(LISTED_AT_ONCE)
        self._seen: datetime | None = None
        self._counts: Counter[str] = Counter()
        self._since: datetime | None = None

    def may_list(self) -> bool:
        """Whether the next refusal gets its own entry. Asking uses it up."""
        with self._lock:
            now = self._clock.now()
            if self._seen is not None and now > self._seen:
                self._listable = min(LISTED_AT_ONCE, self._listable + (now - self._seen) / LISTED_EVERY)
            self._seen = now
            if self._listable < 1:
                return False
            self._listable -= 1
            return True

    def count(self, code: str) -> None:
        """One more that is not listed. On disk at `write_due`."""
        with self._lock:
            self._counts[code] += 1
            self._since = self._since or self._clock.now()

    def write_due(self, *, at_once: bool = False) -> None:
        """Write what has gathered, if ten seconds have passed since the first of it. Raises `LogUnavailable`.

        What could not be written is kept for the next time.
        """
        with self._lock:
            now = self._clock.now()
            # Before `since`: the clock was put back, and what was counted must not wait until it has caught up.
            if self._since is None or (timedelta() <= now - self._since < COUNTED_EVERY and not at_once):
                return
            self._book.turned_away(self._counts, since=self._since, until=now)
            self._counts.clear()
            self._since = None
