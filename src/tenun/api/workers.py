"""gunicorn's threads, staying with a connection for a moment: the next call of a busy caller is there at once.

gunicorn gives a connection back to its main thread after each answer, which waits for the next request and finds a
thread for it. Between two busy processes that way costs as much as checking a signature, so a thread that has answered
looks for the next request itself first, as long as there are threads to spare.
"""

from __future__ import annotations

import select
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

LINGER_SECONDS = 0.02


class LingeringWorker(ThreadWorker):  # type: ignore[misc]
    def handle(self, conn: Any) -> Any:
        """As `ThreadWorker.handle`, for as many requests as come one behind the other."""
        kept = super().handle(conn)
        while kept is True and self._has_next(conn):
            kept = super().handle(conn)
        return kept

    def _has_next(self, conn: Any) -> bool:
        if not self.alive or self.cfg.is_ssl or conn.is_http2 or 2 * self.nr_conns > self.cfg.threads:
            return False
        look = select.poll()  # not `select`, which knows the first thousand descriptors only
        look.register(conn.sock, select.POLLIN)
        return bool(look.poll(LINGER_SECONDS * 1000))
