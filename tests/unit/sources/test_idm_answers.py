"""IDM answers: what is read, what is refused, and that nothing but a newer answer replaces an answer."""

from __future__ import annotations

import gzip
import lzma
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tenun.lake.snapshot import Layer, Origin
from tenun.lake.store import Lake, SnapshotMissing
from tenun.registry.sid.tables import VILLAGE_INDEX
from tenun.sources.errors import FileUnreadable, FormatUnknown, NoRows
from tenun.sources.kemendesa import idm
from tenun.sources.kemendesa.idm import Reading
from tenun.sources.report import IngestReport
from tests.lib.employment_files import (
    IDM_REFUSAL,
    KARIHKIL,
    MENINTING,
    SENTELUK,
    Bench,
    idm_answer,
    lines,
    regions,
)

DATASET = "sid__village_index"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def without(answer: dict[str, Any], *path: str) -> dict[str, Any]:
    at: Any = answer
    for name in path[:-1]:
        at = at[name]
    del at[path[-1]]
    return answer


def with_value(answer: dict[str, Any], value: Any, *path: str) -> dict[str, Any]:
    at: Any = answer
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return answer


def test_an_answer_is_a_row_under_the_dotted_kemendagri_code() -> None:
    found = idm.read(idm_answer(SENTELUK, 2023))
    assert isinstance(found, Reading)
    assert found.row == (SENTELUK, 2023, pytest.approx(2.2 / 3), "MAJU", 0.9, 0.6, 0.7)
    assert found.warnings == ()


def test_the_recorders_wrapping_does_not_change_the_row() -> None:
    wrapped = {"kode_desa": "5201142005", "tahun": 2024, "respons": idm_answer()}
    assert idm.read(wrapped) == idm.read(idm_answer())


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (IDM_REFUSAL, idm.REFUSED),
        ({"kode_desa": "1", "tahun": 2024, "respons": IDM_REFUSAL}, idm.REFUSED),
        ({**idm_answer(), "error": True}, idm.REFUSED),
        ({**idm_answer(), "status": 500}, idm.REFUSED),
        ({"average": "43.47", "data": []}, idm.NOT_AN_ANSWER),
        ([], idm.NOT_AN_ANSWER),
        ("tidak ada", idm.NOT_AN_ANSWER),
        ({"respons": None}, idm.NOT_AN_ANSWER),
        ({"status": 200, "error": False}, idm.INCOMPLETE),
        ({"status": 200, "error": False, "mapData": None}, idm.INCOMPLETE),
        ({"status": 200, "error": False, "mapData": []}, idm.INCOMPLETE),
        (without(idm_answer(), "mapData", "SUMMARIES"), idm.INCOMPLETE),
        (without(idm_answer(), "mapData", "IDENTITAS"), idm.INCOMPLETE),
        (with_value(idm_answer(), [], "mapData", "IDENTITAS"), idm.INCOMPLETE),
        (with_value(idm_answer(), [{"id_desa": "520114"}], "mapData", "IDENTITAS"), idm.INCOMPLETE),
        (with_value(idm_answer(), None, "mapData", "SUMMARIES", "SKOR_SAAT_INI"), idm.INCOMPLETE),
        (with_value(idm_answer(), 7.3, "mapData", "SUMMARIES", "SKOR_SAAT_INI"), idm.INCOMPLETE),
        (with_value(idm_answer(), float("nan"), "mapData", "SUMMARIES", "SKOR_SAAT_INI"), idm.INCOMPLETE),
        (with_value(idm_answer(), "kini", "mapData", "SUMMARIES", "TAHUN"), idm.INCOMPLETE),
    ],
)
def test_what_gives_no_row_is_rejected_by_a_rule(body: Any, rule: object) -> None:
    assert idm.read(body) is rule


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (idm_answer(score=0.5), idm.SCORE_UNLIKE_MEAN),
        (with_value(idm_answer(), idm_answer()["mapData"]["ROW"][:54], "mapData", "ROW"), idm.ROWS_UNEXPECTED),
        (without(idm_answer(), "mapData", "ROW"), idm.ROWS_UNEXPECTED),
        (idm_answer(status="LUAR BIASA"), idm.STATUS_UNKNOWN),
        ({"kode_desa": "3201332006", "tahun": 2024, "respons": idm_answer()}, idm.OTHER_REQUEST),
        ({"kode_desa": "5201142005", "tahun": 2023, "respons": idm_answer()}, idm.OTHER_REQUEST),
    ],
)
def test_what_is_odd_warns_and_is_kept_as_published(body: Any, rule: object) -> None:
    found = idm.read(body)
    assert isinstance(found, Reading)
    assert [warned for warned, _ in found.warnings] == [rule]
    assert found.row[0] == SENTELUK


def test_score_and_status_are_kept_as_published(bench: Bench) -> None:
    report = bench.idm(idm_answer(score=0.1, status="MANDIRI"))
    assert report.warnings == {"idm.score_unlike_mean": 1}
    row = bench.rows(DATASET, "52.01", "years")[0]
    assert (row["score"], row["status"]) == (0.1, "MANDIRI")


