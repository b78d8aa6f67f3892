"""Every indicator's example, through the real engine: query, cube, disclosure control, published rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tenun.indicators import compute, definition
from tenun.indicators.areas import NATIONAL, Area
from tenun.indicators.inputs import EVENTS, LINKS, Delivery, Inputs
from tenun.indicators.measure import Measurement
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid

FOLDERS = sorted(path.parent for path in definition.FOLDER.glob("*/example.yaml"))


def test_every_indicator_has_an_example() -> None:
    assert [path.name for path in FOLDERS] == sorted(path.parent.name for path in definition.FOLDER.glob("*/*.sql"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_query_gives_what_the_example_counts_by_hand(folder: Path) -> None:
    example = definition.read_yaml(folder / "example.yaml")
    one = definition.load(folder)
    inputs, areas = _inputs(example), _areas(example)
    measurement = Measurement(inputs, areas, reference_date=example["reference_date"])
    measured = measurement.run(one)
    measurement.close()
    assert example["expect"]["measured"]
    for wanted in example["expect"]["measured"]:
        counts = measured[wanted["area"]][wanted.get("breakdown", ""), wanted.get("category", "")]
        assert counts.numerator == wanted["numerator"], wanted
        assert counts.denominator == wanted.get("denominator", 0), wanted
        assert counts.unknown == wanted.get("unknown", 0), wanted


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_published_figures_are_those_of_the_example(folder: Path) -> None:
    example = definition.read_yaml(folder / "example.yaml")
    one = definition.load(folder)
    figures = compute.make(
        _inputs(example), areas=_areas(example), reference_date=example["reference_date"], settings=compute.Settings()
    )
    rows = {
        (row["area_code"], row["breakdown"], row["category"]): row
        for row in figures.values.to_pylist()
        if row["indicator"] == one.id
    }
    assert example["expect"]["published"]
    for wanted in example["expect"]["published"]:
        row = rows[wanted["area"], wanted.get("breakdown", ""), wanted.get("category", "")]
        expected = {name: wanted.get(name) for name in ("state", "value", "reason")}
        assert {name: row[name] for name in expected} == expected, wanted
        if "low" in wanted:
            assert (row["low"], row["high"]) == (wanted["low"], wanted["high"]), wanted


def _areas(example: Mapping[str, Any]) -> list[Area]:
    return [Area(NATIONAL, "Indonesia"), *(Area(code, name) for code, name in example["areas"].items())]


def _inputs(example: Mapping[str, Any]) -> Inputs:
    return Inputs(
        persons=_table(_people(example, "persons", "person_id", "p"), sid.PERSONS.schema()),
        links=_table(list(_links(example)), LINKS),
        seekers=_table(_people(example, "seekers", "seeker_id", "s"), siapkerja.SEEKERS.schema()),
        placements=_table(list(_placements(example)), siapkerja.PLACEMENTS.schema()),
        vacancies=_table(example.get("vacancies", []), siapkerja.VACANCIES.schema()),
        trainings=_table(example.get("trainings", []), siapkerja.TRAININGS.schema()),
        survey=_table(_people(example, "survey", "person_id", "p"), sid.SURVEY.schema()),
        **{
            name: _table(_people(example, name, "seeker_id", "s"), table.schema())
            for name, (_, table) in EVENTS.items()
            if name != "followups"
        },
        followups=_table(_people(example, "followups", "placement_id", "t"), siapkerja.FOLLOWUPS.schema()),
        events_areas={name: (NATIONAL,) for name in EVENTS if name in example},
        deliveries={
            code: Delivery(village_code=code, as_of=as_of, snapshot=f"{as_of}-example", rows=1)
            for code, as_of in example.get("deliveries", {}).items()
        },
        seekers_as_of=example.get("seekers_as_of"),
        vacancies_as_of=example.get("vacancies_as_of"),
        trainings_as_of=example.get("trainings_as_of"),
    )


def _people(example: Mapping[str, Any], table: str, key: str, prefix: str) -> list[dict[str, Any]]:
    rows = []
    for given in example.get(table, []):
        row = {name: value for name, value in given.items() if name not in ("ids", "times")}
        numbers = (
            _span(given["ids"]) if "ids" in given else range(10_000 + len(rows), 10_000 + len(rows) + given["times"])
        )
        rows += [row | {key: f"{prefix}{number}"} for number in numbers]
    return rows


def _links(example: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for given in example.get("links", []):
        for seeker, person in zip(_span(given["seekers"]), _span(given["persons"]), strict=True):
            yield {"seeker_id": f"s{seeker}", "person_id": f"p{person}"}


def _placements(example: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """`ids: 1-10` are placements that a follow-up asks about; `seekers: 1-10` whom they are of."""
    for given in example.get("placements", []):
        about = {name: value for name, value in given.items() if name not in ("seekers", "ids")}
        seekers = _span(given["seekers"])
        for number, seeker in zip(_span(given["ids"]) if "ids" in given else seekers, seekers, strict=True):
            yield about | {"placement_id": f"t{number}", "seeker_id": f"s{seeker}"}


def _span(text: str) -> range:
    first, last = text.split("-")
    return range(int(first), int(last) + 1)


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    unknown = {name for row in rows for name in row} - set(schema.names)
    assert not unknown, f"columns that the table does not have: {unknown}"
    return pa.Table.from_pylist(rows, schema=schema)


def test_an_example_is_dated() -> None:
    assert all(isinstance(definition.read_yaml(path / "example.yaml")["reference_date"], date) for path in FOLDERS)
