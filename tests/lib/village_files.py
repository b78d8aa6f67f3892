"""Village files made up on the spot, and the way they go into a lake. Nobody in them exists."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter

from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake
from tenun.registry.sid.tables import DATASET, PERSON_IDENTIFIERS
from tenun.sources import residents
from tenun.sources.report import IngestReport

VILLAGE = "52.01.14.2005"
AS_OF = date(2026, 11, 24)

COLUMNS_2024 = (
    "alamat dusun rw rt nama no_kk nik sex tempatlahir tanggallahir agama_id pendidikan_kk_id pendidikan_sedang_id "
    "pekerjaan_id status_kawin kk_level warganegara_id ayah_nik nama_ayah ibu_nik nama_ibu golongan_darah_id "
    "akta_lahir dokumen_pasport tanggal_akhir_paspor dokumen_kitas akta_perkawinan tanggalperkawinan akta_perceraian "
    "tanggalperceraian cacat_id cara_kb_id hamil ktp_el status_rekam alamat_sekarang status_dasar suku tag_id_card "
    "id_asuransi no_asuransi lat lng"
).split()

SOMEBODY: dict[str, Any] = {
    "dusun": "MANGSIT", "rw": "-", "rt": "004", "nama": "WARGA SATU", "no_kk": "5201149001010001",
    "nik": "5201140503809001", "sex": "1", "tempatlahir": "MATARAM", "tanggallahir": "1980-03-05", "agama_id": "1",
    "pendidikan_kk_id": "5", "pendidikan_sedang_id": "18", "pekerjaan_id": "9", "status_kawin": "2", "kk_level": "1",
    "warganegara_id": "1", "nama_ayah": "AYAH", "nama_ibu": "IBU", "golongan_darah_id": "13", "status_dasar": "1",
}  # fmt: skip


@dataclass
class Brought:
    """What became of a file: the report, and the lake to look into."""

    report: IngestReport
    lake: Lake
    folder: Path
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def snapshot(self) -> Snapshot:
        return self.lake.current(layer=Layer.CORE, dataset=DATASET, scope=VILLAGE)

    def persons(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.lake.read(self.snapshot, "persons").to_pylist()
        return rows

    def identifiers(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = open_sealed(self.lake, self.snapshot).to_pylist()
        return rows

    def problems(self) -> list[dict[str, str]]:
        assert self.report.rejects_file is not None
        text = self.report.rejects_file.read_text(encoding="utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))


@dataclass(frozen=True)
class TestPermit:
    """Stands in for a decision of the agreement: these tests look at what was sealed."""

    __test__ = False
    dataset: str = DATASET
    fields: frozenset[str] = frozenset(PERSON_IDENTIFIERS.names())
    decision_id: str = "test"


def open_sealed(lake: Lake, snapshot: Snapshot, table: str = "identifiers") -> pa.Table:
    return lake.unseal(snapshot, table, columns=PERSON_IDENTIFIERS.names(), permit=TestPermit())


def somebody(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A resident whose NIK, name and card follow from a number."""
    return {
        **SOMEBODY,
        "nama": f"WARGA NOMOR {number}",
        "nik": f"520114050380{9000 + number:04d}",
        "no_kk": f"52011490010{10000 + number:05d}",
        **changes,
    }


def table(people: Sequence[dict[str, Any]], columns: Sequence[str] = COLUMNS_2024) -> list[list[Any]]:
    """Rows with their heading row, in the order of `columns`."""
    return [list(columns), *([person.get(column, "") for column in columns] for person in people)]


def write_xlsx(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> Path:
    """Strings as text cells, numbers as number cells, dates as date cells."""
    book = xlsxwriter.Workbook(str(path))
    as_date = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for row_number, row in enumerate(rows):
            for column_number, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(row_number, column_number, value, as_date)
                elif isinstance(value, str):
                    if value:
                        sheet.write_string(row_number, column_number, value)
                elif value is not None:
                    sheet.write_number(row_number, column_number, value)
    book.close()
    return path


def bring(folder: Path, *paths: Path, lake: Lake | None = None, **options: Any) -> Brought:
    """Ingest files of the village with keys and a lake made for the test."""
    keys = MemoryKeys()
    lake = lake or Lake(folder / "lake", keys)
    report = residents.ingest(
        lake,
        keys,
        list(paths),
        village=options.pop("village", VILLAGE),
        as_of=options.pop("as_of", AS_OF),
        regions=options.pop("regions", None),
        report_folder=folder / "reports",
        **options,
    )
    return Brought(report, lake, folder)


def bring_people(folder: Path, *people: dict[str, Any], **options: Any) -> Brought:
    """People in a file of the 2024 generation."""
    columns = options.pop("columns", COLUMNS_2024)
    path = write_xlsx(folder / options.pop("file", "penduduk.xlsx"), {"Sheet1": table(people, columns)})
    return bring(folder, path, **options)
