"""Tables of the village side."""

from __future__ import annotations

import pyarrow as pa

from tenun.registry.table import Classification as C
from tenun.registry.table import Column, Table

S, N, D = pa.string(), pa.int32(), pa.date32()

DATASET = "sid__residents"
SURVEY_DATASET = "sid__survey"

PERSONS = Table(
    name="core_sid__entity_person",
    about_id="Warga desa menurut register desa, satu baris satu orang, tanpa pengenal.",
    about_en="Residents as the village register has them, one row a person, without identifiers.",
    missing_en=(
        "People who live in a village and are not in its register; in turn, people long gone may still be in it. "
        "Occupation and education are those of the family card, changed years late."
    ),
    columns=(
        Column("person_id", S, C.ATTRIBUTE, "Nama samaran orang", "Keyed pseudonym of the person in this village"),
        Column("village_code", S, C.ATTRIBUTE, "Kode desa (Kemendagri)", "Village code, Kemendagri, dotted"),
        Column("family_id", S, C.ATTRIBUTE, "Nama samaran keluarga", "Keyed pseudonym of the family card"),
        Column("household_role", S, C.ATTRIBUTE, "Hubungan dalam keluarga", "Role in the family", "HouseholdRole"),
        Column("sex", S, C.ATTRIBUTE, "Jenis kelamin", "Sex", "Sex"),
        Column("age_years", N, C.ATTRIBUTE, "Umur pada tanggal potret", "Age in full years on the snapshot's date"),
        Column("education", S, C.ATTRIBUTE, "Pendidikan tertinggi", "Highest education completed", "Education"),
        Column("in_school", pa.bool_(), C.ATTRIBUTE, "Sedang bersekolah", "Attends school now; null = not known"),
        Column("activity", S, C.ATTRIBUTE, "Kegiatan tercatat", "Recorded activity", "Activity"),
        Column("occupation", S, C.ATTRIBUTE, "Kelompok pekerjaan", "Occupation group", "Occupation"),
        Column("occupation_code", S, C.ATTRIBUTE, "Kode pekerjaan sumber", "Occupation as coded by the source"),
        Column("marital_status", S, C.ATTRIBUTE, "Status perkawinan", "Marital status", "MaritalStatus"),
        Column("life_status", S, C.ATTRIBUTE, "Status dasar", "Life and residence status", "LifeStatus"),
        Column("citizenship", S, C.ATTRIBUTE, "Kewarganegaraan", "Citizenship", "Citizenship"),
        Column("disability", S, C.SPECIFIC, "Disabilitas", "Disability", "Disability"),
        Column(
            "job_social_security", S, C.ATTRIBUTE, "Jaminan sosial ketenagakerjaan", "Job social security",
            "JobSocialSecurity",
        ),
        Column("source_row", N, C.NONE, "Baris pada berkas", "Row of the source file, as a spreadsheet numbers it"),
        Column("warnings", pa.list_(S), C.NONE, "Peringatan", "Codes of the rules that warned about this row"),
    ),
)  # fmt: skip

PERSON_IDENTIFIERS = Table(
    name="core_sid__identifier_person",
    about_id="Pengenal warga desa. Tersegel; dibuka hanya untuk pemadanan dan pertukaran.",
    about_en="Identifiers of residents. Sealed; opened for linkage and exchange alone.",
    missing_en="Persons whose register entry has neither NIK nor birth date keep empty cells here.",
    columns=(
        Column("person_id", S, C.ATTRIBUTE, "Nama samaran orang", "Keyed pseudonym, joins core_sid__entity_person"),
        Column("nik", S, C.IDENTIFIER, "NIK", "NIK: 16 digits as cleaned, or null"),
        Column("nik_class", S, C.ATTRIBUTE, "Golongan NIK", "Class of the NIK (registry.identifiers.NikClass)"),
        Column("family_card", S, C.IDENTIFIER, "Nomor KK", "Family card number, 16 digits, or null"),
        Column("full_name", S, C.IDENTIFIER, "Nama lengkap", "Full name as written"),
        Column("birth_place", S, C.IDENTIFIER, "Tempat lahir", "Birth place as written"),
        Column("birth_date", D, C.IDENTIFIER, "Tanggal lahir", "Birth date"),
        Column("father_name", S, C.IDENTIFIER, "Nama ayah", "Father's name as written"),
        Column("mother_name", S, C.IDENTIFIER, "Nama ibu", "Mother's name as written"),
        Column("address", S, C.IDENTIFIER, "Alamat", "Address as written"),
        Column("hamlet", S, C.IDENTIFIER, "Dusun", "Dusun, upper case, without the word"),
        Column("rw", S, C.IDENTIFIER, "RW", "RW with its leading zeros"),
        Column("rt", S, C.IDENTIFIER, "RT", "RT with its leading zeros"),
    ),
)  # fmt: skip

