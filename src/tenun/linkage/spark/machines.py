"""A Spark cluster as what a run over files works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tenun.linkage.engine import Engine, Part
from tenun.linkage.spark import tasks
from tenun.linkage.spark.engine import SparkEngine
from tenun.linkage.spark.session import SparkFailed, mapped, named_errors, opened, spread, workshop

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@contextmanager
def open_cluster(master: str) -> Iterator[SparkMachines]:
    """A cluster for one run. Raises `SparkMissing`, `JavaMissing`, `SparkFailed`."""
    with opened(master) as session:
        yield SparkMachines(session)


@dataclass(frozen=True)
class SparkMachines:
    """`Machines` of one Spark session."""

    session: SparkSession

    def make(self, parts: Sequence[Part], macros: Sequence[str], told: Callable[[int], None]) -> None:
        told(0)
        if not parts:
            return
        rows = [(str(part.path.resolve()), part.query) for part in parts]
        task = tasks.writing(workshop(macros))
        try:
            with named_errors():
                mapped(spread(self.session, rows, "path string, query string"), task, tasks.PATHS).count()
        except SparkFailed as failed:
            if failed.parts["reason"] == duckdb.ConversionException.__name__:
                raise duckdb.ConversionException("type") from failed
            raise
        told(len(parts))

    def engine(
        self, connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Path], macros: Sequence[str], folder: Path
    ) -> Engine:
        return SparkEngine(self.session, connection, tables, macros, folder)
