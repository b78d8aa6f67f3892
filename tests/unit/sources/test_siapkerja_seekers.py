"""Job seekers: every form of file, what words become, which of two rows counts, and that nobody is told by name."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tenun.kernel.keys import pseudonym
from tenun.lake.snapshot import Layer
from tenun.lake.store import SnapshotMissing, TableSealed
from tenun.sources.errors import (
    ColumnMissing,
    ColumnTwice,
    FilesDisagree,
    FileUnreadable,
    FormatUnknown,
    NoRows,
    NothingAccepted,
)
from tenun.sources.report import IngestReport
from tenun.sources.siapkerja import ingest_seekers
from tenun.sources.siapkerja.extract import ErrorAnswer
from tests.lib.employment_files import SENTELUK, TODAY, Bench, lines, regions, seeker, write_csv

DATASET = "siapkerja__seekers"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def bring(bench: Bench, *paths: Path, **options: Any) -> IngestReport:
    options = {"area": None, "as_of": TODAY, "regions": regions(), **options}
    return ingest_seekers(bench.lake, bench.keys, list(paths), report_folder=bench.reports, **options)


def bring_rows(bench: Bench, *rows: dict[str, str], **options: Any) -> IngestReport:
    return bring(bench, write_csv(bench.folder / "pencaker.csv", rows), **options)


def seekers(bench: Bench, scope: str = "00") -> list[dict[str, Any]]:
    return bench.rows(DATASET, scope, "seekers")


def identifiers(bench: Bench) -> list[dict[str, Any]]:
    snapshot = bench.lake.current(layer=Layer.CORE, dataset=DATASET, scope="00")
    found = bench.lake._open_sealed(snapshot, "identifiers", None).to_pylist()
    assert isinstance(found, list)
    return found


def test_a_row_becomes_a_seeker_and_sealed_identifiers(bench: Bench) -> None:
    report = bring_rows(bench, seeker())
    assert (report.rows, report.accepted, report.rejected, report.duplicates) == (1, 1, 0, 0)
    account = pseudonym(bench.keys.secret("seeker"), "PK-0001")
    assert seekers(bench) == [
        {
            "seeker_id": account,
            "village_code": SENTELUK,
            "regency_code": "52.01",
            "sex": "female",
            "age_years": 46,
            "education": "upper_secondary",
            "marital_status": "married",
            "disability": "none",
            "activity": "not_working",
            "seeker_status": "aktif",
            "registered_on": date(2026, 1, 15),
            "reported_on": date(2026, 10, 1),
            "expires_on": date(2028, 1, 15),
            "source_row": 2,
            "warnings": [],
        }
    ]
    assert identifiers(bench) == [
        {
            "seeker_id": account,
            "nik": "5201144503800001",
            "nik_class": "valid",
            "full_name": "Pencari Kerja 1",
            "birth_place": "Ampenan",
            "birth_date": date(1980, 3, 5),
            "address": "Jalan Contoh 1",
        }
    ]


def as_workbook(path: Path, rows: list[dict[str, str]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Data pencari kerja"])
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(path)
    return path


@pytest.mark.parametrize(
    "form", ["csv", "csv;", "csv with mark", "xlsx", "json list", "json data", "json lines", "json pages", "zip"]
)
def test_every_form_of_file_gives_the_same_seekers(form: str, bench: Bench) -> None:
    rows = [seeker(1), seeker(2)]
    path = bench.folder / "berkas.bin"
    if form.startswith("csv"):
        separator, mark = (";" if form.endswith(";") else ","), ("\ufeff" if form.endswith("mark") else "")
        write_csv(path, rows, separator=separator, mark=mark)
    elif form == "xlsx":
        path = as_workbook(bench.folder / "berkas.xlsx", rows)
    elif form == "zip":
        inner = write_csv(bench.folder / "dalam.csv", rows)
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(inner, "dalam.csv")
    else:
        content: Any = {
            "json list": rows,
            "json data": {"data": rows, "pagination": {"limit": 100}},
            "json lines": lines(rows),
            "json pages": lines([{"data": rows[:1]}, {"data": rows[1:]}]),
        }[form]
        path = bench.write("berkas.json", content)
    report = bring(bench, path)
    assert (report.rows, report.counts["seekers"], report.warnings) == (2, 2, {})
    assert [row["village_code"] for row in seekers(bench)] == [SENTELUK, SENTELUK]


def test_a_nik_that_json_holds_as_a_number_keeps_its_digits(bench: Bench) -> None:
    bring(bench, bench.write("x.json", [{**seeker(), "nik": 5201144503800001}]))
    assert identifiers(bench)[0]["nik"] == "5201144503800001"


@pytest.mark.parametrize(
    ("written", "expected", "rules"),
    [
        (["Laki-laki", "Perempuan"], ["male", "female"], {}),
        (["L", "P"], ["male", "female"], {}),
        (["1", "2"], ["male", "female"], {}),
        (["2", "2"], ["female", "female"], {}),
        (["0", "1"], ["male", "female"], {}),
        (["0", "0"], ["male", "male"], {}),
        (["1", "1"], ["unmapped", "unmapped"], {"seekers.sex_code_unclear": 2}),
        (["0", "2"], ["unmapped", "unmapped"], {"seekers.sex_code_unclear": 2}),
        (["Perempuan", "1"], ["female", "unmapped"], {"seekers.sex_code_unclear": 1}),
        (["", "X"], ["missing", "unmapped"], {"siapkerja.unmapped": 1}),
    ],
)
def test_a_sex_code_counts_only_where_its_column_tells_whose_code_it_is(
    written: list[str], expected: list[str], rules: dict[str, int], bench: Bench
) -> None:
    rows = [seeker(n, jenis_kelamin=sex, nik="") for n, sex in enumerate(written, start=1)]
    report = bring_rows(bench, *rows)
    assert [row["sex"] for row in seekers(bench)] == expected
    assert {code: count for code, count in report.warnings.items() if code != "nik.missing"} == rules


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"pendidikan": "S1"}, "education", "bachelor"),
        ({"pendidikan": ""}, "education", "missing"),
        ({"pendidikan": "Sekolah Hutan"}, "education", "unmapped"),
        ({"marital": "Belum Kawin"}, "marital_status", "never_married"),
        ({"marital": "1"}, "marital_status", "unmapped"),
        ({"status_bekerja": "Bekerja"}, "activity", "working"),
        ({"jenis_disabilitas": "Tuna Netra", "kondisi_fisik": "Disabilitas"}, "disability", "visual"),
        ({"jenis_disabilitas": "", "kondisi_fisik": "Disabilitas"}, "disability", "some"),
        ({"jenis_disabilitas": "-", "kondisi_fisik": ""}, "disability", "missing"),
        ({"jenis_disabilitas": "Tuna Netra", "kondisi_fisik": "Normal"}, "disability", "visual"),
        ({"tanggal_lahir": "05/03/1980"}, "age_years", 46),
        ({"tanggal_lahir": ""}, "age_years", 46),
        ({"tanggal_lahir": "", "umur": ""}, "age_years", None),
        ({"tanggal_lahir": "", "umur": "460"}, "age_years", None),
        ({"tanggal_kedaluwarsa": "2025-01-15"}, "expires_on", None),
        ({"tanggal_daftar": "2027-01-15"}, "registered_on", None),
        ({"tanggal_daftar": "31-02-2026"}, "registered_on", None),
        ({"status_pencaker": " AKTIF "}, "seeker_status", "aktif"),
        ({"kelurahan": "", "kecamatan": ""}, "regency_code", "52.01"),
        ({"kelurahan": "Desa Yang Tidak Ada"}, "village_code", None),
        ({"kelurahan": "5201142005"}, "village_code", None),
        ({"kelurahan": "bps:5201080010", "provinsi": ""}, "village_code", SENTELUK),
    ],
)
def test_truth_table_of_columns(changes: dict[str, str], column: str, value: Any, bench: Bench) -> None:
    bring_rows(bench, seeker(**changes))
    assert seekers(bench)[0][column] == value


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"umur": "30"}, "seekers.age_unlike_birth_date"),
        ({"umur": "48"}, "seekers.age_unlike_birth_date"),
        ({"umur": "tua"}, "siapkerja.number_unreadable"),
        ({"tanggal_daftar": "kemarin"}, "siapkerja.date_unreadable"),
        ({"tanggal_kedaluwarsa": "2025-01-15"}, "siapkerja.dates_reversed"),
        ({"pendidikan": "Sekolah Hutan"}, "siapkerja.unmapped"),
        ({"kelurahan": "Tidak Ada"}, "region.unresolved"),
        ({"kelurahan": "5201142005"}, "region.code_unclear"),
        ({"nik": "0"}, "nik.zero"),
        ({"nik": "52011445038000"}, "nik.malformed"),
        ({"jenis_kelamin": "Laki-laki"}, "nik.sex_mismatch"),
        ({"tanggal_lahir": "1981-03-05", "umur": "45"}, "nik.birth_date_mismatch"),
    ],
)
def test_what_is_odd_is_told_and_the_seeker_stays(changes: dict[str, str], rule: str, bench: Bench) -> None:
    report = bring_rows(bench, seeker(**changes))
    assert report.warnings == {rule: 1}
    assert seekers(bench)[0]["warnings"] == [rule]


def test_an_age_of_up_to_a_year_ago_is_not_odd(bench: Bench) -> None:
    assert bring_rows(bench, seeker(umur="45")).warnings == {}


def test_of_two_rows_of_an_account_the_one_changed_last_counts(bench: Bench) -> None:
    newer = seeker(1, tanggal_perubahan_status_pencaker="2026-11-01", status_pencaker="Ditempatkan")
    older = seeker(1, tanggal_perubahan_status_pencaker="2026-02-01")
    report = bring_rows(bench, older, newer, seeker(2), older)
    assert (report.rows, report.accepted, report.duplicates, report.counts["seekers"]) == (4, 4, 2, 2)
    assert [row["seeker_status"] for row in seekers(bench)] == ["ditempatkan", "aktif"]
    assert report.rejects_file is not None
    assert report.rejects_file.read_text("utf-8-sig").count("siapkerja.twice") == 2


def test_accounts_that_share_a_nik_are_all_kept_and_told(bench: Bench) -> None:
    shared_nik = "5201144503800001"
    report = bring_rows(bench, seeker(1), seeker(2, nik=shared_nik), seeker(3))
    assert report.counts["seekers"] == 3
    assert report.warnings == {"seekers.nik_in_two_accounts": 2}


def test_a_row_without_an_account_is_rejected_and_the_others_stay(bench: Bench) -> None:
    report = bring_rows(bench, seeker(1), seeker(2, id_pencaker=""), seeker(3, id_pencaker="-"))
    assert (report.accepted, report.rejected) == (1, 2)
    assert report.details["rejects"] == {"siapkerja.required_empty": 2}


def test_villages_that_are_not_certain_are_counted(bench: Bench) -> None:
    report = bring_rows(bench, seeker(1), seeker(2, kelurahan="Tidak Ada"), seeker(3, kelurahan="", kecamatan=""))
    assert (report.counts["villages"], report.counts["unresolved_villages"], report.counts["without_village"]) == (
        1,
        1,
        1,
    )


def test_columns_that_the_extract_leaves_out_are_empty(bench: Bench) -> None:
    bring_rows(bench, {"id_pencaker": "PK-1", "nik": "5201144503800001", "jenis_kelamin": "P"})
    row, who = seekers(bench)[0], identifiers(bench)[0]
    assert (row["village_code"], row["age_years"], row["education"]) == (None, None, "missing")
    assert (who["full_name"], who["birth_date"]) == (None, None)


def test_no_value_of_a_person_is_in_reports_manifests_or_open_tables(bench: Bench) -> None:
    rows = [seeker(1, umur="99"), seeker(2, nik="520114450380000"), seeker(3, id_pencaker="", kelurahan="Tidak Ada")]
    source = write_csv(bench.folder / "pencaker.csv", rows)
    bring(bench, source)
    source.unlink()
    on_disk = bench.everything_on_disk()
    for row in rows:
        for column in ("nik", "nama", "alamat", "tanggal_lahir", "id_pencaker"):
            assert not row[column] or row[column].encode() not in on_disk
    snapshot = bench.lake.current(layer=Layer.CORE, dataset=DATASET, scope="00")
    with pytest.raises(TableSealed):
        bench.lake.read(snapshot, "identifiers")


def test_the_same_file_again_changes_nothing_whatever_the_day(bench: Bench) -> None:
    path = write_csv(bench.folder / "pencaker.csv", [seeker(1), seeker(2, umur="99")])
    first = bring(bench, path, as_of=None, today=date(2026, 11, 24))
    again = bring(bench, path, as_of=None, today=date(2026, 12, 24))
    assert (first.is_new, again.is_new) == (True, False)
    assert {**first.as_dict(), "is_new": None} == {**again.as_dict(), "is_new": None}
    assert len(bench.lake.history(layer=Layer.CORE, dataset=DATASET, scope="00")) == 1


def test_a_newer_file_replaces_and_the_older_snapshot_stays_readable(bench: Bench) -> None:
    bring_rows(bench, seeker(1), seeker(2), as_of=date(2026, 10, 31))
    bring_rows(bench, seeker(2), as_of=date(2026, 11, 24))
    assert len(seekers(bench)) == 1
    older, newer = bench.lake.history(layer=Layer.CORE, dataset=DATASET, scope="00")
    assert (older.tables["seekers"].rows, newer.tables["seekers"].rows) == (2, 1)


def test_invented_persons_stay_marked(bench: Bench) -> None:
    bring_rows(bench, seeker(), invented=True)
    assert bench.lake.current(layer=Layer.CORE, dataset=DATASET, scope="00").details["invented"] is True


def test_a_delivery_of_an_area_is_kept_under_it(bench: Bench) -> None:
    bring_rows(bench, seeker(), area="52.01")
    assert len(seekers(bench, "52.01")) == 1
    with pytest.raises(SnapshotMissing):
        seekers(bench, "00")


def test_two_files_of_one_delivery_are_one_snapshot_in_any_order(bench: Bench, tmp_path: Path) -> None:
    paths = [write_csv(bench.folder / f"{n}.csv", [seeker(n)]) for n in (1, 2)]
    first = bring(bench, *paths)
    again = bring(bench, *reversed(paths))
    assert first.counts["seekers"] == 2
    assert (again.is_new, again.snapshot) == (False, first.snapshot)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (json.dumps({"error": "missing_api_key"}), ErrorAnswer),
        (json.dumps({"code": 401, "message": "Unauthorized"}), ErrorAnswer),
        ("<html><body>Bad Gateway</body></html>", FileUnreadable),
        ("", FileUnreadable),
        ("nama,alamat\nA,B\n", ColumnMissing),
        ("id_pencaker,nik\nPK-1,0\n", ColumnMissing),
        ("kolom a,kolom b\nA,B\n", FormatUnknown),
        (json.dumps({"apa": "saja"}), FormatUnknown),
        ("id_pencaker,nik,jenis_kelamin,NIK\nPK-1,0,L,1\n", ColumnTwice),
        ("id_pencaker,nik,jenis_kelamin\n", NoRows),
        (json.dumps({"data": []}), NoRows),
        ("[]", NoRows),
    ],
)
def test_a_wrong_file_is_refused_whole_and_replaces_nothing(content: str, error: type[Exception], bench: Bench) -> None:
    good = write_csv(bench.folder / "baik.csv", [seeker()])
    bring(bench, good)
    with pytest.raises(error):
        bring(bench, good, bench.write("salah.txt", content), as_of=date(2026, 11, 23))
    assert len(bench.lake.history(layer=Layer.CORE, dataset=DATASET, scope="00")) == 1


def test_an_extract_of_which_no_row_can_be_used_replaces_nothing(bench: Bench) -> None:
    bring(bench, write_csv(bench.folder / "baik.csv", [seeker()]))
    empty = write_csv(bench.folder / "kosong.csv", [{**seeker(), "id_pencaker": ""}])
    with pytest.raises(NothingAccepted) as refusal:
        bring(bench, empty, as_of=date(2026, 11, 23))
    assert Path(str(refusal.value.parts["rejects_file"])).exists()
    assert len(bench.lake.history(layer=Layer.CORE, dataset=DATASET, scope="00")) == 1


def test_the_same_file_named_twice_is_refused(bench: Bench) -> None:
    path = write_csv(bench.folder / "x.csv", [seeker()])
    with pytest.raises(FilesDisagree):
        bring(bench, path, path)
