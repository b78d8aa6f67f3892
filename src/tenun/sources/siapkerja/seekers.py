"""Registered job seekers: the flat AK-1 extract of `contracts/seekers.odcs.yaml`.

What a village code, a sex or an education is comes out of words that SIAPKerja never published, so
nothing is guessed: a word outside the list is unmapped, a place that is not certain stays null, and both
are told by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenun.kernel.keys import KeyProvider, pseudonym
from tenun.lake.store import Lake
from tenun.registry.identifiers import Nik, NikClass, check, read_nik
from tenun.registry.reference import code_lists
from tenun.registry.reference.code_lists import harmoniser, plain_code
from tenun.registry.reference.region import Level
from tenun.registry.reference.regions import Regions
from tenun.registry.reference.values import Activity, Disability, Education, MaritalStatus, Sex
from tenun.registry.siapkerja.tables import SEEKER_IDENTIFIERS, SEEKERS, SEEKERS_DATASET
from tenun.sources import cells, dates, rules
from tenun.sources.answers import Progress
from tenun.sources.frame import Frame
from tenun.sources.problems import Problems
from tenun.sources.report import IngestReport
from tenun.sources.residents.rules import NIK_RULES
from tenun.sources.rules import Severity
from tenun.sources.siapkerja import delivery, rows
from tenun.sources.siapkerja.delivery import Built, Kind, Request
from tenun.sources.siapkerja.extract import Extract
from tenun.sources.siapkerja.places import Places
from tenun.sources.siapkerja.rows import Row, Warnings

EXTRACT = Extract(
    name="seekers",
    columns={
        "id_pencaker": ("no_pencaker", "nomor_pencaker"),
        "nik": ("no_nik", "nomor_nik"),
        "nama": ("nama_lengkap", "nama_pencaker"),
        "tempat_lahir": (),
        "tanggal_lahir": ("tgl_lahir",),
        "provinsi": (),
        "kab_kota": ("kabupaten_kota", "kabupaten"),
        "kecamatan": (),
        "kelurahan": ("desa", "desa_kelurahan", "kelurahan_desa"),
        "alamat": (),
        "umur": ("usia",),
        "kelompok_umur": (),
        "jenis_kelamin": (),
        "kondisi_fisik": (),
        "jenis_disabilitas": (),
        "marital": ("status_perkawinan", "status_kawin"),
        "status_bekerja": (),
        "status_pencaker": (),
        "tanggal_perubahan_status_pencaker": ("tanggal_perubahan_status",),
        "tanggal_daftar": (),
        "tanggal_kedaluwarsa": ("tanggal_kadaluarsa",),
        "status_profil": (),
        "pendidikan": ("pendidikan_terakhir",),
        "jurusan": (),
        "lembaga_pendidikan": (),
        "pengalaman": (),
        "durasi_pengalaman": (),
        "sertifikasi": (),
        "lembaga": (),
        "progpel": (),
        "keahlian": (),
        "rencana_kerja_luar_negeri": (),
        "negara_tujuan": (),
        "lamaran_diajukan": (),
        "tahun_input": (),
    },
    required=("id_pencaker", "nik", "jenis_kelamin"),
)
RECIPE = "seekers/1"
AGE_MAX = 120

SEX_CODE_UNCLEAR = rules.define(
    "seekers.sex_code_unclear",
    Severity.WARN,
    text_id="Kode jenis kelamin tidak dapat dipastikan: 1 berarti laki-laki di satu daftar, perempuan di daftar lain.",
    text_en="The sex code cannot be settled: 1 is a man in one list and a woman in another.",
    remedy_id="Tulis Laki-laki atau Perempuan.",
    remedy_en="Write Laki-laki or Perempuan.",
)
AGE_UNLIKE_BIRTH_DATE = rules.define(
    "seekers.age_unlike_birth_date",
    Severity.WARN,
    text_id="Umur berbeda lebih dari satu tahun dari umur menurut tanggal lahir; tanggal lahir yang dipakai.",
    text_en="The age differs by more than a year from the age by the birth date; the birth date is used.",
    remedy_id="Perbaiki tanggal lahir pada akun.",
    remedy_en="Correct the birth date in the account.",
)
NIK_IN_TWO_ACCOUNTS = rules.define(
    "seekers.nik_in_two_accounts",
    Severity.WARN,
    text_id="NIK ini dipakai lebih dari satu akun; semua akun disimpan.",
    text_en="More than one account carries this NIK; all of them are kept.",
    remedy_id="Gabungkan akun-akun itu di SIAPKerja, atau perbaiki NIK yang salah.",
    remedy_en="Merge the accounts in SIAPKerja, or correct the wrong NIK.",
)

_COLUMN_OF_LEVEL = {
    Level.PROVINCE: "provinsi",
    Level.REGENCY: "kab_kota",
    Level.DISTRICT: "kecamatan",
    Level.VILLAGE: "kelurahan",
}


def ingest(
    lake: Lake,
    keys: KeyProvider,
    paths: Sequence[Path],
    *,
    area: str | None,
    as_of: date | None,
    regions: Regions,
    invented: bool = False,
    report_folder: Path,
    progress: Progress | None = None,
    today: date | None = None,
) -> IngestReport:
    """Bring job seekers in: all files are one delivery, in place of the last one of that area.

    Raises a `TenunError` when a file as a whole cannot be used; then nothing was published.
    """
    return delivery.bring_in_extract(
        lake,
        EXTRACT,
        Kind(SEEKERS_DATASET, RECIPE, EXTRACT.format, {**regions.editions(), **code_lists.editions("siapkerja")}),
        Request(paths, area, as_of, report_folder, invented, progress, today),
        build=lambda frames, day, problems: _build(frames, day, problems, keys.secret("seeker"), regions),
    )


def _build(frames: Sequence[Frame], day: date, problems: Problems, key: bytes, regions: Regions) -> Built:
    places = Places.of(regions)
    found: list[Row] = []
    for frame in frames:
        found += _rows(frame, Warnings(frame, problems), day, key, regions, places)
    kept, duplicates = rows.latest(found, field="id_pencaker")
    _tell_shared_niks(kept)
    for row in kept:
        row.values["warnings"] = row.warnings.of(row.index)
    unresolved = sum(row.values["is_village_written"] and row.values["village_code"] is None for row in kept)
    return delivery.built(
        frames,
        {"seekers": _table(kept, SEEKERS), "identifiers": _table(kept, SEEKER_IDENTIFIERS)},
        accepted=len(found),
        duplicates=duplicates,
        counts={
            "seekers": len(kept),
            "villages": len({row.values["village_code"] for row in kept} - {None}),
            "unresolved_villages": unresolved,
            "without_village": sum(not row.values["is_village_written"] for row in kept),
        },
        sealed_tables=("identifiers",),
    )


def _rows(frame: Frame, warnings: Warnings, day: date, key: bytes, regions: Regions, places: Places) -> list[Row]:
    identities = rows.texts(frame, "id_pencaker")
    born = rows.days(frame, "tanggal_lahir", warnings, until=day)
    registered = rows.days(frame, "tanggal_daftar", warnings, until=day)
    expires = rows.days(frame, "tanggal_kedaluwarsa", warnings)
    sexes = _sexes(frame, warnings)
    columns: dict[str, Sequence[Any]] = {
        "sex": sexes,
        "age_years": _ages(frame, born, day, warnings),
        "education": rows.harmonised(
            frame, "pendidikan", harmoniser("siapkerja", "education"), warnings, unmapped=Education.UNMAPPED
        ),
        "marital_status": rows.harmonised(
            frame, "marital", harmoniser("siapkerja", "marital_status"), warnings, unmapped=MaritalStatus.UNMAPPED
        ),
        "disability": _disabilities(frame, warnings),
        "activity": rows.harmonised(
            frame, "status_bekerja", harmoniser("siapkerja", "activity"), warnings, unmapped=Activity.UNMAPPED
        ),
        "seeker_status": [text.lower() if text else None for text in rows.texts(frame, "status_pencaker")],
        "registered_on": registered,
        "reported_on": rows.days(frame, "tanggal_perubahan_status_pencaker", warnings, until=day),
        "expires_on": rows.refuse_reversed(registered, expires, warnings, field="tanggal_kedaluwarsa"),
        "source_row": frame.rows,
        "full_name": rows.texts(frame, "nama"),
        "birth_place": rows.texts(frame, "tempat_lahir"),
        "birth_date": born,
        "address": rows.texts(frame, "alamat"),
        **_homes(frame, places, warnings),
        **_niks(frame, sexes, born, regions, warnings),
    }
    found = []
    for index, identity in enumerate(identities):
        if identity is None:
            warnings.add(rows.REQUIRED_EMPTY, index=index, field="id_pencaker")
            continue
        values = {name: column[index] for name, column in columns.items()}
        values["seeker_id"] = pseudonym(key, identity)
        rank = (values["reported_on"] or date.min, values["registered_on"] or date.min)
        found.append(Row(warnings, index, identity, rank, values))
    return found


def _table(kept: Sequence[Row], table: Any) -> pa.Table:
    return pa.table({name: [row.values[name] for row in kept] for name in table.names()}, schema=table.schema())


# --- columns -----------------------------------------------------------------------------------


def _sexes(frame: Frame, warnings: Warnings) -> list[str]:
    """Words as they are; codes by the list that all codes of the column fit together.

    Dukcapil writes 1 and 2, WLKP 0 and 1. A column with a 2 is the first, one with a 0 the second; with
    neither of them, or both, a 1 is anybody's guess.
    """
    column = frame.columns["jenis_kelamin"]
    codes = {code for cell in column if (code := plain_code(cell)) in ("0", "1", "2")}
    by_words = harmoniser("siapkerja", "sex")
    by_codes = None
    if ("2" in codes) != ("0" in codes):
        by_codes = harmoniser("opensid" if "2" in codes else "wlkp", "sex")
    found = []
    for index, cell in enumerate(column):
        is_code = plain_code(cell).isdigit()
        if is_code and by_codes is None:
            warnings.add(SEX_CODE_UNCLEAR, index=index, field="jenis_kelamin")
            found.append(str(Sex.UNMAPPED))
            continue
        value = by_codes(cell) if is_code and by_codes is not None else by_words(cell)
        if value == Sex.UNMAPPED:
            warnings.add(rows.UNMAPPED, index=index, field="jenis_kelamin")
        found.append(str(value))
    return found


def _ages(frame: Frame, born: Sequence[date | None], day: date, warnings: Warnings) -> list[int | None]:
    given = rows.numbers(frame, "umur", warnings, low=0, high=AGE_MAX)
    ages = [None if each is None else dates.age_years(each, day) for each in born]
    for index, (by_date, by_word) in enumerate(zip(ages, given, strict=True)):
        # The extract's own age is of the day it was made, up to a year of which may have passed.
        if by_date is not None and by_word is not None and not 0 <= by_date - by_word + 1 <= 2:
            warnings.add(AGE_UNLIKE_BIRTH_DATE, index=index, field="umur")
    return [by_word if by_date is None else by_date for by_date, by_word in zip(ages, given, strict=True)]


def _disabilities(frame: Frame, warnings: Warnings) -> list[str]:
    """The kind where one is given, else what the physical condition says."""
    read = harmoniser("siapkerja", "disability")
    kinds = rows.harmonised(frame, "jenis_disabilitas", read, warnings, unmapped=Disability.UNMAPPED)
    conditions = rows.harmonised(frame, "kondisi_fisik", read, warnings, unmapped=Disability.UNMAPPED)
    tells_nothing = {str(Disability.MISSING), str(Disability.NONE)}
    return [
        condition if kind in tells_nothing and condition != str(Disability.MISSING) else kind
        for kind, condition in zip(kinds, conditions, strict=True)
    ]


def _homes(frame: Frame, places: Places, warnings: Warnings) -> Mapping[str, Sequence[Any]]:
    cells_of = [rows.texts(frame, column) for column in _COLUMN_OF_LEVEL.values()]
    villages, regencies = [], []
    for index, (province, regency, district, village) in enumerate(zip(*cells_of, strict=True)):
        found = places.find(province=province, regency=regency, district=district, village=village)
        if found.rule is not None and found.level is not None:
            warnings.add(found.rule, index=index, field=_COLUMN_OF_LEVEL[found.level])
        villages.append(found.at(Level.VILLAGE))
        regencies.append(found.at(Level.REGENCY))
    return {
        "village_code": villages,
        "regency_code": regencies,
        "is_village_written": [village is not None for village in cells_of[-1]],
    }


def _niks(
    frame: Frame, sexes: Sequence[str], born: Sequence[date | None], regions: Regions, warnings: Warnings
) -> Mapping[str, Sequence[Any]]:
    niks: list[Nik] = []
    for index, cell in enumerate(frame.columns["nik"]):
        nik = read_nik(cells.text(cell) if isinstance(cell, str) else cell)
        is_valid = nik.nik_class is NikClass.VALID
        odd = check(nik, sex=Sex(sexes[index]), birth_date=born[index], regions=regions) if is_valid else ()
        for code in (*(() if is_valid else (nik.nik_class,)), *nik.warnings, *odd):
            warnings.add(NIK_RULES[code], index=index, field="nik")
        niks.append(nik)
    return {
        "nik": [nik.digits if nik.is_usable else None for nik in niks],
        "nik_class": [str(nik.nik_class) for nik in niks],
    }


def _tell_shared_niks(kept: Sequence[Row]) -> None:
    by_nik: dict[str, list[Row]] = {}
    for row in kept:
        if row.values["nik_class"] == NikClass.VALID:
            by_nik.setdefault(row.values["nik"], []).append(row)
    for sharing in by_nik.values():
        for row in sharing if len(sharing) > 1 else ():
            row.warnings.add(NIK_IN_TWO_ACCOUNTS, index=row.index, field="nik")
