"""Weights for pairs: those with one NIK by our own SQL, those of the residue by Splink.

Both give the same table of candidates: seeker_id, person_id, stage, weight (log2 odds, prior included),
others (weight without NIK and prior), person (weight of name, birth date and sex), and the level number
of each field as gamma_*.
"""

from __future__ import annotations

import logging
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from tenun.linkage import comparisons
from tenun.linkage.blocking import Rule
from tenun.linkage.comparisons import COLUMNS, COMPARISONS, FIELDS, TERM_FREQUENCY_COLUMN
from tenun.linkage.model import Model

CANDIDATE_COLUMNS = ", ".join(
    ["seeker_id", "person_id", "stage", "weight", "others", "person", *(f"gamma_{field}" for field in FIELDS)]
)
PERSON_FIELDS = ("name", "birth_date", "sex")


def count_names(connection: duckdb.DuckDBPyConnection, residents: str, seekers: str) -> None:
    """Make the table `name_shares`: how large a share of all records carries a name."""
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE name_shares AS
        WITH names AS (
            SELECT {TERM_FREQUENCY_COLUMN} FROM {residents} UNION ALL SELECT {TERM_FREQUENCY_COLUMN} FROM {seekers}
        )
        SELECT {TERM_FREQUENCY_COLUMN},
               count(*)::DOUBLE / (SELECT count({TERM_FREQUENCY_COLUMN}) FROM names) AS tf_{TERM_FREQUENCY_COLUMN}
        FROM names WHERE {TERM_FREQUENCY_COLUMN} IS NOT NULL GROUP BY {TERM_FREQUENCY_COLUMN}
        """
    )


def by_nik(connection: duckdb.DuckDBPyConnection, model: Model, residents: str, seekers: str, target: str) -> None:
    """Score every pair with one usable NIK."""
    _weigh(connection, model, _pairs(residents, seekers, "l.nik = r.nik"), stage="nik", target=target)


def _pairs(residents: str, seekers: str, condition: str) -> str:
    columns = ", ".join(f"l.{column} AS {column}_l, r.{column} AS {column}_r" for column in COLUMNS)
    levels = ", ".join(f"{comparisons.gamma_sql(comparison)} AS gamma_{comparison.field}" for comparison in COMPARISONS)
    return f"""
        SELECT unique_id_l AS person_id, unique_id_r AS seeker_id, joined_l AS name_l, joined_r AS name_r, {levels}
        FROM (SELECT {columns} FROM {residents} l JOIN {seekers} r ON {condition})
    """


def _weigh(connection: duckdb.DuckDBPyConnection, model: Model, pairs: str, *, stage: str, target: str) -> None:
    """Add the weights to pairs that have their level numbers."""
    weights = {
        comparison.field: model.weight_sql(comparison, f"gamma_{comparison.field}", "name_share")
        for comparison in COMPARISONS
    }
    named = ", ".join(f"{sql} AS weight_{field}" for field, sql in weights.items())
    others = " + ".join(f"weight_{field}" for field in FIELDS if field != "nik")
    person = " + ".join(f"weight_{field}" for field in PERSON_FIELDS)
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE {target} AS
        WITH pairs AS ({pairs}),
        shared AS (
            SELECT pairs.*, greatest(l.tf_{TERM_FREQUENCY_COLUMN}, r.tf_{TERM_FREQUENCY_COLUMN}) AS name_share
            FROM pairs LEFT JOIN name_shares l ON l.{TERM_FREQUENCY_COLUMN} = pairs.name_l
                       LEFT JOIN name_shares r ON r.{TERM_FREQUENCY_COLUMN} = pairs.name_r
        ),
        weighed AS (
            SELECT *, {named} FROM shared
        )
        SELECT seeker_id, person_id, '{stage}' AS stage,
               round(({model.prior_weight!r}::DOUBLE + weight_nik + {others}), 4) AS weight,
               round({others}, 4) AS others, round({person}, 4) AS person,
               {", ".join(f"gamma_{field}" for field in FIELDS)}
        FROM weighed
        """
    )


def by_rules(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    rules: tuple[Rule, ...],
    residents: str,
    seekers: str,
    target: str,
    *,
    weight_min: float,
) -> None:
    """Block by `rules` and score with Splink; keep what reaches `weight_min`.

    The weights of single fields are worked out again from Splink's level numbers; that the total is Splink's
    own is held by `test_our_weights_are_splinks`.
    """
    predicted = predict(connection, model, rules, residents, seekers, weight_min=weight_min)
    levels = ", ".join(f"p.gamma_{field}" for field in FIELDS)
    pairs = f"""
        SELECT p.unique_id_l AS person_id, p.unique_id_r AS seeker_id, l.joined AS name_l, r.joined AS name_r, {levels}
        FROM {predicted} p JOIN {residents} l ON l.unique_id = p.unique_id_l
                           JOIN {seekers} r ON r.unique_id = p.unique_id_r
        -- A pair with one NIK was judged in the first stage, and is not let in by the back door.
        WHERE p.gamma_nik <> {comparisons.gamma("nik", "nik_equal")}
    """
    _weigh(connection, model, pairs, stage="rules", target=target)
    connection.execute(f"DROP TABLE {predicted}")


def predict(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    rules: tuple[Rule, ...],
    residents: str,
    seekers: str,
    *,
    weight_min: float,
) -> str:
    """Splink's own table of scored pairs (`match_weight`, `gamma_*`, ids). Gives its name."""
    settings = model.as_splink()
    settings["blocking_rules_to_generate_predictions"] = [
        {"blocking_rule": rule.condition(), "sql_dialect": "duckdb"} for rule in rules
    ]
    settings["retain_matching_columns"] = True  # so that Splink gives the level numbers, which become reasons
    with quiet_splink():
        linker = open_linker(connection, settings, residents, seekers)
        predictions = linker.inference.predict(threshold_match_weight=weight_min)
    return str(predictions.physical_name)


def open_linker(
    connection: duckdb.DuckDBPyConnection, settings: dict[str, Any], residents: str, seekers: str, *more_columns: str
) -> Any:
    """A Splink linker over two standard tables, residents on the left, with the names counted in both."""
    from splink import DuckDBAPI, Linker  # two seconds to import, and only this stage needs it

    api = DuckDBAPI(connection)
    run = uuid.uuid4().hex[:8]  # names of temporary tables only; nothing of it reaches a result
    columns = ", ".join([*COLUMNS, *more_columns])
    frames = []
    # Splink calls "left" what sorts first by name.
    for side, table in (("a_residents", residents), ("b_seekers", seekers)):
        view = f"{side}_{run}"
        connection.execute(f"CREATE TEMP VIEW {view} AS SELECT {columns} FROM {table}")
        frames.append(api.register(view, dataset_display_name=side))
    linker = Linker(frames, settings, log_level=None)
    shares = api.register("name_shares", dataset_display_name=f"name_shares_{run}")
    linker.table_management.register_term_frequency_lookup(shares, TERM_FREQUENCY_COLUMN)
    return linker


@contextmanager
def quiet_splink() -> Iterator[None]:
    """Splink tells its progress on its own logger and as warnings. A command's output is ours alone."""
    logger = logging.getLogger("splink")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"(splink|sqlglot|duckdb|altair)(\..*)?")
            yield
    finally:
        logger.setLevel(before)
