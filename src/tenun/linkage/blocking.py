"""Which pairs of the residue are looked at: those that agree on one of these rules.

Rules with a place in them grow with the number of records; rules without one grow faster. A key that very
many accounts share (a heaped birth date with a common name) tells no one apart and makes most of the
pairs, so such keys are left out of the rule and counted in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb

from tenun.engine.duckdb import only_row


@dataclass(frozen=True)
class Rule:
    """Pairs whose resident keys equal the account keys, one by one. In a key, `#.` stands before a column."""

    name: str
    residents: tuple[str, ...]
    seekers: tuple[str, ...]
    why: str

    def keys(self, side: str, columns: tuple[str, ...]) -> str:
        return ", ".join(f"{_of(side, column)} AS key_{number}" for number, column in enumerate(columns))

    @property
    def using(self) -> str:
        return ", ".join(f"key_{number}" for number in range(len(self.residents)))

    def condition(self, left: str = "l", right: str = "r") -> str:
        """The rule as Splink writes one."""
        return " AND ".join(
            f"{_of(left, resident)} = {_of(right, seeker)}"
            for resident, seeker in zip(self.residents, self.seekers, strict=True)
        )


def _same(name: str, why: str, *keys: str) -> Rule:
    return Rule(name, keys, keys, why)


RULES: tuple[Rule, ...] = (
    _same("date_sound", "the common case: name altered, or NIK missing", "#.birth_date", "#.sound_1"),
    _same("name_district", "birth date wrong or missing", "#.joined", "#.district"),
    _same("nik_start", "a typing error in the last four digits", "#.nik // 10000", "left(#.joined, 2)"),
    _same("nik_end_sound", "a typing error in the first six digits", "#.nik % 10000000000", "#.sound_1"),
    _same("date_village", "name altered beyond its sound", "#.birth_date", "#.village"),
    _same("sound_year_district", "day and month wrong", "#.sound_1", "year(#.birth_date)", "#.district"),
    _same("sounds_village", "birth date wrong in the year", "#.sound_1", "#.sound_2", "#.village"),
    _same("name_year_regency", "moved within the regency", "#.joined", "year(#.birth_date)", "#.regency"),
    _same("words_date", "words of the name in another order", "#.sorted", "#.birth_date"),
    _same("words_village", "words in another order, and the date wrong", "#.sorted", "#.village"),
    _same("second_sound_same_date", "a typing error in the first letter", "#.sound_2", "#.birth_date"),
    Rule("sounds_crossed", ("#.sound_1", "#.sound_2", "#.district"), ("#.sound_2", "#.sound_1", "#.district"),
         "words in another order, one with a typing error, and the date wrong"),
    Rule("date_in_seeker_nik", ("#.birth_date", "#.sound_1"), ("#.nik_date", "#.sound_1"),
         "the account's date is wrong"),
    Rule("date_in_resident_nik", ("#.nik_date", "#.sound_1"), ("#.birth_date", "#.sound_1"),
         "the register's date is wrong"),
    Rule("second_sound_date", ("#.sound_1", "#.birth_date"), ("#.sound_2", "#.birth_date"),
         "first word left out or moved"),
    Rule("first_sound_date", ("#.sound_2", "#.birth_date"), ("#.sound_1", "#.birth_date"),
         "first word left out or moved"),
    _same("card_sound", "one family card: moved, and the birth date wrong", "#.card", "#.sound_1"),
)  # fmt: skip


def _of(side: str, key: str) -> str:
    return key.replace("#.", f"{side}.")


@dataclass(frozen=True)
class Blocked:
    """Pairs by rule (a pair found by two rules is counted twice), and accounts that a rule left out by crowded keys."""

    pairs: dict[str, int]
    crowded: dict[str, int]


def key_table(rule: Rule, seekers: str, *, shared_max: int, among: str | None = None) -> str:
    """The keys of a rule as a query: seeker_id and key_n, of accounts whose keys no more than `shared_max` share.

    `among`: a table with `unique_id`, when only these accounts are looked for. Who else shares a key is still
    counted over all, so that a part gives what the whole would.
    """
    keys = f"SELECT r.unique_id AS seeker_id, {rule.keys('r', rule.seekers)} FROM {seekers} r"
    known = " AND ".join(f"key_{number} IS NOT NULL" for number in range(len(rule.seekers)))
    keyed = f"(SELECT * FROM ({keys}) WHERE {known})"
    crowded = f"(SELECT {rule.using} FROM {keyed} GROUP BY {rule.using} HAVING count(*) > {int(shared_max)})"
    sought = f"(SELECT k.* FROM {keyed} k SEMI JOIN {among} a ON a.unique_id = k.seeker_id)" if among else keyed
    return f"SELECT k.* FROM {sought} k ANTI JOIN {crowded} c USING ({rule.using})"


def keys_as_text(seekers: str) -> str:
    """The keys of all rules as a query: rule, seeker_id, and key, one text."""
    return " UNION ALL ".join(
        f"SELECT '{rule.name}' AS rule, seeker_id, concat_ws('|', {rule.using}) AS key FROM "
        f"(SELECT r.unique_id AS seeker_id, {rule.keys('r', rule.seekers)} FROM {seekers} r) "
        f"WHERE {' AND '.join(f'key_{number} IS NOT NULL' for number in range(len(rule.seekers)))}"
        for rule in RULES
    )


def crowded_keys(seekers: str, *, shared_max: int) -> str:
    """The keys that more than `shared_max` accounts share, as a query: rule, key."""
    return f"SELECT rule, key FROM ({keys_as_text(seekers)}) GROUP BY rule, key HAVING count(*) > {int(shared_max)}"


def pairs(
    connection: duckdb.DuckDBPyConnection,
    *,
    residents: str,
    seekers: str,
    target: str,
    shared_max: int,
    rules: Sequence[Rule] = RULES,
    among: str | None = None,
) -> Blocked:
    """Make `target` (person_id, seeker_id): each pair that a rule finds, once.

    Only keys and ids go through the joins; what a comparison reads is fetched afterwards, once a pair.
    """
    connection.execute(f"CREATE OR REPLACE TABLE {target}_found AS {_ids(residents, seekers)}")
    kept: dict[int, int] = {}
    for alike in _asking_alike(rules):
        # One pass over the residents for all rules that ask them for the same.
        keyed = " UNION ALL ".join(
            f"SELECT *, {number}::UTINYINT AS rule "
            f"FROM ({key_table(rule, seekers, shared_max=shared_max, among=among)})"
            for number, rule in alike
        )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE keyed AS {keyed}")
        asked = _by_rule(connection, "keyed")
        kept |= asked
        if not asked:
            continue
        (_, first), *_ = alike
        connection.execute(
            f"""
            INSERT INTO {target}_found
            SELECT p.person_id, k.seeker_id, k.rule
            FROM (SELECT l.unique_id AS person_id, {first.keys("l", first.residents)} FROM {residents} l) p
            JOIN keyed k USING ({first.using})
            """
        )
    connection.execute("DROP TABLE IF EXISTS keyed")
    found = _by_rule(connection, f"{target}_found")
    connection.execute(f"CREATE OR REPLACE TABLE {target} AS SELECT DISTINCT person_id, seeker_id FROM {target}_found")
    connection.execute(f"DROP TABLE {target}_found")
    crowded = {
        rule.name: _with_keys(connection, rule, seekers, among) - kept.get(number, 0)
        for number, rule in enumerate(rules)
    }
    return Blocked(
        {rule.name: found.get(number, 0) for number, rule in enumerate(rules)},
        {name: count for name, count in crowded.items() if count},
    )


def _asking_alike(rules: Sequence[Rule]) -> list[list[tuple[int, Rule]]]:
    """The rules with their numbers, those that read one key of the residents together, its parts in one order."""
    groups: dict[tuple[str, ...], list[tuple[int, Rule]]] = {}
    for number, rule in enumerate(rules):
        parts = sorted(zip(rule.residents, rule.seekers, strict=True))
        ordered = replace(
            rule,
            residents=tuple(resident for resident, _ in parts),
            seekers=tuple(seeker for _, seeker in parts),
        )
        groups.setdefault(ordered.residents, []).append((number, ordered))
    return list(groups.values())


def _ids(residents: str, seekers: str) -> str:
    return (
        f"SELECT l.unique_id AS person_id, r.unique_id AS seeker_id, 0::UTINYINT AS rule "
        f"FROM {residents} l, {seekers} r LIMIT 0"
    )


def _by_rule(connection: duckdb.DuckDBPyConnection, table: str) -> dict[int, int]:
    return dict(connection.execute(f"SELECT rule, count(*) FROM {table} GROUP BY rule").fetchall())


def _with_keys(connection: duckdb.DuckDBPyConnection, rule: Rule, seekers: str, among: str | None) -> int:
    """How many accounts have all of a rule's key."""
    looked_for = f" SEMI JOIN {among} a ON a.unique_id = r.unique_id" if among else ""
    known = " AND ".join(f"key_{number} IS NOT NULL" for number in range(len(rule.seekers)))
    keys = f"SELECT {rule.keys('r', rule.seekers)} FROM {seekers} r{looked_for}"
    return int(only_row(connection, f"SELECT count(*) FROM ({keys}) WHERE {known}")[0])
