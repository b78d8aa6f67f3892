"""A Spark session for one run: what it needs, how it is opened, and what its errors are called."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from tenun.kernel.errors import TenunError
from tenun.linkage.spark import tasks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TASK_MEMORY = "1GB"
"""Of DuckDB in one task, beside what Spark takes: an executor of four tasks needs four of it outside the JVM."""
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    "spark.sql.parquet.compression.codec": "lz4_raw",
}
"""What a run depends on; the rest (memory, encryption, names) is the cluster's own spark-defaults.conf."""
_LOOPBACK = re.compile(r"local(\[.*\])?|spark://(127\.0\.0\.1|localhost):.*")


class SparkMissing(TenunError):
    """pyspark is not installed: it comes only when asked for."""

    code = "linkage.spark_missing"
    text_id = "Mesin Spark tidak terpasang."
    text_en = "The Spark engine is not installed."
    remedy_id = (
        "Jalankan `./run tenun … --engine spark`, atau pasang requirements/spark.lock; atau pakai --engine duckdb."
    )
    remedy_en = "Run `./run tenun … --engine spark`, or install requirements/spark.lock; or use --engine duckdb."


class JavaMissing(TenunError):
    """No Java on this machine."""

    code = "linkage.java_missing"
    text_id = "Spark memerlukan Java, dan Java tidak ditemukan."
    text_en = "Spark needs Java, and none was found."
    remedy_id = "Pasang Java 17 atau lebih baru (mis. openjdk-17-jre-headless) atau isi JAVA_HOME."
    remedy_en = "Install Java 17 or newer (such as openjdk-17-jre-headless) or set JAVA_HOME."


class SparkFailed(TenunError):
    """The cluster could not be reached, or could not finish a step."""

    code = "linkage.spark_failed"
    retryable = True
    text_id = "Spark gagal: {reason}."
    text_en = "Spark failed: {reason}."
    remedy_id = (
        "Periksa --master dan pekerjanya: tiap pekerja perlu Python, DuckDB dan PyArrow yang sama dan melihat folder "
        "masukan dan folder kerja di jalur yang sama. Ulangi: bagian yang sudah jadi tidak dikerjakan lagi."
    )
    remedy_en = (
        "Check --master and its workers: each needs the same Python, DuckDB and PyArrow, and must see the input and "
        "the work folder under the same path. Run again: parts that are there are not made again."
    )


@contextmanager
def opened(master: str) -> Iterator[SparkSession]:
    """A session for one run. Raises `SparkMissing`, `JavaMissing`, `SparkFailed`."""
    check_installed()
    with pandas_unused():
        from pyspark.sql import SparkSession

    # Executors run the Python of the driver, unless told otherwise: at the same path, or in a shared environment.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("tenun-linkage")
    for name, value in _settings(master).items():
        builder = builder.config(name, value)
    with named_errors():
        session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def check_installed() -> None:
    """Raises `SparkMissing`, `JavaMissing`."""
    if importlib.util.find_spec("pyspark") is None:
        raise SparkMissing()
    java = Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else shutil.which("java")
    if java is None or not Path(java).exists():
        raise JavaMissing()


def _settings(master: str) -> dict[str, str]:
    if _LOOPBACK.fullmatch(master):
        return {**SETTINGS, "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return SETTINGS


@contextmanager
def named_errors() -> Iterator[None]:
    """Turn what Spark raises into `SparkFailed`; it says which kind of error, never its text."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as problem:
        reason = reason_of(problem)
    else:
        return
    raise SparkFailed(reason=reason)


def reason_of(problem: Exception) -> str:
    """The reason that a task gave, or else the kind of error."""
    told = re.search(rf"{tasks.FAILED}\[([^\]]*)\]", str(problem))
    if told:
        return told.group(1)
    condition = getattr(problem, "getCondition", lambda: None)()
    return str(condition or type(problem).__name__)


def spread(session: SparkSession, rows: Sequence[tuple[str, ...]], schema: str) -> DataFrame:
    """A few rows that each mean much work: every one a task of its own."""
    return session.createDataFrame(session.sparkContext.parallelize(rows, max(len(rows), 1)), schema)


def mapped(rows: DataFrame, task: tasks.Task, schema: pa.Schema) -> DataFrame:
    """The rows as the task gives them, in this schema. Raises `SparkFailed` for a type that Spark does not know."""
    from pyspark.sql.pandas.types import from_arrow_schema

    with pandas_unused(), named_errors():
        return rows.mapInArrow(task, from_arrow_schema(schema))


@contextmanager
def pandas_unused() -> Iterator[None]:
    """pyspark warns of a pandas newer than it knows wherever Arrow batches are handed over, which pandas never sees."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
        yield


def workshop(macros: Sequence[str]) -> tasks.Workshop:
    """A workshop for tasks, which travels with them."""
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(tasks)
    return tasks.Workshop(duckdb.__version__, tuple(macros), TASK_MEMORY)
