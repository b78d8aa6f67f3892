"""Weights for pairs, in one pass over the registers: fetch what comparisons read, compare, weigh.

Both stages give the same table of candidates: seeker_id, person_id, stage, weight (log2 odds, prior included),
others (weight without NIK and prior), person (weight of name, birth date and sex), and the level number of
each field as gamma_*. That the weights are Splink's own is held by `test_our_weights_are_splinks`.
"""

from __future__ import annotations

import duckdb

from tenun.linkage import comparisons
from tenun.linkage.comparisons import COLUMNS, COMPARISONS, EQUAL_NAME, FIELDS, HOME, TERM_FREQUENCY_COLUMN
from tenun.linkage.model import Model

CANDIDATE_COLUMNS = ", ".join(
    ["seeker_id", "person_id", "stage", "weight", "others", "person", *(f"gamma_{field}" for field in FIELDS)]
)
PERSON_FIELDS = ("name", "birth_date", "sex")


def count_names(connection: duckdb.DuckDBPyConnection, residents: str, seekers: str) -> None:
    """Make the table `name_shares`: how large a share of all records carries a name that an account has."""
    name = TERM_FREQUENCY_COLUMN
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE name_shares AS
        WITH sought AS (SELECT {name}, count(*) AS n FROM {seekers} WHERE {name} IS NOT NULL GROUP BY {name}),
        there AS (SELECT {name}, count(*) AS n FROM {residents} SEMI JOIN sought USING ({name}) GROUP BY {name}),
        total AS (SELECT (SELECT count({name}) FROM {residents}) + (SELECT count({name}) FROM {seekers}) AS n)
        SELECT {name}, (sought.n + coalesce(there.n, 0))::DOUBLE / total.n AS tf_{name}
        FROM sought LEFT JOIN there USING ({name}), total
        """
    )


def compared(pairs: str) -> str:
    """The level numbers of pairs whose columns are there as `{column}_l` and `{column}_r`, as a query."""
    levels = ", ".join(f"{comparisons.gamma_sql(comparison)} AS gamma_{comparison.field}" for comparison in COMPARISONS)
    return f"""
        SELECT unique_id_l AS person_id, unique_id_r AS seeker_id, joined_l AS name_l, joined_r AS name_r, {levels}
        FROM (SELECT *, {comparisons.NAME_SIMILARITY} AS name_similarity FROM ({pairs}))
    """


def fetched(pairs: str, residents: str, seekers: str) -> str:
    """The columns of both records of pairs (person_id, seeker_id), as a query."""
    columns = ", ".join(
        f"l.{column} AS {column}_l, r.{column} AS {column}_r"
        for column in COLUMNS
        if column not in ("home", "nik_home")
    )
    # Of a resident's household is asked only where another's NIK was found; written out for everybody, it is dear.
    home = f"CASE WHEN r.nik_home IS NOT NULL THEN {HOME.format(side='l.')} END"
    return f"""
        SELECT {columns}, {home} AS home_l, r.nik_home AS nik_home_r FROM {pairs} p
        JOIN {residents} l ON l.unique_id = p.person_id JOIN {seekers} r ON r.unique_id = p.seeker_id
    """


def weighed(levels: str, model: Model, *, stage: str) -> str:
    """Candidates from pairs that have their level numbers, as a query. Reads `name_shares`."""
    weights = ", ".join(
        f"{model.weight_sql(comparison, f'gamma_{comparison.field}', 'name_share')} AS weight_{comparison.field}"
        for comparison in COMPARISONS
    )
    others = " + ".join(f"weight_{field}" for field in FIELDS if field != "nik")
    person = " + ".join(f"weight_{field}" for field in PERSON_FIELDS)
    # Only these levels ask how common the name is, and of two equal ones one is enough.
    asking = [
        str(comparisons.gamma("name", level.code))
        for level in comparisons.comparison_of("name").levels
        if level.term_frequency
    ]
    equal = comparisons.gamma("name", EQUAL_NAME)
    return f"""
        WITH levels AS ({levels}),
        asked AS (
            SELECT *, CASE WHEN gamma_name IN ({", ".join(asking)}) THEN name_l END AS asked_l,
                   CASE WHEN gamma_name IN ({", ".join(asking)}) AND gamma_name <> {equal} THEN name_r END AS asked_r
            FROM levels
        ),
        shared AS (
            SELECT asked.*, greatest(l.tf_{TERM_FREQUENCY_COLUMN}, r.tf_{TERM_FREQUENCY_COLUMN}) AS name_share
            FROM asked LEFT JOIN name_shares l ON l.{TERM_FREQUENCY_COLUMN} = asked_l
                       LEFT JOIN name_shares r ON r.{TERM_FREQUENCY_COLUMN} = asked_r
        ),
        weighed AS (SELECT *, {weights} FROM shared)
        SELECT seeker_id, person_id, '{stage}' AS stage,
               round({model.prior_weight!r}::DOUBLE + weight_nik + {others}, 4) AS weight,
               round({others}, 4) AS others, round({person}, 4) AS person,
               {", ".join(f"gamma_{field}::TINYINT AS gamma_{field}" for field in FIELDS)}
        FROM weighed
    """


def score(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    *,
    pairs: str,
    residents: str,
    seekers: str,
    target: str,
    stage: str,
    weight_min: float | None = None,
) -> None:
    """Make `target`, the candidates among `pairs`; only those that reach `weight_min`."""
    candidates = weighed(compared(fetched(pairs, residents, seekers)), model, stage=stage)
    kept = "" if weight_min is None else f" WHERE weight >= {weight_min!r}"
    connection.execute(f"CREATE OR REPLACE TABLE {target} AS SELECT * FROM ({candidates}){kept}")
