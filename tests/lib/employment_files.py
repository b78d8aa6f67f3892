"""Invented answers of Kemendesa's services and files of SIAPKerja, and a lake to bring them into."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer
from tenun.lake.store import Lake
from tenun.registry.reference import edition
from tenun.registry.reference.bridge import Pair
from tenun.registry.reference.regions import Regions
from tenun.sources.kemendesa import idm, sdgs
from tenun.sources.report import IngestReport

TODAY = date(2026, 11, 24)

# Senteluk, under the Kemendagri code; and two neighbours in its regency, and one village elsewhere.
SENTELUK, MENINTING, SENGGIGI, KARIHKIL = "52.01.14.2005", "52.01.14.2002", "52.01.14.2006", "32.01.33.2006"

PAIRS = (
    Pair("5201080010", "SENTELUK", SENTELUK, "SENTELUK"),
    Pair("5201080011", "MENINTING", MENINTING, "MENINTING"),
    # Certain by number, and the digits of its BPS code are those of another village at Kemendagri.
    Pair("5201142005", "SENGGIGI", SENGGIGI, "SENGGIGI"),
    Pair("5201080099", "TANPA KODE", None, ""),
)


@cache
def regions() -> Regions:
    """The current edition with a bridge of four pairs; without a queue."""
    return Regions(edition.current(), pairs=PAIRS)


@dataclass
class Bench:
    """A lake and a folder for reports, thrown away with the test."""

    folder: Path
    lake: Lake = field(init=False)
    keys: MemoryKeys = field(default_factory=MemoryKeys)

    def __post_init__(self) -> None:
        self.lake = Lake(self.folder / "lake", self.keys)

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    def write(self, name: str, content: Any) -> Path:
        """A file: text as it is, anything else as JSON."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def idm(self, *contents: Any, as_of: date | None = None) -> IngestReport:
        paths = [self.write(f"idm{number}.json", content) for number, content in enumerate(contents)]
        return idm.ingest(self.lake, paths, as_of=as_of, regions=regions(), report_folder=self.reports)

    def sdgs(self, *paths: Path, today: date = TODAY, **options: Any) -> IngestReport:
        options = {"as_of": None, "regions": regions(), **options}
        return sdgs.ingest(self.lake, paths, today=today, report_folder=self.reports, **options)

    def rows(self, dataset: str, scope: str, table: str) -> list[dict[str, Any]]:
        """The rows of the current core table."""
        snapshot = self.lake.current(layer=Layer.CORE, dataset=dataset, scope=scope)
        return self.lake.read(snapshot, table).to_pylist()

    def everything_on_disk(self) -> bytes:
        """All bytes below the lake and the reports, to look for what must not be there."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file())


def lines(values: Iterable[Any]) -> str:
    """JSON, one value a line."""
    return "\n".join(json.dumps(value) for value in values)


def idm_answer(
    village: str = SENTELUK,
    year: int = 2024,
    *,
    parts: tuple[float, float, float] = (0.9, 0.6, 0.7),
    status: str = "MAJU",
    score: float | None = None,
) -> dict[str, Any]:
    """An answer as the service gives it: 55 rows, the score the mean of its three parts."""
    score = sum(parts) / 3 if score is None else score
    names = [f"S{n}" for n in range(35)], [f"E{n}" for n in range(12)], [f"L{n}" for n in range(3)]
    rows = []
    for indicators, name, part in zip(names, ("IKS", "IKE", "IKL"), parts, strict=True):
        rows += [{"NO": 1 + n, "INDIKATOR": indicator, "SKOR": 5} for n, indicator in enumerate(indicators)]
        rows.append({"NO": None, "INDIKATOR": f"{name} {year}", "SKOR": part})
    rows += [
        {"NO": None, "INDIKATOR": f"IDM {year}", "SKOR": score},
        {"NO": None, "INDIKATOR": f"STATUS IDM {year}", "SKOR": status.title()},
    ]
    return {
        "status": 200,
        "error": False,
        "mapData": {
            "SUMMARIES": {"SKOR_SAAT_INI": score, "STATUS": status, "SKOR_MINIMAL": "0.7073", "TAHUN": year},
            "ROW": rows,
            "IDENTITAS": [{"id_desa": village.replace(".", ""), "nama_desa": "CONTOH"}],
        },
    }


IDM_REFUSAL = {"status": 400, "error": True, "message": "ID Desa tidak ditemukan"}


def sdgs_answer(*scores: float, average: str | None = None) -> dict[str, Any]:
    """An answer as the service gives it: the average as text. Without scores 18 of 50."""
    goals = scores or (50.0,) * 18
    return {
        "average": average if average is not None else f"{sum(goals) / len(goals):.2f}",
        "data": [{"goals": n, "title": f"Tujuan {n}", "score": score} for n, score in enumerate(goals, start=1)],
        "total_desa": 1,
    }


SDGS_HEADINGS = ("kode_bps", "average", *(f"goal_{goal}" for goal in range(1, 19)), "total_desa")


def sdgs_csv(rows: Mapping[str, float], *, separator: str = ",") -> str:
    """The flat form: BPS code -> the score that every goal has."""
    body = [separator.join((code, f"{score:.2f}", *[f"{score:g}"] * 18, "1")) for code, score in rows.items()]
    return "\n".join((separator.join(SDGS_HEADINGS), *body))


def seeker(number: int = 1, **changes: str) -> dict[str, str]:
    """An invented row of the AK-1 extract."""
    return {
        "id_pencaker": f"PK-{number:04d}",
        "nik": f"520114450380{number:04d}",
        "nama": f"Pencari Kerja {number}",
        "tempat_lahir": "Ampenan",
        "tanggal_lahir": "1980-03-05",
        "provinsi": "NUSA TENGGARA BARAT",
        "kab_kota": "KAB. LOMBOK BARAT",
        "kecamatan": "Batu Layar",
        "kelurahan": "Senteluk",
        "alamat": f"Jalan Contoh {number}",
        "umur": "46",
        "jenis_kelamin": "Perempuan",
        "kondisi_fisik": "Normal",
        "jenis_disabilitas": "",
        "marital": "Kawin",
        "status_bekerja": "Tidak Bekerja",
        "status_pencaker": "Aktif",
        "tanggal_perubahan_status_pencaker": "2026-10-01",
        "tanggal_daftar": "2026-01-15",
        "tanggal_kedaluwarsa": "2028-01-15",
        "pendidikan": "SMA",
        **changes,
    }


def write_csv(path: Path, rows: Sequence[Mapping[str, str]], *, separator: str = ",", mark: str = "") -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        handle.write(mark)
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


def vacancy(number: int = 1, **changes: Any) -> dict[str, Any]:
    """An invented vacancy as the catalogue serves it, in Senteluk."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "title": f"Juru Las {number}",
        "status": "open",
        "quota": 3,
        "usage_quota": 1,
        "available_quota": 2,
        "published_at": "2026-10-23 08:51:19",
        "expires_at": "2026-12-23",
        "description": "<p>contoh</p>",
        "show_salary": True,
        "min_salary_amount": 2_500_000,
        "max_salary_amount": 3_000_000,
        "gender": None,
        "physical_condition": None,
        "marital_status": None,
        "min_year_experience": 1,
        "min_age": 18,
        "max_age": None,
        "updated_at": "2026-10-23 08:51:20",
        "job_type": {"id": "x", "name": "Contract"},
        "job_function": {"id": "x", "name": "Produksi"},
        "min_education": {"id": "x", "name": "SMK", "level": 30},
        "region": region("village", "5201142005"),
        "skills": [{"key": "las"}, {"key": "baca-gambar"}, {"key": "las"}],
        "employer": {
            "name": "PT Contoh",
            "employerable": {"email": "orang@contoh.invalid", "phone": "0812", "industry": {"name": "Konstruksi"}},
        },
        **changes,
    }


def region(kind: str, code: Any, *, position: tuple[Any, Any] = (-8.5, 116.1), city: Any = None) -> dict[str, Any]:
    nested = {"sub_district": {"code": str(code)[:6], "city": {"code": city, "name": "X"}}} if city else {}
    return {
        "regionable_type": kind,
        "regionable": {"name": "X", "code": code, "latitude": position[0], "longitude": position[1], **nested},
    }


def page(*vacancies: Any, total: int | None = None) -> dict[str, Any]:
    return {"meta": {"total": total if total is not None else len(vacancies)}, "links": {}, "data": list(vacancies)}
