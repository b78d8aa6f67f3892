"""Which engine a linkage runs on: `--engine` and `--master`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer

from tenun.kernel.errors import TenunError
from tenun.linkage.engine import Machines
from tenun.linkage.spark.machines import open_cluster


class EngineName(StrEnum):
    DUCKDB = "duckdb"
    SPARK = "spark"


EngineOption = Annotated[
    EngineName, typer.Option("--engine", help="Mesin: mesin ini saja, atau klaster Spark / this machine, or a cluster.")
]
MasterOption = Annotated[
    str, typer.Option("--master", help="Alamat klaster Spark / of the cluster: spark://HOST:PORT, yarn, local[2].")
]
MASTER = "local[*]"


class SparkWritesIdentifiers(TenunError):
    """A linkage of the lake was asked of Spark."""

    code = "linkage.spark_writes_identifiers"
    text_id = (
        "Pemadanan di simpul tidak berjalan di Spark ({master}): Spark menulis pengenal orang ke cakram secara terbuka."
    )
    text_en = "The linkage of a node does not run on Spark ({master}): Spark writes identifiers to disk in the open."
    remedy_id = "Pakai --engine duckdb, yang hanya memakai memori; `tenun link files` dapat berjalan di Spark."
    remedy_en = "Use --engine duckdb, which keeps to memory; `tenun link files` can run on Spark."


def refuse_spark(engine: EngineName, master: str) -> None:
    """What a node received is never on a disk in the open, and Spark spills and shuffles there, on whatever `master`.

    Raises `SparkWritesIdentifiers`.
    """
    if engine is EngineName.SPARK:
        raise SparkWritesIdentifiers(master=master)


@contextmanager
def machines(engine: EngineName, master: str) -> Iterator[Machines | None]:
    """The machines to work on; none = this one. Raises `SparkMissing`, `JavaMissing`, `SparkFailed`."""
    if engine is EngineName.DUCKDB:
        yield None
        return
    with open_cluster(master) as cluster:
        yield cluster