@pytest.mark.parametrize("form", ["one", "list", "lines", "gz", "xz"])
def test_every_form_of_file_gives_the_same_rows(form: str, bench: Bench) -> None:
    answer = idm_answer()
    content = {"one": answer, "list": [answer], "lines": lines([answer, IDM_REFUSAL])}.get(form, answer)
    path = bench.write("jawaban.json", content)
    if form in ("gz", "xz"):
        pack = gzip.compress if form == "gz" else lzma.compress
        path.write_bytes(pack(path.read_bytes()))
    idm.ingest(bench.lake, [path], as_of=None, regions=regions(), report_folder=bench.reports)
    assert [row["village_code"] for row in bench.rows(DATASET, "52.01", "years")] == [SENTELUK]


def test_counts_add_up_and_say_which_rule_rejected(bench: Bench) -> None:
    report = bench.idm(
        lines([idm_answer(), idm_answer(), IDM_REFUSAL, idm_answer(MENINTING, 2023), idm_answer(KARIHKIL)]) + "\n{rusak"
    )
    assert (report.rows, report.accepted, report.rejected, report.duplicates) == (6, 4, 2, 1)
    assert report.details["rejects"] == {"idm.not_an_answer": 1, "idm.refused": 1}
    assert report.counts == {"villages": 3, "years": 2, "regencies": 2}
    assert report.details["by_year"] == {"2023": 1, "2024": 2}
    assert isinstance(report.snapshot, list)
    assert len(report.snapshot) == 2
    assert report.rejects_file is not None
    assert "idm.refused" in report.rejects_file.read_text("utf-8-sig")


def test_a_village_and_year_answered_twice_counts_once_and_the_last_holds(bench: Bench) -> None:
    bench.idm([idm_answer(status="MAJU"), idm_answer(status="MANDIRI")])
    assert [row["status"] for row in bench.rows(DATASET, "52.01", "years")] == ["MANDIRI"]


def test_an_error_answer_never_replaces_the_last_good_copy(bench: Bench) -> None:
    bench.idm(idm_answer())
    before = bench.lake.current(layer=Layer.CORE, dataset=DATASET, scope="52.01")
    report = bench.idm([IDM_REFUSAL, {**idm_answer(), "error": True}], as_of=date(2026, 1, 1))
    assert (report.accepted, report.rejected, report.snapshot) == (0, 2, None)
    assert bench.lake.current(layer=Layer.CORE, dataset=DATASET, scope="52.01").id == before.id


def test_a_village_that_the_new_delivery_does_not_speak_for_keeps_what_it_had(bench: Bench) -> None:
    bench.idm([idm_answer(SENTELUK), idm_answer(MENINTING)])
    bench.idm([idm_answer(SENTELUK, status="MANDIRI"), IDM_REFUSAL], as_of=date(2026, 6, 1))
    assert {row["village_code"]: row["status"] for row in bench.rows(DATASET, "52.01", "years")} == {
        SENTELUK: "MANDIRI",
        MENINTING: "MAJU",
    }


def test_years_that_come_later_join_those_that_are_there(bench: Bench) -> None:
    for year in (2024, 2022, 2023):
        bench.idm(idm_answer(year=year))
    assert [row["year"] for row in bench.rows(DATASET, "52.01", "years")] == [2022, 2023, 2024]
    current = bench.lake.current(layer=Layer.CORE, dataset=DATASET, scope="52.01")
    assert current.as_of == date(2024, 12, 31)


def test_an_older_file_that_comes_late_fills_gaps_and_overrides_nothing(bench: Bench) -> None:
    bench.idm(idm_answer(status="MANDIRI"), as_of=date(2026, 6, 1))
    bench.idm([idm_answer(status="MAJU"), idm_answer(MENINTING)], as_of=date(2025, 6, 1))
    assert {row["village_code"]: row["status"] for row in bench.rows(DATASET, "52.01", "years")} == {
        SENTELUK: "MANDIRI",
        MENINTING: "MAJU",
    }


def test_the_same_file_again_changes_nothing(bench: Bench) -> None:
    first = bench.idm([idm_answer(), IDM_REFUSAL])
    again = bench.idm([idm_answer(), IDM_REFUSAL])
    assert (first.is_new, again.is_new) == (True, False)
    assert {**first.as_dict(), "is_new": None} == {**again.as_dict(), "is_new": None}
    assert len(bench.lake.history(layer=Layer.CORE, dataset=DATASET, scope="52.01")) == 1


def test_a_file_that_came_before_a_newer_one_does_not_bring_the_old_values_back(bench: Bench) -> None:
    bench.idm(idm_answer(status="MAJU"))
    bench.idm(idm_answer(status="MANDIRI"))
    bench.idm(idm_answer(status="MAJU"))
    assert [row["status"] for row in bench.rows(DATASET, "52.01", "years")] == ["MANDIRI"]


