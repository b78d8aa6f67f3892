"""gunicorn's threads, staying with a connection for a moment: the next call of a busy caller is there at once.

gunicorn gives a connection back to its main thread after each answer, which waits for the next request and finds a
thread for it. Between two busy processes that way costs as much as checking a signature, so a thread that has answered
looks for the next request itself first, as long as there are threads to spare.

And a connection gets a thread only when it has sent something: gunicorn lets one wait with it for five seconds, so that
a thousand connections that say nothing kept every call waiting for a minute.
"""

from __future__ import annotations

import errno
import select
import selectors
import socket
import struct
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

LINGER_SECONDS = 0.1
"""Longer than a busy caller takes between two calls. A thread that looks costs nothing, and is to spare."""
SILENT_SECONDS_MAX = 10
"""So long a thread waits for the rest of a request that has begun to come. A gateway sends requests whole."""


class LingeringWorker(ThreadWorker):  # type: ignore[misc]
    def accept(self, listener: Any) -> None:
        """As `ThreadWorker.accept`, but the connection waits for its first byte where those between two calls wait."""
        try:
            client, address = listener.accept()
        except OSError as problem:
            if problem.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        # Of the kernel and for reading alone: an answer may take as long as its reader needs.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENT_SECONDS_MAX, 0))
        conn = TConn(self.cfg, client, address, listener.getsockname())
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(client, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

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
