"""Figures that are neither a number of persons nor a part of them: what they may say, and where they say nothing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from tenun.disclosure.state import ValueState
from tenun.indicators import compute, definition, wording
from tenun.indicators.areas import NATIONAL, Area, upwards
from tenun.indicators.definition import DefinitionInvalid, Kind
from tenun.indicators.inputs import LINKS, Delivery, Inputs, _allowed, was_told
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid

DATE = date(2026, 11, 24)
KNOWN = definition.load_all()
ONE, TWO = "99.01.01.2001", "99.02.01.2001"
NO_CARE: Mapping[str, Any] = {"seekers_as_of": DATE, "vacancies_as_of": DATE}
Row = Mapping[str, Any]


def _published(
    indicators: Sequence[str],
    seekers: Mapping[str, int],
    vacancies: Sequence[Row] = (),
    *,
    delivered_on: date = DATE,
    **other: Any,
) -> Mapping[tuple[str, str], Row]:
    """What is published of villages of 300 adults, so many of whom are active job seekers."""
    codes = sorted({around for village in seekers for around in upwards(village)})
    people = [(village, f"{village}/{number}") for village in seekers for number in range(300)]
    persons = [
        {"person_id": name, "village_code": village, "age_years": 30, "life_status": "alive", "family_id": f"{name}"}
        for village, name in people
    ]
    names = [f"{village}/{number}" for village, many in seekers.items() for number in range(many)]
    inputs = Inputs(
        persons=pa.Table.from_pylist(persons, schema=sid.PERSONS.schema()),
        links=pa.Table.from_pylist([{"seeker_id": one, "person_id": one} for one in names], schema=LINKS),
        seekers=pa.Table.from_pylist(
            [{"seeker_id": one, "village_code": one.partition("/")[0], "reported_on": DATE} for one in names],
            schema=siapkerja.SEEKERS.schema(),
        ),
        placements=siapkerja.PLACEMENTS.schema().empty_table(),
        vacancies=pa.Table.from_pylist(list(vacancies), schema=siapkerja.VACANCIES.schema()),
        deliveries={village: Delivery(village, delivered_on, "x", 300) for village in seekers},
        **{**NO_CARE, **other},
    )
    settings = compute.Settings(definitions={one: KNOWN[one] for one in indicators})
    figures = compute.make(inputs, areas=[Area(code, code) for code in codes], reference_date=DATE, settings=settings)
    return {(row["indicator"], row["area_code"]): row for row in figures.values.to_pylist() if not row["breakdown"]}


def _open(regency: str, places: int, **other: Any) -> Row:
    return {"status": "open", "regency_code": regency, "available_quota": places} | other


@pytest.mark.pasal("7(2)")
def test_a_ratio_says_nothing_where_its_count_says_nothing() -> None:
    rows = _published(["C1", "D2"], {ONE: 3, TWO: 30}, [_open("99.01", 2), _open("99.02", 10)])
    assert rows["C1", "99.01"]["state"] == "lt"
    for area in ("99.01", "99.02", "99", NATIONAL):
        is_hidden = not ValueState(rows["C1", area]["state"]).has_value
        row = rows["D2", area]
        assert row["state"] == ("sup" if is_hidden else "ok"), area
        if is_hidden:
            assert [row[name] for name in ("value", "numerator", "denominator", "low", "high")] == [None] * 5


@pytest.mark.pasal("7(2)")
def test_a_ratio_of_all_but_one_regency_does_not_tell_the_count_of_that_one() -> None:
    """C1 of the province less the job seekers behind D2 would be those of the regency without vacancies."""
    other = {"vacancies_areas": ("99.01",)}
    rows = _published(["C1", "D2"], {ONE: 30, TWO: 3}, [_open("99.01", 10)], **other)
    assert rows["D2", "99.02"]["state"] == "ns"
    assert rows["C1", "99.02"]["state"] == "lt"
    assert rows["C1", "99"]["value"] == 33
    for area in ("99", NATIONAL):
        assert (rows["D2", area]["state"], rows["D2", area]["numerator"]) == ("sup", None)


def test_a_ratio_adds_up_before_it_divides() -> None:
    rows = _published(["C1", "D2"], {ONE: 30, TWO: 20}, [_open("99.01", 4), _open("99.02", 100)])
    told = [(rows["D2", area]["value"], rows["D2", area]["numerator"]) for area in ("99.01", "99.02", "99")]
    assert told == [(7.5, 30), (0.2, 20), (0.5, 50)]
    assert rows["D2", "99"]["denominator"] == 104


def test_without_things_there_is_no_ratio_and_no_share_of_them() -> None:
    rows = _published(["C1", "D2", "D5", "D8"], {ONE: 30})
    for indicator in ("D2", "D5", "D8"):
        row = rows[indicator, "99.01"]
        assert (row["state"], row["reason"], row["value"]) == ("na", "nothing_there", None)


def test_a_source_that_was_not_delivered_is_not_nothing() -> None:
    rows = _published(["C1", "D2", "D8", "E3"], {ONE: 30}, vacancies_as_of=None)
    assert {rows[one, "99.01"]["reason"] for one in ("D2", "D8", "E3")} == {"source_missing"}


def test_a_middle_of_nought_is_a_figure_also_where_villages_are_missing() -> None:
    rows = _published(["G3"], {ONE: 0, TWO: 0})
    assert {(row["state"], row["value"], row["numerator"]) for row in rows.values()} == {("ok", 0, None)}


def test_medians_of_areas_are_told_and_never_added_up() -> None:
    pay = [_open("99.01", 1, salary_min=amount) for amount in (1, 1, 1, 1, 10)]
    pay += [_open("99.02", 1, salary_min=amount) for amount in (20, 20, 20, 20, 20, 20)]
    rows = _published(["D5"], {ONE: 0, TWO: 0}, pay)
    assert [rows["D5", area]["value"] for area in ("99.01", ONE, "99.02", "99")] == [1, 1, 20, 20]
    assert [rows["D5", area]["denominator"] for area in ("99.01", "99.02", "99")] == [5, 6, 11]


def test_what_no_file_brings_is_named() -> None:
    rows = _published(["C1", "C7", "C8", "A4"], {ONE: 30})
    for indicator, field in (("C8", "has_applications"), ("A4", "disability"), ("C7", "has_seekers_disability")):
        row = rows[indicator, "99.01"]
        assert (row["state"], row["reason"]) == ("nc", "field_not_collected")
        assert field in KNOWN[indicator].needs_filled
        assert field in wording.FIELDS


class _Permit:
    def __init__(self, *fields: str) -> None:
        self.fields = frozenset(fields)


@pytest.mark.pasal("13")
def test_disability_of_job_seekers_is_read_only_where_the_permit_has_it() -> None:
    seekers = pa.table({"seeker_id": ["1"], "disability": ["physical"]})
    assert _allowed(seekers, _Permit("sex")).column_names == ["seeker_id"]  # type: ignore[arg-type]
    assert _allowed(seekers, _Permit("disability")) == seekers  # type: ignore[arg-type]


@pytest.mark.parametrize(("told", "is_told"), [("missing", None), (None, None), ("none", True), ("physical", True)])
def test_a_column_of_job_seekers_is_told_once_anyone_fills_it(told: str | None, is_told: bool | None) -> None:
    inputs = Inputs(
        persons=pa.Table.from_pylist([{"person_id": "p", "village_code": ONE}], schema=sid.PERSONS.schema()),
        links=LINKS.empty_table(),
        seekers=pa.Table.from_pylist([{"disability": told}], schema=siapkerja.SEEKERS.schema()),
        placements=siapkerja.PLACEMENTS.schema().empty_table(),
        vacancies=siapkerja.VACANCIES.schema().empty_table(),
        deliveries={},
        seekers_as_of=DATE,
        vacancies_as_of=DATE,
    )
    assert inputs.persons[was_told("disability")].to_pylist() == [is_told]


@pytest.mark.parametrize(
    ("indicator", "change"),
    [
        ("d2", {"levels": ["desa", "kabupaten"]}),
        ("d2", {"disclosure": {"class": "R1"}}),
        ("d2", {"disclosure": {"class": "R0", "whole": "C1"}}),
        ("d2", {"unit": "%"}),
        ("d2", {"denominator": None}),
        ("d5", {"disclosure": {"class": "R1"}}),
        ("d8", {"unit": "orang"}),
        ("d8", {"fields": {"persons": ["person_id"]}}),
        ("d8", {"fields": {"vacancies": ["quota"], "trainings": ["seats"]}}),
        ("e3", {"denominator": {"id": "Sesuatu.", "en": "Something."}}),
        ("g3", {"kind": "supply", "denominator": None}),
    ],
)
def test_a_definition_that_its_kind_cannot_keep_is_refused(
    tmp_path: Path, indicator: str, change: Mapping[str, Any]
) -> None:
    (source,) = definition.FOLDER.glob(f"{indicator}-*")
    folder = shutil.copytree(source, tmp_path / source.name)
    shutil.copy(definition.FOLDER / "common.sql", tmp_path)
    content = yaml.safe_load((folder / "definition.yaml").read_text())
    (folder / "definition.yaml").write_text(yaml.safe_dump(content))
    definition.load(folder)
    (folder / "definition.yaml").write_text(yaml.safe_dump(content | change))
    with pytest.raises(DefinitionInvalid):
        definition.load(folder)


def test_every_kind_says_what_its_figure_is_made_of() -> None:
    for one in KNOWN.values():
        assert one.is_quotient == (one.kind in (Kind.RATE, Kind.SUPPLY_RATE, Kind.RATIO)), one.id
        assert sum((one.is_sum, one.is_quotient, one.kind is Kind.MEDIAN)) == 1, one.id
        assert one.unit in wording.UNITS, one.id


def test_sensitive_rates_are_not_made_for_villages() -> None:
    sensitive = {one.id for one in KNOWN.values() if one.disclosure.class_ == "R3"}
    assert sensitive == {"A4", "B15", "C7", "F5", "F6"}
    rows = _published(["A1", "F5"], {ONE: 30}, events_areas={"layoffs": (NATIONAL,)})
    assert {area for indicator, area in rows if indicator == "F5"} == {"99.01.01", "99.01", "99", NATIONAL}
