"""The SDGs Desa scores of 11,469 villages, bridged and counted."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer
from tenun.lake.store import Lake
from tenun.registry.reference import loading
from tenun.registry.reference.regions import Regions
from tenun.sources.kemendesa import sdgs
from tenun.sources.report import IngestReport
from tests.lib.shared_data import shared

DAY = date(2026, 11, 24)
SCORES = "opensid/kemendesa/sdgs_skor_52_33_71.csv.gz"


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Regions:
    folder = tmp_path_factory.mktemp("reference")
    file = shared("opensid/wilayah/bps_kemendagri_desa.csv.gz")
    loading.load_bridge(folder, file, edition="2021", source="BPS", licence="terbuka / open", on=DAY)
    return Regions.load(folder)


@pytest.fixture(scope="module")
def ingested(register: Regions, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, IngestReport]:
    folder = tmp_path_factory.mktemp("sdgs")
    lake = Lake(folder / "lake", MemoryKeys())
    files = [shared(SCORES)]
    return lake, sdgs.ingest(lake, files, as_of=None, today=DAY, regions=register, report_folder=folder)


def test_the_scores_of_11469_villages_are_bridged_and_counted(ingested: tuple[Lake, IngestReport]) -> None:
    _, report = ingested
    assert (report.rows, report.duplicates) == (11_469, 0)
    # Three codes are not among the bridge's pairs; four lead to a number that bears another name today.
    assert report.details["bridge"] == {"certain": 11_462, "changed_code": 0, "ambiguous": 4, "no_counterpart": 3}
    assert (report.accepted, report.rejected) == (11_462, 7)
    assert report.details["rejects"] == {"sdgs.no_counterpart": 7}
    assert report.counts["villages"] == 11_462
    assert report.counts["regencies"] == 60


def test_villages_that_answer_only_zeros_have_no_data(ingested: tuple[Lake, IngestReport]) -> None:
    lake, report = ingested
    assert report.counts["villages_without_data"] == 1_491
    averages = [
        row["score"]
        for snapshot in lake.all_current(layer=Layer.CORE, dataset="sid__village_sdgs")
        for row in lake.read(snapshot, "scores").to_pylist()
        if row["goal"] == 0
    ]
    assert (len(averages), averages.count(None), averages.count(0.0)) == (11_462, 1_491, 0)


def test_no_recorded_average_differs_from_the_mean_of_its_goals(ingested: tuple[Lake, IngestReport]) -> None:
    assert ingested[1].warnings == {}


def test_codes_that_do_not_map_wait_in_the_queue(ingested: tuple[Lake, IngestReport], register: Regions) -> None:
    assert register.queue is not None
    assert len([entry for entry in register.queue.entries() if entry.asked_by == "ingest sdgs"]) == 7


def test_whole_answers_say_the_same_as_the_flat_file(register: Regions, tmp_path: Path) -> None:
    answers = shared("opensid/kemendesa/contoh_respons_sdgs.json")
    with gzip.open(shared(SCORES), "rt", encoding="utf-8") as handle:
        flat = {row["kode_bps"]: row for row in csv.DictReader(handle)}
    for entry in json.loads(answers.read_text(encoding="utf-8")):
        found = sdgs.read(entry["respons"])
        row = flat[entry["kode_bps"]]
        assert found == sdgs.scores(float(row["average"]), [float(row[f"goal_{goal}"]) for goal in sdgs.GOALS])


def test_whole_answers_carry_their_code_in_the_wrapping(register: Regions, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", MemoryKeys())
    files = [shared("opensid/kemendesa/contoh_respons_sdgs.json")]
    report = sdgs.ingest(lake, files, as_of=None, today=DAY, regions=register, report_folder=tmp_path)
    # Of the three whole answers only 3301010002 is among the bridge's pairs.
    assert (report.rows, report.accepted, report.rejected) == (3, 1, 2)
