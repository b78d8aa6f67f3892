"""Tables of the employment side."""

from __future__ import annotations

import pyarrow as pa

from tenun.registry.table import Classification as C
from tenun.registry.table import Column, Table

S, N, D = pa.string(), pa.int32(), pa.date32()

SEEKERS_DATASET = "siapkerja__seekers"
VACANCIES_DATASET = "siapkerja__vacancies"
TRAININGS_DATASET = "siapkerja__trainings"
CERTIFICATES_DATASET = "siapkerja__certificates"
PLACEMENTS_DATASET = "siapkerja__placements"
PROFILES_DATASET = "siapkerja__profiles"
ENROLMENTS_DATASET = "siapkerja__enrolments"
LAYOFFS_DATASET = "siapkerja__layoffs"
FOLLOWUPS_DATASET = "siapkerja__placement_followups"
APPLICATIONS_DATASET = "siapkerja__applications"

SEEKERS = Table(
    name="core_siapkerja__entity_seeker",
    about_id="Pencari kerja terdaftar (AK-1), satu baris satu akun, tanpa pengenal.",
    about_en="Registered job seekers (AK-1), one row an account, without identifiers.",
    missing_en="People who look for work and never registered. Registered people may have work (Perpres 57/2023).",
    columns=(
        Column("seeker_id", S, C.ATTRIBUTE, "Nama samaran akun", "Keyed pseudonym of the account"),
        Column("village_code", S, C.ATTRIBUTE, "Kode desa menurut akun", "Village the account claims; null = unknown"),
        Column("regency_code", S, C.ATTRIBUTE, "Kode kabupaten menurut akun", "Regency the account claims, Kemendagri"),
        Column("sex", S, C.ATTRIBUTE, "Jenis kelamin", "Sex", "Sex"),
        Column("age_years", N, C.ATTRIBUTE, "Umur", "Age in full years on the snapshot's date"),
        Column("education", S, C.ATTRIBUTE, "Pendidikan tertinggi", "Highest education", "Education"),
        Column("marital_status", S, C.ATTRIBUTE, "Status perkawinan", "Marital status", "MaritalStatus"),
        Column("disability", S, C.SPECIFIC, "Disabilitas", "Disability", "Disability"),
        Column("activity", S, C.ATTRIBUTE, "Status bekerja", "Working or not, as the account says", "Activity"),
        Column("seeker_status", S, C.ATTRIBUTE, "Status pencari kerja", "Status of the account, lower case"),
        Column("registered_on", D, C.ATTRIBUTE, "Tanggal daftar", "Date registered"),
        Column("reported_on", D, C.ATTRIBUTE, "Tanggal lapor terakhir", "Date the status last changed"),
        Column("expires_on", D, C.ATTRIBUTE, "Tanggal kedaluwarsa", "Date the AK-1 card expires"),
        Column("source_row", N, C.NONE, "Baris pada berkas", "Row of the source file"),
        Column("warnings", pa.list_(S), C.NONE, "Peringatan", "Codes of the rules that warned about this row"),
    ),
)  # fmt: skip

SEEKER_IDENTIFIERS = Table(
    name="core_siapkerja__identifier_seeker",
    about_id="Pengenal pencari kerja. Tersegel; dibuka hanya untuk pemadanan.",
    about_en="Identifiers of job seekers. Sealed; opened for linkage alone.",
    missing_en="The flat AK-1 extract may leave out name and birth date: then those cells are empty.",
    columns=(
        Column("seeker_id", S, C.ATTRIBUTE, "Nama samaran akun", "Pseudonym, joins core_siapkerja__entity_seeker"),
        Column("nik", S, C.IDENTIFIER, "NIK", "NIK: 16 digits as cleaned, or null"),
        Column("nik_class", S, C.ATTRIBUTE, "Golongan NIK", "Class of the NIK (registry.identifiers.NikClass)"),
        Column("full_name", S, C.IDENTIFIER, "Nama lengkap", "Full name as written"),
        Column("birth_place", S, C.IDENTIFIER, "Tempat lahir", "Birth place as written"),
        Column("birth_date", D, C.IDENTIFIER, "Tanggal lahir", "Birth date"),
        Column("address", S, C.IDENTIFIER, "Alamat", "Address as written"),
    ),
)  # fmt: skip

