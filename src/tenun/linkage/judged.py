"""Judgements of people about pairs of two person tables, from a Parquet file."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tenun.engine.duckdb import only_row
from tenun.kernel.errors import TenunError
from tenun.linkage.engine import quoted

TABLE = "judgements"
VERDICTS = ("same", "different", "unsure")


class JudgementsUnreadable(TenunError):
    """A file of judgements that is no Parquet, lacks a column, or has a verdict of another name."""

    code = "linkage.judgements_unreadable"
    text_id = "Berkas penilaian {file} tidak dapat dipakai: {reason}."
    text_en = "The file of judgements {file} cannot be used: {reason}."
    remedy_id = "Berikan berkas Parquet dengan kedua kolom id dan kolom verdict (same, different, unsure)."
    remedy_en = "Give a Parquet file with both id columns and a column verdict (same, different, unsure)."


@dataclass(frozen=True)
class Judged:
    """A Parquet file with the ids of both tables and `verdict`. Who is unsure has settled nothing."""

    path: Path

    def digest(self) -> str:
        return sha256(self.path.read_bytes()).hexdigest()

    def load(self, connection: duckdb.DuckDBPyConnection, *, left_id: str, right_id: str) -> str:
        """Make the table `judgements` (seeker_id, person_id, verdict), with ids of the types that `residents` and
        `accounts` have, and give its name. The ids are called as in the links. Raises `JudgementsUnreadable`."""
        try:
            there = set(pq.read_schema(self.path).names)
        except (OSError, pa.ArrowException) as problem:
            raise self._unreadable(type(problem).__name__) from problem
        missing = [name for name in (left_id, right_id, "verdict") if name not in there]
        if missing:
            raise self._unreadable(" ".join(f"{name}?" for name in missing))
        kinds = [
            next(kind for name, kind, *_ in connection.execute(f"DESCRIBE {table}").fetchall() if name == "unique_id")
            for table in ("residents", "accounts")
        ]
        connection.execute(
            f"CREATE OR REPLACE TABLE {TABLE} AS "
            f'SELECT try_cast("{right_id}" AS {kinds[1]}) AS seeker_id, '
            f'try_cast("{left_id}" AS {kinds[0]}) AS person_id, '
            f"verdict::VARCHAR AS verdict FROM read_parquet({quoted(self.path.resolve())})"
        )
        listed = ", ".join(f"'{verdict}'" for verdict in VERDICTS)
        (unknown,) = only_row(connection, f"SELECT count(*) FROM {TABLE} WHERE coalesce(verdict, '') NOT IN ({listed})")
        if unknown:
            raise self._unreadable(f"verdict: {unknown}")
        return TABLE

    def _unreadable(self, reason: str) -> JudgementsUnreadable:
        return JudgementsUnreadable(file=self.path.name, reason=reason)
