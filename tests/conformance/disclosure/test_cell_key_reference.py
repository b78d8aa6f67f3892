"""Our lookup against the reference of the Office for National Statistics, `cell-key-perturbation`.

The package brings pandas along and is no dependency of ours: where it is not installed, that test says so and is
skipped. What its documentation defines (10-5 rule: below ten nothing, then the nearest multiple of 5) is held always.
"""

from __future__ import annotations

import importlib
import importlib.util

import duckdb
import pytest

from tenun.disclosure.perturbation import perturbed
from tenun.disclosure.ptable import KEYS, PTable, ptable

# The documented 10-5 rule for counts up to 15: those below 10 lose everything, others go to the nearest multiple of 5.
TEN_FIVE = PTable(
    noise_max=9,
    variance=0.0,
    unseen_max=9,
    rows=tuple(
        (-count if count < 10 else (count + 2) // 5 * 5 - count,) * KEYS for count in range(1, 16)
    ),
)  # fmt: skip


def _ours(cells: list[tuple[int, int]], table: PTable) -> list[int]:
    connection = duckdb.connect()
    values = ", ".join(f"({at}, {count}::BIGINT, {key}::UTINYINT)" for at, (count, key) in enumerate(cells))
    shown = perturbed("n", "cell", table)
    rows = connection.execute(f"SELECT {shown} FROM (VALUES {values}) AS t(place, n, cell) ORDER BY place").fetchall()
    return [value for (value,) in rows]


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, 0), (1, 0), (9, 0), (10, 10), (11, 10), (12, 10), (13, 15), (14, 15), (15, 15)],
)
def test_the_documented_ten_five_rule_comes_out_of_our_lookup(count: int, shown: int) -> None:
    assert _ours([(count, 17)], TEN_FIVE) == [shown]


def test_sql_and_the_table_agree_for_every_count_and_key() -> None:
    table = ptable(5, 2.0, 2)
    cells = [(count, key) for count in range(12) for key in range(KEYS)]
    assert _ours(cells, table) == [count + table.noise(count, key) for count, key in cells]


@pytest.mark.skipif(
    importlib.util.find_spec("cell_key_perturbation") is None,
    reason="cell-key-perturbation is not installed: it is a reference and no dependency",
)
def test_the_reference_gives_the_same_counts_with_our_table() -> None:
    pandas = importlib.import_module("pandas")
    reference = importlib.import_module("cell_key_perturbation.create_perturbed_table")
    data = importlib.import_module("cell_key_perturbation.utils.generate_test_data").generate_test_data()
    table = ptable(5, 2.0, 2)
    rows = [
        (count, key, table.noise(count, key)) for count in range(1, 751) for key in range(KEYS)
    ]  # fmt: skip
    found = reference.create_perturbed_table(
        data=data, ptable=pandas.DataFrame(rows, columns=["pcv", "ckey", "pvalue"]), geog=["var1"],
        tab_vars=["var5", "var8"], record_key="record_key", threshold=0,
    )  # fmt: skip
    cells = list(zip(found["pre_sdc_count"], found["ckey"], strict=True))
    assert _ours(cells, table) == [int(count) for count in found["count"]]
