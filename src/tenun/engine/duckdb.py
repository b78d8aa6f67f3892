"""DuckDB as we use it: in memory, quiet, with a bound on memory and no reach outside this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb


def connect(*, memory: str = "4GB", threads: int | None = None, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory database.

    `spill` is where it may write what exceeds `memory`. Without one it writes nothing at all, and too
    little memory is an error: what it would spill could identify people, in the open.
    """
    connection = duckdb.connect(":memory:")
    connection.execute("SET memory_limit = ?", [memory])
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    if threads:
        connection.execute("SET threads = ?", [threads])
    if spill is not None:
        spill.mkdir(parents=True, exist_ok=True)
    connection.execute("SET temp_directory = ?", [str(spill or "")])
    return connection


def only_row(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()) -> tuple[Any, ...]:
    """The row of a query that gives exactly one. Fetched to the end: a result half read blocks the connection."""
    (row,) = connection.execute(sql, list(parameters)).fetchall()
    return tuple(row)
