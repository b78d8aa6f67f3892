from pathlib import Path

import duckdb
import pytest

from tenun.engine.duckdb import connect, only_row

TOO_MUCH = "SELECT count(*) FROM (SELECT range::VARCHAR || repeat('x', 200) AS t FROM range(2000000) ORDER BY t DESC)"


def test_without_a_place_to_spill_nothing_is_written_and_too_little_memory_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(duckdb.OutOfMemoryException):
        connect(memory="60MB", threads=1).sql(TOO_MUCH).fetchall()
    assert list(tmp_path.iterdir()) == []


def test_with_a_place_to_spill_the_same_query_ends(tmp_path: Path) -> None:
    assert only_row(connect(memory="60MB", threads=1, spill=tmp_path / "spill"), TOO_MUCH) == (2_000_000,)


def test_nothing_is_fetched_from_elsewhere() -> None:
    with pytest.raises(duckdb.Error):
        connect().execute("SELECT * FROM read_csv('https://127.0.0.1:9/x.csv')")
