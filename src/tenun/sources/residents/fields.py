"""The fields of a resident that we read, and every heading that village files have for them.

One table for all flat files: the generations of OpenSID (2016 to 2026), exports to OpenDK, dumps of the
village database, SIAK. A heading that means different things in different files ("Status") is left to
its reader.
"""

from __future__ import annotations

from enum import StrEnum


class Field(StrEnum):
    NAME = "name"
    NIK = "nik"
    FAMILY_CARD = "family_card"
    FAMILY_REF = "family_ref"
    """The family's number in a database dump, where the card's own number is in another table."""
    HOUSEHOLD_ROLE = "household_role"
    SEX = "sex"
    BIRTH_PLACE = "birth_place"
    BIRTH_DATE = "birth_date"
    EDUCATION = "education"
    SCHOOLING = "schooling"
    OCCUPATION = "occupation"
    ACTIVITY = "activity"
    MARITAL_STATUS = "marital_status"
    CITIZENSHIP = "citizenship"
    LIFE_STATUS = "life_status"
    DISABILITY = "disability"
    JOB_SOCIAL_SECURITY = "job_social_security"
    MIGRANT_WORK = "migrant_work"
    FATHER_NAME = "father_name"
    MOTHER_NAME = "mother_name"
    ADDRESS = "address"
    HAMLET = "hamlet"
    RW = "rw"
    RT = "rt"
    VILLAGE = "village"
    """The village as the row itself says it: never trusted, only compared."""


WHO = (Field.NAME, Field.NIK, Field.FAMILY_CARD, Field.BIRTH_DATE)
"""Without any of these a row is about nobody."""

_SPELLINGS: dict[Field, tuple[str, ...]] = {
    Field.NAME: ("nama", "nama_lengkap", "nama_penduduk"),
    Field.NIK: ("nik", "nomor_nik", "no_nik"),
    Field.FAMILY_CARD: ("no_kk", "nomor_kk", "nomor_kartu_keluarga", "no_kartu_keluarga"),
    Field.FAMILY_REF: ("id_kk",),
    Field.HOUSEHOLD_ROLE: (
        "kk_level", "hub_keluarga", "hubungan_keluarga", "hub_kel", "shdk", "status_hubungan_dalam_keluarga",
    ),
    Field.SEX: ("sex", "jenis_kelamin", "kelamin", "jk"),
    Field.BIRTH_PLACE: ("tempatlahir", "tempat_lahir", "tmpt_lhr"),
    Field.BIRTH_DATE: ("tanggallahir", "tanggal_lahir", "tgl_lhr", "tgl_lahir"),
    Field.EDUCATION: (
        "pendidikan_kk_id", "pendidikan_dlm_kk", "pendidikan_dalam_kk", "pendidikan_kk", "pendidikan",
        "pendidikan_terakhir",
    ),
    Field.SCHOOLING: (
        "pendidikan_sedang_id", "pendidikan_sdg_ditempuh", "pendidkan_sedang_ditempuh", "pendidikan_sedang_ditempuh",
    ),
    Field.OCCUPATION: ("pekerjaan_id", "pekerjaan"),
    Field.MARITAL_STATUS: ("status_kawin", "kawin", "status_perkawinan", "stat_kwn"),
    Field.CITIZENSHIP: ("warganegara_id", "warga_negara_id", "kewarganegaraan", "warganegara"),
    Field.LIFE_STATUS: ("status_dasar",),
    Field.DISABILITY: ("cacat_id", "cacat"),
    Field.JOB_SOCIAL_SECURITY: ("bpjs_ketenagakerjaan",),
    Field.MIGRANT_WORK: ("pekerja_migran", "pekerja_migran_id"),
    Field.FATHER_NAME: ("nama_ayah", "ayah"),
    Field.MOTHER_NAME: ("nama_ibu", "ibu"),
    Field.ADDRESS: ("alamat", "alamat_sekarang"),
    Field.HAMLET: ("dusun", "nama_dusun"),
    Field.RW: ("rw",),
    Field.RT: ("rt",),
    Field.VILLAGE: ("desa_id", "kode_desa"),
}  # fmt: skip

HEADINGS: dict[str, str] = {
    spelling.replace("_", ""): str(field) for field, spellings in _SPELLINGS.items() for spelling in spellings
}

# Two headings of one file may mean the same; the better one comes first in its row above.
PREFERENCE: dict[str, int] = {
    spelling.replace("_", ""): rank for spellings in _SPELLINGS.values() for rank, spelling in enumerate(spellings)
}
