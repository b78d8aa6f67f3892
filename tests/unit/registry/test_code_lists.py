"""The sources' code lists, and that their clashes are mapped and never assumed."""

from __future__ import annotations

import pytest

from tenun.registry.reference.code_lists import (
    CONCEPTS,
    SOURCES,
    UnknownCodeList,
    code_list,
    concepts,
    editions,
    harmonise,
    harmoniser,
)
from tenun.registry.reference.values import (
    Activity,
    Disability,
    Education,
    EmploymentStatus,
    HouseholdRole,
    JobSocialSecurity,
    LifeStatus,
    MaritalStatus,
    Occupation,
    SchoolAttendance,
    Sex,
)

LISTS = [(source, concept) for source in SOURCES for concept in concepts(source)]


# --- the clashes ------------------------------------------------------------------------------------


def test_in_sdgs_desa_1_is_married_and_at_dukcapil_1_is_never_married() -> None:
    assert harmonise("sdgs_desa", "marital_status", 1) is MaritalStatus.MARRIED
    assert harmonise("opensid", "marital_status", 1) is MaritalStatus.NEVER_MARRIED


def test_in_sdgs_desa_2_is_never_married_and_at_dukcapil_2_is_married() -> None:
    assert harmonise("sdgs_desa", "marital_status", "2") is MaritalStatus.NEVER_MARRIED
    assert harmonise("opensid", "marital_status", "2") is MaritalStatus.MARRIED


def test_sdgs_desa_does_not_tell_divorced_from_widowed() -> None:
    assert harmonise("sdgs_desa", "marital_status", 3) is MaritalStatus.FORMERLY_MARRIED
    assert harmonise("opensid", "marital_status", 3) is MaritalStatus.DIVORCED
    assert harmonise("opensid", "marital_status", 4) is MaritalStatus.WIDOWED


def test_regsosek_counts_marriage_as_dukcapil_does() -> None:
    for code in (1, 2, 3, 4):
        assert harmonise("regsosek", "marital_status", code) is harmonise("opensid", "marital_status", code)


def test_in_wlkp_1_is_a_woman_and_everywhere_else_a_man() -> None:
    assert harmonise("wlkp", "sex", 1) is Sex.FEMALE
    assert harmonise("wlkp", "sex", 0) is Sex.MALE
    for source in ("sdgs_desa", "opensid", "regsosek"):
        assert harmonise(source, "sex", 1) is Sex.MALE
        assert harmonise(source, "sex", 2) is Sex.FEMALE
        assert harmonise(source, "sex", 0) is Sex.UNMAPPED
    assert harmonise("wlkp", "sex", 2) is Sex.UNMAPPED


def test_karirhub_says_male_and_female_and_null_is_no_condition() -> None:
    assert harmonise("karirhub", "sex", "male") is Sex.MALE
    assert harmonise("karirhub", "sex", "female") is Sex.FEMALE
    assert harmonise("karirhub", "sex", None) is Sex.MISSING
    assert harmonise("karirhub", "marital_status", "single") is MaritalStatus.NEVER_MARRIED
    assert harmonise("karirhub", "marital_status", None) is MaritalStatus.MISSING


def test_in_sdgs_desa_2_is_primary_school_and_on_the_family_card_primary_not_completed() -> None:
    assert harmonise("sdgs_desa", "education", 2) is Education.PRIMARY
    assert harmonise("opensid", "education", 2) is Education.PRIMARY_INCOMPLETE


@pytest.mark.parametrize(
    ("value", "sdgs", "card"),
    [
        (Education.PRIMARY, 2, 3),
        (Education.LOWER_SECONDARY, 3, 4),
        (Education.UPPER_SECONDARY, 4, 5),
        (Education.BACHELOR, 6, 8),
        (Education.MASTER, 7, 9),
        (Education.DOCTORATE, 8, 10),
    ],
)
def test_the_same_education_has_another_number_in_sdgs_desa_and_on_the_family_card(
    value: Education, sdgs: int, card: int
) -> None:
    assert harmonise("sdgs_desa", "education", sdgs) is value
    assert harmonise("opensid", "education", card) is value


def test_codes_9_and_10_of_the_family_card_are_master_and_doctor_whatever_label_opensid_printed() -> None:
    assert harmonise("opensid", "education", "9") is Education.MASTER
    assert harmonise("opensid", "education", "10") is Education.DOCTORATE
    assert harmonise("opensid", "education", "DIPLOMA IV/ STRATA I") is Education.BACHELOR


