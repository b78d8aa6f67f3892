"""Karirhub vacancies as served: pages, places, pay, terms; and an error that replaces nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tenun.lake.snapshot import Layer
from tenun.sources.errors import FileUnreadable, FormatUnknown, NoRows
from tenun.sources.report import IngestReport
from tenun.sources.siapkerja import ingest_vacancies
from tenun.sources.siapkerja.extract import ErrorAnswer
from tenun.sources.siapkerja.vacancies import NOT_A_VACANCY, Vacancy, read, restrictive_terms
from tests.lib.employment_files import SENTELUK, TODAY, Bench, lines, page, region, regions, vacancy

DATASET = "siapkerja__vacancies"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def bring(bench: Bench, *contents: Any, **options: Any) -> IngestReport:
    paths = [bench.write(f"lowongan{number}.json", content) for number, content in enumerate(contents)]
    options = {"area": None, "as_of": TODAY, "regions": regions(), **options}
    return ingest_vacancies(bench.lake, bench.keys, paths, report_folder=bench.reports, **options)


def vacancies(bench: Bench) -> list[dict[str, Any]]:
    return bench.rows(DATASET, "00", "vacancies")


def test_a_vacancy_as_served_is_a_row(bench: Bench) -> None:
    bring(bench, page(vacancy()))
    assert vacancies(bench) == [
        {
            "vacancy_id": "00000000-0000-4000-8000-000000000001",
            "title": "Juru Las 1",
            "status": "open",
            "village_code": SENTELUK,
            "regency_code": "52.01",
            "latitude": -8.5,
            "longitude": 116.1,
            "quota": 3,
            "available_quota": 2,
            "published_on": date(2026, 10, 23),
            "expires_on": date(2026, 12, 23),
            "min_education": "upper_secondary",
            "min_experience_years": 1,
            "salary_min": 2_500_000,
            "salary_max": 3_000_000,
            "job_function": "Produksi",
            "job_type": "Contract",
            "industry": "Konstruksi",
            "skills": ["las", "baca-gambar"],
            "restrictive_terms": [],
        }
    ]


@pytest.mark.parametrize(
    "content",
    [
        page(vacancy(1), vacancy(2)),
        [page(vacancy(1)), page(vacancy(2))],
        [page(vacancy(1)), page(), page(vacancy(2))],
        [vacancy(1), vacancy(2)],
        lines([page(vacancy(1)), page(vacancy(2))]),
        lines([{"data": vacancy(1)}, {"data": vacancy(2)}]),
        lines([vacancy(1), vacancy(2)]),
        [{"data": {"data": vacancy(1)}}, {"data": {"data": vacancy(2)}}],
        {"code": 200, "message": "OK", **page(vacancy(1), vacancy(2))},
    ],
    ids=["page", "pages", "an empty page", "list", "page a line", "one a line", "bare", "recorded", "code 200"],
)
def test_every_form_that_is_served_gives_the_same_vacancies(content: Any, bench: Bench) -> None:
    report = bring(bench, content)
    assert (report.rows, report.counts["vacancies"]) == (2, 2)


@pytest.mark.parametrize(
    ("where", "village", "regency", "is_told"),
    [
        (region("village", "5201142005"), SENTELUK, "52.01", False),
        (region("village", 5201142005), SENTELUK, "52.01", False),
        (region("village", "5201142999"), None, "52.01", False),
        # Not even the form of a Kemendagri village: of another system, whose first digits name other regencies.
        (region("village", "5201149999"), None, None, True),
        (region("village", "5201080010", city=5201), None, "52.01", False),
        (region("village", "9901149999", city=5201), None, "52.01", False),
        (region("village", "9901149999"), None, None, True),
        (region("village", None), None, None, True),
        (region("city", "5201"), None, "52.01", False),
        (region("city", 5201), None, "52.01", False),
        (region("city", "9999"), None, None, True),
        (region("province", "52"), None, None, True),
        (region("sub_district", "520114"), None, "52.01", False),
        (region("village", "52.01.14.2005"), None, None, True),
        (None, None, None, True),
        ("Lombok", None, None, True),
    ],
)
def test_the_place_is_kemendagri_without_dots_and_exists_or_is_null(
    where: Any, village: str | None, regency: str | None, is_told: bool
) -> None:
    found = read(vacancy(region=where), regions())
    assert isinstance(found, Vacancy)
    assert (found.values["village_code"], found.values["regency_code"]) == (village, regency)
    assert ("vacancies.region_unknown" in {rule.code for rule, _ in found.warnings}) is is_told


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (2_500_000, 3_000_000)),
        ({"show_salary": False}, (None, None)),
        ({"min_salary_amount": 0, "max_salary_amount": 0}, (None, None)),
        ({"min_salary_amount": 0}, (None, 3_000_000)),
        ({"max_salary_amount": None}, (2_500_000, None)),
        ({"show_salary": None}, (2_500_000, 3_000_000)),
        ({"min_salary_amount": 4_000_000}, (None, None)),
    ],
)
def test_hidden_pay_is_null_and_not_zero(changes: dict[str, Any], expected: tuple[int | None, int | None]) -> None:
    found = read(vacancy(**changes), regions())
    assert isinstance(found, Vacancy)
    assert (found.values["salary_min"], found.values["salary_max"]) == expected


@pytest.mark.parametrize(
    ("changes", "terms"),
    [
        ({}, []),
        ({"gender": "male"}, ["gender"]),
        ({"gender": "female", "max_age": 35}, ["gender", "max_age"]),
        ({"gender": None, "max_age": 0}, []),
        ({"min_age": 18}, []),
        ({"min_age": 21}, ["min_age"]),
        ({"marital_status": "single"}, ["marital_status"]),
        ({"physical_condition": "normal"}, ["physical_condition"]),
        ({"physical_condition": "disabled"}, []),
    ],
)
def test_terms_that_keep_people_out_are_flagged(changes: dict[str, Any], terms: list[str]) -> None:
    assert restrictive_terms(vacancy(**changes)) == terms


@pytest.mark.parametrize(
    ("changes", "column", "value", "rule"),
    [
        ({"published_at": "2026-10-23T18:00:00.000Z"}, "published_on", date(2026, 10, 24), None),
        ({"expires_at": "2026-12-23T16:59:59Z"}, "expires_on", date(2026, 12, 23), None),
        ({"expires_at": None}, "expires_on", None, None),
        ({"expires_at": "segera"}, "expires_on", None, "vacancies.date_unreadable"),
        ({"min_education": {"name": "Sarjana", "level": 50}}, "min_education", "bachelor", None),
        ({"min_education": {"name": "Nama Baru", "level": 40}}, "min_education", "diploma", None),
        ({"min_education": {"name": "Nama Baru", "level": 45}}, "min_education", "unmapped",
         "vacancies.education_unmapped"),
        ({"min_education": None}, "min_education", "missing", None),
        ({"job_type": "Full time"}, "job_type", "Full time", None),
        ({"job_function": None, "job_function_name": "Keuangan"}, "job_function", "Keuangan", None),
        ({"employer": None}, "industry", None, None),
        ({"status": "CLOSED"}, "status", "closed", None),
        ({"quota": None}, "quota", None, None),
        ({"region": region("village", "5201142005", position=(116.1, -8.5))}, "latitude", None,
         "vacancies.position_odd"),
        ({"region": region("village", "5201142005", position=(None, None))}, "latitude", None, None),
        ({"skills": None}, "skills", [], None),
    ],
)  # fmt: skip
def test_truth_table_of_columns(changes: dict[str, Any], column: str, value: Any, rule: str | None) -> None:
    found = read(vacancy(**changes), regions())
    assert isinstance(found, Vacancy)
    assert found.values[column] == value
    assert [told.code for told, _ in found.warnings] == ([rule] if rule else [])


@pytest.mark.parametrize("changes", [{"id": None}, {"id": ""}, {"title": None}, {"title": "  "}])
def test_a_vacancy_without_identifier_or_title_is_rejected(changes: dict[str, Any]) -> None:
    assert read(vacancy(**changes), regions()) is NOT_A_VACANCY


def test_one_bad_vacancy_never_stops_a_page(bench: Bench) -> None:
    report = bring(bench, page(vacancy(1), vacancy(2, title=None), "rusak", vacancy(3)))
    assert (report.rows, report.accepted, report.rejected) == (4, 2, 2)


def test_a_vacancy_on_two_pages_counts_once_and_the_one_changed_last_holds(bench: Bench) -> None:
    newer = vacancy(1, updated_at="2026-11-01 00:00:00", quota=9)
    report = bring(bench, [page(vacancy(1), newer), page(vacancy(1), vacancy(2))])
    assert (report.rows, report.accepted, report.duplicates, report.counts["vacancies"]) == (4, 4, 2, 2)
    assert [row["quota"] for row in vacancies(bench)] == [9, 3]


def test_expired_and_closed_vacancies_are_kept_with_their_status(bench: Bench) -> None:
    report = bring(bench, page(vacancy(1, expires_at="2026-11-01"), vacancy(2, status="closed"), vacancy(3)))
    assert [row["status"] for row in vacancies(bench)] == ["open", "closed", "open"]
    assert (report.counts["vacancies"], report.counts["open"]) == (3, 1)
    assert report.details["by_status"] == {"closed": 1, "open": 2}


def test_a_catalogue_that_announces_more_than_it_holds_is_told(bench: Bench) -> None:
    report = bring(bench, page(vacancy(1), total=90))
    assert report.details["announced"] == 90
    assert report.warnings == {"vacancies.pages_missing": 1}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"code": 403, "message": "Forbidden"}, ErrorAnswer),
        ({"code": 500, "message": "x", "data": []}, ErrorAnswer),
        ({"error": "x"}, ErrorAnswer),
        ([page(vacancy(2)), {"code": 429, "message": "Too Many Requests"}], ErrorAnswer),
        (lines([page(vacancy(2)), {"code": 429, "message": "x"}]), ErrorAnswer),
        (page(), NoRows),
        ([], NoRows),
        ({"apa": "saja"}, FormatUnknown),
        (lines([page(vacancy(2))]) + "\n{rusak", FormatUnknown),
        ("id,title\n1,x\n", FormatUnknown),
        ("<html></html>", FileUnreadable),
    ],
)
def test_an_error_or_a_wrong_file_is_refused_whole_and_replaces_nothing(
    content: Any, error: type[Exception], bench: Bench
) -> None:
    bring(bench, page(vacancy(1)), as_of=date(2026, 11, 1))
    with pytest.raises(error):
        bring(bench, content if isinstance(content, str) else json.dumps(content))
    assert len(bench.lake.history(layer=Layer.CORE, dataset=DATASET, scope="00")) == 1


def test_the_employers_contacts_stay_in_the_sealed_raw_layer(bench: Bench) -> None:
    bring(bench, page(vacancy()))
    for path in bench.folder.glob("*.json"):
        path.unlink()
    assert b"orang@contoh.invalid" not in bench.everything_on_disk()
    assert bench.lake.current(layer=Layer.RAW, dataset=DATASET, scope="00").tables["rows"].rows == 1


def test_the_same_pages_again_change_nothing(bench: Bench) -> None:
    first = bring(bench, page(vacancy(1), total=3))
    again = bring(bench, page(vacancy(1), total=3))
    assert (first.is_new, again.is_new, again.warnings) == (True, False, first.warnings)
