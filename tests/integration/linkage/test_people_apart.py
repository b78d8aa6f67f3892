"""Single cases in the midst of an invented regency: who must be linked, and who must not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tenun.linkage import crosswalk
from tests.lib import invented_people, linked_nodes
from tests.lib.invented_people import People

VILLAGE = "52.01.01.2001"
OTHER_DISTRICT = "52.01.02.2002"

RESIDENT: dict[str, Any] = {
    "village_code": VILLAGE,
    "sex": "male",
    "age_years": 34,
    "nik": "5201010505929801",
    "nik_class": "valid",
    "full_name": "LALU PRATAMA WIRAJAYA",
    "birth_date": date(1992, 5, 5),
    "address": "Jl. Cempaka",
    "hamlet": "CEMPAKA",
    "rt": "003",
    "rw": "001",
    "life_status": "alive",
    "warnings": [],
    "is_kept": True,
}
ACCOUNT: dict[str, Any] = {
    **{
        name: RESIDENT[name]
        for name in ("village_code", "sex", "age_years", "nik", "nik_class", "full_name", "birth_date")
    },
    "regency_code": "52.01",
    "address": "Jalan Cempaka RT 3 RW 1",
    "warnings": [],
}


class Case:
    """An invented regency to which a case adds its own residents and accounts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.people: People = invented_people.invent(2_500, seed=12)

    def resident(self, name: str, **values: Any) -> None:
        row = len(self.people.residents) + 5_000
        self.people.residents.append({**RESIDENT, "person_id": name, "source_row": row, **values})

    def account(self, name: str, **values: Any) -> None:
        self.people.seekers.append({**ACCOUNT, "seeker_id": name, "source_row": 1, **values})

    def linked(self) -> dict[str, dict[str, Any]]:
        both = linked_nodes.nodes(self.folder, self.people)
        both.link()
        rows = both.naker.read(crosswalk.current(both.naker), crosswalk.TABLE).to_pylist()
        mine = {row["seeker_id"] for row in self.people.seekers if "id_pencaker" not in row}
        return {row["seeker_id"]: row for row in rows if row["seeker_id"] in mine}


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def accepted(row: dict[str, Any]) -> str | None:
    return row["person_id"] if row["match_class"] in ("nik", "probable") else None


def test_equal_nik_and_the_rest_borne_out(case: Case) -> None:
    case.resident("a")
    case.account("x")
    row = case.linked()["x"]
    assert (row["match_class"], row["person_id"], row["village_code"]) == ("nik", "a", VILLAGE)
    assert row["reasons"] == [
        "nik_equal", "name_equal", "birth_date_equal", "sex_equal", "village_equal", "address_equal"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"full_name": "L. Pratama Wirajaya, S.Kom"}, None),
        ({"full_name": "Pratama Wirajaya Lalu"}, "name_reordered"),
        ({"birth_date": date(1992, 1, 1)}, "birth_date_heaped"),
        ({"village_code": OTHER_DISTRICT, "address": None}, "district_differs"),
        ({"village_code": None, "regency_code": None}, "village_missing"),
        ({"sex": "missing"}, "sex_missing"),
    ],
)
def test_the_nik_stands_one_difference(case: Case, change: dict[str, Any], reason: str | None) -> None:
    case.resident("a")
    case.account("x", **change)
    row = case.linked()["x"]
    assert (row["match_class"], row["person_id"]) == ("nik", "a")
    assert reason is None or reason in row["reasons"]


@pytest.mark.parametrize(
    ("relative", "words"),
    [
        ("father", {"full_name": "LALU SURAHMAN WIRAJAYA", "birth_date": date(1965, 2, 11), "age_years": 61}),
        (
            "sister",
            {"full_name": "BAIQ LESTARI WIRAJAYA", "birth_date": date(1995, 8, 17), "age_years": 30, "sex": "female"},
        ),
        ("brother", {"full_name": "LALU DIRGA WIRAJAYA", "birth_date": date(1996, 8, 17), "age_years": 29}),
    ],
)
def test_a_relatives_nik_does_not_make_one_person_of_two(case: Case, relative: str, words: dict[str, Any]) -> None:
    """The account of `relative` was opened with the NIK of resident a; both live in one house."""
    case.resident("a")
    case.account("x", **words)
    row = case.linked()["x"]
    assert row["match_class"] == "review"
    assert row["person_id"] == "a"
    assert row["reasons"][-1] == "nik_not_borne_out"


def test_whoever_used_a_relatives_nik_is_found_by_the_rest(case: Case) -> None:
    father = {"full_name": "LALU SURAHMAN WIRAJAYA", "birth_date": date(1965, 2, 11), "age_years": 61}
    case.resident("a")
    case.resident("father", nik="5201011102659802", **father)
    case.account("x", **father)  # with the NIK of a
    row = case.linked()["x"]
    assert (row["match_class"], row["person_id"]) == ("probable", "father")
    assert "nik_of_household" in row["reasons"]


