"""Tables with holes, attacked: by trying every possibility where they are tiny, by a linear program where not."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenun.disclosure.network import Arc, Network
from tenun.disclosure.profile import MINISTRIES, DisclosureClass, judge_count
from tenun.disclosure.suppression import LEAST_WIDTH, Cell, intervals, protect
from tests.property.disclosure.attacker import Knowledge

CATEGORIES = ("a", "b", "c")


def _judged(count: int):
    return judge_count(
        count, profile=MINISTRIES, class_=DisclosureClass.R1, population=1000, households=300, is_below_district=True
    )


def _tree(villages: Sequence[int], districts: Sequence[int]) -> list[Cell]:
    """Villages in districts in one regency: `districts` gives how many villages each takes."""
    cells, at, total = [], 0, 0
    for number, size in enumerate(districts):
        mine = villages[at : at + size]
        at += size
        total += sum(mine)
        cells.append(Cell((f"d{number}",), "top", f"d{number}", sum(mine), _judged(sum(mine)), rank=1))
        cells += [
            Cell((f"d{number}", str(village)), f"d{number}", "outside", count, _judged(count))
            for village, count in enumerate(mine)
        ]
    return [Cell(("top",), "outside", "top", total, _judged(total), rank=2), *cells]


def _table(rows: Sequence[Sequence[int]]) -> list[Cell]:
    """Villages by categories, with both totals: village totals protected first, as in `indicators.protection`."""
    sizes = {("top", ""): sum(map(sum, rows))} | {(f"v{number}", ""): sum(row) for number, row in enumerate(rows)}
    tree = [
        Cell(
            key,
            *(("outside", "top") if key[0] == "top" else ("top", "outside")),
            count,
            _judged(count),
            rank=len(key[0]),
        )
        for key, count in sizes.items()
    ]
    totals = protect(tree, profile=MINISTRIES, table="totals")
    cells = [
        Cell(
            key,
            *(("top total", "outside") if key[0] == "top" else (key[0], "top total")),
            count,
            totals[key],
            may_hide=False,
            is_secret=False,
        )
        for key, count in sizes.items()
    ]

    def judged(area: str, count: int):
        return _judged(count).masked() if totals[area, ""].is_hidden else _judged(count)

    for category, column in zip(CATEGORIES, zip(*rows, strict=True), strict=True):
        count = sum(column)
        cells.append(
            Cell(("top", category), "outside", f"top {category}", count, judged("top", count), 1, is_secret=count > 0)
        )
        cells += [
            Cell(
                (f"v{number}", category),
                f"top {category}",
                f"v{number}",
                one,
                judged(f"v{number}", one),
                is_secret=one > 0,
            )
            for number, one in enumerate(column)
        ]
    return cells


def _attack(cells: Sequence[Cell], outcome) -> dict[tuple[str, ...], tuple[float, float]]:
    """By the linear program, from the cells' places and the outcome alone."""
    known = Knowledge()
    sums = {place for cell in cells for place in (cell.tail, cell.head)} - {"outside"}
    for place in sorted(sums):
        parts = [cell.key for cell in cells if cell.tail == place]
        wholes = [cell.key for cell in cells if cell.head == place]
        # Both sides as sums of one invented number.
        known.sums += [(("sum", place), parts), (("sum", place), wholes)]
    for cell in cells:
        judged = outcome[cell.key]
        if not judged.is_hidden:
            known.shown[cell.key] = cell.count
        elif judged.high is not None:
            known.at_least[cell.key], known.at_most[cell.key] = judged.low, judged.high
        else:
            known.at_least[cell.key] = min(judged.low, cell.count)
    hidden = [cell.key for cell in cells if outcome[cell.key].is_hidden and cell.is_secret]
    return dict(known.intervals(hidden))


def _assert_safe(cells: Sequence[Cell]) -> None:
    outcome = protect(cells, profile=MINISTRIES, table="test")
    by_key = {cell.key: cell for cell in cells}
    for key, cell in by_key.items():
        assert outcome[key].is_hidden or not cell.judgement.is_hidden, "showed what a judgement hides"
        assert outcome[key].is_hidden or cell.count == 0 or cell.count >= MINISTRIES.minimum_cell
    found = _attack(cells, outcome)
    for key, (low, high) in found.items():
        assert low - 1e-6 <= by_key[key].count <= high + 1e-6
        assert high - low >= LEAST_WIDTH - 1e-6, (key, low, high)
    # The network's answer is the linear program's: both are exact here.
    for key, (low, high) in intervals(cells, outcome).items():
        assert found[key][0] == pytest.approx(low)
        if high < 10**9:
            assert found[key][1] == pytest.approx(high)


small = st.integers(0, 12)


@settings(max_examples=150, deadline=None)
@given(st.lists(small, min_size=6, max_size=12))
def test_no_hidden_village_can_be_told_from_its_district_and_regency(villages: list[int]) -> None:
    _assert_safe(_tree(villages, [len(villages) // 3, len(villages) // 3, len(villages) - 2 * (len(villages) // 3)]))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(small, small, small), min_size=2, max_size=7))
def test_no_hidden_category_can_be_told_from_the_totals_of_its_table(rows: list[tuple[int, int, int]]) -> None:
    _assert_safe(_table(rows))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(small, small, small), min_size=2, max_size=5), st.randoms())
def test_the_order_of_the_cells_changes_nothing(rows: list[tuple[int, int, int]], chance) -> None:
    cells = _table(rows)
    shuffled = list(cells)
    chance.shuffle(shuffled)
    assert protect(cells, profile=MINISTRIES, table="") == protect(shuffled, profile=MINISTRIES, table="")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=4, max_size=4), st.sets(st.integers(0, 3)))
def test_the_network_finds_what_trying_everything_finds(counts: list[int], hidden: set[int]) -> None:
    """Two by two with all four totals shown: few enough to try every table."""
    places = [("top0", "left0"), ("top1", "left0"), ("top0", "left1"), ("top1", "left1")]
    arcs = [
        Arc((str(at),), *places[at], count, 0 if at in hidden else count, 9 if at in hidden else count, at in hidden)
        for at, count in enumerate(counts)
    ]
    totals = [
        Arc(("top0 total",), "all", "top0", counts[0] + counts[2], *[counts[0] + counts[2]] * 2),
        Arc(("top1 total",), "all", "top1", counts[1] + counts[3], *[counts[1] + counts[3]] * 2),
        Arc(("left0 total",), "left0", "all", counts[0] + counts[1], *[counts[0] + counts[1]] * 2),
        Arc(("left1 total",), "left1", "all", counts[2] + counts[3], *[counts[2] + counts[3]] * 2),
    ]
    possible = [
        table
        for table in itertools.product(range(10), repeat=4)
        if table[0] + table[2] == counts[0] + counts[2]
        and table[1] + table[3] == counts[1] + counts[3]
        and table[0] + table[1] == counts[0] + counts[1]
        and all(table[at] == counts[at] for at in range(4) if at not in hidden)
    ]
    network = Network([*arcs, *totals])
    for at in hidden:
        values = [table[at] for table in possible]
        assert network.interval((str(at),)) == (min(values), max(values))


def test_the_attacker_finds_what_simple_suppression_leaves_open() -> None:
    """Only small cells hidden: the linear program must tell them, or it would prove nothing above."""
    cells = _table([(3, 20, 20), (20, 20, 20)])
    found = _attack(cells, {cell.key: cell.judgement for cell in cells})
    assert found["v0", "a"] == pytest.approx((3, 3))
