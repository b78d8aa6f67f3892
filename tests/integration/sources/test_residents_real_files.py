"""Real files give exactly the counts that their README and the research tables state."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tenun.sources.errors import NoRows, OtherVillage, WrongFile
from tests.lib.shared_data import shared
from tests.lib.village_files import Brought, bring

DEMO = {
    "opensid-2017-01": "opensid/penduduk/contoh_penduduk_2020-09_20kolom.xlsx",
    "opensid-2022-01": "opensid/penduduk/contoh_penduduk_2022-09_41kolom.xlsx",
    "opensid-2024-01": "opensid/penduduk/contoh_penduduk_2024-09_43kolom.xlsx",
    "opensid-database": "opensid/desa_contoh_202211/tweb_penduduk.csv",
}
# Wiraswasta, belum bekerja, mengurus rumah tangga, pelajar, karyawan swasta, petani, nelayan, tukang batu, pedagang.
OCCUPATION_CODES = {"88": 31, "1": 21, "2": 16, "3": 12, "15": 9, "9": 4, "11": 2, "26": 1, "84": 1}


def counts(brought: Brought, column: str) -> dict[Any, int]:
    return dict(Counter(person[column] for person in brought.persons()))


def told(brought: Brought) -> tuple[int, int, int, int, int, int]:
    report = brought.report
    return (
        report.rows, report.counts["persons"], report.counts["families"], report.accepted, report.rejected,
        report.duplicates,
    )  # fmt: skip


@pytest.mark.parametrize(("format", "file"), DEMO.items())
def test_the_demo_village_has_97_persons_in_37_families_in_every_generation(
    format: str, file: str, tmp_path: Path
) -> None:
    brought = bring(tmp_path, shared(file))
    assert brought.report.format == format
    assert told(brought) == (97, 97, 37, 97, 0, 0)
    assert brought.report.warnings == {"nik.birth_date_mismatch": 97}
    assert brought.report.details["columns_unknown"] == (28 if format == "opensid-database" else 0)


@pytest.mark.parametrize("file", ["opensid-2022-01", "opensid-2024-01", "opensid-database"])
def test_the_demo_village_works_as_the_research_counted_it(file: str, tmp_path: Path) -> None:
    brought = bring(tmp_path, shared(DEMO[file]))
    assert counts(brought, "occupation_code") == OCCUPATION_CODES
    assert counts(brought, "occupation") == {
        "self_employed": 31, "not_working": 21, "housekeeping": 16, "student": 12, "private_employee": 9, "farmer": 4,
        "fisher": 2, "construction": 1, "trade": 1,
    }  # fmt: skip


def test_codes_and_labels_mixed_give_what_codes_alone_give(tmp_path: Path) -> None:
    """The file of 2020 writes `L`, `LK`, `Pr` and 1; `Islam` and 1; real date cells."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    mixed = bring(tmp_path / "a", shared(DEMO["opensid-2017-01"]))
    codes = bring(tmp_path / "b", shared(DEMO["opensid-2024-01"]))
    # Two persons were given another school or marital state between the two files; nothing else differs.
    for column in ("sex", "occupation", "activity", "household_role", "life_status"):
        assert counts(mixed, column) == counts(codes, column), column


def test_ages_of_the_demo_village_are_8_to_81_and_81_are_of_working_age(tmp_path: Path) -> None:
    brought = bring(tmp_path, shared(DEMO["opensid-2022-01"]), as_of=date(2022, 11, 1))
    ages = [person["age_years"] for person in brought.persons()]
    assert (min(ages), max(ages)) == (8, 81)
    assert sum(15 <= age <= 64 for age in ages) == 81


def test_opendk_files_hold_two_persons_without_family_and_one_who_moved(tmp_path: Path) -> None:
    brought = bring(tmp_path, shared("opensid/opendk/penduduk_22_12_2020_opendk.xlsx"), village="53.06.13.2001")
    assert brought.report.format == "opendk"
    assert told(brought) == (97, 97, 37, 97, 0, 0)
    assert brought.report.warnings["family_card.zero"] == 2
    persons = brought.lake.read(
        brought.lake.history(layer="core", dataset="sid__residents", scope="53.06.13.2001")[0],  # type: ignore[arg-type]
        "persons",
    ).to_pylist()
    assert sum(person["family_id"] is None for person in persons) == 2
    assert sum(person["life_status"] != "alive" for person in persons) >= 1