TWIN = {"full_name": "LALU PRADANA WIRAJAYA", "nik": "5201010505929802"}


def test_twins_are_told_apart_by_their_niks(case: Case) -> None:
    case.resident("a")
    case.resident("b", **TWIN)
    case.account("x")
    case.account("y", **TWIN)
    found = case.linked()
    assert accepted(found["x"]) == "a"
    assert accepted(found["y"]) == "b"


def test_twins_are_told_apart_by_their_names(case: Case) -> None:
    case.resident("a", nik=None)
    case.resident("b", **{**TWIN, "nik": None})
    case.account("x", nik=None)
    case.account("y", **{**TWIN, "nik": None})
    found = case.linked()
    assert accepted(found["x"]) == "a"
    assert accepted(found["y"]) == "b"


@pytest.mark.parametrize("name", ["LALU PRADANA WIRAJAYA", "LALU PERWIRA WIRAJAYA", "LALU DIRGANTARA"])
def test_the_account_of_a_twin_who_is_not_in_the_register_is_not_linked_with_the_other(case: Case, name: str) -> None:
    case.resident("a")
    case.account("y", full_name=name, nik=TWIN["nik"])
    row = case.linked()["y"]
    assert row["match_class"] in ("review", "none")


def test_a_typing_error_in_the_nik_of_one_person_is_forgiven(case: Case) -> None:
    case.resident("a")
    case.account("x", nik="5201010505929807")
    row = case.linked()["x"]
    assert (row["match_class"], row["person_id"]) == ("probable", "a")
    assert "nik_one_digit" in row["reasons"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "name_equal"),
        ({"full_name": "Pratama Lalu Wirajaya"}, "name_reordered"),
        ({"full_name": "LALU PRATAMA"}, "name_shortened"),
        ({"full_name": "LALU PRATAMA WIRADJAJA"}, "name_equal"),
        ({"birth_date": None, "age_years": 34}, "age_equal"),
        ({"birth_date": date(1992, 5, 6)}, "birth_date_one_digit"),
    ],
)
def test_without_a_nik_the_rest_suffices(case: Case, change: dict[str, Any], reason: str) -> None:
    case.resident("a")
    case.account("x", nik=None, **change)
    row = case.linked()["x"]
    assert (row["match_class"], row["person_id"]) == ("probable", "a")
    assert reason in row["reasons"]


def test_swapped_day_and_month_are_said_so(case: Case) -> None:
    case.resident("a", birth_date=date(1992, 3, 5))
    case.account("x", nik=None, birth_date=date(1992, 5, 3))
    row = case.linked()["x"]
    assert (row["match_class"], row["person_id"]) == ("probable", "a")
    assert "birth_date_swapped" in row["reasons"]


def test_one_name_alone_in_a_village_of_many_is_not_enough(case: Case) -> None:
    for number in range(6):
        case.resident(
            f"p{number}", full_name="SLAMET", nik=None, birth_date=date(1970 + number, 1, 1), age_years=56 - number
        )
    case.account("x", full_name="Slamet", nik=None, birth_date=None, age_years=None)
    assert accepted(case.linked()["x"]) is None


def test_two_who_fit_equally_go_to_a_person(case: Case) -> None:
    case.resident("a", nik="5201010505929803", birth_date=date(1992, 5, 5))
    case.resident("b", nik="5201010505929804", birth_date=date(1992, 5, 5))
    case.account("x", nik=None)
    row = case.linked()["x"]
    assert row["match_class"] == "review"
    assert row["reasons"][-1] == "close_rival"


def test_a_person_written_down_twice_is_no_rival_of_himself(case: Case) -> None:
    case.resident("a", nik=None)
    case.resident("b", village_code=OTHER_DISTRICT)
    case.account("x", nik=None)
    assert case.linked()["x"]["match_class"] == "probable"


@pytest.mark.parametrize(
    "change",
    [
        {"nik": None},
        {"nik": None, "full_name": "Pratama Lalu Wirajaya"},
        {"village_code": OTHER_DISTRICT, "address": None},
    ],
)
def test_a_persons_second_account_is_linked_and_names_the_first(case: Case, change: dict[str, Any]) -> None:
    case.resident("a")
    case.account("x")
    case.account("y", **change)
    found = case.linked()
    assert (accepted(found["x"]), found["x"]["duplicate_of"]) == ("a", None)
    assert (accepted(found["y"]), found["y"]["duplicate_of"]) == ("a", "x")
    assert found["y"]["reasons"][-1] == "second_account"


