"""Files are opened by what is in them; what cannot be opened is refused with its reason."""

from __future__ import annotations

import gzip
import json
import lzma
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from tenun.sources import reading
from tenun.sources.errors import FileTooLarge, FileUnreadable
from tenun.sources.reading import BROKEN, Kind
from tests.lib.village_files import write_xlsx

ROWS = [["nama", "rt", "lahir"], ["WARGA", "004", date(1980, 4, 3)], ["", "", ""], ["DUA", 4, ""]]


def read_whole(path: Path) -> None:
    source = reading.open_file(path)
    list(source.sheets())
    list(source.documents())


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.csv", "a.zip", "a"])
def test_a_workbook_is_one_whatever_its_name_ends_with(name: str, tmp_path: Path) -> None:
    source = reading.open_file(write_xlsx(tmp_path / "a.xlsx", {"Satu": ROWS, "Dua": []}).rename(tmp_path / name))
    assert source.kind is Kind.WORKBOOK
    assert source.sheet_names == ("Satu", "Dua")
    sheet = source.sheet("Satu")
    assert list(sheet.rows[1]) == ["WARGA", "004", date(1980, 4, 3)]
    assert list(sheet.rows[3]) == ["DUA", 4.0, ""]
    assert sheet.number(3) == 4


def test_row_numbers_count_the_empty_rows_above(tmp_path: Path) -> None:
    sheet = reading.open_file(write_xlsx(tmp_path / "a.xlsx", {"s": [[], [], ["x"]]})).sheet("s")
    assert [sheet.number(index) for index, row in enumerate(sheet.rows) if any(row)] == [3]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_table_is_read_in_every_spelling(mark: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f'nama{mark}alamat\r\n"É{mark} satu"{mark}"dua\nbaris"\r\nx\r\n'.encode(encoding))
    source = reading.open_file(path)
    assert source.kind is Kind.TEXT_TABLE
    assert [list(row) for row in source.sheet("").rows] == [
        ["nama", "alamat"], [f"É{mark} satu", "dua\nbaris"], ["x", ""],
    ]  # fmt: skip


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bytes], ids=["gzip", "xz", "plain"])
def test_json_is_read_packed_or_not(pack: type, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(pack(json.dumps({"data": []}).encode()))
    assert list(reading.open_file(path).documents()) == [(1, {"data": []})]


def test_a_broken_line_of_json_is_told_by_its_number_and_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n\n{"a": \n{"a": 3}\n')
    assert list(reading.open_file(path).documents()) == [(1, {"a": 1}), (3, BROKEN), (4, {"a": 3})]


def test_an_archive_gives_its_tables_and_leaves_pictures_out(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(write_xlsx(tmp_path / "w.xlsx", {"s": ROWS}), "penduduk.xlsx")
        archive.writestr("foto/1.jpg", b"x")
        archive.writestr("program.csv", "id;nama\n1;x\n")
    assert [(m.file, m.kind) for m in reading.open_file(path).members()] == [
        ("a.zip/penduduk.xlsx", Kind.WORKBOOK), ("a.zip/program.csv", Kind.TEXT_TABLE),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"  \r\n", "empty"),
        (b"%PDF-1.7", "PDF"),
        (b"<html><table></table></html>", "web page"),
        (b'<?xml version="1.0"?><Workbook/>', "web page"),
        (b"\x00\x01\x02\x03", "kind is not known"),
        (b"PK\x03\x04 cut short", "cut short"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 cut short", "damaged"),
        (b"\x1f\x8b cut short", "compressed"),
        (b'{"a": ', "JSON is damaged"),
    ],
)
def test_a_file_that_cannot_be_opened_is_refused_with_its_reason(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(FileUnreadable) as refusal:
        read_whole(path)
    assert reason in refusal.value.message("en")
    assert refusal.value.message("id")
    assert refusal.value.remedy("id")


def test_a_workbook_cut_short_is_refused_and_never_half_read(tmp_path: Path) -> None:
    whole = write_xlsx(tmp_path / "a.xlsx", {"s": [["nama"], *([f"WARGA {n}"] for n in range(500))]}).read_bytes()
    (tmp_path / "b.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileUnreadable):
        list(reading.open_file(tmp_path / "b.xlsx").sheets())


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "not-here.xlsx", tmp_path):
        with pytest.raises(FileUnreadable):
            reading.open_file(path)


def test_a_stray_cell_far_away_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(path, {"s": ROWS})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    start = sheet.index("<dimension ref=")
    end = sheet.index("/>", start)
    parts["xl/worksheets/sheet1.xml"] = (sheet[:start] + '<dimension ref="A1:XFD1048576"' + sheet[end:]).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(FileTooLarge):
        reading.open_file(path).sheet("s")


def test_long_numbers_in_a_file_name_are_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "warga 5201140503809001.xlsx"
    write_xlsx(path, {"s": ROWS})
    assert reading.open_file(path).file == "warga ....xlsx"


def test_a_title_with_commas_above_the_headings_does_not_hide_the_separator(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("DATA PENDUDUK, DESA X, KEC. Y\nnama;nik;sex;alamat\nA;1;L;JL. B, NO. 2\nC;2;P;D\n")
    assert [len(row) for row in reading.open_file(path).sheet("").rows] == [4, 4, 4, 4]


def test_what_an_operating_system_left_in_an_archive_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._penduduk.csv", b"\x00\x05\x16\x07")
        archive.writestr(".DS_Store", b"\x00\x00\x00\x01")
        archive.writestr("foto/Thumbs.db", b"\x00")
        archive.writestr("penduduk.csv", "nama,nik\nA,1\n")
    assert [member.file for member in reading.open_file(path).members()] == ["x.zip/penduduk.csv"]


def test_hidden_sheets_and_charts_are_no_part_of_what_was_handed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet("Warga").write(0, 0, "nama")
        workbook.add_worksheet("Tahun lalu").hide()
        chart = workbook.add_chart({"type": "bar"})
        chart.add_series({"values": "=Warga!$A$1:$A$2"})
        workbook.add_chartsheet("Grafik").set_chart(chart)
    assert reading.open_file(path).sheet_names == ("Warga",)
