"""What `acro`, the checker of research outputs of the SACRO project, calls exposed is not shown by us.

The rules are the same where both have one: at least five persons in a cell; of a rate, none or all of a group tells of
everyone in it. Two are not. A count of nobody is shown by us and called small by `acro`, so it is compared for rates
alone. Dominance (two persons who make most of a sum, a person next to the largest) is a rule for amounts; each of our
persons counts one, so it can only strike where the least cell does already, and the last test holds that.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from tenun.disclosure.profile import MINISTRIES, DisclosureClass, judge_count, judge_rate
from tenun.disclosure.state import ValueState
from tenun.indicators import compute, cube, definition
from tenun.indicators.areas import Area, level_of
from tenun.indicators.inputs import Inputs
from tenun.indicators.measure import Measurement
from tests.conformance.disclosure.references import ACRO, Installed
from tests.property.indicators import invented

Table = list[tuple[str, str, int]]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return ACRO.installed(tmp_path_factory.mktemp("acro") / "environment")


def _checked(reference: Installed, tables: list[Table], *, zeros: bool) -> list[dict[tuple[str, str], set[str]]]:
    question = {"threshold": MINISTRIES.minimum_cell, "zeros": zeros, "tables": tables}
    return [{(row, column): set(checks) for row, column, checks in cells} for cells in reference.ask(question)]


def _is_hidden(count: int) -> bool:
    return judge_count(
        count, profile=MINISTRIES, class_=DisclosureClass.R1, population=1000, households=300, is_below_district=True
    ).is_hidden


def test_counts_are_hidden_where_the_reference_finds_them_small_and_nowhere_else(reference: Installed) -> None:
    chance = Random(3)
    table = [
        (f"v{row}", column, chance.randint(0, 12)) for row in range(40) for column in ("male", "female", "missing")
    ]
    (found,) = _checked(reference, [table], zeros=False)
    decided = {(row, column): _is_hidden(count) for row, column, count in table if count}
    assert {cell: "MinimumThresholdCheck" in found[cell] for cell in decided} == decided
    assert 10 < sum(decided.values()) < len(decided)


def test_rates_are_hidden_where_the_reference_finds_one_side_of_the_group_small_or_empty(reference: Installed) -> None:
    chance = Random(4)
    groups = {f"v{row}": (chance.choice((0, 0, 1, 4, 5, 30)), chance.choice((0, 1, 4, 5, 60))) for row in range(80)}
    groups = {name: sides for name, sides in groups.items() if sum(sides) >= MINISTRIES.minimum_denominator}
    table = [
        (name, column, n) for name, sides in groups.items() for column, n in zip(("has", "not"), sides, strict=True)
    ]
    (found,) = _checked(reference, [table], zeros=True)
    mine = {
        name: judge_rate(has, has + rest, profile=MINISTRIES, population=1000).is_hidden
        for name, (has, rest) in groups.items()
    }
    assert {name: bool(found[name, "has"] | found[name, "not"]) for name in groups} == mine
    assert set(mine.values()) == {True, False}


@pytest.mark.pasal("7(2)")
def test_nothing_that_the_reference_finds_exposed_is_published(reference: Installed) -> None:
    """Every table of counts of three invented regencies, checked by the reference as tables of true numbers."""
    names: list[tuple[int, str, str]] = []
    tables: list[Table] = []
    shown = set()
    for seed in range(3):
        places = invented.areas(districts=3, villages=4)
        inputs = invented.inputs(seed, places)
        figures = compute.make(inputs, areas=places, reference_date=invented.DATE, settings=compute.Settings())
        shown |= {
            (seed, row["indicator"], row["area_code"], row["breakdown"], row["category"])
            for row in figures.values.to_pylist()
            if ValueState(row["state"]).has_value
        }
        for indicator, breakdown, table in _true_tables(inputs, places):
            names.append((seed, indicator, breakdown))
            tables.append(table)
    exposed = {
        (*name, area, "" if category == "all" else category)
        for name, cells in zip(names, _checked(reference, tables, zeros=False), strict=True)
        for (area, category), checks in cells.items()
        if checks
    }
    exposed = {(seed, indicator, area, breakdown, one) for seed, indicator, breakdown, area, one in exposed}
    assert len(exposed) > 20
    assert len(shown) > 200
    assert not shown & exposed


def _true_tables(inputs: Inputs, places: list[Area]) -> Iterator[tuple[str, str, Table]]:
    """Indicator, breakdown and table of one level: true counts, those of nobody left out."""
    measurement, listed = Measurement(inputs, places, reference_date=invented.DATE), {one.code: one for one in places}
    for one in definition.load_all().values():
        if one.kind is not definition.Kind.COUNT:
            continue
        built = cube.build(one, inputs, measurement, listed, reference_date=invented.DATE)
        exact = [(area, slot, counts.numerator) for area, slot, counts in built.exact() if counts.numerator]
        for breakdown, level in sorted({(slot[0], str(level_of(area))) for area, slot, _ in exact}):
            yield (
                one.id,
                breakdown,
                [
                    (area, category or "all", count)
                    for area, (dimension, category), count in exact
                    if dimension == breakdown and str(level_of(area)) == level
                ],
            )
    measurement.close()


def test_dominance_strikes_no_count_that_the_least_cell_does_not_strike(reference: Installed) -> None:
    table = [(f"v{count}", "all", count) for count in range(1, 30)]
    (found,) = _checked(reference, [table], zeros=False)
    dominated = {row for (row, _), checks in found.items() if checks & {"NKCheck", "PPercentCheck"}}
    assert dominated
    assert all(_is_hidden(int(row[1:])) for row in dominated)
