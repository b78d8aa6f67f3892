"""What goes wrong in villages, as OpenSID's users reported it: each case is a small file, and right here.

The numbers are those of issues of OpenSID unless another project is named.
"""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest

from tenun.sources.errors import ColumnMissing, ColumnTwice, NoRows, OtherVillage
from tests.lib.village_files import COLUMNS_2024, VILLAGE, bring, bring_people, somebody, table, write_xlsx

FILLER = "1234567890123456"
TEMPORARY = "0520114200500001"


def test_1032_people_given_one_made_up_nik_do_not_overwrite_each_other(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, *(somebody(n, nik=FILLER, tanggallahir=f"198{n}-01-02") for n in range(4)))
    assert (brought.report.rows, brought.report.counts["persons"], brought.report.duplicates) == (4, 4, 0)
    assert brought.report.warnings["nik.placeholder"] == 4
    assert len({person["person_id"] for person in brought.persons()}) == 4


def test_1032_a_nik_of_three_people_is_a_filler_and_nobody_is_lost(tmp_path: Path) -> None:
    shared_nik = "5201140503809001"
    brought = bring_people(tmp_path, *(somebody(n, nik=shared_nik, tanggallahir=f"198{n}-01-02") for n in range(3)))
    assert brought.report.counts["persons"] == 3
    assert brought.report.warnings["nik.shared_by_many"] == 3
    assert {row["nik"] for row in brought.identifiers()} == {None}


def test_1032_stored_persons_equal_what_is_reported(tmp_path: Path) -> None:
    people = [somebody(1), somebody(2), somebody(1, nama="WARGA NOMOR 1"), somebody(3, nama=""), somebody(4, nik="0")]
    report = bring_people(tmp_path, *people).report
    assert report.accepted + report.rejected == report.rows == 5
    assert report.counts["persons"] == report.accepted - report.duplicates == 3


def test_5249_rows_with_nik_0_are_no_duplicates_of_each_other(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, *(somebody(n, nik="0") for n in range(5)))
    assert (brought.report.counts["persons"], brought.report.duplicates) == (5, 0)
    assert brought.report.warnings["nik.zero"] == 5


@pytest.mark.parametrize(
    ("change", "persons"),
    [({}, 1), ({"nama": "warga  nomor 1"}, 1), ({"nama": "WARGA LAIN"}, 2), ({"tempatlahir": "DEPOK"}, 2),
     ({"tanggallahir": "1980-03-06"}, 2), ({"tanggallahir": ""}, 2)],
)  # fmt: skip
def test_5249_two_rows_with_nik_0_are_one_person_only_when_name_place_and_date_are_equal(
    change: dict[str, str], persons: int, tmp_path: Path
) -> None:
    brought = bring_people(tmp_path, somebody(1, nik="0"), somebody(1, nik="0", **change))
    assert brought.report.counts["persons"] == persons


def test_5258_families_with_card_0_stay_apart(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, *(somebody(n, no_kk="0") for n in range(3)), somebody(8), somebody(9))
    assert brought.report.counts["families"] == 2
    assert [person["family_id"] for person in brought.persons()].count(None) == 3


def test_5258_temporary_cards_are_families_of_their_own(tmp_path: Path) -> None:
    people = [somebody(1, no_kk=TEMPORARY), somebody(2, no_kk=TEMPORARY), somebody(3, no_kk="0520114200500002")]
    assert bring_people(tmp_path, *people).report.counts["families"] == 2


def test_4150_the_same_nik_twice_is_one_person_and_the_last_row_counts(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, pekerjaan_id="1"), somebody(2), somebody(1, pekerjaan_id="88"))
    assert (brought.report.counts["persons"], brought.report.duplicates, brought.report.accepted) == (2, 1, 3)
    assert {person["occupation_code"] for person in brought.persons()} == {"88", "9"}
    assert [each["row"] for each in brought.problems() if each["rule"] == "person.twice"] == ["2"]


def test_4150_an_empty_cell_of_the_last_row_erases_nothing(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, pekerjaan_id="88"), somebody(1, pekerjaan_id="", nama_ibu=""))
    assert brought.persons()[0]["occupation"] == "self_employed"
    assert brought.identifiers()[0]["mother_name"] == "IBU"


