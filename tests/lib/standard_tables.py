"""Invented people straight into standard tables, with the true person beside them: no lake, no agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from tenun.linkage import model as models
from tenun.linkage import settings as thresholds
from tenun.linkage.pipeline import Pipeline
from tenun.linkage.standard.table import Standard
from tests.lib.invented_people import AS_OF, People

_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("unique_id", "village_code", "regency_code", "sex", "nik", "full_name", "address"), pa.string()),
    **dict.fromkeys(("hamlet", "rw", "rt"), pa.string()),
    "age_years": pa.int32(),
    "birth_date": pa.date32(),
    "true_person": pa.int64(),
}


def build(connection: duckdb.DuckDBPyConnection, people: People, *, without: Sequence[str] = ()) -> None:
    """Make `residents` and `accounts`, the standard tables with `true_person` carried along."""
    standard = Standard.of(AS_OF, without)
    standard.install(connection)
    kept = [row for row in people.residents if row["is_kept"]]
    for rows, id_column, table in ((kept, "person_id", "residents"), (people.seekers, "seeker_id", "accounts")):
        connection.register("rows", as_read(rows, id_column))
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS {standard.select('rows', also='true_person')}")
        connection.unregister("rows")


def prepare(connection: duckdb.DuckDBPyConnection, people: People) -> Pipeline:
    """Build them, and have a pipeline make `housed`, `seekers` and `name_shares` of them."""
    build(connection, people)
    pipeline = Pipeline(connection, thresholds.load(), models.load())
    pipeline.prepare("residents", "accounts")
    return pipeline


def as_read(rows: Sequence[Mapping[str, Any]], id_column: str) -> pa.Table:
    """Rows in the shape that goes into the standard table."""
    renamed = [{**row, "unique_id": row[id_column]} for row in rows]
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in _TYPES} for row in renamed], schema=pa.schema(list(_TYPES.items()))
    )
