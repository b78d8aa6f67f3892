"""SDGs Desa answers: what the scores are, where the BPS code comes from, and what the bridge lets through."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tenun.lake.snapshot import Layer
from tenun.registry.reference import edition
from tenun.registry.reference.bridge import Pair
from tenun.registry.reference.queue import Queue
from tenun.registry.reference.regions import Regions
from tenun.sources.errors import ColumnMissing, FileUnreadable, FormatUnknown
from tenun.sources.kemendesa import sdgs
from tenun.sources.kemendesa.sdgs import BridgeMissing, Scores
from tests.lib.employment_files import (
    MENINTING,
    PAIRS,
    SDGS_HEADINGS,
    SENGGIGI,
    SENTELUK,
    TODAY,
    Bench,
    regions,
    sdgs_answer,
    sdgs_csv,
)

DATASET = "sid__village_sdgs"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def scores_of(bench: Bench, village: str) -> dict[int, float | None]:
    rows = bench.rows(DATASET, village[:5], "scores")
    return {row["goal"]: row["score"] for row in rows if row["village_code"] == village}


def test_the_average_is_text_and_becomes_goal_0(bench: Bench) -> None:
    bench.sdgs(bench.write("x.json", sdgs_answer(*range(1, 19))), bps="5201080010")
    assert scores_of(bench, SENTELUK) == {0: 9.5} | {goal: float(goal) for goal in range(1, 19)}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (sdgs_answer(*[0.0] * 18), Scores(None, (None,) * 18)),
        (sdgs_answer(*[0.0] * 17, 18.0), Scores(1.0, (0.0,) * 17 + (18.0,))),
        (sdgs_answer(average="49.00"), Scores(49.0, (50.0,) * 18, (sdgs.AVERAGE_UNLIKE_MEAN,))),
        (sdgs_answer(*[0.0] * 18, average="3.00"), Scores(3.0, (0.0,) * 18, (sdgs.AVERAGE_UNLIKE_MEAN,))),
        (sdgs_answer(*[50.0] * 17), sdgs.INCOMPLETE),
        (sdgs_answer(*[50.0] * 17, 150.0), sdgs.INCOMPLETE),
        (sdgs_answer(average="-"), sdgs.INCOMPLETE),
        ({**sdgs_answer(), "data": [{"goals": 1, "score": 5}] * 18}, sdgs.INCOMPLETE),
        ({"message": "Server Error"}, sdgs.REFUSED),
        ({"status": 500, "error": "x"}, sdgs.REFUSED),
        ({"average": "1.00"}, sdgs.NOT_AN_ANSWER),
        ([], sdgs.NOT_AN_ANSWER),
        (None, sdgs.NOT_AN_ANSWER),
    ],
)
def test_truth_table_of_answers(answer: Any, expected: object) -> None:
    assert sdgs.read(answer) == expected


def test_all_zero_is_no_data_and_not_zero(bench: Bench) -> None:
    report = bench.sdgs(bench.write("x.csv", sdgs_csv({"5201080010": 0.0, "5201080011": 40.0})))
    assert report.counts["villages_without_data"] == 1
    assert set(scores_of(bench, SENTELUK).values()) == {None}
    assert set(scores_of(bench, MENINTING).values()) == {40.0}


@pytest.mark.parametrize("way", ["option", "wrapping", "file name", "codes", "csv", "csv;", "xlsx-like number"])
def test_the_bps_code_comes_from_beside_the_answer(way: str, bench: Bench) -> None:
    answer = sdgs_answer()
    options: dict[str, Any] = {}
    if way == "option":
        path, options = bench.write("x.json", answer), {"bps": "5201080010"}
    elif way == "wrapping":
        path = bench.write("x.json", [{"kode_bps": "5201080010", "respons": answer}])
    elif way == "file name":
        path = bench.write("5201080010.json", answer)
    elif way == "codes":
        path, options = bench.write("x.json", answer), {"codes": {"x.json": "5201080010"}}
    elif way == "csv":
        path = bench.write("x.csv", sdgs_csv({"5201080010": 50}))
    elif way == "csv;":
        path = bench.write("x.csv", "\ufeff" + sdgs_csv({"5201080010": 50}, separator=";"))
    else:
        path = bench.write("x.csv", sdgs_csv({"5201080010.0": 50}).replace("5201080010.0", "'5201080010"))
    assert bench.sdgs(path, **options).counts["villages"] == 1
    assert scores_of(bench, SENTELUK)[0] == 50.0


def test_an_answer_without_a_code_is_rejected_and_not_guessed(bench: Bench) -> None:
    report = bench.sdgs(bench.write("jawaban.json", sdgs_answer()))
    assert (report.rejected, report.details["rejects"], report.snapshot) == (1, {"sdgs.code_missing": 1}, None)


def test_a_code_that_both_systems_have_is_read_as_bps(bench: Bench) -> None:
    # 5201142005 is Senteluk at Kemendagri; as the BPS code that this service uses it is another village.
    bench.sdgs(bench.write("5201142005.json", sdgs_answer()))
    assert scores_of(bench, SENGGIGI)[0] == 50.0
    assert scores_of(bench, SENTELUK) == {}


def test_what_does_not_map_is_rejected_counted_and_queued(bench: Bench) -> None:
    queue = Queue(bench.folder)
    register = Regions(edition.current(), pairs=PAIRS, queue=queue)
    path = bench.write("x.csv", sdgs_csv({"5201080010": 50, "5201080099": 50, "9999999999": 50}))
    report = bench.sdgs(path, regions=register)
    assert (report.rows, report.accepted, report.rejected) == (3, 1, 2)
    assert report.details["bridge"] == {"certain": 1, "changed_code": 0, "ambiguous": 0, "no_counterpart": 2}
    assert report.counts["unmapped_villages"] == 2
    assert bench.lake.current(layer=Layer.RAW, dataset=DATASET, scope="00").tables["rows"].rows == 2
    assert [(entry.system, entry.code) for entry in queue.entries()] == [("bps", "5201080099"), ("bps", "9999999999")]


def test_a_changed_code_maps_to_the_village_of_today(bench: Bench) -> None:
    pairs = (Pair("5201080010", "SENTELUK", "52.01.99.2005", "SENTELUK"),)
    older = edition.Edition(
        edition.current().system,
        "2020",
        {
            "52": "Nusa Tenggara Barat",
            "52.01": "Kab. Lombok Barat",
            "52.01.99": "Batu Layar",
            "52.01.99.2005": "Senteluk",
        },
    )
    register = Regions(edition.current(), pairs=pairs, others=(older,))
    report = bench.sdgs(bench.write("x.csv", sdgs_csv({"5201080010": 50})), regions=register)
    assert report.details["bridge"]["changed_code"] == 1
    assert scores_of(bench, SENTELUK)[0] == 50.0


def test_two_bps_codes_of_one_village_are_not_merged(bench: Bench) -> None:
    pairs = (*PAIRS, replace(PAIRS[0], bps="5201080020"))
    register = Regions(edition.current(), pairs=pairs)
    report = bench.sdgs(bench.write("x.csv", sdgs_csv({"5201080010": 50, "5201080020": 60})), regions=register)
    assert report.details["rejects"] == {"sdgs.same_village": 1}
    assert scores_of(bench, SENTELUK)[0] == 50.0


def test_a_village_answered_twice_counts_once_and_the_last_holds(bench: Bench) -> None:
    body = sdgs_csv({"5201080010": 50}) + "\n" + sdgs_csv({"5201080010": 60}).splitlines()[1]
    report = bench.sdgs(bench.write("x.csv", body))
    assert (report.rows, report.accepted, report.duplicates, report.counts["villages"]) == (2, 2, 1, 1)
    assert scores_of(bench, SENTELUK)[0] == 60.0


def test_an_error_answer_never_replaces_the_last_good_copy(bench: Bench) -> None:
    bench.sdgs(bench.write("5201080010.json", sdgs_answer()))
    report = bench.sdgs(bench.write("5201080010.json", {"message": "Server Error"}), today=date(2026, 12, 1))
    assert (report.accepted, report.rejected, report.snapshot) == (0, 1, None)
    assert scores_of(bench, SENTELUK)[0] == 50.0


def test_the_same_file_on_another_day_changes_nothing(bench: Bench) -> None:
    path = bench.write("x.csv", sdgs_csv({"5201080010": 50}))
    assert bench.sdgs(path).is_new
    assert not bench.sdgs(path, today=date(2026, 12, 1)).is_new
    assert len(bench.lake.history(layer=Layer.CORE, dataset=DATASET, scope="52.01")) == 1


def test_a_newer_bridge_lets_more_of_the_same_file_in(bench: Bench) -> None:
    path = bench.write("x.csv", sdgs_csv({"5201080010": 50, "5201080011": 60}))
    assert bench.sdgs(path, regions=Regions(edition.current(), pairs=PAIRS[:1])).counts["villages"] == 1
    report = bench.sdgs(path)
    assert report.is_new
    assert scores_of(bench, MENINTING)[0] == 60.0


def test_neighbours_of_another_delivery_stay(bench: Bench) -> None:
    bench.sdgs(bench.write("5201080010.json", sdgs_answer()))
    bench.sdgs(bench.write("5201080011.json", sdgs_answer()))
    assert scores_of(bench, SENTELUK)[0] == scores_of(bench, MENINTING)[0] == 50.0


def test_without_a_bridge_the_delivery_is_refused_whole(bench: Bench) -> None:
    with pytest.raises(BridgeMissing):
        bench.sdgs(bench.write("x.csv", sdgs_csv({"5201080010": 50})), regions=Regions(edition.current()))


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("x.csv", "nama,nik\nA,1\n", FormatUnknown),
        ("x.csv", sdgs_csv({"5201080010": 50}).replace("goal_7", "tujuan7"), ColumnMissing),
        ("x.csv", sdgs_csv({"5201080010": 50}).replace("kode_bps", "kode_desa"), ColumnMissing),
        ("x.json", "<html></html>", FileUnreadable),
        ("x.json", json.dumps({"status": 200, "mapData": {}}), FormatUnknown),
    ],
)
def test_a_wrong_file_is_refused_whole(name: str, content: str, error: type[Exception], bench: Bench) -> None:
    with pytest.raises(error):
        bench.sdgs(bench.write(name, content))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("5201080010", "5201080010"),
        ("bps:5201080010", "5201080010"),
        (" 5201080010 ", "5201080010"),
        ("52.01.14.2005", None),
        ("kemendagri:5201142005", None),
        ("520108001", None),
        ("", None),
        (5201080010, "5201080010"),
        (5201080010.0, "5201080010"),
    ],
)
def test_a_bps_code_has_ten_digits_and_no_other_system(written: Any, expected: str | None) -> None:
    assert sdgs.as_bps(written) == expected


def test_the_report_is_of_the_day_it_came_without_one_given(bench: Bench) -> None:
    bench.sdgs(bench.write("x.csv", sdgs_csv({"5201080010": 50})))
    assert bench.lake.current(layer=Layer.CORE, dataset=DATASET, scope="52.01").as_of == TODAY
    bench.sdgs(bench.write("y.csv", sdgs_csv({"5201080011": 50})), as_of=date(2024, 5, 1))
    assert bench.lake.current(layer=Layer.CORE, dataset=DATASET, scope="52.01").as_of == TODAY
    assert scores_of(bench, MENINTING)[0] == 50.0


def test_headings_are_found_in_any_order(bench: Bench) -> None:
    header, row = (line.split(",") for line in sdgs_csv({"5201080010": 50}).splitlines())
    turned = "\n".join(",".join(reversed(line)) for line in (header, row))
    assert list(reversed(header)) != list(SDGS_HEADINGS)
    assert bench.sdgs(bench.write("x.csv", turned)).counts["villages"] == 1


def test_the_register_of_the_tests_bridges_what_they_say() -> None:
    assert regions().from_bps("5201142005").region == regions().get(SENGGIGI)