VACANCIES = Table(
    name="core_siapkerja__entity_vacancy",
    about_id="Lowongan Karirhub.",
    about_en="Vacancies of Karirhub.",
    missing_en="Vacancies that employers do not report, and informal work.",
    columns=(
        Column("vacancy_id", S, C.NONE, "Nomor lowongan", "Identifier of the vacancy"),
        Column("title", S, C.NONE, "Judul", "Title"),
        Column("status", S, C.NONE, "Status", "open or closed, as served"),
        Column("village_code", S, C.NONE, "Kode desa", "Village, Kemendagri; null when the employer gave a city"),
        Column("regency_code", S, C.NONE, "Kode kabupaten", "Regency, Kemendagri; null = not known"),
        Column("latitude", pa.float64(), C.NONE, "Lintang", "Latitude"),
        Column("longitude", pa.float64(), C.NONE, "Bujur", "Longitude"),
        Column("quota", N, C.NONE, "Kuota", "Places offered"),
        Column("available_quota", N, C.NONE, "Kuota tersisa", "Places still open"),
        Column("published_on", D, C.NONE, "Tanggal terbit", "Date published"),
        Column("expires_on", D, C.NONE, "Tanggal berakhir", "Date it expires"),
        Column("min_education", S, C.NONE, "Pendidikan minimal", "Least education asked", "Education"),
        Column("min_experience_years", N, C.NONE, "Pengalaman minimal", "Least experience, years"),
        Column("salary_min", pa.int64(), C.NONE, "Upah terendah", "Lowest pay, Rp a month; null when hidden"),
        Column("salary_max", pa.int64(), C.NONE, "Upah tertinggi", "Highest pay, Rp a month; null when hidden"),
        Column("job_function", S, C.NONE, "Fungsi pekerjaan", "Job function as served"),
        Column("job_type", S, C.NONE, "Jenis pekerjaan", "Full time, contract ..."),
        Column("industry", S, C.NONE, "Lapangan usaha", "Industry of the employer as served"),
        Column("skills", pa.list_(S), C.NONE, "Keterampilan", "Skill keys"),
        Column("restrictive_terms", pa.list_(S), C.NONE, "Syarat terbatas", "Terms on age, sex, marriage, body"),
    ),
)

TRAININGS = Table(
    name="core_siapkerja__entity_training",
    about_id="Pelatihan Skillhub.",
    about_en="Training courses of Skillhub.",
    missing_en="Training outside the manpower ministry.",
    columns=(
        Column("training_id", S, C.NONE, "Nomor pelatihan", "Identifier of the course"),
        Column("title", S, C.NONE, "Judul", "Title"),
        Column("field", S, C.NONE, "Kejuruan", "Vocational field"),
        Column("provider", S, C.NONE, "Lembaga", "Training centre"),
        Column("regency_code", S, C.NONE, "Kode kabupaten", "Regency, Kemendagri"),
        Column("starts_on", D, C.NONE, "Mulai", "First day"),
        Column("ends_on", D, C.NONE, "Selesai", "Last day"),
        Column("seats", N, C.NONE, "Kursi", "Seats"),
        Column("seats_open", N, C.NONE, "Kursi tersisa", "Seats still open"),
    ),
)

CERTIFICATES = Table(
    name="core_siapkerja__event_certificate",
    about_id="Sertifikat kompetensi per akun.",
    about_en="Competence certificates by account.",
    missing_en="Certificates issued outside Sertihub.",
    columns=(
        Column("certificate_id", S, C.ATTRIBUTE, "Nama samaran sertifikat", "Keyed pseudonym of the certificate"),
        Column("seeker_id", S, C.ATTRIBUTE, "Nama samaran akun", "Joins core_siapkerja__entity_seeker"),
        Column("scheme", S, C.ATTRIBUTE, "Skema", "Certification scheme"),
        Column("level", N, C.ATTRIBUTE, "Jenjang KKNI", "KKNI level 1 to 9"),
        Column("issued_on", D, C.ATTRIBUTE, "Terbit", "Date issued"),
        Column("expires_on", D, C.ATTRIBUTE, "Kedaluwarsa", "Date it expires"),
    ),
)

PLACEMENTS = Table(
    name="core_siapkerja__event_placement",
    about_id="Penempatan kerja per akun.",
    about_en="Placements into work by account.",
    missing_en="Work found without SIAPKerja, and placements that employers did not report.",
    columns=(
        Column("placement_id", S, C.ATTRIBUTE, "Nama samaran penempatan", "Keyed pseudonym of the placement"),
        Column("seeker_id", S, C.ATTRIBUTE, "Nama samaran akun", "Joins core_siapkerja__entity_seeker"),
        Column("vacancy_id", S, C.NONE, "Nomor lowongan", "Vacancy that was filled, if told"),
        Column("started_on", D, C.ATTRIBUTE, "Mulai bekerja", "First day at work (TMT)"),
        Column("occupation", S, C.ATTRIBUTE, "Jabatan", "Occupation as reported"),
        Column("regency_code", S, C.ATTRIBUTE, "Kode kabupaten", "Regency of the work place, Kemendagri"),
        Column("channel", S, C.ATTRIBUTE, "Jalur", "How the place was found"),
    ),
)