def test_regsosek_education_is_the_certificate_held_of_23_kinds() -> None:
    assert len(code_list("regsosek", "education").codes) == 23
    assert harmonise("regsosek", "education", 8) is Education.LOWER_SECONDARY  # SMP; 8 on the card is S1
    assert harmonise("regsosek", "education", 15) is Education.UPPER_SECONDARY
    assert harmonise("regsosek", "education", 23) is Education.BELOW_PRIMARY


def test_karirhub_education_is_a_level_where_sma_and_smk_are_one() -> None:
    assert harmonise("karirhub", "education", 30) is Education.UPPER_SECONDARY
    assert harmonise("karirhub", "education", 40) is Education.DIPLOMA
    assert harmonise("karirhub", "education", 50) is Education.BACHELOR
    assert harmonise("karirhub", "education", "SMA atau Sederajat") is Education.UPPER_SECONDARY
    assert harmonise("karirhub", "education", "SMK") is Education.UPPER_SECONDARY
    assert harmonise("karirhub", "education", 10) is Education.UNMAPPED


def test_wlkp_education_is_a_name() -> None:
    names = ["SD", "SMP", "SMA", "D3", "S1", "S2", "S3"]
    assert [harmonise("wlkp", "education", name).value for name in names] == [
        "primary", "lower_secondary", "upper_secondary", "diploma_3", "bachelor", "master", "doctorate",
    ]  # fmt: skip


def test_occupation_has_16_codes_in_sdgs_desa_89_at_dukcapil_and_26_industries_in_regsosek() -> None:
    assert [len(code_list(source, "occupation").codes) for source in ("sdgs_desa", "opensid", "regsosek")] == [
        16, 89, 26,
    ]  # fmt: skip
    assert harmonise("sdgs_desa", "occupation", 3) is Occupation.FARM_LABOURER
    assert harmonise("opensid", "occupation", 3) is Occupation.STUDENT
    assert harmonise("regsosek", "occupation", 3) is Occupation.FARMER
    assert harmonise("sdgs_desa", "occupation", 15) is Occupation.MIGRANT_WORKER
    assert harmonise("opensid", "occupation", 15) is Occupation.PRIVATE_EMPLOYEE


def test_regsosek_industries_without_a_group_of_ours_are_unmapped() -> None:
    assert harmonise("regsosek", "occupation", 20) is Occupation.UNMAPPED
    assert harmonise("regsosek", "occupation", 11) is Occupation.CONSTRUCTION


def test_regsosek_has_eight_statuses_in_employment() -> None:
    found = [harmonise("regsosek", "employment_status", code) for code in range(1, 9)]
    assert set(found) == set(EmploymentStatus) - {EmploymentStatus.UNMAPPED, EmploymentStatus.MISSING}


def test_disability_is_seven_codes_at_dukcapil_ten_kinds_in_sdgs_desa_and_a_scale_in_regsosek() -> None:
    assert harmonise("opensid", "disability", 7) is Disability.NONE
    assert harmonise("sdgs_desa", "disability", 7) is Disability.MENTAL
    assert harmonise("sdgs_desa", "disability", "tunadaksa") is Disability.PHYSICAL
    assert len(code_list("sdgs_desa", "disability").codes) == 10
    assert harmonise("regsosek", "disability", 1) is Disability.SOME
    assert harmonise("regsosek", "disability", 4) is Disability.NONE
    assert harmonise("karirhub", "disability", "disabled") is Disability.SOME
    assert harmonise("karirhub", "disability", "normal") is Disability.NONE


def test_job_social_security_is_1_2_in_sdgs_desa_free_text_in_opensid_and_a_sum_of_bits_in_regsosek() -> None:
    assert harmonise("sdgs_desa", "job_social_security", 1) is JobSocialSecurity.PARTICIPANT
    assert harmonise("sdgs_desa", "job_social_security", 2) is JobSocialSecurity.NOT_PARTICIPANT
    assert harmonise("regsosek", "job_social_security", 2) is JobSocialSecurity.PARTICIPANT
    assert harmonise("opensid", "job_social_security", "0001234567890") is JobSocialSecurity.PARTICIPANT


# --- rules of the lists -----------------------------------------------------------------------------


