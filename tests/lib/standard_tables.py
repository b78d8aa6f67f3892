"""Invented people straight into standard tables, with the true person beside them: no lake, no agreement."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from tenun.linkage import standardise
from tests.lib.invented_people import AS_OF, People

_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("unique_id", "village_code", "regency_code", "sex", "nik", "full_name", "address"), pa.string()),
    **dict.fromkeys(("hamlet", "rw", "rt"), pa.string()),
    "age_years": pa.int32(),
    "birth_date": pa.date32(),
    "true_person": pa.int64(),
}


def build(connection: duckdb.DuckDBPyConnection, people: People, *, nik_shared_max: int = 5) -> None:
    """Make `residents` and `seekers`."""
    kept = [row for row in people.residents if row["is_kept"]]
    for rows, id_column, table in ((kept, "person_id", "residents"), (people.seekers, "seeker_id", "seekers")):
        connection.register("rows", _table(rows, id_column))
        connection.execute(f"CREATE OR REPLACE TABLE read_{table} AS SELECT * FROM rows")
        connection.unregister("rows")
        standardise.build(connection, f"read_{table}", f"standard_{table}", as_of=AS_OF, nik_shared_max=nik_shared_max)
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT s.*, true_person "
            f"FROM standard_{table} s JOIN read_{table} USING (unique_id)"
        )


def _table(rows: list[dict[str, Any]], id_column: str) -> pa.Table:
    renamed = [{**row, "unique_id": row[id_column]} for row in rows]
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in _TYPES} for row in renamed], schema=pa.schema(list(_TYPES.items()))
    )