PROFILES = Table(
    name="core_siapkerja__entity_seeker_profile",
    about_id="Profil lamaran per akun: pekerjaan dan tempat kerja yang diinginkan, keterampilan.",
    about_en="What an account says for applications: work and place wanted, skills.",
    missing_en="Accounts that never opened a profile. Skills are what the holder wrote, not tested.",
    columns=(
        Column("seeker_id", S, C.ATTRIBUTE, "Nama samaran akun", "Joins core_siapkerja__entity_seeker"),
        Column("wanted_occupation", S, C.ATTRIBUTE, "Jabatan yang diinginkan", "Occupation wanted, as written"),
        Column("wanted_regency_code", S, C.ATTRIBUTE, "Kabupaten yang diinginkan", "Regency wanted, Kemendagri"),
        Column("skills", pa.list_(S), C.ATTRIBUTE, "Keterampilan", "Skill keys; null = not asked, empty = none told"),
    ),
)

ENROLMENTS = Table(
    name="core_siapkerja__event_enrolment",
    about_id="Keikutsertaan pelatihan Skillhub per akun.",
    about_en="Enrolments in Skillhub training by account.",
    missing_en="Training outside the manpower ministry, and participants without an account.",
    columns=(
        Column("enrolment_id", S, C.ATTRIBUTE, "Nama samaran keikutsertaan", "Keyed pseudonym of the enrolment"),
        Column("seeker_id", S, C.ATTRIBUTE, "Nama samaran akun", "Joins core_siapkerja__entity_seeker"),
        Column("training_id", S, C.NONE, "Nomor pelatihan", "Joins core_siapkerja__entity_training"),
        Column("started_on", D, C.ATTRIBUTE, "Mulai ikut", "First day in training"),
        Column("ended_on", D, C.ATTRIBUTE, "Berhenti ikut", "Last day in training; null = still in it"),
        Column("has_completed", pa.bool_(), C.ATTRIBUTE, "Lulus", "Passed; null = no result told yet"),
    ),
)

LAYOFFS = Table(
    name="core_siapkerja__event_layoff",
    about_id="Pemutusan hubungan kerja (PHK) per akun, dari pelaporan dan klaim JKP.",
    about_en="Layoffs by account, from reports and claims of job-loss insurance (JKP).",
    missing_en="Layoffs nobody reported. Since 2025 published counts cover members of JKP only.",
    columns=(
        Column("layoff_id", S, C.ATTRIBUTE, "Nama samaran PHK", "Keyed pseudonym of the layoff"),
        Column("seeker_id", S, C.ATTRIBUTE, "Nama samaran akun", "Joins core_siapkerja__entity_seeker"),
        Column("laid_off_on", D, C.SPECIFIC, "Tanggal PHK", "Day the employment ended"),
        Column("reason", S, C.SPECIFIC, "Alasan", "Reason as reported"),
        Column("has_claimed", pa.bool_(), C.SPECIFIC, "Klaim JKP", "Claimed job-loss insurance; null = not known"),
    ),
)

FOLLOWUPS = Table(
    name="core_siapkerja__event_placement_followup",
    about_id="Tindak lanjut penempatan: apakah yang ditempatkan masih bekerja pada tanggal ditanya.",
    about_en="Follow-up of placements: whether the person placed was still at work on the day of asking.",
    missing_en="Placements that nobody asked about afterwards.",
    columns=(
        Column("placement_id", S, C.ATTRIBUTE, "Nama samaran penempatan", "Joins core_siapkerja__event_placement"),
        Column("asked_on", D, C.ATTRIBUTE, "Tanggal ditanya", "Day of asking"),
        Column("is_employed", pa.bool_(), C.ATTRIBUTE, "Masih bekerja", "Still at work there; null = no answer"),
    ),
)

APPLICATIONS = Table(
    name="core_siapkerja__event_application",
    about_id="Lamaran pada lowongan Karirhub per akun.",
    about_en="Applications to vacancies of Karirhub by account.",
    missing_en="Applications made elsewhere: on the pages of partner portals, by letter or in person.",
    columns=(
        Column("application_id", S, C.ATTRIBUTE, "Nama samaran lamaran", "Keyed pseudonym of the application"),
        Column("seeker_id", S, C.ATTRIBUTE, "Nama samaran akun", "Joins core_siapkerja__entity_seeker"),
        Column("vacancy_id", S, C.NONE, "Nomor lowongan", "Joins core_siapkerja__entity_vacancy"),
        Column("applied_on", D, C.ATTRIBUTE, "Tanggal melamar", "Day of applying"),
    ),
)
