"""The invented population as the files that villages and SIAPKerja really hand out, with the truth beside them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from tenun.synthetic.population import Account, Population, ResidentRow, Village

NOTICE = "DATA BUATAN - orang dalam berkas ini tidak ada / INVENTED DATA - the persons in this file do not exist"
# The day a spreadsheet says it was made: fixed, so that the same seed gives the same bytes.
MADE_AT = datetime(2026, 1, 1)  # noqa: DTZ001 (a spreadsheet's own clock has no zone)

EDUCATION = {
    1: "TIDAK / BELUM SEKOLAH", 2: "BELUM TAMAT SD/SEDERAJAT", 3: "TAMAT SD / SEDERAJAT", 4: "SLTP/SEDERAJAT",
    5: "SLTA / SEDERAJAT", 6: "DIPLOMA I / II", 7: "AKADEMI/ DIPLOMA III/S. MUDA", 8: "DIPLOMA IV/ STRATA I",
    9: "STRATA II", 10: "STRATA III",
}  # fmt: skip
OCCUPATION = {
    1: "BELUM/TIDAK BEKERJA", 2: "MENGURUS RUMAH TANGGA", 3: "PELAJAR/MAHASISWA", 4: "PENSIUNAN",
    5: "PEGAWAI NEGERI SIPIL (PNS)", 9: "PETANI/PEKEBUN", 10: "PETERNAK", 11: "NELAYAN/PERIKANAN",
    15: "KARYAWAN SWASTA", 18: "KARYAWAN HONORER", 19: "BURUH HARIAN LEPAS", 20: "BURUH TANI/PERKEBUNAN",
    26: "TUKANG BATU", 65: "GURU", 81: "SOPIR", 84: "PEDAGANG", 85: "PERANGKAT DESA", 88: "WIRASWASTA", 89: "LAINNYA",
}  # fmt: skip
MARITAL = {1: "BELUM KAWIN", 2: "KAWIN", 3: "CERAI HIDUP", 4: "CERAI MATI"}
ROLE = {1: "KEPALA KELUARGA", 3: "ISTRI", 4: "ANAK", 7: "ORANGTUA"}
LIFE = {1: "HIDUP", 2: "MATI", 3: "PINDAH", 6: "PERGI"}


@dataclass(frozen=True)
class Layout:
    """One generation of the resident file: its headings, and how it writes a person."""

    name: str
    columns: Mapping[str, Callable[[ResidentRow], object]]


@dataclass(frozen=True)
class RegencyFiles:
    """What was written. `residents` maps a village code to its file; villages that deliver nothing are absent."""

    residents: Mapping[str, Path]
    seekers: Path
    vacancies: Path
    trainings: Path
    certificates: Path
    placements: Path
    truth: Path


def files_in(folder: Path, residents: Mapping[str, Path]) -> RegencyFiles:
    """The files of a folder that `write` filled."""
    return RegencyFiles(
        residents=residents,
        seekers=folder / "data_buatan_pencari_kerja.csv",
        vacancies=folder / "data_buatan_lowongan.json",
        trainings=folder / "data_buatan_pelatihan.csv",
        certificates=folder / "data_buatan_sertifikat.csv",
        placements=folder / "data_buatan_penempatan.csv",
        truth=folder / "kebenaran.parquet",
    )


def write(
    population: Population, folder: Path, *, as_of: date, seed: int, silent_villages: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> RegencyFiles:  # fmt: skip
    """Write every file below `folder`. `progress` is told (villages written, villages in all)."""
    chance = Random(seed + 1)
    folder.mkdir(parents=True, exist_ok=True)
    layouts = _layouts()
    codes = sorted(population.rows)
    silent = set(chance.sample(codes, min(silent_villages, len(codes) - 1)))
    places: dict[int, tuple[str, int]] = {}
    residents: dict[str, Path] = {}
    for number, code in enumerate(codes):
        layout = chance.choice(layouts)
        rows = sorted(population.rows[code], key=lambda row: (row.person.family_card, row.person.role))
        for at, row in enumerate(rows):
            places[id(row.person)] = (code, at + 2)  # the heading is row 1
        if code not in silent:
            path = folder / "penduduk" / f"data_buatan_penduduk_{code}.xlsx"
            _write_residents(path, layout, rows)
            residents[code] = path
        if progress is not None:
            progress(number + 1, len(codes))
    accounts = population.accounts
    written = files_in(folder, residents)
    _write_csv(written.seekers, [_seeker(account, as_of) for account in accounts])
    _write_vacancies(written.vacancies, chance, population.villages, as_of)
    _write_csv(written.trainings, _trainings(chance, population.villages, as_of))
    _write_csv(written.certificates, _certificates(chance, accounts, as_of))
    _write_csv(written.placements, _placements(accounts))
    _write_truth(written.truth, accounts, places, silent)
    return written


# --- residents ---------------------------------------------------------------------------------


def _layouts() -> list[Layout]:
    """Heading generations in the mix that villages still use; the newest are the commonest."""
    newest = _layout_codes("2024-01")
    return [
        newest,
        newest,
        Layout("2025", {**newest.columns, "ket": lambda _: ""}),
        Layout("basis-data-2025", {**newest.columns, "bpjs_ketenagakerjaan": _job_insurance}),
        Layout("basis-data-2025", {**newest.columns, "bpjs_ketenagakerjaan": _job_insurance}),
        _layout_codes("2022-11", without=("lat", "lng")),
        _layout_labels(),
        _layout_2017(),
    ]


def _layout_codes(name: str, without: Sequence[str] = ()) -> Layout:
    columns: dict[str, Callable[[ResidentRow], object]] = {
        "alamat": lambda row: f"JL. {row.person.hamlet}",
        "dusun": lambda row: row.person.hamlet,
        "rw": lambda row: row.person.rw,
        "rt": lambda row: row.person.rt,
        "nama": lambda row: row.name,
        "no_kk": lambda row: row.person.family_card,
        "nik": lambda row: row.nik,
        "sex": _sex_code,
        "tempatlahir": lambda row: row.person.birth_place,
        "tanggallahir": lambda row: row.birth.isoformat() if row.birth else "",
        "agama_id": lambda _: "2",
        "pendidikan_kk_id": lambda row: str(row.person.education),
        "pendidikan_sedang_id": lambda row: "7" if row.person.in_school else "18",
        "pekerjaan_id": lambda row: str(row.person.occupation),
        "status_kawin": lambda row: str(row.person.marital),
        "kk_level": lambda row: str(row.person.role),
        "warganegara_id": lambda _: "1",
        "ayah_nik": lambda _: "",
        "nama_ayah": lambda row: row.person.father,
        "ibu_nik": lambda _: "",
        "nama_ibu": lambda row: row.person.mother,
        "golongan_darah_id": lambda _: "13",
        **dict.fromkeys(
            ("akta_lahir", "dokumen_pasport", "tanggal_akhir_paspor", "dokumen_kitas", "akta_perkawinan",
             "tanggalperkawinan", "akta_perceraian", "tanggalperceraian"), _empty,
        ),
        "cacat_id": lambda row: str(row.person.disability),
        **dict.fromkeys(("cara_kb_id", "hamil", "ktp_el", "status_rekam", "alamat_sekarang"), _empty),
        "status_dasar": lambda row: str(row.person.life_status),
        **dict.fromkeys(("suku", "tag_id_card", "id_asuransi", "no_asuransi", "lat", "lng"), _empty),
    }  # fmt: skip
    return Layout(name, {heading: write for heading, write in columns.items() if heading not in without})


def _layout_labels() -> Layout:
    columns: dict[str, Callable[[ResidentRow], object]] = {
        "Alamat": lambda row: f"Jl. {row.person.hamlet.title()}",
        "Dusun": lambda row: f"Dusun {row.person.hamlet.title()}",
        "RW": lambda row: row.person.rw,
        "RT": lambda row: row.person.rt,
        "Nama": lambda row: row.name,
        "Nomor KK": lambda row: row.person.family_card,
        "Nomor NIK": lambda row: row.nik,
        "Jenis Kelamin": lambda row: "PEREMPUAN" if row.is_woman else "LAKI-LAKI",
        "Tempat Lahir": lambda row: row.person.birth_place,
        "Tanggal Lahir": lambda row: row.birth.strftime("%d-%m-%Y") if row.birth else "",
        "Agama": lambda _: "KRISTEN",
        "Pendidikan (dlm KK)": lambda row: EDUCATION[row.person.education],
        "Pendidikan (sdg ditempuh)": lambda row: (
            "SEDANG SLTA/SEDERAJAT" if row.person.in_school else "TIDAK SEDANG SEKOLAH"
        ),
        "Pekerjaan": lambda row: OCCUPATION[row.person.occupation],
        "Kawin": lambda row: MARITAL[row.person.marital],
        "Hub. Keluarga": lambda row: ROLE[row.person.role],
        "Kewarganegaraan": lambda _: "WNI",
        "Nama Ayah": lambda row: row.person.father,
        "Nama Ibu": lambda row: row.person.mother,
        "Gol. Darah": lambda _: "TIDAK TAHU",
        **dict.fromkeys(
            ("Akta Lahir", "Nomor Dokumen Paspor", "Tanggal Akhir Paspor", "Nomor Dokumen KITAS", "NIK Ayah", "NIK Ibu",
             "Nomor Akta Perkawinan", "Tanggal Perkawinan", "Nomor Akta Perceraian", "Tanggal Perceraian"), _empty,
        ),
        "Cacat": lambda row: "TIDAK CACAT" if row.person.disability == 7 else "CACAT FISIK",
        **dict.fromkeys(("Cara KB", "Hamil", "KTP-el", "Status Rekam", "Alamat Sekarang"), _empty),
        "Status Dasar": lambda row: LIFE[row.person.life_status],
    }  # fmt: skip
    return Layout("2021-04", columns)


def _layout_2017() -> Layout:
    columns: dict[str, Callable[[ResidentRow], object]] = {
        "ALAMAT": lambda row: f"JL. {row.person.hamlet}",
        "DUSUN": lambda row: row.person.hamlet,
        "RW": lambda row: row.person.rw,
        "RT": lambda row: row.person.rt,
        "NAMA": lambda row: row.name,
        "NO_KK": lambda row: row.person.family_card,
        "NIK": lambda row: f"'{row.nik}",
        "SEX": lambda row: "P" if row.is_woman else "L",
        "TEMPATLAHIR": lambda row: row.person.birth_place,
        "TANGGALLAHIR": lambda row: row.birth,
        "AGAMA": lambda _: 2,
        "PENDIDIKAN_KK_ID": lambda row: row.person.education,
        "PENDIDIKAN_SEDANG_ID": lambda row: 7 if row.person.in_school else 18,
        "PEKERJAAN_ID": lambda row: row.person.occupation,
        "STATUS_KAWIN": lambda row: row.person.marital,
        "KK_LEVEL": lambda row: row.person.role,
        "WARGANEGARA_ID": lambda _: 1,
        "NAMA_AYAH": lambda row: row.person.father,
        "NAMA_IBU": lambda row: row.person.mother,
        "GOLONGAN_DARAH_ID": lambda _: 13,
    }
    return Layout("2017-01", columns)


def _empty(_: ResidentRow) -> str:
    return ""


def _sex_code(row: ResidentRow) -> str:
    return "2" if row.is_woman else "1"


def _job_insurance(row: ResidentRow) -> str:
    has = row.person.has_job_insurance
    return "" if has is None else f"99{row.person.nik[-9:]}" if has else "BUKAN PESERTA"


def _write_residents(path: Path, layout: Layout, rows: Sequence[ResidentRow]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "default_date_format": "dd/mm/yyyy"})
    book.set_properties({"title": NOTICE, "comments": NOTICE, "created": MADE_AT})
    sheet = book.add_worksheet("Data Penduduk")
    sheet.write_row(0, 0, list(layout.columns))
    writers = list(layout.columns.values())
    for number, row in enumerate(rows, start=1):
        for column, write_cell in enumerate(writers):
            value = write_cell(row)
            if isinstance(value, date):
                sheet.write_datetime(number, column, value)
            elif isinstance(value, int):
                sheet.write_number(number, column, value)
            elif value:
                sheet.write_string(number, column, str(value))
    # OpenSID stops reading at ### in the second column; what follows is for people.
    sheet.write_row(len(rows) + 1, 0, ["", "###"])
    sheet.write_row(len(rows) + 2, 0, [NOTICE])
    book.close()


# --- SIAPKerja ---------------------------------------------------------------------------------


def _seeker(account: Account, as_of: date) -> dict[str, object]:
    person = account.person
    age = (as_of - account.birth).days // 365
    return {
        "id_pencaker": account.id,
        "nik": account.nik,
        "nama": account.name,
        "tempat_lahir": person.birth_place,
        "tanggal_lahir": account.birth.isoformat(),
        "provinsi": account.village.province,
        "kab_kota": account.village.regency,
        "kecamatan": account.village.district if account.village_is_given else "",
        "kelurahan": account.village.name if account.village_is_given else "",
        "alamat": f"Jl. {person.hamlet.title()} RT {person.rt} RW {person.rw}",
        "umur": age,
        "kelompok_umur": "15-24" if age < 25 else "25-59",
        "jenis_kelamin": "Perempuan" if account.is_woman else "Laki-laki",
        "kondisi_fisik": "Normal" if person.disability == 7 else "Disabilitas",
        "jenis_disabilitas": "",
        "marital": {1: "Belum Kawin", 2: "Kawin", 3: "Cerai Hidup", 4: "Cerai Mati"}[person.marital],
        "status_bekerja": "Bekerja" if account.is_working else "Tidak Bekerja",
        "status_pencaker": "Aktif" if account.is_active else "Tidak Aktif",
        "tanggal_perubahan_status_pencaker": account.reported_on.isoformat(),
        "tanggal_daftar": account.registered_on.isoformat(),
        "tanggal_kedaluwarsa": (account.registered_on + timedelta(days=730)).isoformat(),
        "status_profil": "Lengkap",
        "pendidikan": _seeker_education(person.education),
        "jurusan": "",
        "lembaga_pendidikan": "",
        "pengalaman": "",
        "durasi_pengalaman": "",
        "sertifikasi": "",
        "lembaga": "",
        "progpel": "",
        "keahlian": "",
        "rencana_kerja_luar_negeri": "Tidak",
        "negara_tujuan": "",
        "lamaran_diajukan": 0,
        "tahun_input": account.registered_on.year,
        "catatan": "DATA BUATAN",
    }


def _seeker_education(code: int) -> str:
    return {
        1: "Tidak Sekolah",
        2: "Tidak Tamat SD",
        3: "SD",
        4: "SMP",
        5: "SMA",
        6: "D2",
        7: "D3",
        8: "S1",
        9: "S2",
    }.get(code, "S3")


JOBS = (
    ("Operator Produksi", "Produksi", "Pengolahan", "SMA atau Sederajat", 20),
    ("Tenaga Penjualan", "Penjualan", "Perdagangan", "SMA atau Sederajat", 20),
    ("Perawat", "Kesehatan", "Jasa Kesehatan", "Diploma", 40),
    ("Guru Sekolah Dasar", "Pendidikan", "Pendidikan", "Sarjana", 50),
    ("Juru Las", "Produksi", "Konstruksi", "SMK", 30),
    ("Pramusaji", "Perhotelan", "Akomodasi dan Makan Minum", "SMA atau Sederajat", 20),
    ("Pengemudi", "Transportasi", "Angkutan", "SMP atau Sederajat", 10),
    ("Staf Administrasi", "Administrasi", "Jasa Perusahaan", "SMA atau Sederajat", 20),
    ("Pekerja Kebun", "Pertanian", "Pertanian", "SMP atau Sederajat", 10),
    ("Teknisi Listrik", "Teknik", "Listrik dan Gas", "SMK", 30),
)


def _write_vacancies(path: Path, chance: Random, villages: Sequence[Village], as_of: date) -> None:
    data = []
    for number in range(1, 121):
        title, function, industry, education, level = chance.choice(JOBS)
        village = chance.choice(list(villages))
        published = as_of - timedelta(days=chance.randrange(1, 60))
        quota = chance.choice((1, 1, 2, 3, 5, 10))
        used = chance.randrange(0, quota + 1)
        shows_salary = chance.random() < 0.55
        restricted = chance.random() < 0.3
        data.append(
            {
                "id": f"00000000-0000-4000-8000-{number:012d}",
                "employer_id": f"00000000-0000-4000-9000-{chance.randrange(1, 40):012d}",
                "title": title,
                "status": "open",
                "quota": quota,
                "usage_quota": used,
                "available_quota": quota - used,
                "published_at": f"{published.isoformat()}T01:00:00.000Z",
                "expires_at": f"{(published + timedelta(days=chance.choice((30, 60, 90)))).isoformat()}T16:59:59.000Z",
                "description": f"<p>{NOTICE}</p>",
                "qualification": "",
                "show_salary": shows_salary,
                "min_salary_amount": chance.randrange(18, 30) * 100_000 if shows_salary else 0,
                "max_salary_amount": chance.randrange(30, 60) * 100_000 if shows_salary else 0,
                "gender": chance.choice(("male", "female")) if restricted and chance.random() < 0.4 else None,
                "physical_condition": "normal" if restricted else None,
                "marital_status": None,
                "min_year_experience": chance.choice((0, 0, 1, 2)),
                "min_age": 18,
                "max_age": 35 if restricted else None,
                "job_type": chance.choice(("Full time", "Contract")),
                "job_function_id": 1,
                "job_function_name": function,
                "min_education": {"name": education, "level": level},
                "region": _vacancy_region(chance, village),
                "locations": [],
                "skills": [],
                "employer": {"name": "PT Contoh (data buatan)", "employerable": {"industry": {"name": industry}}},
                "platform_type": "internal",
                "platform_link": None,
            }
        )
    envelope = {
        "meta": {"current_page": 1, "per_page": len(data), "total": len(data), "catatan": NOTICE},
        "links": {},
        "data": data,
    }
    path.write_text(json.dumps(envelope, ensure_ascii=False, indent=1), encoding="utf-8")


def _vacancy_region(chance: Random, village: Village) -> dict[str, Any]:
    code = village.code.replace(".", "")
    if chance.random() < 0.35:
        return {
            "regionable_type": "city",
            "regionable": {"name": village.regency, "code": code[:4], "province": village.province},
        }
    return {
        "regionable_type": "village",
        "regionable": {
            "name": village.name, "code": code, "sub_district": village.district, "city": village.regency,
            "province": village.province, "latitude": None, "longitude": None,
        },
    }  # fmt: skip


def _trainings(chance: Random, villages: Sequence[Village], as_of: date) -> list[dict[str, object]]:
    regency = villages[0].code[:5]
    courses = (("Las SMAW", "Teknik Las"), ("Menjahit Pakaian", "Garmen"), ("Instalasi Listrik", "Listrik"),
               ("Pengolahan Hasil Pertanian", "Pertanian"), ("Operator Komputer", "TIK"))  # fmt: skip
    rows: list[dict[str, object]] = []
    for number in range(1, 13):
        title, field_name = chance.choice(courses)
        starts = as_of + timedelta(days=chance.randrange(-60, 90))
        seats = chance.choice((16, 20, 32))
        rows.append(
            {
                "id_pelatihan": f"PL{number:06d}",
                "judul": title,
                "kejuruan": field_name,
                "lembaga": "BLK Contoh (data buatan)",
                "kode_kab_kota": regency,
                "tanggal_mulai": starts.isoformat(),
                "tanggal_selesai": (starts + timedelta(days=30)).isoformat(),
                "kuota": seats,
                "sisa_kuota": chance.randrange(0, seats + 1),
                "catatan": "DATA BUATAN",
            }
        )
    return rows


def _certificates(chance: Random, accounts: Iterable[Account], as_of: date) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for number, account in enumerate((a for a in accounts if chance.random() < 0.07), start=1):
        issued = as_of - timedelta(days=chance.randrange(30, 1500))
        rows.append(
            {
                "id_sertifikat": f"SR{number:06d}",
                "id_pencaker": account.id,
                "skema": chance.choice(("Juru Las", "Operator Jahit", "Instalatir Listrik")),
                "jenjang_kkni": chance.choice((2, 3, 4)),
                "tanggal_terbit": issued.isoformat(),
                "tanggal_kedaluwarsa": (issued + timedelta(days=1095)).isoformat(),
                "catatan": "DATA BUATAN",
            }
        )
    return rows


def _placements(accounts: Iterable[Account]) -> list[dict[str, object]]:
    return [
        {
            "id_penempatan": f"PN{number:06d}",
            "id_pencaker": account.id,
            "id_lowongan": "",
            "tmt": account.placed_on.isoformat() if account.placed_on else "",
            "jabatan": "Operator Produksi",
            "kode_kab_kota": account.person.village.code[:5],
            "jalur": "Karirhub",
            "catatan": "DATA BUATAN",
        }
        for number, account in enumerate((a for a in accounts if a.placed_on), start=1)
    ]


def _write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]) if rows else ["catatan"])
        writer.writeheader()
        writer.writerows(rows)


# --- truth -------------------------------------------------------------------------------------


def _write_truth(
    path: Path, accounts: Iterable[Account], places: Mapping[int, tuple[str, int]], silent: set[str]
) -> None:
    """One row an account: the village and row of the file that hold its person, or nulls when none does."""
    columns: dict[str, list[Any]] = {"id_pencaker": [], "village_code": [], "source_row": []}
    for account in accounts:
        code, row = places.get(id(account.person), (None, None)) if account.is_resident else (None, None)
        is_in_a_file = code is not None and code not in silent
        columns["id_pencaker"].append(account.id)
        columns["village_code"].append(code if is_in_a_file else None)
        columns["source_row"].append(row if is_in_a_file else None)
    fields: list[tuple[str, pa.DataType]] = [
        ("id_pencaker", pa.string()),
        ("village_code", pa.string()),
        ("source_row", pa.int32()),
    ]
    schema = pa.schema(fields)
    pq.write_table(pa.table(columns, schema=schema), path)
