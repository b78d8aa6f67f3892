"""Tasks as executors run them, without Spark; and what is said where Spark cannot run."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenun.cli import link_engine
from tenun.cli.link_engine import EngineName, SparkWritesIdentifiers
from tenun.linkage.spark import session, tasks
from tenun.linkage.spark.machines import open_cluster

NUMBERS = pa.schema([("n", pa.int64())])


def workshop(*macros: str, version: str = duckdb.__version__) -> tasks.Workshop:
    return tasks.Workshop(version, macros, "100MB")


def batch(**columns: list[object]) -> tasks.Batches:
    return iter([pa.RecordBatch.from_pydict(columns)])


def rows(batches: tasks.Batches) -> list[dict[str, object]]:
    return [row for one in batches for row in one.to_pylist()]


def test_a_task_computes_in_duckdb_with_the_macros_it_was_given() -> None:
    task = tasks.computing(
        workshop("CREATE MACRO twice(x) AS (2 * x)"), [], "SELECT twice(n)::BIGINT AS n FROM batch", NUMBERS
    )
    assert rows(task(batch(n=[1, 20]))) == [{"n": 2}, {"n": 40}]


def test_small_batches_are_worked_on_together_and_no_row_is_lost() -> None:
    task = tasks.computing(workshop(), [], "SELECT count(*) AS n FROM batch", NUMBERS)
    many = (pa.RecordBatch.from_pydict({"n": list(range(1_000))}) for _ in range(100))
    found = [row["n"] for row in rows(task(many))]
    assert sum(found) == 100_000  # type: ignore[arg-type]
    assert len(found) == 2


def test_a_part_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    task = tasks.writing(workshop())
    there, missing = tmp_path / "there.parquet", tmp_path / "missing.parquet"
    pq.write_table(pa.table({"n": [1]}), there)
    done = rows(task(batch(path=[str(there), str(missing)], query=["SELECT 2 AS n", "SELECT 3 AS n"])))
    assert [row["path"] for row in done] == [str(there), str(missing)]
    assert [pq.read_table(path).to_pydict() for path in (there, missing)] == [{"n": [1]}, {"n": [3]}]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["missing.parquet", "there.parquet"]


def test_a_work_folder_that_an_executor_does_not_see_is_said_so(tmp_path: Path) -> None:
    path = str(tmp_path / "elsewhere" / "part.parquet")
    for task in (tasks.writing(workshop()), tasks.reading(workshop(), ["FROM part"], NUMBERS)):
        with pytest.raises(tasks.TaskFailed, match="work folder"):
            rows(task(batch(path=[path], query=["SELECT 1"])))


def test_another_duckdb_at_an_executor_is_refused() -> None:
    with pytest.raises(tasks.TaskFailed, match=r"duckdb .*, 1\.0\.0\?"):
        rows(tasks.computing(workshop(version="1.0.0"), [], "FROM batch", NUMBERS)(batch(n=[1])))


@pytest.mark.pasal("7(1)")
def test_an_error_of_a_task_quotes_no_value() -> None:
    task = tasks.computing(workshop(), [], "SELECT name::BIGINT AS n FROM batch", NUMBERS)
    with pytest.raises(tasks.TaskFailed) as failed:
        rows(task(batch(name=["NOBODY AT ALL"])))
    assert str(failed.value) == f"{tasks.FAILED}[ConversionException]"
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None
    assert session.reason_of(failed.value) == "ConversionException"


def test_without_pyspark_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(session.SparkMissing) as missing, open_cluster("local[1]"):
        pass
    assert missing.value.code == "linkage.spark_missing"
    assert "--engine spark" in missing.value.remedy("en")


def test_without_java_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(session.JavaMissing) as missing:
        session.check_installed()
    assert missing.value.code == "linkage.java_missing"
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(session.JavaMissing):
        session.check_installed()


@pytest.mark.pasal("7(1)")
def test_the_linkage_of_a_node_is_refused_on_spark() -> None:
    link_engine.refuse_spark(EngineName.DUCKDB, "local[2]")
    with pytest.raises(SparkWritesIdentifiers):
        link_engine.refuse_spark(EngineName.SPARK, "local[2]")
