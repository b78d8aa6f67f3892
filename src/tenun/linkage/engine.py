"""Where the heavy steps of the linkage are worked out: in one database, or on many machines.

A step is heavy when its work grows with all residents or with all pairs: standardising, counting, finding pairs,
scoring them. Those are an engine's. What decides is not: `assignment` runs in one DuckDB whatever the engine, on the
tables that the engine has put before it, so that two engines cannot decide differently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from tenun.engine.duckdb import connect
from tenun.linkage import blocking, scoring
from tenun.linkage.blocking import Blocked
from tenun.linkage.model import Model


class Engine(Protocol):
    """The heavy steps. Each makes a table (or view) in the pipeline's connection; names are those of `Pipeline`."""

    def keep(self, name: str, query: str) -> None:
        """Make the table `name` from a query of the connection, where the engine's own steps find it."""

    def find_crowded_niks(self, *, residents: str, accounts: str, shared_max: int) -> None:
        """Make `crowded_niks` (nik): of the accounts' NIKs, what more than `shared_max` accounts or residents carry."""

    def count_names(self, *, residents: str, seekers: str) -> None:
        """Make `name_shares`, as `scoring.count_names` does."""

    def find_by_nik(self, *, residents: str, seekers: str, target: str) -> None:
        """Make `target` (person_id, seeker_id): the pairs with one NIK."""

    def find_by_rules(
        self, *, residents: str, seekers: str, target: str, shared_max: int, besides: str, among: str | None
    ) -> Blocked:
        """Make `target` (person_id, seeker_id): what `blocking.pairs` finds, less the pairs that `besides` has."""

    def score(
        self,
        model: Model,
        *,
        pairs: str,
        residents: str,
        seekers: str,
        target: str,
        stage: str,
        weight_min: float | None,
    ) -> None:
        """Make `target`, the candidates among `pairs`, as `scoring.score` does."""


@dataclass(frozen=True)
class Part:
    """A file to make from a query. It is there in full or not at all."""

    path: Path
    query: str

    def copy(self, draft: Path) -> str:
        """The statement that writes it to a draft, which then takes its name."""
        # Of what version 2 writes otherwise, numbers by their differences and texts by their lengths are read faster.
        return (
            f"COPY ({self.query}) TO {quoted(draft)} "
            "(FORMAT parquet, PARQUET_VERSION v2, WRITE_BLOOM_FILTER false, COMPRESSION lz4_raw)"
        )


class Machines(Protocol):
    """What a run over files works on."""

    def make(self, parts: Sequence[Part], macros: Sequence[str], told: Callable[[int], None]) -> None:
        """Make the parts with these macros; `told` how many are done. Raises `duckdb.ConversionException`."""

    def engine(
        self, connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Path], macros: Sequence[str], folder: Path
    ) -> Engine:
        """An engine over tables that the connection sees, each a folder of Parquet; it may keep its own in `folder`."""


@dataclass(frozen=True)
class OneMachine:
    """This one."""

    memory: str
    threads: int | None

    def make(self, parts: Sequence[Part], macros: Sequence[str], told: Callable[[int], None]) -> None:
        connection = connect(memory=self.memory, threads=self.threads)
        try:
            connection.execute("SET preserve_insertion_order = false")
            for macro in macros:
                connection.execute(macro)
            for number, part in enumerate(parts):
                told(number)
                draft = part.path.with_suffix(".draft")
                connection.execute(part.copy(draft))
                draft.rename(part.path)
        finally:
            connection.close()

    def engine(
        self, connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Path], macros: Sequence[str], folder: Path
    ) -> Engine:
        return OneDatabase(connection)


def quoted(path: Path) -> str:
    """A file name as SQL writes it."""
    return "'" + str(path).replace("'", "''") + "'"


class OneDatabase:
    """All of it in the pipeline's own DuckDB."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def keep(self, name: str, query: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")

    def find_crowded_niks(self, *, residents: str, accounts: str, shared_max: int) -> None:
        self.keep(
            "crowded_niks",
            f"""
            WITH by_account AS (SELECT nik, count(*) AS n FROM {accounts} WHERE nik IS NOT NULL GROUP BY nik)
            SELECT nik FROM by_account WHERE n > {shared_max}
            UNION
            SELECT nik FROM {residents} SEMI JOIN by_account USING (nik) GROUP BY nik HAVING count(*) > {shared_max}
            """,
        )

    def count_names(self, *, residents: str, seekers: str) -> None:
        scoring.count_names(self.connection, residents, seekers)

    def find_by_nik(self, *, residents: str, seekers: str, target: str) -> None:
        self.keep(
            target,
            f"SELECT l.unique_id AS person_id, r.unique_id AS seeker_id "
            f"FROM {residents} l JOIN {seekers} r ON r.nik = l.nik",
        )

    def find_by_rules(
        self, *, residents: str, seekers: str, target: str, shared_max: int, besides: str, among: str | None
    ) -> Blocked:
        blocked = blocking.pairs(
            self.connection,
            residents=residents,
            seekers=seekers,
            target="rules_found",
            shared_max=shared_max,
            among=among,
        )
        self.keep(target, f"SELECT * FROM rules_found ANTI JOIN {besides} USING (person_id, seeker_id)")
        return blocked

    def score(
        self,
        model: Model,
        *,
        pairs: str,
        residents: str,
        seekers: str,
        target: str,
        stage: str,
        weight_min: float | None,
    ) -> None:
        scoring.score(
            self.connection, model, pairs=pairs, residents=residents, seekers=seekers, target=target, stage=stage,
            weight_min=weight_min,
        )  # fmt: skip
