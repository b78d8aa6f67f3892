"""A rule finds the pairs it says, crowded keys are left out and counted, and a part gives what the whole would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest

from tenun.engine.duckdb import connect
from tenun.linkage import blocking
from tenun.linkage.blocking import RULES, Blocked, Rule
from tests.lib import standard_tables
from tests.lib.invented_people import invent

NO_LIMIT = 10**9
FEW = 1
"""So small that even few people have keys that are crowded."""

Pairs = set[tuple[str, str]]
by_name = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(threads=1)
    standard_tables.prepare(connection, invent(1_500, seed=4))
    # These registers have no family cards: three people in a row share one, on both sides.
    for table in ("residents", "seekers"):
        connection.execute(f"UPDATE {table} SET card = 5201011203010001 + true_person // 3 WHERE true_person % 2 = 0")
    connection.execute("CREATE TABLE part AS SELECT unique_id FROM seekers WHERE unique_id < '6'")
    yield connection
    connection.close()


def find(
    engine: duckdb.DuckDBPyConnection, *rules: Rule, shared_max: int = NO_LIMIT, among: str | None = None
) -> tuple[Pairs, Blocked]:
    blocked = blocking.pairs(
        engine, residents="housed", seekers="seekers", target="found", shared_max=shared_max, rules=rules, among=among
    )
    rows = engine.execute("SELECT person_id, seeker_id FROM found").fetchall()
    assert len(rows) == len(set(rows)), "each pair once"
    return set(rows), blocked


def joined(engine: duckdb.DuckDBPyConnection, rule: Rule) -> list[tuple[str, str]]:
    sql = f"SELECT l.unique_id, r.unique_id FROM housed l JOIN seekers r ON {rule.condition()}"
    return engine.execute(sql).fetchall()


def crowds(engine: duckdb.DuckDBPyConnection, rule: Rule) -> dict[str, int]:
    """Of the accounts that have the rule's whole key, how many share it."""
    rows = engine.execute(f"SELECT r.unique_id, {rule.keys('r', rule.seekers)} FROM seekers r").fetchall()
    key_of = {account: key for account, *key in rows if None not in key}
    shared = Counter(map(tuple, key_of.values()))
    return {account: shared[tuple(key)] for account, key in key_of.items()}


@by_name
def test_a_rule_finds_the_pairs_of_its_condition(engine: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    found, blocked = find(engine, rule)
    pairs = joined(engine, rule)
    assert found == set(pairs)
    assert blocked.pairs == {rule.name: len(pairs)}
    assert blocked.crowded == {}


def test_every_rule_finds_someone(engine: duckdb.DuckDBPyConnection) -> None:
    _, blocked = find(engine, *RULES)
    rare = {"second_sound_date", "first_sound_date", "sounds_crossed"}
    assert set(blocked.pairs) == {rule.name for rule in RULES}
    assert {name for name, pairs in blocked.pairs.items() if pairs == 0} <= rare


def test_all_rules_find_together_what_each_finds_alone(engine: duckdb.DuckDBPyConnection) -> None:
    together, blocked = find(engine, *RULES)
    alone = [find(engine, rule)[0] for rule in RULES]
    assert together == set().union(*alone)
    assert blocked.pairs == {rule.name: len(pairs) for rule, pairs in zip(RULES, alone, strict=True)}


@by_name
def test_a_crowded_key_is_left_out_and_its_accounts_are_counted(engine: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    found, blocked = find(engine, rule, shared_max=FEW)
    crowd = crowds(engine, rule)
    assert found == {pair for pair in joined(engine, rule) if crowd[pair[1]] <= FEW}
    left_out = sum(number > FEW for number in crowd.values())
    assert blocked.crowded == ({rule.name: left_out} if left_out else {})


def test_some_keys_of_these_people_are_crowded(engine: duckdb.DuckDBPyConnection) -> None:
    _, blocked = find(engine, *RULES, shared_max=FEW)
    assert {"name_sex_regency", "sounds_village", "nik_start"} & set(blocked.crowded)
    _, unlimited = find(engine, *RULES)
    assert all(blocked.pairs[name] <= pairs for name, pairs in unlimited.pairs.items())
    assert sum(blocked.pairs.values()) < sum(unlimited.pairs.values())


@by_name
@pytest.mark.parametrize("shared_max", [FEW, NO_LIMIT])
def test_a_part_of_the_accounts_gives_exactly_its_part_of_the_whole(
    engine: duckdb.DuckDBPyConnection, rule: Rule, shared_max: int
) -> None:
    part = {account for (account,) in engine.execute("SELECT unique_id FROM part").fetchall()}
    assert 0 < len(part) < len(engine.execute("SELECT unique_id FROM seekers").fetchall())
    whole, _ = find(engine, rule, shared_max=shared_max)
    found, blocked = find(engine, rule, shared_max=shared_max, among="part")
    assert found == {pair for pair in whole if pair[1] in part}
    left_out = sum(number > shared_max for account, number in crowds(engine, rule).items() if account in part)
    assert blocked.crowded == ({rule.name: left_out} if left_out else {})


def test_nobody_among_whom_to_look_gives_nothing(engine: duckdb.DuckDBPyConnection) -> None:
    engine.execute("CREATE OR REPLACE TABLE nobody AS SELECT unique_id FROM seekers LIMIT 0")
    found, blocked = find(engine, *RULES, among="nobody")
    assert found == set()
    assert set(blocked.pairs.values()) == {0}
