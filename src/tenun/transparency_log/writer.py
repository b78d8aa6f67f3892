"""Many threads, one commit: whatever waits to be written goes to disk together.

The first that comes becomes the writer for all; those that come while it writes wait for the next commit,
which one of them then makes. So there is no thread that only writes, nothing to start, and an entry that
comes alone is written at once.
"""

from __future__ import annotations

import _thread
import errno
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Condition, Lock
from types import TracebackType

from tenun.transparency_log import tile
from tenun.transparency_log.errors import WriterClosed
from tenun.transparency_log.log import Appended, Log

ENTRIES_MAX = 1024
"""At most so many entries (of single appends) in one commit: those that come later should not wait for ever."""


@dataclass
class _Waiting:
    entries: Sequence[bytes]
    is_done: _thread.LockType = field(default_factory=_thread.allocate_lock)
    result: list[Appended] | None = None
    problem: BaseException | None = None

    def __post_init__(self) -> None:
        self.is_done.acquire()


class GroupWriter:
    """Writes into a log from many threads. Several processes may each have one on the same folder.

    When `append` returns, the entry is on disk and a signed checkpoint covers it. A commit that fails
    raises its error in every thread that waited for it; whether its entries are in the log is then not
    known, and the next `append` begins from what is on disk.
    """

    def __init__(self, log: Log) -> None:
        self.log = log
        self._guard = Lock()
        self._waiting: list[_Waiting] = []
        self._is_writing = False
        self._is_closed = False
        self._idle = Condition(self._guard)

    def append(self, entry: bytes) -> Appended:
        """Add one entry. Raises `EntrySize`, `WriterClosed`, and what the commit raises (`LogError`, `OSError`)."""
        return self.append_all([entry])[0]

    def append_all(self, entries: Sequence[bytes]) -> list[Appended]:
        """Add entries in order, next to one another, all of them or none."""
        for entry in entries:
            tile.require_size(entry)  # here and not in the commit: the fault is ours alone
        mine = _Waiting(entries)
        with self._guard:
            if self._is_closed:
                raise WriterClosed()
            self._waiting.append(mine)
            is_mine_to_write = not self._is_writing
            if is_mine_to_write:
                self._is_writing = True
        if not is_mine_to_write:
            mine.is_done.acquire()
        if mine.result is None and mine.problem is None:
            self._write(mine)  # nobody wrote before us, or the last writer left it to us
        if mine.problem is not None:
            raise mine.problem
        assert mine.result is not None  # nothing wakes us before our entries have a result or a problem
        return mine.result

    def close(self) -> None:
        """Let everything that waits be written, take nothing more, and leave the folder settled."""
        with self._guard:
            was_closed, self._is_closed = self._is_closed, True
            while self._is_writing:
                self._idle.wait()
        if not was_closed and self.log.size():
            self.log.settle()

    def __enter__(self) -> GroupWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- below the surface ---------------------------------------------------------------------

    def _write(self, mine: _Waiting) -> None:
        """One commit for all that wait; then the writing goes to the first of those that came meanwhile."""
        group: list[_Waiting] = []
        try:
            appended = self.log.append_waiting(lambda: self._draw(group), is_more=lambda: bool(self._waiting))
            start = 0
            for each in group:
                each.result = appended[start : start + len(each.entries)]
                start += len(each.entries)
        except BaseException as problem:
            for each in group:
                each.problem = problem if isinstance(problem, Exception) else OSError(errno.EINTR, "writer stopped")
            mine.problem = problem
            if not group:
                self._leave_out(mine)
        next_writer = self._next_writer()
        for each in group:
            if each is not mine:
                each.is_done.release()
        if next_writer is not None:
            next_writer.is_done.release()

    def _draw(self, group: list[_Waiting]) -> list[bytes]:
        """What waits now that it is our turn, in the order in which it came."""
        with self._guard:
            count = 0
            while self._waiting and (not group or count + len(self._waiting[0].entries) <= ENTRIES_MAX):
                each = self._waiting.pop(0)
                group.append(each)
                count += len(each.entries)
        return [entry for each in group for entry in each.entries]

    def _leave_out(self, mine: _Waiting) -> None:
        """The log could not even be opened: only our own entries fail by it, the next writer tries again."""
        with self._guard:
            self._waiting.remove(mine)

    def _next_writer(self) -> _Waiting | None:
        with self._guard:
            if self._waiting:
                return self._waiting[0]
            self._is_writing = False
            self._idle.notify_all()
            return None
