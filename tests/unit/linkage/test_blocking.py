"""Rules are counted before they run."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tenun.engine.duckdb import connect, only_row
from tenun.linkage import blocking, standardise
from tenun.linkage.blocking import RULES
from tests.lib import standard_tables
from tests.lib.invented_people import invent


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(threads=1)
    standardise.install(connection)
    standard_tables.build(connection, invent(1_500, seed=4))
    yield connection
    connection.close()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_count_of_a_rule_is_its_number_of_pairs(engine: duckdb.DuckDBPyConnection, rule: blocking.Rule) -> None:
    plan = blocking.plan(engine, "residents", "seekers", pairs_max=10**9, rules=[rule])
    pairs = only_row(engine, f"SELECT count(*) FROM residents l JOIN seekers r ON {rule.condition()}")[0]
    assert plan.pairs == {rule.name: pairs}
    assert plan.rules == (rule,)


def test_a_rule_with_too_many_pairs_is_left_out_and_named(engine: duckdb.DuckDBPyConnection) -> None:
    all_rules = blocking.plan(engine, "residents", "seekers", pairs_max=10**9)
    most = max(all_rules.pairs.values())
    plan = blocking.plan(engine, "residents", "seekers", pairs_max=most - 1)
    assert plan.skipped == tuple(name for name, pairs in all_rules.pairs.items() if pairs == most)
    assert {rule.name for rule in plan.rules}.isdisjoint(plan.skipped)


def test_every_rule_finds_someone(engine: duckdb.DuckDBPyConnection) -> None:
    plan = blocking.plan(engine, "residents", "seekers", pairs_max=10**9)
    rare = {"second_sound_date", "first_sound_date", "sounds_crossed"}
    assert {name for name, pairs in plan.pairs.items() if pairs == 0} <= rare