@pytest.mark.parametrize("status", ["2", "MATI", "PINDAH LUAR NEGERI", "9", "Tidak Valid"])
def test_4150_somebody_gone_never_displaces_somebody_living(status: str, tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, pekerjaan_id="88"), somebody(1, pekerjaan_id="1", status_dasar=status))
    assert [(p["life_status"], p["occupation_code"]) for p in brought.persons()] == [("alive", "88")]


def test_6998_a_temporary_and_a_real_nik_of_one_person_are_one_person(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1), somebody(1, nik=TEMPORARY))
    assert (brought.report.counts["persons"], brought.report.duplicates) == (1, 1)
    assert brought.identifiers()[0]["nik_class"] == "valid"


def test_6998_a_likely_twin_with_another_nik_is_told_and_kept(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1), somebody(1, nik="5201140503809777", tempatlahir="DEPOK"))
    assert brought.report.counts["persons"] == 2
    assert brought.report.warnings["person.perhaps_twice"] == 2


def test_3520_a_second_head_of_a_family_is_told(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1), somebody(2, no_kk=somebody(1)["no_kk"]))
    assert brought.report.warnings["family.second_head"] == 1
    assert brought.report.counts["persons"] == 2


@pytest.mark.parametrize(
    ("written", "born"),
    [("03/04/1980", date(1980, 4, 3)), ("13/04/1980", date(1980, 4, 13)), (date(1980, 4, 3), date(1980, 4, 3)),
     ("04/13/1980", None)],
)  # fmt: skip
def test_169_days_come_before_months(written: object, born: date | None, tmp_path: Path) -> None:
    assert bring_people(tmp_path, somebody(1, tanggallahir=written)).identifiers()[0]["birth_date"] == born


@pytest.mark.parametrize("written", ["bulan lalu", "1980", "31-02-1980", "", "-", "0000-00-00"])
def test_351_and_9717_a_date_that_cannot_be_read_is_empty_and_never_1970_or_today(written: str, tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, tanggallahir=written))
    assert brought.identifiers()[0]["birth_date"] is None
    assert brought.persons()[0]["age_years"] is None
    assert (brought.report.rejected, brought.report.counts["persons"]) == (0, 1)
    assert any(code.startswith("birth_date.") for code in brought.report.warnings)


def test_351_a_birth_date_of_1_january_1970_is_kept_and_told(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, tanggallahir="1970-01-01"))
    assert brought.identifiers()[0]["birth_date"] == date(1970, 1, 1)
    assert brought.report.warnings["birth_date.default_suspected"] == 1


def test_4105_an_empty_marriage_date_of_a_child_harms_nobody(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, tanggallahir="2020-05-05", status_kawin="1", tanggalperkawinan=""))
    assert brought.persons()[0]["marital_status"] == "never_married"
    assert not any(code.startswith("birth_date") for code in brought.report.warnings)


@pytest.mark.parametrize(
    "written", [29314, "29314", date(1980, 4, 3), "1980-04-03 00:00:00", " 03-04-1980 ", "3 April 1980"]
)
def test_8351_a_filled_date_is_never_called_empty_for_the_type_of_its_cell(written: object, tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, tanggallahir=written))
    assert brought.identifiers()[0]["birth_date"] == date(1980, 4, 3)


def test_8520_one_bad_date_names_its_row_and_stops_nothing(tmp_path: Path) -> None:
    people = [somebody(n, tanggallahir="tidak ingat" if n == 3 else "1980-03-05") for n in range(1, 6)]
    brought = bring_people(tmp_path, *people)
    assert brought.report.counts["persons"] == 5
    told = [each for each in brought.problems() if each["rule"] == "birth_date.unreadable"]
    assert [(each["file"], each["sheet"], each["row"], each["field"]) for each in told] == [
        ("penduduk.xlsx", "Sheet1", "4", "tanggallahir")
    ]
    assert all(told[0][column] for column in ("text_id", "text_en", "remedy_id", "remedy_en"))


