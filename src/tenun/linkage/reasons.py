# ruff: noqa: E501 (a table of words reads best with one entry a line)
"""The words for the codes that a crosswalk gives as reasons, for pages and reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    id: str
    en: str


REASONS: dict[str, Words] = {
    "nik_missing": Words("NIK tidak ada atau tidak dapat dipakai", "NIK missing or unusable on a side"),
    "nik_equal": Words("NIK sama", "NIK equal"),
    "nik_date_typo": Words("NIK berbeda hanya pada tanggalnya, padahal tanggal lahir sama", "NIK differs in its date only, though the birth dates agree"),
    "nik_near_undated": Words("NIK berbeda satu digit, tanggal lahir tidak ada", "NIK differs in one digit, no birth date to tell"),
    "nik_one_digit": Words("NIK berbeda satu digit di luar tanggalnya", "NIK differs in one digit outside the date"),
    "nik_of_household": Words("NIK milik orang lain serumah", "NIK of someone else in the household"),
    "nik_same_start": Words("NIK sama pada 12 digit pertama", "NIK equal in its first 12 digits"),
    "nik_differs": Words("NIK berbeda", "NIK differs"),
    "name_missing": Words("Nama tidak ada", "Name missing on a side"),
    "name_equal": Words("Nama sama", "Name equal"),
    "name_reordered": Words("Nama sama, urutan kata lain atau tanpa nama depan umum", "Same words in another order, or without a common first name"),
    "name_near": Words("Nama hampir sama", "Name nearly equal"),
    "name_shortened": Words("Nama yang satu bagian dari yang lain", "One name is part of the other"),
    "name_similar": Words("Nama mirip", "Name similar"),
    "name_part_equal": Words("Satu kata nama berbunyi sama", "One word of the name sounds the same"),
    "name_faint": Words("Nama sedikit mirip", "Name faintly similar"),
    "name_differs": Words("Nama berbeda", "Name differs"),
    "birth_date_missing": Words("Tanggal lahir tidak ada", "Birth date missing on a side"),
    "birth_date_equal": Words("Tanggal lahir sama", "Birth date equal"),
    "birth_date_in_nik": Words("Tanggal lahir sama dengan yang ada dalam NIK", "Birth date is the one inside the NIK"),
    "birth_date_swapped": Words("Hari dan bulan lahir tertukar", "Day and month of birth swapped"),
    "birth_date_heaped": Words("Tahun lahir sama, tanggal dibulatkan 1 Januari atau 1 Juli", "Same year, one date is 1 January or 1 July"),
    "birth_date_one_digit": Words("Tanggal lahir berbeda satu digit", "Birth date differs in one digit"),
    "birth_date_other_year": Words("Hari dan bulan lahir sama, tahun lain", "Same day and month, another year"),
    "birth_date_near": Words("Tahun lahir berbeda paling banyak satu", "Birth years at most one apart"),
    "age_equal": Words("Umur sama, tanggal lahir tidak ada", "Age equal, birth date missing"),
    "birth_date_differs": Words("Tanggal lahir berbeda", "Birth date differs"),
    "sex_missing": Words("Jenis kelamin tidak ada", "Sex missing on a side"),
    "sex_equal": Words("Jenis kelamin sama", "Sex equal"),
    "sex_differs": Words("Jenis kelamin berbeda", "Sex differs"),
    "village_missing": Words("Desa tidak diketahui", "Village unknown on a side"),
    "village_equal": Words("Desa sama", "Village equal"),
    "village_differs": Words("Desa lain di kecamatan yang sama", "Another village of the same district"),
    "district_differs": Words("Kecamatan lain di kabupaten yang sama", "Another district of the same regency"),
    "regency_differs": Words("Kabupaten lain", "Another regency"),
    "address_missing": Words("Alamat tidak ada", "Address missing on a side"),
    "address_equal": Words("Alamat, RT, dan RW sama", "Address, RT and RW equal"),
    "card_equal": Words("Nomor KK sama", "One family card"),
    "place_equal": Words("Jalan atau dusun sama", "Street or hamlet equal"),
    "address_near": Words("Jalan atau dusun hampir sama", "Street or hamlet nearly equal"),
    "unit_equal": Words("RT dan RW sama, jalan atau dusun lain", "RT and RW equal, another street or hamlet"),
    "address_differs": Words("Alamat berbeda", "Address differs"),
    "nik_not_borne_out": Words("NIK sama, tetapi data lain menunjuk orang lain; mungkin NIK anggota keluarga", "NIK equal, but the rest points to someone else; perhaps a relative's NIK"),
    "nik_date_differs": Words("NIK dan nama sama, tanggal lahir berbeda; tidak ada orang lain yang cocok", "NIK and name agree, the birth dates do not; nobody else fits"),
    "too_little_known": Words("Terlalu sedikit data untuk memutuskan", "Too little is known to decide"),
    "name_too_far": Words("Nama terlalu jauh untuk diterima tanpa pemeriksaan", "The name is too far off to accept unseen"),
    "possible_twin": Words("Mungkin saudara kembar", "Perhaps a twin"),
    "close_rival": Words("Ada warga lain yang hampir sama cocok", "Another resident fits nearly as well"),
    "weight_between": Words("Bobot di antara batas tolak dan terima", "Weight between refusing and accepting"),
    "person_has_other_account": Words("Warga ini sudah dipadankan dengan akun lain yang lebih cocok", "This resident is linked with another account that fits better"),
    "second_account": Words("Akun lain dari warga yang sama; akun pertamanya sudah dipadankan", "Another account of the same resident, whose first account is linked"),
    "judged_same": Words("Dinilai orang yang sama oleh peninjau", "Judged to be one person by reviewers"),
    "no_candidate": Words("Tidak ada calon", "No candidate"),
}  # fmt: skip