@pytest.mark.parametrize("total", [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31])
def test_every_sum_of_regsosek_bits_is_a_participant(total: int) -> None:
    for cell in (total, str(total), f"{total:02d}", float(total)):
        assert harmonise("regsosek", "job_social_security", cell) is JobSocialSecurity.PARTICIPANT


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (0, JobSocialSecurity.NOT_PARTICIPANT),
        ("00", JobSocialSecurity.NOT_PARTICIPANT),
        (99, JobSocialSecurity.MISSING),
        ("", JobSocialSecurity.MISSING),
        (32, JobSocialSecurity.UNMAPPED),
        (98, JobSocialSecurity.UNMAPPED),
        ("-1", JobSocialSecurity.UNMAPPED),
    ],
)
def test_regsosek_0_is_none_99_is_not_known_and_more_than_all_bits_is_unmapped(cell: object, value: str) -> None:
    assert harmonise("regsosek", "job_social_security", cell) is value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("", JobSocialSecurity.MISSING),
        ("-", JobSocialSecurity.MISSING),
        ("Tidak", JobSocialSecurity.NOT_PARTICIPANT),
        ("0", JobSocialSecurity.NOT_PARTICIPANT),
        ("aktif", JobSocialSecurity.PARTICIPANT),
        ("entah", JobSocialSecurity.UNMAPPED),
        ("123", JobSocialSecurity.UNMAPPED),
        (12345678901.0, JobSocialSecurity.PARTICIPANT),
    ],
)
def test_opensid_membership_is_a_number_and_an_empty_cell_is_no_answer(cell: object, value: str) -> None:
    assert harmonise("opensid", "job_social_security", cell) is value


def test_a_membership_number_is_not_remembered() -> None:
    read = harmoniser("opensid", "job_social_security")
    read("12345678901")
    remembered = next(cell.cell_contents for cell in read.__closure__ if isinstance(cell.cell_contents, dict))
    assert remembered == {}


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (1, Activity.NOT_WORKING),
        (2, Activity.HOUSEKEEPING),
        (3, Activity.STUDENT),
        (4, Activity.RETIRED),
        *[(code, Activity.WORKING) for code in range(5, 90)],
        (90, Activity.UNMAPPED),
        ("", Activity.MISSING),
        (None, Activity.MISSING),
        ("Petani/Pekebun", Activity.WORKING),
        ("Belum/Tidak Bekerja", Activity.NOT_WORKING),
    ],
)
def test_activity_is_derived_from_the_occupation_on_the_family_card(code: object, value: Activity) -> None:
    assert harmonise("opensid", "activity", code) is value


def test_nobody_is_recorded_as_seeking_work_on_a_family_card() -> None:
    assert Activity.SEEKING not in {entry.value for entry in code_list("opensid", "activity").codes}


def test_activity_of_sdgs_desa_is_p201() -> None:
    assert [harmonise("sdgs_desa", "activity", code) for code in range(1, 6)] == [
        Activity.STUDENT, Activity.HOUSEKEEPING, Activity.NOT_WORKING, Activity.SEEKING, Activity.WORKING,
    ]  # fmt: skip


def test_a_regsosek_spouse_is_neither_husband_nor_wife() -> None:
    assert harmonise("regsosek", "household_role", 2) is HouseholdRole.SPOUSE
    assert harmonise("opensid", "household_role", 2) is HouseholdRole.HUSBAND


