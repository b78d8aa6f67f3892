"""Splink over our standard tables: for training, charts, and as the judge of our own weights."""

from __future__ import annotations

import logging
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from tenun.linkage.blocking import Rule
from tenun.linkage.comparisons import COLUMNS, TERM_FREQUENCY_COLUMN
from tenun.linkage.model import Model


def predict(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    rules: Sequence[Rule],
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
    settings["retain_matching_columns"] = True  # so that Splink gives the level numbers
    with quiet_splink():
        linker = open_linker(connection, settings, residents, seekers)
        predictions = linker.inference.predict(threshold_match_weight=weight_min)
    return str(predictions.physical_name)


def open_linker(
    connection: duckdb.DuckDBPyConnection, settings: dict[str, Any], residents: str, seekers: str, *more_columns: str
) -> Any:
    """A Splink linker over two prepared tables, residents on the left, with the names counted in both."""
    from splink import DuckDBAPI, Linker  # two seconds to import, and only training and charts need it

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
