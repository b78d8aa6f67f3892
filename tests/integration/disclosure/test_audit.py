"""Snapshots as the engine publishes them, and as it would without its rules, under audit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from tenun.cli import disclosure as command
from tenun.disclosure import outside
from tenun.disclosure.audit import Indicator, Release, Report, audit
from tenun.disclosure.gates import OUTSIDE, FixedTable
from tenun.disclosure.profile import MINISTRIES
from tenun.disclosure.ptable import PTable, ptable
from tenun.indicators import compute, protection
from tenun.indicators.attacked import release_of
from tenun.indicators.tables import DATASET, SCOPE
from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer, Origin, Snapshot
from tenun.lake.store import Lake
from tests.property.indicators import invented

PLACES = invented.areas(districts=3, villages=4)


def publish(lake: Lake, inputs: Any, *, name: str, least: int = 5, as_of: date = invented.DATE) -> Snapshot:
    profile = replace(MINISTRIES, minimum_cell=least)
    settings = compute.Settings(profile=profile)
    figures = compute.make(inputs, areas=PLACES, reference_date=as_of, settings=settings)
    return lake.publish(
        layer=Layer.OUT,
        dataset=DATASET,
        scope=SCOPE,
        as_of=as_of,
        origin=Origin(
            recipe="audit-test/1",
            inputs=(name,),
            settings={"least": least, "profile": {"minimum_cell": least, "minimum_population": 40}},
        ),
        tables={name: getattr(figures, name) for name in ("values", "coverage", "definitions", "areas")},
        details={"minimum_cell": least},
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "desa" / "lake", MemoryKeys())


def audited(lake: Lake, subject: Snapshot, *others: Snapshot) -> Report:
    return audit(release_of(lake, subject), [release_of(lake, one) for one in others])


@pytest.mark.pasal("7(2)")
@pytest.mark.parametrize("seed", range(6))
def test_nothing_hidden_by_the_engine_is_recovered(lake: Lake, seed: int) -> None:
    report = audited(lake, publish(lake, invented.inputs(seed, PLACES), name=f"seed-{seed}"))
    assert report.attacked > 20
    assert report.recovered == []
    assert report.undecided == 0


@pytest.mark.parametrize("seed", range(3))
def test_without_complementary_suppression_hidden_cells_are_recovered(
    lake: Lake, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("protect_totals", "protect_breakdown", "refuse_what_is_told"):
        monkeypatch.setattr(protection, step, lambda *_: None)
    report = audited(lake, publish(lake, invented.inputs(seed, PLACES), name=f"seed-{seed}"))
    assert {one.kind for one in report.recovered} == {"computable"}


def test_a_release_under_a_lower_threshold_gives_away_what_a_later_one_hides(lake: Lake) -> None:
    inputs = invented.inputs(1, PLACES)
    earlier = publish(lake, inputs, name="same", least=3)
    later = publish(lake, inputs, name="same", least=5)
    assert audited(lake, later).is_safe
    assert "shown_elsewhere" in {one.kind for one in audited(lake, later, earlier).recovered}


def test_releases_of_other_data_are_not_taken_for_the_same(lake: Lake) -> None:
    """What villages have changed is a change in the world, and no contradiction."""
    earlier = publish(lake, _with_snapshots(1, "a"), name="first", as_of=date(2026, 11, 23))
    later = publish(lake, _with_snapshots(2, "b"), name="second")
    assert audited(lake, later, earlier).is_safe


def _with_snapshots(seed: int, mark: str) -> Any:
    inputs = invented.inputs(seed, PLACES)
    return replace(
        inputs,
        deliveries={code: replace(one, snapshot=f"{one.as_of}-{mark}") for code, one in inputs.deliveries.items()},
    )


def test_a_village_that_lost_a_hamlet_of_three_is_found(lake: Lake) -> None:
    """Two releases of one date: the village whole, and without three of its people."""
    chance = Random(4)
    before = _with_snapshots(3, "a")
    rows = before.persons.to_pylist()
    village = max(before.deliveries, key=lambda code: before.deliveries[code].rows)
    adults = [row for row in rows if row["village_code"] == village and row["citizenship"] == "indonesian"]
    gone = {row["person_id"] for row in chance.sample(adults, 3)}
    left = pa.Table.from_pylist([row for row in rows if row["person_id"] not in gone], schema=before.persons.schema)
    after = replace(_with_snapshots(3, "b"), persons=left)
    first, second = publish(lake, before, name="whole"), publish(lake, after, name="without")
    found = {(one.indicator, one.area_code, one.kind) for one in audited(lake, second, first).recovered}
    assert ("A1", village, "small_difference") in found


def test_the_command_leaves_with_one_and_names_cells_without_values(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path))
    monkeypatch.setattr(command, "home_of", lambda _: _Home(lake))
    root = typer.Typer()
    root.add_typer(command.app, name="disclosure")
    inputs = invented.inputs(1, PLACES)
    earlier = publish(lake, inputs, name="same", least=3)
    later = publish(lake, inputs, name="same", least=5)
    safe = CliRunner().invoke(root, ["disclosure", "audit", "--snapshot", later.id, "--json"])
    assert safe.exit_code == 0, safe.output
    assert json.loads(safe.output)["recovered"] == 0
    found = CliRunner().invoke(root, ["disclosure", "audit", "--snapshot", later.id, "--against", earlier.id, "--json"])
    assert found.exit_code == 1
    answer = json.loads(found.output)
    assert answer["recovered"] == len(answer["cells"]) > 0
    assert {tuple(sorted(cell)) for cell in answer["cells"]} == {("area", "breakdown", "category", "indicator", "kind")}
    told = CliRunner().invoke(root, ["disclosure", "audit", "--snapshot", later.id, "--against", earlier.id])
    assert told.exit_code == 1
    assert "terhitung / recovered" in told.output


class _Home:
    def __init__(self, lake: Lake) -> None:
        self.lake = lake


@pytest.mark.parametrize(("noise", "is_safe"), [(ptable(5, 2.0, 2), True), (PTable(0, 0.0, 0, ((0,) * 256,)), False)])
def test_perturbed_tables_are_safe_and_tables_without_noise_are_not(
    tmp_path: Path, noise: PTable, is_safe: bool
) -> None:
    """The same tables, once with the noise of the profile and once with none: then what is shown is what is true."""
    areas = pa.table(
        {
            "area_code": ["00", "d", *(f"v{number}" for number in range(8))],
            "level": ["nasional", "kecamatan", *["desa"] * 8],
            "parent": [None, "00", *["d"] * 8],
        }
    )
    chance = Random(2)
    persons = [
        {
            "person_id": f"{village}/{number}",
            "village_code": f"v{village}",
            "is_adult": True,
            "sex": chance.choice(("male", "female")),
            "seeks": number < 3 + village,
        }
        for village in range(8)
        for number in range(120)
    ]
    connection = duckdb.connect()
    connection.register("persons", pa.Table.from_pylist(persons))
    connection.register("areas", areas)
    tables = tuple(FixedTable(level, by) for level in ("desa", "kecamatan", "nasional") for by in ((), ("sex",)))
    published = outside.publish(
        connection,
        outside.People("persons", "areas", "desa", {"sex": ("male", "female")}),
        [outside.Measure("C1", "seeks")],
        profile=replace(OUTSIDE, tables=tables, noise=noise),
        key=bytes(range(64)),
    )
    coverage = pa.table({"village_code": [f"v{number}" for number in range(8)], "sid_snapshot": ["a"] * 8})
    empty = pa.nulls(published.num_rows, pa.float64())
    for name, table in (
        ("values", published.append_column("low", empty).append_column("high", empty)),
        ("areas", areas),
        ("coverage", coverage),
    ):
        pq.write_table(table, tmp_path / f"{name}.parquet")
    files = {name: tmp_path / f"{name}.parquet" for name in ("values", "areas", "coverage")}
    indicator = Indicator("C1", "digest", is_rate=False, is_of_one_source=True)
    report = audit(Release("outside", "2026-11-24", (), **files, indicators={"C1": indicator}, minimum_cell=5,
                           minimum_population=100, noise=noise))  # fmt: skip
    assert report.attacked > 0
    assert report.is_safe == is_safe