@pytest.mark.parametrize(
    ("concept", "cell", "value"),
    [
        ("sex", "L", Sex.MALE),
        ("sex", "LK", Sex.MALE),
        ("sex", "Lk", Sex.MALE),
        ("sex", "Laki-Laki", Sex.MALE),
        ("sex", "P", Sex.FEMALE),
        ("sex", "Pr", Sex.FEMALE),
        ("marital_status", "BK", MaritalStatus.NEVER_MARRIED),
        ("marital_status", "K", MaritalStatus.MARRIED),
        ("marital_status", "CH", MaritalStatus.DIVORCED),
        ("marital_status", "CM", MaritalStatus.WIDOWED),
        ("marital_status", "Cerai Mati", MaritalStatus.WIDOWED),
        ("education", "slta/sederajat", Education.UPPER_SECONDARY),
        ("education", "SLTA / SEDERAJAT", Education.UPPER_SECONDARY),
        ("education", "Tidak/Blm Sekolah", Education.NONE),
        ("education", "Tidak/Belum Sekolah", Education.NONE),
        ("education", "Tidak Tamat SD/Sederajat", Education.PRIMARY_INCOMPLETE),
        ("education", "Belum Tamat SD/Sederajat", Education.PRIMARY_INCOMPLETE),
        ("education", "Tamat SD/Sederajat", Education.PRIMARY),
        ("education", "Akademi/Diploma III/Sarjana Muda", Education.DIPLOMA_3),
        ("education", "AKADEMI/DIPLOMA III/S. Muda", Education.DIPLOMA_3),
        ("education", "Strata-II", Education.MASTER),
        ("education", "Diploma IV/Strata I", Education.BACHELOR),
        ("school_attendance", "SEDANG  S-1/SEDERAJAT", SchoolAttendance.ATTENDING),
        ("occupation", "PEGAWAI NEGERI SIPIL (PNS)", Occupation.CIVIL_SERVANT),
        ("occupation", "Pegawai Negeri Sipil", Occupation.CIVIL_SERVANT),
        ("occupation", "PNS", Occupation.CIVIL_SERVANT),
        ("occupation", "APARATUR SIPIL NEGARA (ASN)", Occupation.CIVIL_SERVANT),
        ("occupation", "asn", Occupation.CIVIL_SERVANT),
        ("life_status", "Pindah Dalam Negeri", LifeStatus.MOVED),
        ("life_status", "PINDAH LUAR NEGERI", LifeStatus.MOVED),
        ("life_status", "Tidak Valid", LifeStatus.INVALID),
        ("household_role", "Orang Tua", HouseholdRole.PARENT),
        ("disability", "Cacat Rungu/Wicara", Disability.HEARING_SPEECH),
        ("disability", "-", Disability.MISSING),
    ],
)
def test_spellings_of_opensid_bip_and_siak_are_read(concept: str, cell: str, value: str) -> None:
    assert harmonise("opensid", concept, cell) is value


@pytest.mark.parametrize("cell", [5, 5.0, "5", " 5 ", "'5", "05", "5.0"])
def test_a_code_is_the_same_as_number_float_and_text(cell: object) -> None:
    assert harmonise("opensid", "education", cell) is Education.UPPER_SECONDARY


@pytest.mark.parametrize(("source", "concept"), LISTS)
@pytest.mark.parametrize("cell", [None, "", "  ", "-", "NULL", "TIDAK TAHU", "TIDAK TAHUN", float("nan")])
def test_nothing_given_is_missing_in_every_list(source: str, concept: str, cell: object) -> None:
    assert harmonise(source, concept, cell).value == "missing"


@pytest.mark.parametrize(("source", "concept"), LISTS)
@pytest.mark.parametrize("cell", ["777", "bukan isi daftar", 1.5, True, ["1"]])
def test_what_a_list_does_not_know_is_unmapped_in_every_list(source: str, concept: str, cell: object) -> None:
    assert harmonise(source, concept, cell).value == "unmapped"


@pytest.mark.parametrize(("source", "concept"), LISTS)
def test_every_code_and_every_label_of_a_list_map_to_the_same_value_of_ours(source: str, concept: str) -> None:
    found = code_list(source, concept)
    assert found.edition
    assert found.origin_id
    assert found.origin_en
    for entry in found.codes:
        assert isinstance(entry.value, CONCEPTS[concept])
        assert found.harmonise(entry.label) is entry.value
        for spelling in (entry.code, *entry.aliases):
            assert spelling is None or found.harmonise(spelling) is entry.value


def test_a_boolean_is_no_code_even_after_the_number_it_equals_was_read() -> None:
    read = harmoniser("wlkp", "sex")
    assert read(1) is Sex.FEMALE
    assert read(True) is Sex.UNMAPPED
    assert read(1) is Sex.FEMALE


def test_a_source_without_such_a_list_is_said_to_have_none() -> None:
    with pytest.raises(UnknownCodeList) as problem:
        harmonise("karirhub", "life_status", 1)
    assert "karirhub.sex" in problem.value.message("en") + problem.value.remedy("en")
    with pytest.raises(UnknownCodeList):
        code_list("nowhere", "sex")


def test_the_editions_of_lists_can_be_written_into_a_manifest() -> None:
    assert editions("opensid", "sex", "education") == {
        "opensid.sex": "2026-06",
        "opensid.education": "2026-06",
    }
