"""What queries see of a person: register, survey, and which tables of SIAPKerja were delivered."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from tenun.indicators.inputs import EVENTS, LINKS, PERSONS, Inputs, _permitted, was_delivered
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid

VILLAGES = ("99.01.01.2001", "99.02.01.2001")


def _inputs(**other: Any) -> Inputs:
    persons = [{"person_id": f"p{number}", "village_code": village} for number, village in enumerate(VILLAGES)]
    return Inputs(
        persons=pa.Table.from_pylist(persons, schema=sid.PERSONS.schema()),
        links=LINKS.empty_table(),
        seekers=siapkerja.SEEKERS.schema().empty_table(),
        placements=siapkerja.PLACEMENTS.schema().empty_table(),
        vacancies=siapkerja.VACANCIES.schema().empty_table(),
        deliveries={},
        seekers_as_of=None,
        vacancies_as_of=None,
        **other,
    )


def _survey(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=sid.SURVEY.schema())


def test_whoever_was_not_asked_has_no_answers_and_is_still_there() -> None:
    survey = _survey({"person_id": "p0", "surveyed_on": date(2026, 6, 1), "worked_last_week": False, "hours": 0})
    seen = {one["person_id"]: one for one in _inputs(survey=survey).persons.to_pylist()}
    assert (seen["p0"]["survey_worked_last_week"], seen["p0"]["survey_hours"]) == (False, 0)
    assert seen["p1"]["survey_worked_last_week"] is None
    assert seen["p1"]["surveyed_on"] is None


def test_of_two_surveys_the_last_counts_and_the_person_once() -> None:
    survey = _survey(
        {"person_id": "p0", "surveyed_on": date(2026, 6, 1), "hours": 40},
        {"person_id": "p0", "surveyed_on": date(2022, 11, 1), "hours": 10},
        {"person_id": "p0", "hours": 99},
    )
    seen = _inputs(survey=survey).persons
    assert seen.schema == PERSONS
    assert sorted(zip(seen["person_id"].to_pylist(), seen["survey_hours"].to_pylist(), strict=True)) == [
        ("p0", 40), ("p1", None),
    ]  # fmt: skip


def test_a_table_that_covers_one_regency_is_not_delivered_for_another() -> None:
    seen = _inputs(events_areas={"enrolments": ("99.01",), "layoffs": ("00",)}).persons
    assert seen[was_delivered("enrolments")].to_pylist() == [True, None]
    assert seen[was_delivered("layoffs")].to_pylist() == [True, True]
    others = EVENTS.keys() - {"enrolments", "layoffs"}
    assert all(seen[was_delivered(name)].to_pylist() == [None, None] for name in others)


class _Permit:
    fields = frozenset({"surveyed_on", "survey_hours"})


def test_answers_that_a_permit_does_not_cover_are_left_behind() -> None:
    survey = _survey({"person_id": "p0", "surveyed_on": date(2026, 6, 1), "hours": 40, "functional_difficulty": True})
    kept = _permitted(survey, _Permit())  # type: ignore[arg-type]
    assert kept.column_names == ["person_id", "village_code", "surveyed_on", "hours"]
