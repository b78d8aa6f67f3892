"""A file on its way out: 64 KiB at a time, each asked for at the gate, and cut off in a way that nobody mistakes.

What can hold a stream up is its reader. So a watcher asks too, twenty times a second, for all streams of the
process: one whose gate has closed loses its connection even while it waits for a reader who does not read, and what
lies in the kernel's buffers is thrown away with it (RST, not FIN). A client sees a broken connection and less than
`Content-Length`, never an end.

What has left can not be called back, so little may lie ready to leave: the kernel takes at most `UNSENT_MAX` beyond
what the reader has room for. That bounds bytes and not speed, so a file leaves as fast as the reader takes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

from tenun.exchange.gate import CHUNK, GateClosed, Passage

RATE_MAX = int(float(os.environ.get("TENUN_API_STREAM_MB_PER_SECOND", "0")) * 1_000_000)
"""Bytes a second for each stream; 0 = as fast as its reader takes it."""
UNSENT_MAX = 128 * 1024
"""Bytes of a stream that may wait in the kernel to be sent. `./run bench shutoff` has what a shut-off pays for it."""
WATCH_SECONDS = 0.05
STALLED_SECONDS_MAX = 60.0
"""A reader that takes nothing for so long is taken for gone: it holds one of few places."""
ASKED_AGAIN_SECONDS = 0.5
"""How long after the term's end, or an act that takes the permission away, a stream may go on. A reader that takes a
byte now and then could else hold one open for ever."""
GATE, READER, FILE = "exchange.shut_off", "exchange.reader_gone", "exchange.file_short"
AGREEMENT = "exchange.not_permitted"
_PAUSE_SECONDS_MAX = 0.05
_FIRST_WAIT_SECONDS, _WAIT_SECONDS_MAX = 0.0001, 0.002
# Where a system has no such bound, that of its own buffers counts.
_NOTSENT_LOWAT: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Stream:
    """The content of an answer. Iterate once; `close` comes at the end, however that end came about."""

    def __init__(
        self,
        source: BinaryIO,
        *,
        first: int,
        length: int,
        passage: Passage,
        connection: socket.socket | None,
        when_over: Callable[[int, bool, str | None], None],
        is_permitted: Callable[[], bool] = lambda: True,
        rate: int = RATE_MAX,
    ) -> None:
        """`when_over(bytes handed to the network, whole, code of what broke it)` is called exactly once.

        `is_permitted`: whether the agreement still gives it. Asked twice a second; it must not raise.
        """
        self._source = source
        self._source.seek(first)
        self._length = length
        self._passage = passage
        self._connection = connection
        self._when_over = when_over
        self._is_permitted = is_permitted
        self._asked_again = time.monotonic()
        self._rate = rate
        self._lock = threading.Lock()
        self.sent = 0
        self._code: str | None = None
        self._is_done = False
        self._is_over = False
        self._is_cut = False
        self._moved = (0, 0, time.monotonic())

    def __iter__(self) -> Iterator[bytes]:
        _keep_little_unsent(self._connection)
        watcher.watch(self)
        started = time.monotonic()
        while self.sent < self._length:
            self._pace(started)
            self._require_open()
            piece = self._source.read(min(CHUNK, self._length - self.sent))
            if not piece:
                self._code = FILE
                raise _broken("the file is shorter than was said")
            # Counted before it goes: what is told about a broken answer is never less than what went out.
            self.sent += len(piece)
            yield piece
        # What is in the kernel's buffers can still be kept here: the stream is over when the reader has it all.
        wait = _FIRST_WAIT_SECONDS
        while _unsent(self._connection):
            time.sleep(wait)
            wait = min(2 * wait, _WAIT_SECONDS_MAX)
            self._require_open()
        if _is_reset(self._connection):  # then nothing is unsent any more, and it did not arrive either
            self._code = READER
        self._is_done = True

    def close(self) -> None:
        """Tell how it ended. Called by the server after the last byte, or after what broke it."""
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
        watcher.forget(self)
        self._source.close()
        code = self._code or (None if self._is_done else READER)
        self._when_over(self.sent, code is None, code)

    def look(self) -> None:
        """Break the connection if the gate has closed since the answer began, the agreement does not give it any more,
        or nobody reads. From the watcher."""
        try:
            self._passage.require()
        except GateClosed:
            self._cut(GATE)
        if time.monotonic() - self._asked_again >= ASKED_AGAIN_SECONDS:
            self._asked_again = time.monotonic()
            if not self._is_permitted():
                self._cut(AGREEMENT)
        sent, waiting, since = self._moved
        now = (self.sent, _unsent(self._connection))
        if now != (sent, waiting):
            self._moved = (*now, time.monotonic())
        elif time.monotonic() - since > STALLED_SECONDS_MAX:
            self._cut(READER)

    # --- below the surface -----------------------------------------------------------------------

    def _require_open(self) -> None:
        if not self._is_cut:
            try:
                self._passage.require()
            except GateClosed:
                self._cut(GATE)
        if self._is_cut:
            # As if the peer had gone: gunicorn then closes, and writes nothing more.
            raise _broken("cut")

    def _cut(self, code: str) -> None:
        with self._lock:
            if self._is_over or self._is_cut:
                return
            self._is_cut = True
            self._code = code
            if self._connection is not None:
                reset(self._connection)

    def _pace(self, started: float) -> None:
        """Wait until the next bytes are due, asking the gate in between. Where there is no cap they always are."""
        while self._rate and (ahead := self.sent / self._rate - (time.monotonic() - started)) > 0:
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


def _keep_little_unsent(connection: socket.socket | None) -> None:
    if connection is None or _NOTSENT_LOWAT is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    try:
        connection.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, UNSENT_MAX)
    except OSError as problem:
        if problem.errno not in (errno.ENOTCONN, errno.EBADF, errno.EINVAL):  # else the reader is gone already
            raise


def _unsent(connection: socket.socket | None) -> int:
    """Bytes that the reader has not acknowledged. 0 where the system does not tell."""
    if connection is None or sys.platform != "linux":
        return 0
    try:
        return int(struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))[0])
    except (OSError, ValueError):
        return 0  # closed meanwhile


def _is_reset(connection: socket.socket | None) -> bool:
    """Whether the reader has broken the connection off."""
    try:
        return connection is not None and connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
    except OSError:
        return True


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
            if self._thread is None:
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
                stream.look()


watcher = Watcher()