def test_122_an_occupation_code_in_the_marital_column_is_not_taken_for_a_status(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, status_kawin="88"))
    assert brought.persons()[0]["marital_status"] == "unmapped"
    assert brought.report.warnings["marital_status.unmapped"] == 1


@pytest.mark.parametrize(
    ("field", "word", "column", "value"),
    [("pekerjaan_id", "Wiraswasta", "occupation", "self_employed"),
     ("pekerjaan_id", "petani / pekebun", "occupation", "farmer"),
     ("warganegara_id", "WNI", "citizenship", "indonesian"), ("cacat_id", "CACAT FISIK", "disability", "physical"),
     ("cacat_id", "TIDAK CACAT", "disability", "none"), ("sex", "Pr", "sex", "female"),
     ("pendidikan_kk_id", "SLTA/Sederajat", "education", "upper_secondary"),
     ("status_kawin", "CM", "marital_status", "widowed")],
)  # fmt: skip
def test_1977_words_stand_for_codes(field: str, word: str, column: str, value: str, tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, **{field: word}))
    assert brought.persons()[0][column] == value
    assert f"{column}.unmapped" not in brought.report.warnings


def test_6550_columns_are_known_by_their_words_in_any_order_and_spelling(tmp_path: Path) -> None:
    columns = [column.upper().replace("_", " ") for column in reversed(COLUMNS_2024)]
    person = {column.upper().replace("_", " "): value for column, value in somebody(1).items()}
    rows = [["DATA PENDUDUK DESA"], [], [*columns, "Catatan petugas"], [person.get(c, "") for c in columns]]
    brought = bring(tmp_path, write_xlsx(tmp_path / "f.xlsx", {"Lembar 1": rows}))
    assert (brought.report.format, brought.report.counts["persons"]) == ("opensid-2024-01", 1)
    assert brought.persons()[0]["source_row"] == 4
    assert brought.report.details["columns_unknown"] == 1


def test_6550_a_file_without_a_needed_column_is_refused_and_says_which(tmp_path: Path) -> None:
    columns = [column for column in COLUMNS_2024 if column != "nik"]
    with pytest.raises(ColumnMissing) as refusal:
        bring_people(tmp_path, somebody(1), columns=columns)
    assert refusal.value.parts["columns"] == "nik"


def test_6550_the_same_heading_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ColumnTwice):
        bring_people(tmp_path, somebody(1), columns=[*COLUMNS_2024, "nik"])


def test_4791_the_form_with_its_code_sheet_is_read_up_to_the_end_mark(tmp_path: Path) -> None:
    example = somebody(0, nama="Nama Lengkap", nama_ayah="Nama Ayah", nama_ibu="Nama Ibu")
    rows = [
        *table([example, somebody(1), {}, {"dusun": "MANGSIT", "rt": "001"}, somebody(2)]),
        ["", "###", "Isi data penduduk di baris-baris di atas bagian ini."],
        *table([somebody(3)])[1:],
    ]
    path = write_xlsx(tmp_path / "form.xlsx", {"Data Penduduk": rows, "Kode Data": [["sex", "id"], ["LAKI-LAKI", 1]]})
    brought = bring(tmp_path, path)
    assert (brought.report.rows, brought.report.counts["persons"], brought.report.rejected) == (2, 2, 0)
    assert [person["source_row"] for person in brought.persons()] == [3, 6]


def test_3836_an_empty_form_never_reports_success(tmp_path: Path) -> None:
    with pytest.raises(NoRows):
        bring(tmp_path, write_xlsx(tmp_path / "form.xlsx", {"Data Penduduk": table([])}))


def test_9727_a_blank_row_or_an_address_filled_down_is_no_person(tmp_path: Path) -> None:
    filled_down = {"dusun": "MANGSIT", "rw": "001", "rt": "002", "pekerjaan_id": 0}
    brought = bring_people(tmp_path, somebody(1), {}, filled_down, {"alamat": "  "}, somebody(2))
    assert (brought.report.rows, brought.report.rejected) == (2, 0)


