"""What executors run: given SQL, over Arrow batches or Parquet files, in a DuckDB of one task.

This module travels to the executors as it is, so that they need DuckDB and PyArrow and not this package; it must
import nothing else. No error of a task carries text of DuckDB, which may quote a value.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

Batches = Iterator[pa.RecordBatch]
Task = Callable[[Batches], Batches]

FAILED = "TENUN_TASK_FAILED"
"""Stands before the reason in the text of a task's error, where the driver looks for it."""

PATHS = pa.schema([("path", pa.string())])
"""What `writing` gives."""

# Of the rows that DuckDB hands on, and that it is handed, at a time.
_ROWS = 65_536


class TaskFailed(RuntimeError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"{FAILED}[{reason}]")


@dataclass(frozen=True)
class Workshop:
    """How a task sets up its database."""

    version: str
    """DuckDB's, at the driver: another one might standardise otherwise."""
    macros: Sequence[str]
    memory: str

    def open(self) -> duckdb.DuckDBPyConnection:
        if duckdb.__version__ != self.version:
            raise TaskFailed(f"duckdb {duckdb.__version__}, {self.version}?")
        connection = duckdb.connect(":memory:")
        # Spark runs as many tasks beside one another as there are processors: each has one thread.
        for statement in (
            f"SET memory_limit = '{self.memory}'",
            "SET threads = 1",
            "SET temp_directory = ''",
            "SET enable_progress_bar = false",
            "SET autoinstall_known_extensions = false",
            "SET autoload_known_extensions = false",
            "SET preserve_insertion_order = false",
            *self.macros,
        ):
            connection.execute(statement)
        return connection


def _told_safely(task: Task) -> Task:
    """The task, with DuckDB's errors told by their kind alone."""

    def safely(batches: Batches) -> Batches:
        try:
            yield from task(batches)
        except duckdb.Error as problem:
            reason = type(problem).__name__
        else:
            return
        raise TaskFailed(reason)

    return safely


def writing(workshop: Workshop) -> Task:
    """For rows (path, query): write the query's rows to the Parquet file, unless it is there. Gives the paths."""

    def write(batches: Batches) -> Batches:
        connection = workshop.open()
        for batch in batches:
            for row in batch.to_pylist():
                path = row["path"]
                if not os.path.isdir(os.path.dirname(path)):  # noqa: PTH112, PTH120 (nothing but what a task needs)
                    raise TaskFailed("work folder")
                if not os.path.exists(path):  # noqa: PTH110
                    # Spark may run a task twice at once; each has its draft, and the last one's name stays.
                    draft = f"{path}.{uuid.uuid4().hex}.draft"
                    connection.execute(
                        f"COPY ({row['query']}) TO {_quoted(draft)} (FORMAT parquet, COMPRESSION lz4_raw)"
                    )
                    os.replace(draft, path)  # noqa: PTH105
                yield pa.RecordBatch.from_pydict({"path": [path]}, schema=PATHS)

    return _told_safely(write)


def reading(workshop: Workshop, queries: Sequence[str], schema: pa.Schema) -> Task:
    """For rows (path): what the queries give over `part`, which is that Parquet file."""

    def read(batches: Batches) -> Batches:
        connection = workshop.open()
        for batch in batches:
            for row in batch.to_pylist():
                if not os.path.exists(row["path"]):  # noqa: PTH110
                    raise TaskFailed("work folder")
                connection.execute(f"CREATE OR REPLACE TEMP VIEW part AS FROM read_parquet({_quoted(row['path'])})")
                for query in queries:
                    for found in connection.sql(query).to_arrow_reader(_ROWS):
                        yield from pa.Table.from_batches([found]).cast(schema).to_batches()

    return _told_safely(read)


def computing(workshop: Workshop, before: Sequence[str], query: str, schema: pa.Schema) -> Task:
    """What the query gives over `batch`, some ten thousand of the rows that come in; `before`: statements run first."""

    def compute(batches: Batches) -> Batches:
        connection = workshop.open()
        for table in _gathered(batches):
            connection.register("batch", table)
            for statement in before:
                connection.execute(statement)
            for found in connection.sql(query).to_arrow_reader(_ROWS):
                yield from pa.Table.from_batches([found]).cast(schema).to_batches()
            connection.unregister("batch")

    return _told_safely(compute)


def _gathered(batches: Batches) -> Iterator[pa.Table]:
    """Small batches put together: a query has a price that does not depend on its rows."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= _ROWS:
            yield pa.Table.from_batches(waiting)
            waiting, rows = [], 0
    if rows:
        yield pa.Table.from_batches(waiting)


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"
