"""A file on its way out: 64 KiB at a time, each asked for at the gate, and cut off in a way that nobody mistakes.

What can hold a stream up is its reader. So a watcher asks too, twenty times a second, for all streams of the
process: one whose gate has closed loses its connection even while it waits for a reader who does not read, and what
lies in the kernel's buffers is thrown away with it (RST, not FIN). A client sees a broken connection and less than
`Content-Length`, never an end.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tenun.exchange.gate import CHUNK, GateClosed, Passage

RATE_MAX = int(float(os.environ.get("TENUN_API_STREAM_MB_PER_SECOND", "256")) * 1_000_000)
"""Bytes a second for each stream."""
WATCH_SECONDS = 0.05
_PAUSE_SECONDS_MAX = 0.05
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Stream:
    """The content of an answer. Iterate once; `close` comes at the end, however that end came about."""

    def __init__(
        self,
        path: Path,
        *,
        first: int,
        length: int,
        passage: Passage,
        connection: socket.socket | None,
        when_over: Callable[[int, bool, str | None], None],
        rate: int = RATE_MAX,
    ) -> None:
        """`when_over(bytes handed to the network, whole, code of what broke it)` is called exactly once."""
        self._handle = path.open("rb")
        self._handle.seek(first)
        self._length = length
        self._passage = passage
        self._connection = connection
        self._when_over = when_over
        self._rate = rate
        self._lock = threading.Lock()
        self.sent = 0
        self._code: str | None = None
        self._is_over = False
        self._is_cut = False

    def __iter__(self) -> Iterator[bytes]:
        watcher.watch(self)
        started = time.monotonic()
        while self.sent < self._length:
            self._pace(started)
            self._require_open()
            piece = self._handle.read(min(CHUNK, self._length - self.sent))
            if not piece:
                self._code = "exchange.file_short"
                raise _broken("the file is shorter than was said")
            # Counted before it goes: what is told about a broken answer is never less than what went out.
            self.sent += len(piece)
            yield piece
        self._require_open()

    def close(self) -> None:
        """Tell how it ended. Called by the server after the last byte, or after what broke it."""
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
        watcher.forget(self)
        self._handle.close()
        is_whole = self.sent == self._length and self._code is None
        self._when_over(self.sent, is_whole, self._code or (None if is_whole else "exchange.reader_gone"))

    def cut_if_closed(self) -> None:
        """Break the connection if the gate has closed since the answer began. From the watcher's thread."""
        try:
            self._passage.require()
        except GateClosed as problem:
            self._cut(problem)

    # --- below the surface -----------------------------------------------------------------------

    def _require_open(self) -> None:
        if self._is_cut:
            raise _broken("cut")
        try:
            self._passage.require()
        except GateClosed as problem:
            self._cut(problem)
            # As if the peer had gone: gunicorn then closes, and writes nothing more.
            raise _broken("cut") from problem

    def _cut(self, problem: GateClosed) -> None:
        with self._lock:
            if self._is_over or self._is_cut:
                return
            self._is_cut = True
            self._code = problem.code
            if self._connection is not None:
                reset(self._connection)

    def _pace(self, started: float) -> None:
        """Wait until these bytes are due, asking the gate in between."""
        while (ahead := self.sent / self._rate - (time.monotonic() - started)) > 0:
            time.sleep(min(ahead, _PAUSE_SECONDS_MAX))
            self._require_open()


def reset(connection: socket.socket) -> None:
    """Make the connection end with a reset, without what is still in its buffers, and wake whoever writes to it."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        connection.shutdown(socket.SHUT_RDWR)
    except OSError as problem:
        if problem.errno not in (errno.ENOTCONN, errno.EBADF):  # else it is gone already
            raise


def _broken(reason: str) -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, reason)


class Watcher:
    """One thread that looks after all streams of the process. Started with the first of them, after any fork."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, stream: Stream) -> None:
        with self._lock:
            self._streams.add(stream)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="stream-watcher", daemon=True)
                self._thread.start()

    def forget(self, stream: Stream) -> None:
        with self._lock:
            self._streams.discard(stream)

    def _run(self) -> None:
        while True:
            time.sleep(WATCH_SECONDS)
            with self._lock:
                streams = list(self._streams)
                if not streams:
                    self._thread = None
                    return
            for stream in streams:
                stream.cut_if_closed()


watcher = Watcher()
