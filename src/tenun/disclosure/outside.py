"""From persons to the tables that audiences outside the ministries get. Everything happens in one database.

One pass over the persons gives counts and sums of record keys for the finest cells; every table of the fixed list is
added up from those, since sums of keys add up as counts do. Each cell of each table is then perturbed on its own,
totals too: published tables do not quite add up, and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from tenun.disclosure.gates import OUTSIDE_RULE_VERSION, TIMES, FixedTable, OutsideProfile, state_of_share
from tenun.disclosure.perturbation import keyed, perturbed, require_pseudonyms, sum_of_keys
from tenun.disclosure.rounding import rounded_sql
from tenun.disclosure.state import ValueState
from tenun.kernel.clause import implements

S: pa.DataType = pa.string()
L: pa.DataType = pa.int64()
F: pa.DataType = pa.float64()
SCHEMA = pa.schema(
    [
        ("indicator", S),
        ("level", S),
        ("area_code", S),
        ("breakdown", S),
        ("category", S),
        ("state", S),
        ("reason", S),
        ("value", F),
        ("numerator", L),
        ("denominator", L),
        ("printed", L),
        ("rule_version", S),
    ]
)
"""`printed`: the count rounded to five, for paper; of a rate, null. `numerator` of a count is its value."""


_Expression = Callable[[str], str]


@dataclass(frozen=True)
class Measure:
    """What is counted. `column` of the persons is true for whom it counts, false for the rest of the denominator, and
    null for whoever is in neither."""

    id: str
    column: str
    is_rate: bool = False


@dataclass(frozen=True)
class People:
    """The persons and areas of a database, by the names of their relations.

    `persons`: `person_id`, `village_code`, `is_adult`, the dimensions and the columns of the measures.
    `areas`: `area_code`, `level`, `parent`; villages are those of `lowest_level`.
    `categories`: of every dimension all its categories, also those of nobody.
    """

    persons: str
    areas: str
    lowest_level: str
    categories: Mapping[str, Sequence[str]]


@implements(
    "7(2)", control="Outside the ministries every count is perturbed with a secret key, and no 1 or 2 is shown."
)
def publish(
    connection: duckdb.DuckDBPyConnection,
    people: People,
    measures: Sequence[Measure],
    *,
    profile: OutsideProfile,
    key: bytes,
) -> pa.Table:
    """Every table of the profile's list for every measure, of `SCHEMA`, ordered by all that names a figure.

    The same persons and the same key give the same bytes. Raises `RecordKeyMissing`.
    """
    require_pseudonyms(connection, people.persons)
    with keyed(connection, key) as under:
        dimensions = list(people.categories)
        record_key = under.record_key("person_id")
        sums = ", ".join(_sums(measure, at) for at, measure in enumerate(measures))
        names = ", ".join(["village_code", *dimensions])
        columns = ", ".join(measure.column for measure in measures)
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE outside_finest AS
            SELECT {names}, count(*) FILTER (WHERE is_adult) AS adults, {sums}
            FROM (SELECT {names}, is_adult, {columns}, {record_key} AS record_key FROM {people.persons})
            GROUP BY ALL"""
        )
        _place_villages(connection, people, profile)
        parts = [
            connection.sql(query).to_arrow_table().cast(SCHEMA)
            for table in profile.tables
            for query in _queries(table, people, measures, profile, under.cell_key, under.rounding_key)
        ]
        connection.execute("DROP TABLE outside_finest; DROP TABLE outside_places; DROP TABLE outside_small")
    order = ["indicator", "level", "area_code", "breakdown", "category"]
    return pa.concat_tables([SCHEMA.empty_table(), *parts]).sort_by([(name, "ascending") for name in order])


def _sums(measure: Measure, at: int) -> str:
    column = measure.column
    return f"""
        count(*) FILTER (WHERE {column}) AS n{at}, {sum_of_keys("record_key", where=column)} AS n{at}_keys,
        count({column}) AS d{at}, {sum_of_keys("record_key", where=f"{column} IS NOT NULL")} AS d{at}_keys"""