def test_a_doubtful_claim_on_a_person_who_has_an_account_is_not_accepted(case: Case) -> None:
    case.resident("a")
    case.account("x")
    case.account("y", nik=None, full_name="Lalu Wiraguna", address=None, birth_date=date(1992, 5, 6))
    found = case.linked()
    assert accepted(found["x"]) == "a"
    assert (accepted(found["y"]), found["y"]["duplicate_of"]) == (None, None)


BARE = {"full_name": None, "birth_date": None, "address": None}


@pytest.mark.parametrize(
    ("resident", "account", "expected"),
    [
        pytest.param({}, {}, "nik", id="sex, age and village agree, the NIK is the resident's own"),
        pytest.param({}, {"age_years": None, "address": "Cempaka RT 3/1"}, "nik", id="sex, village, address agree"),
        pytest.param({}, {"village_code": None, "age_years": None}, "too_little_known", id="only the sex is known"),
        pytest.param({}, {"sex": "missing"}, "too_little_known", id="sex unknown"),
        pytest.param({}, {"sex": "female"}, "too_little_known", id="the other sex"),
        pytest.param({}, {"age_years": 61}, "nik_not_borne_out", id="another age: perhaps the son's NIK"),
        pytest.param({}, {"village_code": OTHER_DISTRICT, "age_years": None}, "too_little_known", id="elsewhere"),
        pytest.param(
            {"birth_date": date(1971, 3, 9)}, {"age_years": None}, "too_little_known", id="not the resident's own NIK"
        ),
    ],
)
def test_an_account_without_name_and_birth_date(
    case: Case, resident: dict[str, Any], account: dict[str, Any], expected: str
) -> None:
    case.resident("a", **resident)
    case.account("x", **{**BARE, **account})
    row = case.linked()["x"]
    assert row["person_id"] == "a"
    if expected == "nik":
        assert row["match_class"] == "nik"
    else:
        assert (row["match_class"], row["reasons"][-1]) == ("review", expected)


def test_an_account_with_nothing_to_go_by_has_no_candidate(case: Case) -> None:
    case.resident("a")
    case.account("x", **{**BARE, "nik": None})
    assert case.linked()["x"]["reasons"] == ["no_candidate"]


def test_a_placeholder_or_temporary_nik_links_nobody(case: Case) -> None:
    for number, nik in enumerate(("9999999999999999", "0520101200100001")):
        case.resident(f"p{number}", nik=nik, full_name=f"ORANG {'AB'[number]}DUL", birth_date=date(1980, 2, 3 + number))
        case.account(f"x{number}", nik=nik, full_name="SAMA SEKALI LAIN", birth_date=date(2000, 11, 30))
    assert [row["match_class"] for row in case.linked().values()] == ["none", "none"]


def test_residents_beyond_the_agreed_rows_are_not_linked(case: Case) -> None:
    case.resident("dead", life_status="dead")
    case.resident("child", nik="5201010505129801", age_years=14, full_name="ANAK KECIL", birth_date=date(2012, 5, 5))
    case.account("x")
    case.account("y", nik="5201010505129801", age_years=14, full_name="ANAK KECIL", birth_date=date(2012, 5, 5))
    assert [accepted(row) for row in case.linked().values()] == [None, None]


Change = Callable[[People], None]


def no_seekers(people: People) -> None:
    people.seekers.clear()


def no_residents(people: People) -> None:
    for row in people.residents:
        row["life_status"] = "dead"


def no_names(people: People) -> None:
    for row in people.seekers:
        row["full_name"] = row["birth_date"] = None


def no_residue(people: People) -> None:
    by_person = {row["true_person"]: row for row in people.residents if row["is_kept"] and row["nik"]}
    found = {row["true_person"]: row for row in people.seekers if row["true_person"] in by_person}
    people.seekers[:] = [{**row, **{name: by_person[true][name] for name in ("nik", "full_name", "birth_date", "sex")}}
                         for true, row in found.items()]  # fmt: skip


def no_niks(people: People) -> None:
    for row in people.seekers:
        row["nik"] = None


@pytest.mark.parametrize(
    ("change", "some", "none"),
    [
        (no_seekers, set(), {"nik", "probable", "review", "none"}),
        (no_residents, {"none"}, {"nik", "probable", "review"}),
        (no_names, {"nik", "review", "none"}, {"probable"}),
        (no_niks, {"probable"}, {"nik"}),
        (no_residue, {"nik"}, set()),
    ],
)
def test_a_run_copes_with_what_is_not_there(tmp_path: Path, change: Change, some: set[str], none: set[str]) -> None:
    people = invented_people.invent(1_500, seed=13)
    change(people)
    report = linked_nodes.nodes(tmp_path, people).link()
    assert {name for name in some if not report.linked[name]} == set()
    assert {name for name in none if report.linked[name]} == set()
    assert sum(report.linked.values()) == report.seekers == len(people.seekers)