VILLAGE_INDEX = Table(
    name="core_sid__yearly_village_index",
    about_id="Indeks Desa Membangun (IDM) per desa dan tahun, seperti dijawab layanan Kemendesa.",
    about_en="Village development index (IDM) by village and year, as Kemendesa's service answers it.",
    missing_en="Villages whose code the service did not know, and years after 2024 (IDM ended).",
    columns=(
        Column("village_code", S, C.NONE, "Kode desa (Kemendagri)", "Village code, Kemendagri, dotted"),
        Column("year", N, C.NONE, "Tahun", "Year of the index"),
        Column("score", pa.float64(), C.NONE, "Skor", "Score, 0 to 1"),
        Column("status", S, C.NONE, "Status", "Status as published (MANDIRI ... SANGAT TERTINGGAL)"),
        Column("social", pa.float64(), C.NONE, "IKS", "Social resilience index"),
        Column("economic", pa.float64(), C.NONE, "IKE", "Economic resilience index"),
        Column("ecological", pa.float64(), C.NONE, "IKL", "Ecological resilience index"),
    ),
)

VILLAGE_SDGS = Table(
    name="core_sid__village_sdgs",
    about_id="Skor SDGs Desa per desa dan tujuan. Kode sumber adalah kode BPS, dijembatani ke Kemendagri.",
    about_en="SDGs Desa scores by village and goal. The source's code is BPS's, bridged to Kemendagri.",
    missing_en="Villages that answer 0.00 (no data), and villages whose BPS code has no certain counterpart.",
    columns=(
        Column("village_code", S, C.NONE, "Kode desa (Kemendagri)", "Village code, Kemendagri, dotted"),
        Column("bps_code", S, C.NONE, "Kode desa (BPS)", "Village code of BPS, 10 digits"),
        Column("goal", N, C.NONE, "Tujuan", "Goal 1 to 18; 0 = average of all"),
        Column("score", pa.float64(), C.NONE, "Skor", "Score 0 to 100; null = no data"),
    ),
)

SURVEY = Table(
    name="core_sid__survey_person",
    about_id="Jawaban pendataan (Regsosek 2022, rincian 404 sampai 431f) per orang, tanpa pengenal.",
    about_en="Answers to the household survey (Regsosek 2022, questions 404 to 431f) by person, without identifiers.",
    missing_en="Residents nobody asked, and whoever came after the survey. Nobody was asked about looking for work.",
    columns=(
        Column("person_id", S, C.ATTRIBUTE, "Nama samaran orang", "Joins core_sid__entity_person"),
        Column("village_code", S, C.ATTRIBUTE, "Kode desa (Kemendagri)", "Village code, Kemendagri, dotted"),
        Column("surveyed_on", D, C.ATTRIBUTE, "Tanggal pendataan", "Day of the survey"),
        Column(
            "residence", S, C.ATTRIBUTE, "Keberadaan (404)",
            "Where the person is (404): here, elsewhere, abroad, dead, not_found",
        ),
        Column("schooling", S, C.ATTRIBUTE, "Partisipasi sekolah (412)", "School attendance (412)", "SchoolAttendance"),
        Column("worked_last_week", pa.bool_(), C.ATTRIBUTE, "Bekerja seminggu lalu (416a)", "Worked last week (416a)"),
        Column("hours", N, C.ATTRIBUTE, "Jam kerja seminggu lalu (416b)", "Hours worked last week (416b)"),
        Column("industry", N, C.ATTRIBUTE, "Lapangan usaha (417)", "Industry of the main job (417), code 1 to 26"),
        Column("employment_status", S, C.ATTRIBUTE, "Kedudukan dalam pekerjaan (418)", "Status in employment (418)",
               "EmploymentStatus"),
        Column("own_business", pa.bool_(), C.ATTRIBUTE, "Memiliki usaha sendiri (420a)", "Has a business (420a)"),
        Column("paid_workers", N, C.ATTRIBUTE, "Pekerja dibayar (422)", "Paid workers of that business (422)"),
        Column("unpaid_workers", N, C.ATTRIBUTE, "Pekerja tidak dibayar (423)", "Unpaid workers (423)"),
        Column(
            "functional_difficulty", pa.bool_(), C.SPECIFIC, "Kesulitan fungsional (428a-i)",
            "A lot of difficulty, or unable, in any of 428a to 428i",
        ),
        Column("job_social_security", S, C.ATTRIBUTE, "Jaminan sosial ketenagakerjaan (431f)",
               "Job social security (431f)", "JobSocialSecurity"),
    ),
)  # fmt: skip