def _place_villages(connection: duckdb.DuckDBPyConnection, people: People, profile: OutsideProfile) -> None:
    """Which villages every area is made of, and which villages are too small to be told of by themselves."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE outside_places AS
        WITH RECURSIVE upwards AS (
            SELECT area_code AS village_code, area_code, level, parent FROM {people.areas}
            WHERE level = '{people.lowest_level}'
            UNION ALL
            SELECT village_code, around.area_code, around.level, around.parent
            FROM upwards JOIN {people.areas} around ON around.area_code = upwards.parent
        ) SELECT village_code, area_code, level FROM upwards"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE outside_small AS
        SELECT area_code FROM {people.areas} LEFT JOIN outside_finest ON village_code = area_code
        WHERE level = '{people.lowest_level}'
        GROUP BY area_code HAVING coalesce(sum(adults), 0) < {profile.minimum_population}"""
    )


def _queries(
    table: FixedTable,
    people: People,
    measures: Sequence[Measure],
    profile: OutsideProfile,
    cell_key: _Expression,
    rounding_key: _Expression,
) -> Iterator[str]:
    """One query a measure. Cells of nobody are in it too, since they are shown."""
    grid = _grid(table, people)
    for at, measure in enumerate(measures):
        by = ", ".join(["area_code", *table.by])
        cells = f"""
            SELECT {by}, sum(n{at})::BIGINT AS n, sum(n{at}_keys)::HUGEINT AS n_keys,
                   sum(d{at})::BIGINT AS d, sum(d{at}_keys)::HUGEINT AS d_keys
            FROM outside_finest JOIN outside_places USING (village_code) WHERE level = '{table.level}' GROUP BY ALL"""
        whole = f"""
            SELECT grid.*, coalesce(n, 0) AS n, coalesce(d, 0) AS d,
                   {cell_key("coalesce(n_keys, 0)")} AS n_cell, {cell_key("coalesce(d_keys, 0)")} AS d_cell,
                   {rounding_key("coalesce(n_keys, 0)")} AS rounding_key,
                   area_code IN (FROM outside_small) AS is_small
            FROM ({grid}) grid LEFT JOIN ({cells}) USING ({by})"""
        shown = f"""
            SELECT *, {perturbed("n", "n_cell", profile.noise)} AS pn, {perturbed("d", "d_cell", profile.noise)} AS pd
            FROM ({whole})"""
        yield _told(table, measure, profile, shown)


def _told(table: FixedTable, measure: Measure, profile: OutsideProfile, shown: str) -> str:
    share = state_of_share(profile, "pn", "pd")
    told = share if measure.is_rate else {"state": f"'{ValueState.OK}'", "reason": "'perturbed'"}
    value = "least(round(1000 * pn / pd) / 10, 100)" if measure.is_rate else "pn::DOUBLE"
    category = f" || '{TIMES}' || ".join(table.by) or "''"
    printed = "NULL" if measure.is_rate else rounded_sql("pn", "rounding_key", base=profile.rounding_base)
    # Of a share told as a band the denominator stands, since it is a count like any other; the numerator does not.
    return f"""
        WITH judged AS (
            SELECT *, CASE WHEN is_small THEN '{ValueState.NA}' ELSE {told["state"]} END AS state,
                   CASE WHEN is_small THEN 'population_small' ELSE {told["reason"]} END AS reason
            FROM ({shown})
        )
        SELECT '{measure.id}' AS indicator, '{table.level}' AS level, area_code,
               '{table.breakdown}' AS breakdown, {category} AS category, state, reason,
               CASE WHEN state = 'ok' THEN {value} END AS value,
               CASE WHEN state = 'ok' THEN pn END AS numerator,
               CASE WHEN state <> 'na' AND {measure.is_rate} THEN pd END AS denominator,
               CASE WHEN state = 'ok' THEN {printed} END AS printed,
               '{OUTSIDE_RULE_VERSION}' AS rule_version
        FROM judged"""


def _grid(table: FixedTable, people: People) -> str:
    """Every area of the level with every category."""
    columns = "".join(f", {dimension}" for dimension in table.by)
    lists = "".join(f", {_list(people.categories[dimension], dimension)}" for dimension in table.by)
    return f"SELECT area_code{columns} FROM (SELECT area_code FROM {people.areas} WHERE level = '{table.level}'){lists}"


def _list(categories: Sequence[str], dimension: str) -> str:
    values = ", ".join("('" + one.replace("'", "''") + "')" for one in categories)
    return f"(VALUES {values}) AS list_{dimension}({dimension})"
