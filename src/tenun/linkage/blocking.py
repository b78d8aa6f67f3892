"""Which pairs of the residue are looked at: those that agree on one of these rules.

Rules with a place in them grow with the number of records; rules without one grow faster. So every
rule's pairs are counted before it runs, and a rule that would give too many is left out and named in the
report, rather than found out by a machine that stands still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from tenun.engine.duckdb import only_row


@dataclass(frozen=True)
class Rule:
    """Pairs whose resident keys equal the account keys, one by one."""

    name: str
    residents: tuple[str, ...]
    seekers: tuple[str, ...]
    why: str

    def condition(self, left: str = "l", right: str = "r") -> str:
        return " AND ".join(
            f"{_of(left, resident)} = {_of(right, seeker)}"
            for resident, seeker in zip(self.residents, self.seekers, strict=True)
        )


def _same(name: str, why: str, *keys: str) -> Rule:
    return Rule(name, keys, keys, why)


# In a key, `#.` stands before a column.
RULES: tuple[Rule, ...] = (
    _same("date_sound", "the common case: name altered, or NIK missing", "#.birth_date", "#.sound_1"),
    _same("name_district", "birth date wrong or missing", "#.joined", "#.district"),
    _same("nik_start", "a typing error in the last four digits", "left(#.nik, 12)", "left(#.joined, 2)"),
    _same("nik_end_sound", "a typing error in the first six digits", "right(#.nik, 10)", "#.sound_1"),
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
)  # fmt: skip


def _of(side: str, key: str) -> str:
    return key.replace("#.", f"{side}.")


@dataclass(frozen=True)
class Plan:
    """Rules that run, and pairs by rule (a pair found by two rules is counted twice)."""

    rules: tuple[Rule, ...]
    pairs: dict[str, int]
    skipped: tuple[str, ...]


def plan(
    connection: duckdb.DuckDBPyConnection,
    residents: str,
    seekers: str,
    *,
    pairs_max: int,
    rules: Sequence[Rule] = RULES,
) -> Plan:
    """Count each rule's pairs, and leave out a rule that gives more than `pairs_max`."""
    counted = {rule.name: _count(connection, rule, residents, seekers) for rule in rules}
    return Plan(
        rules=tuple(rule for rule in rules if counted[rule.name] <= pairs_max),
        pairs=counted,
        skipped=tuple(rule.name for rule in rules if counted[rule.name] > pairs_max),
    )


def _count(connection: duckdb.DuckDBPyConnection, rule: Rule, residents: str, seekers: str) -> int:
    def keys(side: str, columns: tuple[str, ...]) -> str:
        return ", ".join(f"{_of(side, column)} AS key_{number}" for number, column in enumerate(columns))

    using = ", ".join(f"key_{number}" for number in range(len(rule.residents)))
    (pairs,) = only_row(
        connection,
        f"""
        WITH accounts AS (SELECT {keys("r", rule.seekers)}, count(*) AS n FROM {seekers} r GROUP BY ALL),
        people AS (SELECT {keys("l", rule.residents)} FROM {residents} l)
        SELECT coalesce(sum(accounts.n), 0)::BIGINT FROM people JOIN accounts USING ({using})
        """,
    )
    return int(pairs)
