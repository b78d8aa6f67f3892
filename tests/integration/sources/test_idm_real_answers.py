"""The 708 recorded answers of the IDM service, counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer
from tenun.lake.store import Lake
from tenun.registry.reference.regions import Regions
from tenun.sources.kemendesa import idm
from tenun.sources.report import IngestReport
from tests.lib.shared_data import shared


@pytest.fixture
def ingested(tmp_path: Path) -> tuple[Lake, IngestReport]:
    lake = Lake(tmp_path / "lake", MemoryKeys())
    file = shared("opensid/kemendesa/idm_respons_32_33_52.jsonl.xz")
    return lake, idm.ingest(lake, [file], as_of=None, regions=Regions.load(), report_folder=tmp_path)


def test_the_708_recorded_answers_are_177_villages_in_four_years(ingested: tuple[Lake, IngestReport]) -> None:
    _, report = ingested
    assert (report.rows, report.accepted, report.rejected, report.duplicates) == (708, 708, 0, 0)
    assert report.counts == {"villages": 177, "years": 4, "regencies": 14}
    assert report.details["by_year"] == {"2021": 177, "2022": 177, "2023": 177, "2024": 177}
    assert report.details["by_status"] == {"BERKEMBANG": 202, "MAJU": 283, "MANDIRI": 220, "TERTINGGAL": 3}


def test_no_recorded_answer_breaks_an_invariant(ingested: tuple[Lake, IngestReport]) -> None:
    # 55 rows, the score the mean of IKS, IKE and IKL, one of five statuses, a village of the current edition.
    _, report = ingested
    assert report.warnings == {}
    assert report.rejects_file is None


def test_what_is_stored_equals_what_is_reported(ingested: tuple[Lake, IngestReport]) -> None:
    lake, report = ingested
    snapshots = lake.all_current(layer=Layer.CORE, dataset="sid__village_index")
    rows = [row for snapshot in snapshots for row in lake.read(snapshot, "years").to_pylist()]
    assert report.snapshot == [snapshot.reference for snapshot in snapshots]
    assert len(rows) == 708
    assert len({(row["village_code"], row["year"]) for row in rows}) == 708
    assert all(row["village_code"].startswith(f"{snapshot.scope}.") for snapshot in snapshots
               for row in lake.read(snapshot, "years").to_pylist())  # fmt: skip
    assert all(abs((row["social"] + row["economic"] + row["ecological"]) / 3 - row["score"]) < 1e-9 for row in rows)