def test_a_row_with_a_nik_and_no_name_is_rejected_and_told_once(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1), somebody(2, nama="", tanggallahir="31-31-1980"))
    assert (brought.report.rows, brought.report.accepted, brought.report.rejected) == (2, 1, 1)
    assert [(each["rule"], each["row"]) for each in brought.problems() if each["row"] == "3"] == [("name.missing", "3")]


@pytest.mark.parametrize("mother", ["-", "", "IBU"])
def test_9696_a_mother_without_a_name_is_no_fault(mother: str, tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, nama_ibu=mother))
    assert brought.report.rejected == 0
    assert brought.identifiers()[0]["mother_name"] == (mother if mother == "IBU" else None)


@pytest.mark.parametrize(
    ("written", "value"),
    [("", "missing"), ("-", "missing"), ("20012345678", "participant"), ("entah", "unmapped")],
)
def test_9696_job_social_security_is_read_where_an_export_has_it(written: str, value: str, tmp_path: Path) -> None:
    brought = bring_people(
        tmp_path, somebody(1, bpjs_ketenagakerjaan=written), columns=[*COLUMNS_2024, "bpjs_ketenagakerjaan"]
    )
    assert brought.persons()[0]["job_social_security"] == value


@pytest.mark.parametrize(
    "word", ["5", "PEGAWAI NEGERI SIPIL (PNS)", "Pegawai Negeri Sipil", "APARATUR SIPIL NEGARA (ASN)", "PNS"]
)
def test_11329_both_names_of_code_5_are_civil_servants(word: str, tmp_path: Path) -> None:
    assert bring_people(tmp_path, somebody(1, pekerjaan_id=word)).persons()[0]["occupation"] == "civil_servant"


def test_7534_an_occupation_without_a_code_keeps_the_person(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, pekerjaan_id="PETUGAS PARKIR HATI"))
    assert (brought.persons()[0]["occupation"], brought.persons()[0]["activity"]) == ("unmapped", "unmapped")
    assert brought.report.warnings["occupation.unmapped"] == 1


def test_4151_nobody_is_recorded_as_seeking_work(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, *(somebody(code, pekerjaan_id=str(code)) for code in range(1, 90)))
    assert {person["activity"] for person in brought.persons()} == {
        "not_working", "housekeeping", "student", "retired", "working",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "occupation"),
    [("", "farmer"), ("-", "farmer"), ("BUKAN PEKERJA MIGRAN", "farmer"), ("Perawat", "migrant_worker")],
)
def test_9853_the_migrant_worker_field_may_be_there_empty_or_missing(
    written: str, occupation: str, tmp_path: Path
) -> None:
    brought = bring_people(tmp_path, somebody(1, pekerja_migran=written), columns=[*COLUMNS_2024, "pekerja_migran"])
    assert brought.persons()[0]["occupation"] == occupation
    assert bring_people(tmp_path, somebody(1), lake=None).persons()[0]["occupation"] in ("farmer", occupation)


OPENDK = (
    "alamat dusun rw rt nama nomor_kk nomor_nik jenis_kelamin tempat_lahir tanggal_lahir agama pendidikan_dlm_kk "
    "pekerjaan kawin hubungan_keluarga kewarganegaraan nama_ayah nama_ibu status_dasar id foto desa_id"
).split()


def opendk_person(number: int, desa_id: str) -> dict[str, str]:
    person = somebody(number)
    return {
        "dusun": "LOCO", "rt": "001", "nama": person["nama"], "nomor_kk": person["no_kk"], "nomor_nik": person["nik"],
        "jenis_kelamin": "1", "tempat_lahir": "MATARAM", "tanggal_lahir": "1980-03-05", "pekerjaan": "9", "kawin": "1",
        "hubungan_keluarga": "4", "status_dasar": "1", "desa_id": desa_id,
    }  # fmt: skip


@pytest.mark.parametrize("desa_id", ["52.01.14.2005", "5201142005", "2005"])
def test_3680_a_village_code_is_known_with_dots_without_and_by_its_last_four_digits(
    desa_id: str, tmp_path: Path
) -> None:
    path = write_xlsx(tmp_path / "dk.xlsx", {"Sheet1": table([opendk_person(1, desa_id)], OPENDK)})
    assert bring(tmp_path, path).report.counts["persons"] == 1