@pytest.mark.parametrize("file", ["penduduk_22_12_2020_opendk.xlsx", "api_JumlahPenduduk.json"])
def test_a_file_that_names_another_village_is_refused_whole(file: str, tmp_path: Path) -> None:
    with pytest.raises(OtherVillage):
        bring(tmp_path, shared(f"opensid/opendk/{file}"))
    assert not list(tmp_path.rglob("*.parquet*"))


def test_openkab_pages_hold_30_residents(tmp_path: Path) -> None:
    brought = bring(tmp_path, shared("opensid/opendk/api_JumlahPenduduk.json"), village="53.06.17.2007")
    assert brought.report.format == "openkab-penduduk"
    assert (brought.report.rows, brought.report.counts["persons"], brought.report.rejected) == (30, 30, 0)
    assert brought.report.warnings == {}


def test_the_book_of_2012_has_8_persons_in_4_families(tmp_path: Path) -> None:
    brought = bring(tmp_path, shared("opensid/bip/bip_2012_samaran.xls"))
    assert brought.report.format == "bip-2012"
    assert told(brought) == (8, 8, 4, 8, 0, 0)
    assert brought.report.warnings == {}
    first = brought.identifiers()[0]
    assert (first["hamlet"], first["rt"], first["rw"]) == ("KERANDANGAN", "001", "001")
    assert brought.persons()[0]["marital_status"] == "widowed"
    assert brought.persons()[0]["source_row"] == 11


def test_the_book_of_2016_has_3_persons_in_2_families_and_its_own_date(tmp_path: Path) -> None:
    brought = bring(tmp_path, shared("opensid/bip/bip_2016_samaran.xls"), as_of=None)
    assert brought.report.format == "bip-2016"
    assert told(brought) == (3, 3, 2, 3, 0, 0)
    assert brought.report.warnings == {}
    assert brought.report.details["as_of"] == "2015-04-16"
    assert [row["rw"] for row in brought.identifiers()] == ["001", "001", None]
    assert [row["hamlet"] for row in brought.identifiers()] == [None, None, "MERTAK PAOK"]
    assert all(brought.identifiers()[2][name] for name in ("mother_name", "father_name"))
    assert brought.persons()[2]["education"] == "master"


def test_siak_has_18_rows_and_17_persons_and_the_living_row_counts(tmp_path: Path) -> None:
    brought = bring(tmp_path, shared("opensid/bip/siak_samaran.xls"))
    assert brought.report.format == "siak"
    assert told(brought) == (18, 17, 7, 18, 0, 1)
    assert counts(brought, "life_status") == {"alive": 13, "invalid": 2, "moved": 1, "dead": 1}
    twin = [person for person in brought.persons() if person["source_row"] in (9, 11)]
    assert [(person["source_row"], person["life_status"]) for person in twin] == [(9, "alive")]
    assert {row["hamlet"] for row in brought.identifiers()} == {"JIWET", "PRAPAT", "SLEMET", "MBABRIK"}


def test_regsosek_has_10_persons_in_2_families(tmp_path: Path) -> None:
    brought = bring(tmp_path, shared("opensid/lain/format_impor_regsosek2022k.xlsx"))
    assert brought.report.format == "regsosek-2022"
    assert told(brought)[:3] == (10, 10, 2)
    assert brought.report.warnings["family_card.damaged"] == 6, "the card is a number that lost its last digit"
    assert [person["source_row"] for person in brought.persons()] == list(range(4, 14))


def test_the_form_as_downloaded_is_refused_for_having_no_rows(tmp_path: Path) -> None:
    with pytest.raises(NoRows):
        bring(tmp_path, shared("opensid/penduduk/template_impor_penduduk_2024_tanpa_makro.xlsx"))


@pytest.mark.parametrize(
    "file",
    [
        "lain/format_impor_rtm.xlsx", "lain/format_impor_program_bantuan.xlsx", "lain/format_impor_suplemen.xlsx",
        "opendk/peserta_program_bantuan_31_05_2022_opendk.csv", "opendk/api_JumlahKeluarga.json",
    ],
)  # fmt: skip
def test_other_files_of_the_same_menus_are_refused_by_name(file: str, tmp_path: Path) -> None:
    with pytest.raises(WrongFile):
        bring(tmp_path, shared(f"opensid/{file}"))
