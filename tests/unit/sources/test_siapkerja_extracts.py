"""Training courses, certificates and placements: the extracts whose contracts we define."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tenun.kernel.keys import pseudonym
from tenun.sources.errors import FormatUnknown
from tenun.sources.report import IngestReport
from tenun.sources.siapkerja import ingest_certificates, ingest_placements, ingest_seekers, ingest_trainings
from tests.lib.employment_files import TODAY, Bench, regions, seeker, write_csv

TRAINING = {
    "id_pelatihan": "PL-1",
    "judul": "Las SMAW",
    "kejuruan": "Teknik Las",
    "lembaga": "BLK Contoh",
    "kode_kab_kota": "52.01",
    "kab_kota": "",
    "provinsi": "",
    "tanggal_mulai": "2026-12-01",
    "tanggal_selesai": "2026-12-31",
    "kuota": "16",
    "sisa_kuota": "4",
}
CERTIFICATE = {
    "id_sertifikat": "SR-1",
    "id_pencaker": "PK-0001",
    "skema": "Juru Las",
    "jenjang_kkni": "3",
    "tanggal_terbit": "2025-05-01",
    "tanggal_kedaluwarsa": "2028-05-01",
}
PLACEMENT = {
    "id_penempatan": "PN-1",
    "id_pencaker": "PK-0001",
    "id_lowongan": "",
    "tmt": "2026-09-01",
    "jabatan": "Juru Las",
    "kode_kab_kota": "",
    "kab_kota": "Kab. Lombok Barat",
    "provinsi": "NTB",
    "jalur": "Karirhub",
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def bring(ingest: Callable[..., IngestReport], bench: Bench, *rows: dict[str, str]) -> IngestReport:
    path = write_csv(bench.folder / f"{ingest.__module__.rpartition('.')[2]}.csv", rows)
    return ingest(
        bench.lake, bench.keys, [path], area=None, as_of=TODAY, regions=regions(), report_folder=bench.reports
    )


def test_a_training_course_is_a_row(bench: Bench) -> None:
    report = bring(ingest_trainings, bench, TRAINING)
    assert report.counts == {"trainings": 1, "without_region": 0, "columns_unknown": 0}
    assert bench.rows("siapkerja__trainings", "00", "trainings") == [
        {
            "training_id": "PL-1",
            "title": "Las SMAW",
            "field": "Teknik Las",
            "provider": "BLK Contoh",
            "regency_code": "52.01",
            "starts_on": date(2026, 12, 1),
            "ends_on": date(2026, 12, 31),
            "seats": 16,
            "seats_open": 4,
        }
    ]


@pytest.mark.parametrize(
    ("changes", "column", "value", "rule"),
    [
        ({"sisa_kuota": "20"}, "seats_open", None, "trainings.seats_odd"),
        ({"kuota": "enam belas"}, "seats", None, "siapkerja.number_unreadable"),
        ({"tanggal_selesai": "2026-11-01"}, "ends_on", None, "siapkerja.dates_reversed"),
        ({"kode_kab_kota": "5201"}, "regency_code", None, "region.code_unclear"),
        ({"kode_kab_kota": "kemendagri:5201"}, "regency_code", "52.01", None),
        ({"kode_kab_kota": "", "kab_kota": "Kabupaten Lombok Barat"}, "regency_code", "52.01", None),
        (
            {"kode_kab_kota": "", "kab_kota": "Bogor", "provinsi": "Jawa Barat"},
            "regency_code",
            None,
            "region.ambiguous",
        ),
        ({"kode_kab_kota": ""}, "regency_code", None, None),
    ],
)
def test_truth_table_of_training_columns(
    changes: dict[str, str], column: str, value: Any, rule: str | None, bench: Bench
) -> None:
    report = bring(ingest_trainings, bench, {**TRAINING, **changes})
    assert bench.rows("siapkerja__trainings", "00", "trainings")[0][column] == value
    assert report.warnings == ({rule: 1} if rule else {})


def test_certificates_and_placements_join_with_seekers_and_name_nobody(bench: Bench) -> None:
    bring(ingest_seekers, bench, seeker(1))
    bring(ingest_certificates, bench, CERTIFICATE)
    bring(ingest_placements, bench, PLACEMENT)
    account = bench.rows("siapkerja__seekers", "00", "seekers")[0]["seeker_id"]
    assert bench.rows("siapkerja__certificates", "00", "certificates") == [
        {
            "certificate_id": pseudonym(bench.keys.secret("certificate"), "SR-1"),
            "seeker_id": account,
            "scheme": "Juru Las",
            "level": 3,
            "issued_on": date(2025, 5, 1),
            "expires_on": date(2028, 5, 1),
        }
    ]
    assert bench.rows("siapkerja__placements", "00", "placements") == [
        {
            "placement_id": pseudonym(bench.keys.secret("placement"), "PN-1"),
            "seeker_id": account,
            "vacancy_id": None,
            "started_on": date(2026, 9, 1),
            "occupation": "Juru Las",
            "regency_code": "52.01",
            "channel": "Karirhub",
        }
    ]
    for path in bench.folder.glob("*.csv"):
        path.unlink()
    on_disk = bench.everything_on_disk()
    assert all(word not in on_disk for word in (b"PK-0001", b"SR-1", b"PN-1"))


@pytest.mark.parametrize("level", ["0", "10", "III"])
def test_a_level_outside_kkni_is_left_empty_and_told(level: str, bench: Bench) -> None:
    report = bring(ingest_certificates, bench, {**CERTIFICATE, "jenjang_kkni": level})
    assert bench.rows("siapkerja__certificates", "00", "certificates")[0]["level"] is None
    assert report.warnings == {"siapkerja.number_unreadable": 1}


@pytest.mark.parametrize(
    ("ingest", "row", "key"),
    [
        (ingest_trainings, TRAINING, "judul"),
        (ingest_certificates, CERTIFICATE, "id_pencaker"),
        (ingest_placements, PLACEMENT, "id_penempatan"),
    ],
)
def test_a_row_without_what_its_contract_requires_is_rejected(
    ingest: Callable[..., IngestReport], row: dict[str, str], key: str, bench: Bench
) -> None:
    report = bring(ingest, bench, row, {**row, key: ""})
    assert (report.rows, report.accepted, report.rejected) == (2, 1, 1)
    assert report.details["rejects"] == {"siapkerja.required_empty": 1}


@pytest.mark.parametrize(
    ("ingest", "row", "column", "table"),
    [
        (ingest_trainings, TRAINING, "tanggal_mulai", "trainings"),
        (ingest_certificates, CERTIFICATE, "tanggal_terbit", "certificates"),
        (ingest_placements, PLACEMENT, "tmt", "placements"),
    ],
)
def test_of_two_rows_with_one_number_the_newest_counts(
    ingest: Callable[..., IngestReport], row: dict[str, str], column: str, table: str, bench: Bench
) -> None:
    report = bring(ingest, bench, {**row, column: "2026-11-20"}, {**row, column: "2020-01-01"})
    assert (report.accepted, report.duplicates) == (2, 1)
    kept = bench.rows(f"siapkerja__{table}", "00", table)
    assert [value for value in kept[0].values() if value == date(2026, 11, 20)]


def test_an_extract_of_another_kind_is_refused(bench: Bench) -> None:
    with pytest.raises(FormatUnknown):
        bring(ingest_placements, bench, CERTIFICATE)