def test_opendk_6_a_bps_code_is_never_taken_for_the_village(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "dk.xlsx", {"Sheet1": table([opendk_person(1, "5201080010")], OPENDK)})
    with pytest.raises(OtherVillage):
        bring(tmp_path, path)


def test_opendk_471_rows_of_another_village_do_not_come_in(tmp_path: Path) -> None:
    people = [opendk_person(1, VILLAGE), opendk_person(2, "52.01.14.2006"), opendk_person(3, VILLAGE)]
    brought = bring(tmp_path, write_xlsx(tmp_path / "dk.xlsx", {"Sheet1": table(people, OPENDK)}))
    assert (brought.report.counts["persons"], brought.report.rejected) == (2, 1)
    assert [(each["rule"], each["row"]) for each in brought.problems() if each["severity"] == "reject"] == [
        ("village.other", "3")
    ]
    raw = brought.lake.current(layer="raw", dataset="sid__residents", scope=VILLAGE)  # type: ignore[arg-type]
    assert raw.rows == 2, "another village's persons are no part of this village's data"


@pytest.mark.parametrize("name", ["penduduk_01_02_2025_opendk.xlsx", "Book1.xlsx", "folder/data.bin"])
def test_opendk_123_an_archive_is_read_whatever_the_file_in_it_is_called(name: str, tmp_path: Path) -> None:
    inner = write_xlsx(tmp_path / "dk.xlsx", {"Sheet1": table([opendk_person(1, VILLAGE)], OPENDK)})
    path = tmp_path / "penduduk_opendk.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, name)
        archive.writestr("1-foto.jpg", b"\xff\xd8\xff")
    brought = bring(tmp_path, path)
    assert (brought.report.format, brought.report.counts["persons"]) == ("opendk", 1)


def test_opendk_7_the_dead_and_the_moved_are_marked_and_not_lost(tmp_path: Path) -> None:
    people = [somebody(n, status_dasar=status) for n, status in enumerate(("1", "2", "3", "4", "6", "9", ""))]
    brought = bring_people(tmp_path, *people)
    assert [person["life_status"] for person in brought.persons()] == [
        "alive", "dead", "moved", "lost", "away", "invalid", "alive",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "nik_class", "rule"),
    [("'5201140503809001", "valid", None), ("52.0114.0503809001", "valid", "nik.cleaned"),
     ("52 01 14 050380 9001", "valid", "nik.cleaned"), ("35.2318.00000000000", "placeholder", "nik.placeholder"),
     (5201140503809001, "valid", "nik.from_number"), (5201140503809000, "damaged", "nik.damaged"),
     ("520114050380900", "malformed", "nik.malformed"), ("", "missing", "nik.missing")],
)  # fmt: skip
def test_1817_numbers_come_with_dots_apostrophes_and_as_numbers(
    written: object, nik_class: str, rule: str | None, tmp_path: Path
) -> None:
    brought = bring_people(tmp_path, somebody(1, nik=written))
    assert brought.identifiers()[0]["nik_class"] == nik_class
    assert (brought.identifiers()[0]["nik"] == "5201140503809001") == (nik_class == "valid")
    assert brought.report.counts["persons"] == 1
    if rule:
        assert brought.report.warnings[rule] == 1


def test_1817_a_card_number_that_lost_its_last_digit_still_holds_its_family_together(tmp_path: Path) -> None:
    people = [somebody(n, no_kk=5201149001010000 + 10 * (n // 3)) for n in range(6)]
    brought = bring_people(tmp_path, *people)
    assert brought.report.counts["families"] == 2
    assert {row["family_card"] for row in brought.identifiers()} == {None}


def test_rt_and_rw_keep_their_zeros_and_hamlets_lose_the_word(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, dusun="Dusun mangsit_barat", rw="'001", rt="004"))
    row = brought.identifiers()[0]
    assert (row["hamlet"], row["rw"], row["rt"]) == ("MANGSIT BARAT", "001", "004")