def test_each_village_and_year_keeps_the_day_it_was_answered(bench: Bench) -> None:
    bench.idm([idm_answer(), idm_answer(MENINTING)], as_of=date(2026, 1, 1))
    bench.idm(idm_answer(), as_of=date(2026, 6, 1))
    assert {row["village_code"]: row["as_of"] for row in bench.rows(DATASET, "52.01", "answered")} == {
        SENTELUK: date(2026, 6, 1),
        MENINTING: date(2026, 1, 1),
    }


def test_answers_go_over_a_snapshot_that_another_node_handed_over(bench: Bench) -> None:
    row = {"village_code": MENINTING, "year": 2024, "score": 0.6, "status": "MAJU"}
    bench.lake.publish(
        layer=Layer.CORE,
        dataset=DATASET,
        scope="52.01",
        as_of=date(2026, 1, 1),
        origin=Origin(recipe="exchange/1"),
        tables={"years": pa.Table.from_pylist([row], schema=VILLAGE_INDEX.schema())},
    )
    bench.idm([idm_answer(), idm_answer(MENINTING, status="MANDIRI")], as_of=date(2025, 1, 1))
    assert {row["village_code"]: row["status"] for row in bench.rows(DATASET, "52.01", "years")} == {
        SENTELUK: "MAJU",
        MENINTING: "MAJU",
    }


def test_an_older_snapshot_stays_readable(bench: Bench) -> None:
    bench.idm(idm_answer(status="MAJU"))
    bench.idm(idm_answer(status="MANDIRI"), as_of=date(2026, 6, 1))
    history = bench.lake.history(layer=Layer.CORE, dataset=DATASET, scope="52.01")
    statuses = [bench.lake.read(snapshot, "years").to_pylist()[0]["status"] for snapshot in history]
    assert statuses == ["MAJU", "MANDIRI"]


def test_a_run_killed_between_two_regencies_is_finished_by_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = [idm_answer(KARIHKIL), idm_answer(SENTELUK)]
    real = Lake.publish

    def killed(lake: Lake, **wanted: Any) -> Any:
        if (wanted["layer"], wanted["scope"]) == (Layer.CORE, "52.01"):
            raise KeyboardInterrupt
        return real(lake, **wanted)

    monkeypatch.setattr(Lake, "publish", killed)
    with pytest.raises(KeyboardInterrupt):
        bench.idm(delivery)
    monkeypatch.undo()
    report = bench.idm(delivery)
    assert report.is_new
    assert bench.lake.scopes(layer=Layer.CORE, dataset=DATASET) == ["32.01", "52.01"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("<html><body>Bad Gateway</body></html>", FileUnreadable),
        ("{rusak", FileUnreadable),
        ("kode_bps,average\n1,2\n", FileUnreadable),
        ([{"average": "1.00", "data": []}], FormatUnknown),
        ({"code": 500, "message": "x"}, FormatUnknown),
    ],
)
def test_a_file_that_is_no_answers_at_all_is_refused_whole(content: Any, error: type[Exception], bench: Bench) -> None:
    with pytest.raises(error):
        bench.idm(idm_answer(), content)
    with pytest.raises(SnapshotMissing):
        bench.lake.current(layer=Layer.CORE, dataset=DATASET, scope="52.01")


def test_an_empty_list_is_refused(bench: Bench) -> None:
    with pytest.raises(NoRows):
        bench.idm([])


def test_a_code_of_no_edition_at_hand_is_kept_and_told(bench: Bench) -> None:
    report = bench.idm(idm_answer("52.01.14.2999"))
    assert report.warnings == {"idm.village_unknown": 1}
    assert [row["village_code"] for row in bench.rows(DATASET, "52.01", "years")] == ["52.01.14.2999"]


def test_raw_keeps_the_whole_answer_sealed(bench: Bench) -> None:
    bench.idm(idm_answer())
    raw = bench.lake.current(layer=Layer.RAW, dataset=DATASET, scope="52.01")
    assert raw.tables["rows"].is_sealed
    assert raw.tables["rows"].rows == 1


def test_two_lakes_get_the_same_bytes(tmp_path: Path) -> None:
    delivery = [idm_answer(MENINTING, 2022), idm_answer(), idm_answer(year=2023)]
    found = []
    for name in ("satu", "dua"):
        (tmp_path / name).mkdir()
        bench = Bench(tmp_path / name)
        report: IngestReport = bench.idm(delivery)
        snapshot = bench.lake.current(layer=Layer.CORE, dataset=DATASET, scope="52.01")
        found.append((report.snapshot, snapshot.manifest()))
    assert found[0] == found[1]


def test_a_village_code_of_bps_is_rejected_and_never_dotted_into_another_village(bench: Bench) -> None:
    report = bench.idm([idm_answer(), idm_answer("5201080011"), idm_answer("5201080777")])
    assert (report.rows, report.accepted, report.rejected) == (3, 1, 2)
    assert report.details["rejects"] == {"idm.code_of_another_system": 2}
    assert {row["village_code"] for row in bench.rows("sid__village_index", "52.01", "years")} == {"52.01.14.2005"}
