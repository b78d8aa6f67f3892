"""What came once and must not come again, in the node's PostgreSQL: shared by all workers, there after a restart.

Nonces of signatures, `jti` of assertions and proofs, ids of events. Every value has an end: what carried it is
refused by its own age from then on, and `sweep` removes the row. So the table holds minutes of traffic, not years.

Values are kept as SHA-256: of one length whoever sends them, and telling nobody anything.

Trusted: whoever can delete rows here can have a recorded request answered a second time; both logs show it.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from tenun.exchange.wire.refusals import StoreUnavailable
from tenun.node.postgres import Database

__all__ = ["PostgresReplay", "StoreUnavailable"]

CONNECTIONS_MAX = 6
"""For each process. Workers of two nodes and their portals share a server that lets in sixty."""
WAIT_SECONDS_MAX = 1.0
"""For a free connection, for a new one and for a statement alike: then the caller is told to come again."""
DOWN_SECONDS = 0.25
"""How long after a failure nobody tries: a server that is away must not cost each request its whole wait."""
SWEEP_ROWS_MAX = 20_000
KEPT_AFTER = timedelta(minutes=15)
"""How long a value is kept beyond its end. A clock that was ahead, and put right, makes an expired message valid again:
it must still be known then. At 300 calls a second that is some half a million rows."""

# All of them or a duplicate: one statement, so two workers that get the same request cannot both be the first.
# Named once for each connection and run by libpq itself: what psycopg does around a statement costs more than this one.
_REMEMBER = (
    b"INSERT INTO node_seen (kind, value, expires) SELECT $1, unnest($2::bytea[]), $3::timestamptz"
    b" ON CONFLICT (kind, value) DO NOTHING"
)
_NAME = b"tenun_remember"
_KNOWN = "SELECT 1 FROM node_seen WHERE kind = %s AND value = %s"
_FORGET = (
    "DELETE FROM node_seen WHERE (kind, value) IN"
    " (SELECT kind, value FROM node_seen WHERE expires < %s ORDER BY expires LIMIT %s FOR UPDATE SKIP LOCKED)"
)

Connection = psycopg.Connection[tuple[Any, ...]]


class PostgresReplay:
    """A `ReplayStore`. Make it after a fork: connections are not shared between processes."""

    def __init__(self, database: Database, *, connections: int = CONNECTIONS_MAX) -> None:
        self._address = database.url()
        self._free: list[Connection] = []
        self._turn = threading.BoundedSemaphore(connections)
        self._lock = threading.Lock()
        self._down_until = 0.0

    def remember(self, kind: str, values: Sequence[str], *, expires: datetime) -> bool:
        """Whether all of these come for the first time. When this returns, they are on disk.

        False where one was known, or stands twice among them; those that were new count as seen from now on.
        Raises `StoreUnavailable`: nobody may then be let in.
        """
        digests = [hashlib.sha256(value.encode()).digest() for value in values]
        if not digests or len(set(digests)) < len(digests):
            return not digests
        array = ",".join(f'"\\\\x{digest.hex()}"' for digest in digests)
        values_sent = [kind.encode(), f"{{{array}}}".encode(), expires.isoformat().encode()]
        return self._run(lambda connection: _remember(connection, values_sent)) == len(digests)

    def knows(self, kind: str, value: str) -> bool:
        """Whether that value was remembered and not swept away since. Raises `StoreUnavailable`."""
        wanted = (kind, hashlib.sha256(value.encode()).digest())
        return self._run(lambda connection: _count(connection, _KNOWN, wanted)) > 0

    def sweep(self, now: datetime) -> int:
        """Remove what passed its end `KEPT_AFTER` ago; at most `SWEEP_ROWS_MAX` rows at a time. Says how many went."""
        return self._run(lambda connection: _count(connection, _FORGET, (now - KEPT_AFTER, SWEEP_ROWS_MAX)))

    def close(self) -> None:
        with self._lock:
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    # --- below the surface ---------------------------------------------------------------------

    def _run(self, work: Callable[[Connection], int]) -> int:
        try:
            return self._once(work)
        except psycopg.OperationalError as problem:
            # A connection that lay idle while the server was restarted. A second try is safe: had the first one
            # reached the disk, the values are known now and the caller is refused.
            if time.monotonic() < self._down_until:
                raise StoreUnavailable() from problem
        self.close()  # its neighbours lay idle as long
        try:
            return self._once(work)
        except psycopg.OperationalError as problem:
            raise StoreUnavailable() from problem

    def _once(self, work: Callable[[Connection], int]) -> int:
        try:
            with self._connection() as connection:
                return work(connection)
        except psycopg.OperationalError:
            raise
        except psycopg.Error as problem:  # such as a table that is not there yet
            raise StoreUnavailable() from problem

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if not self._turn.acquire(timeout=WAIT_SECONDS_MAX):
            raise StoreUnavailable()
        try:
            connection = self._take() or self._open()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            with self._lock:
                self._free.append(connection)
        finally:
            self._turn.release()

    def _take(self) -> Connection | None:
        with self._lock:
            return self._free.pop() if self._free else None

    def _open(self) -> Connection:
        if time.monotonic() < self._down_until:
            raise StoreUnavailable()
        try:
            connection = psycopg.connect(
                self._address,
                autocommit=True,
                connect_timeout=2,  # psycopg's smallest
                tcp_user_timeout=int(WAIT_SECONDS_MAX * 2000),  # of a server that has fallen silent
                options=f"-c statement_timeout={int(WAIT_SECONDS_MAX * 1000)}",
                application_name="tenun replay",
            )
        except psycopg.OperationalError:
            self._down_until = time.monotonic() + DOWN_SECONDS
            raise
        try:
            _checked(connection, connection.pgconn.prepare(_NAME, _REMEMBER))
        except BaseException:
            connection.close()
            raise
        return connection


def _remember(connection: Connection, values: list[bytes]) -> int:
    """How many of the values were new."""
    done = _checked(connection, connection.pgconn.exec_prepared(_NAME, values))
    return done.command_tuples or 0


def _checked(connection: Connection, done: PGresult) -> PGresult:
    """Raises `psycopg.OperationalError` where the connection is gone, `psycopg.DatabaseError` for the rest."""
    if done.status == ExecStatus.COMMAND_OK:
        return done
    # Another process may have ended the statement by its time: then it may be tried again, like a lost connection.
    is_gone = connection.pgconn.status != ConnStatus.OK or done.error_field(DiagnosticField.SQLSTATE) == b"57014"
    raise psycopg.OperationalError() if is_gone else psycopg.DatabaseError()


def _count(connection: Connection, statement: str, values: tuple[object, ...]) -> int:
    return connection.execute(statement, values).rowcount
