"""The same people linked on one machine and on Spark: every link, and every column of it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenun.linkage import files, settings
from tenun.linkage.engine import Machines
from tenun.linkage.files import FilesReport, PersonTable
from tenun.linkage.spark import session, tasks
from tenun.linkage.spark.machines import open_cluster
from tenun.synthetic import linkage as invented
from tests.lib.spark_cluster import JAVA_OPTIONS, standalone

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="pyspark: ./run test --spark installs it"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17"),
]
RESIDENTS = 20_000
LOCAL = "local[2]"


@pytest.fixture(scope="module", autouse=True)
def short_lived_java() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", JAVA_OPTIONS)
        yield


@pytest.fixture(scope="module", params=["open", "foreign"])
def people(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    invented.write(folder, residents=RESIDENTS, profile=request.param, seed=11, processes=1)
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with standalone(tmp_path_factory.mktemp("cluster")) as address:
        yield address


def link(
    people: Path, out: Path, machines: Machines | None = None, *, threads: int = 2, judgements: Path | None = None
) -> tuple[FilesReport, pa.Table]:
    report = files.link_files(
        PersonTable(people / "residents.parquet", "sid_id"),
        PersonTable(people / "accounts.parquet", "akun_id"),
        out,
        settings=settings.load(threads=threads),
        as_of=date(2026, 6, 1),
        rows_a_part=7_000,
        judgements=judgements,
        machines=machines,
    )
    return report, pq.read_table(out)


def counts(report: FilesReport) -> dict[str, Any]:
    return {name: value for name, value in report.as_dict().items() if name != "seconds"}


def test_links_are_equal_on_one_thread_two_and_spark(people: Path, cluster: str, tmp_path: Path) -> None:
    report, links = link(people, tmp_path / "one.parquet", threads=1)
    assert report.accepted > RESIDENTS / 6
    assert report.linked["review"] > 0
    others = [link(people, tmp_path / "two.parquet", threads=2)]
    for master in (LOCAL, cluster):
        with open_cluster(master) as machines:
            others.append(link(people, tmp_path / "spark.parquet", machines))
    for other, other_links in others:
        assert other_links.equals(links)
        assert counts(other) == counts(report)


def with_cards(people: Path, folder: Path) -> Path:
    """The same people with numbers of family cards, some of which both sides have."""
    for name in ("residents.parquet", "accounts.parquet"):
        table = pq.read_table(people / name)
        cards = [f"3271011203{1 + number % 5_000:06}" for number in range(table.num_rows)]
        pq.write_table(table.append_column("no_kk", pa.array(cards)), folder / name)
    return folder


@pytest.mark.pasal("1(2)")
@pytest.mark.parametrize("people", ["foreign"], indirect=True)
def test_judgements_and_family_cards_count_on_spark_as_they_do_here(people: Path, tmp_path: Path) -> None:
    carded = with_cards(people, tmp_path)
    _, before = link(carded, tmp_path / "before.parquet")
    rows = before.to_pylist()
    apart = [next(row for row in rows if row["class"] == name) for name in ("nik", "probable")]
    alone = next(row for row in rows if row["class"] == "none")
    judged = [
        *((row["sid_id"], row["akun_id"], "different") for row in apart),
        (apart[0]["sid_id"], alone["akun_id"], "same"),
    ]
    path = tmp_path / "judgements.parquet"
    pq.write_table(pa.table(dict(zip(("sid_id", "akun_id", "verdict"), zip(*judged, strict=True), strict=True))), path)
    report, links = link(carded, tmp_path / "one.parquet", judgements=path)
    with open_cluster(LOCAL) as machines:
        other, on_spark = link(carded, tmp_path / "spark.parquet", machines, judgements=path)
    assert on_spark.equals(links)
    assert counts(other) == counts(report)
    now = {row["akun_id"]: row for row in on_spark.to_pylist()}
    assert now[alone["akun_id"]]["sid_id"] == apart[0]["sid_id"]
    assert all(now[row["akun_id"]]["sid_id"] != row["sid_id"] for row in apart)


def dying_once(marker: Path, computing: Callable[..., tasks.Task]) -> Callable[..., tasks.Task]:
    """Tasks of which the first to run kills its executor, with all that it had done."""

    def dying(*arguments: Any) -> tasks.Task:
        task = computing(*arguments)

        def compute(batches: tasks.Batches) -> tasks.Batches:
            if not marker.exists():
                marker.touch()
                # A task is a child of Spark's Python daemon, and that one the executor's.
                daemon = Path(f"/proc/{os.getppid()}/stat").read_text()
                executor = int(daemon.rpartition(")")[2].split()[1])
                os.kill(executor, signal.SIGKILL)
                time.sleep(60)
            yield from task(batches)

        return compute

    return dying


@pytest.mark.parametrize("people", ["foreign"], indirect=True)
def test_an_executor_that_dies_changes_no_link(
    people: Path, cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, links = link(people, tmp_path / "one.parquet")
    marker = tmp_path / "died"
    monkeypatch.setattr(tasks, "computing", dying_once(marker, tasks.computing))
    with open_cluster(cluster) as machines:
        _, on_spark = link(people, tmp_path / "spark.parquet", machines)
    assert marker.exists()
    assert on_spark.equals(links)


def test_a_cluster_that_is_not_there_is_said_so() -> None:
    with pytest.raises(session.SparkFailed) as failed, open_cluster("nothing://here"):
        pass
    assert failed.value.code == "linkage.spark_failed"


def test_tasks_need_nothing_of_ours_at_the_executor() -> None:
    from pyspark import cloudpickle

    workshop = session.workshop(["CREATE OR REPLACE MACRO twice(x) AS (2 * x)"])
    schema = pa.schema([("n", pa.int64())])
    packed = cloudpickle.dumps(tasks.computing(workshop, [], "SELECT twice(n) AS n FROM batch", schema))
    code = (
        "import sys; sys.modules['tenun'] = None; import pyarrow as pa; from pyspark import cloudpickle; "
        f"task = cloudpickle.loads({packed!r}); rows = pa.RecordBatch.from_pydict({{'n': [20, 1]}}); "
        "print([row['n'] for batch in task(iter([rows])) for row in batch.to_pylist()])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[40, 2]"
