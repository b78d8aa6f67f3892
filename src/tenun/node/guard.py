"""The process that keeps the gate: reads the record, writes the page, and beats the heart that workers wait for.

`python -m tenun.node.guard ROLE READY`. It does nothing else, so that nothing else can hold it up: a listener thread
inside a busy worker was seen to come 450 ms late. Of what it does, only reading the record is needed; the database's
notification and the acts come in threads of their own, and it goes on without them.

The heart beats in the loop that reads the record. A guard that cannot read any more (a disk that hangs, a lock that
is not given back) does not beat, and the workers close.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import psycopg
import structlog

from tenun.agreement.vocabulary import Party
from tenun.exchange import gate as pages
from tenun.kernel.errors import TenunError
from tenun.node import chain, logs, postgres
from tenun.node import page as writing
from tenun.node.gate import Gatekeeper, RecordUnreadable, RecordUnwritable
from tenun.node.home import NodeHome, Role

CHANNEL = "tenun_gate"
"""PostgreSQL channel on which a change is told. It only wakes the guard: what holds is the record."""
POLL_SECONDS = 0.05
BEAT_SECONDS = 0.2
ACTS_SECONDS = 0.5
# How long a change may wait for the lock before the heart stops.
LOCK_SECONDS_MAX = 1.0
DATABASE_RETRY_SECONDS = 5.0

log = structlog.get_logger("tenun.guard")


class Guard:
    """Keeps one node's page. `tick` is one round; whoever calls it waits between.

    `is_first`: no guard was ever here, so no worker can hold a page that lost its name.
    """

    def __init__(self, keeper: Gatekeeper, *, is_first: bool = False) -> None:
        self._keeper = keeper
        self._is_first = is_first
        self._page: mmap.mmap | None = None
        self._inode = 0
        self._seen: tuple[object, ...] = ()
        self._looked_again = 0.0
        self._waiting_since: float | None = None
        self._beaten = 0.0

    def tick(self) -> None:
        """Look, write what changed, beat. Raises OSError or TimeoutError when the page cannot be made."""
        if not self._has_page():
            self._take_page()
        elif self._is_due() and not self._refresh():
            self._waiting_since = self._waiting_since or time.monotonic()
            if time.monotonic() - self._waiting_since > LOCK_SECONDS_MAX:
                return
        else:
            self._waiting_since = None
        if self._page is not None and time.monotonic() - self._beaten >= BEAT_SECONDS:
            writing.beat(self._page)
            self._beaten = time.monotonic()

    def stop(self) -> None:
        """Close for all, at once."""
        self._abandon()

    # --- below the surface -----------------------------------------------------------------------------

    def _has_page(self) -> bool:
        """Whether the page we hold still lies under its name, whole: only then do new workers find it."""
        try:
            there = self._keeper.page_file.lstat()
        except OSError:
            return False
        return self._page is not None and (there.st_ino, there.st_size) == (self._inode, pages.PAGE_SIZE)

    def _take_page(self) -> None:
        """At the start the page that is there, so that workers who hold it go on; else a new one."""
        is_start, is_held = self._inode == 0, self._abandon()
        path = self._keeper.page_file
        page = pages.map_page(path, is_writable=True) if is_start else None
        if page is None and not self._is_first and not is_held:
            # Workers may hold a page that lost its name while no guard could stop its heart; they believe it for two
            # seconds. Before that there must be no new page: who closes writes to it, and says that all are closed.
            time.sleep(pages.HEARTBEAT_AGE_MAX_NS / 1e9)
        with self._keeper.locked(seconds_max=LOCK_SECONDS_MAX):
            self._seen = self._look()
            state = self._keeper.state()
            if page is None:
                page = writing.create(path, state)
            else:
                writing.write(page, state)
            self._page, self._inode = page, path.lstat().st_ino
        self._seen = ()  # what else a change asks for is done in the next round
        self._beaten = 0.0

    def _abandon(self) -> bool:
        """Stop the heart of the page we hold. False when there was none, or it can no longer be touched."""
        page, self._page = self._page, None
        # Cut short, its memory is gone, and touching it would end us; workers that hold it end likewise.
        if page is None or page.size() != pages.PAGE_SIZE:
            return False
        writing.stop_heart(page)
        return True

    def _is_due(self) -> bool:
        is_unsettled = self._keeper.has_sentinel() and time.monotonic() - self._looked_again > 1
        return is_unsettled or self._look() != self._seen

    def _refresh(self) -> bool:
        """Write what the record says. False when someone else holds the lock: they write it, and we look again."""
        assert self._page is not None
        self._looked_again = time.monotonic()
        with contextlib.suppress(
            RecordUnreadable, RecordUnwritable, OSError
        ):  # the page closes everything all the same
            self._keeper.adopt_sentinel()
        try:
            with self._keeper.locked(seconds_max=0.0):
                seen = self._look()
                writing.write(self._page, self._keeper.state())
        except TimeoutError:
            return False
        self._seen = seen
        return True

    def _look(self) -> tuple[object, ...]:
        try:
            found = self._keeper.record_file.stat()
        except OSError as problem:
            return (type(problem).__name__, self._keeper.has_sentinel())
        return (found.st_ino, found.st_mtime_ns, found.st_size, self._keeper.has_sentinel())


# --- what wakes it ---------------------------------------------------------------------------------------


def listen(role: Role, wake: threading.Event, stopping: threading.Event) -> None:
    """Wake the guard when another process tells of a change through the database; go on when there is none.

    Never starts a database: the guard must be there before it and after it.
    """
    while not stopping.is_set():
        with contextlib.suppress(psycopg.Error, TenunError, OSError):
            address = database_that_runs(role)
            if address is not None:
                with psycopg.connect(address.url(), autocommit=True, connect_timeout=5) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    while not stopping.is_set():
                        for _ in connection.notifies(timeout=1.0, stop_after=1):
                            wake.set()
        stopping.wait(DATABASE_RETRY_SECONDS)


def database_that_runs(role: Role) -> postgres.Database | None:
    """The node's database where it is up already, or is someone else's to keep up."""
    if (elsewhere := postgres.told(role)) is not None:
        return elsewhere
    cluster = postgres.Cluster.of_home()
    return cluster.address(postgres.database_name(role)) if cluster.status().is_running else None


def follow_acts(
    keeper: Gatekeeper,
    read: Callable[[], chain.Said],
    wake: threading.Event,
    stopping: threading.Event,
) -> None:
    """Bring the acts' closures, the other party's above all, into the record as soon as they are in the chain."""
    failed = ""
    while not stopping.is_set():
        try:
            said = read()
            if keeper.reconcile(said.closures, known=said.known):
                wake.set()
            failed = ""
        except (TenunError, OSError, ValueError) as problem:
            # Without a readable agreement nothing is permitted anyway; what the record closes stays closed.
            code = problem.code if isinstance(problem, TenunError) else type(problem).__name__
            if code != failed:
                log.warning("acts cannot be read", code=code)
            failed = code
        stopping.wait(ACTS_SECONDS)


# --- in a process of its own -----------------------------------------------------------------------------


class Leaving:
    """Whether a signal has asked this process to end. Only a mark: a handler must not wait for any lock."""

    def __init__(self) -> None:
        self.is_asked = False
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.is_asked = True


def run(home: NodeHome, *, ready: Path | None = None) -> None:
    """Keep the gate of a node until a signal comes; then close it. One at a time: a second waits for the first."""
    leaving = Leaving()
    keeper = Gatekeeper(home.folder / "gate", Party(home.role.value))
    with _only_one(keeper.folder, leaving) as is_first:
        guard = Guard(keeper, is_first=is_first)
        try:
            _keep(guard, home, keeper, ready, leaving)
        finally:
            guard.stop()


def _keep(guard: Guard, home: NodeHome, keeper: Gatekeeper, ready: Path | None, leaving: Leaving) -> None:
    stopping, wake = threading.Event(), threading.Event()
    threading.Thread(target=listen, args=(home.role, wake, stopping), daemon=True).start()
    threading.Thread(target=follow_acts, args=(keeper, chain.Reading(home), wake, stopping), daemon=True).start()
    while not leaving.is_asked:
        wake.clear()
        try:
            guard.tick()
        except (OSError, TimeoutError) as problem:
            log.error("the page cannot be kept", reason=type(problem).__name__)
            time.sleep(BEAT_SECONDS)
            continue
        if ready is not None:
            ready.touch()
            ready = None
        wake.wait(POLL_SECONDS)
    stopping.set()


@contextlib.contextmanager
def _only_one(folder: Path, leaving: Leaving) -> Iterator[bool]:
    """Gives whether no guard was here before."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "guard.lock"
    is_first = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not leaving.is_asked:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(POLL_SECONDS)
        yield is_first
    finally:
        os.close(descriptor)


def main(words: list[str]) -> None:
    role, ready = words
    logs.configure({"level": os.environ.get("TENUN_LOG_LEVEL", "INFO")})
    logs.keep_values_out_of_crashes()
    run(NodeHome.of(Role(role)), ready=Path(ready) if ready else None)


if __name__ == "__main__":
    main(sys.argv[1:])
