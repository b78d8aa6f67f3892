"""The heavy steps of the pipeline on Spark.

Tables are folders of Parquet that the driver and every executor see under one path. Spark reads and writes them; the
pipeline's connection has a view on each, so that what decides finds them as it finds tables.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq

from tenun.linkage import scoring
from tenun.linkage.blocking import RULES, Blocked
from tenun.linkage.comparisons import COLUMNS, HOME, TERM_FREQUENCY_COLUMN
from tenun.linkage.engine import quoted
from tenun.linkage.model import Model
from tenun.linkage.spark import tasks
from tenun.linkage.spark.session import mapped, named_errors, spread, workshop

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Rows of residents to one partition of a shuffle; adaptive execution puts small ones together.
_ROWS_A_PARTITION = 250_000
# What a resident's row is not stored with, because it follows from the rest: see `Pipeline.prepare`.
_DERIVED = ("home", "nik_home")
_NAME = TERM_FREQUENCY_COLUMN
# Between the parts of a key; no key has it, being made of letters, digits and dashes.
_BETWEEN = "|"


class SparkEngine:
    """`Engine` over Parquet folders and one Spark session."""

    def __init__(
        self,
        session: SparkSession,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Path],
        macros: Sequence[str],
        folder: Path,
    ) -> None:
        self.session, self.connection, self.folder = session, connection, folder
        # `housed` is a view of the pipeline on the residents.
        self.folders = {**tables, "housed": tables["residents"]}
        self.workshop = workshop(
            [*macros, f"CREATE OR REPLACE MACRO home_of(village, place, unit, card) AS ({HOME.format(side='')})"]
        )
        # What an earlier run left is another run's: its thresholds may have been others.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        rows = sum(pq.read_metadata(path).num_rows for path in self._files("residents"))
        partitions = max(2 * self.session.sparkContext.defaultParallelism, rows // _ROWS_A_PARTITION)
        self.session.conf.set("spark.sql.shuffle.partitions", str(partitions))

    def keep(self, name: str, query: str) -> None:
        path = self._begin(name)
        path.mkdir()
        self.connection.execute(
            f"COPY ({query}) TO {quoted(path)} (FORMAT parquet, COMPRESSION lz4_raw, PER_THREAD_OUTPUT true)"
        )
        self._show(name)

    def find_crowded_niks(self, *, residents: str, accounts: str, shared_max: int) -> None:
        by_account = self._read(accounts).where("nik IS NOT NULL").groupBy("nik").count()
        by_resident = self._read(residents).join(by_account.select("nik"), "nik", "left_semi").groupBy("nik").count()
        crowded = [counted.where(f"count > {int(shared_max)}").select("nik") for counted in (by_account, by_resident)]
        self._write("crowded_niks", crowded[0].union(crowded[1]).distinct())

    def count_names(self, *, residents: str, seekers: str) -> None:
        sought = self._read(seekers).where(f"{_NAME} IS NOT NULL").groupBy(_NAME).count()
        there = self._read(residents).join(sought.select(_NAME), _NAME, "left_semi").groupBy(_NAME).count()
        sought, there = sought.withColumnRenamed("count", "sought"), there.withColumnRenamed("count", "there")
        self._write("names_counted", sought.join(there, _NAME, "left"))
        # The division is DuckDB's, as in `scoring.count_names`.
        self.keep(
            "name_shares",
            f"""
            SELECT {_NAME}, (sought + coalesce(there, 0))::DOUBLE / n AS tf_{_NAME} FROM names_counted,
                   (SELECT (SELECT count({_NAME}) FROM {residents}) + (SELECT count({_NAME}) FROM {seekers}) AS n)
            """,
        )

    def find_by_nik(self, *, residents: str, seekers: str, target: str) -> None:
        left, right = (
            self._read(table).where("nik IS NOT NULL").selectExpr("nik", f"unique_id AS {id_name}")
            for table, id_name in ((residents, "person_id"), (seekers, "seeker_id"))
        )
        self._write(target, left.join(right, "nik").select("person_id", "seeker_id"))

    def find_by_rules(
        self, *, residents: str, seekers: str, target: str, shared_max: int, besides: str, among: str | None
    ) -> Blocked:
        sought = self._keys(seekers, "seeker_id", [rule.keys("t", rule.seekers) for rule in RULES])
        # Who shares a key is counted over all of `seekers`, whoever is looked for: as in `blocking.key_table`.
        counted = sought.selectExpr("*", "count(*) OVER (PARTITION BY rule, key) AS sharing")
        if among is not None:
            self.keep("looked_for", f"SELECT unique_id AS seeker_id FROM {among}")
            counted = counted.join(self._read("looked_for"), "seeker_id", "left_semi")
        self._write("sought", counted)
        kept = self._read("sought").where(f"sharing <= {int(shared_max)}").drop("sharing")
        there = self._keys(residents, "person_id", [rule.keys("t", rule.residents) for rule in RULES])
        self._write("rules_found", there.join(kept, ["rule", "key"]).select("rule", "person_id", "seeker_id"))
        pairs = self._read("rules_found").select("person_id", "seeker_id").distinct()
        self._write(target, pairs.join(self._read(besides), ["person_id", "seeker_id"], "left_anti"))
        found = self._by_rule("SELECT rule, count(*) FROM rules_found GROUP BY rule")
        crowded = self._by_rule(f"SELECT rule, count(*) FROM sought WHERE sharing > {int(shared_max)} GROUP BY rule")
        return Blocked({rule.name: found.get(rule.name, 0) for rule in RULES}, crowded)

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
        stored = [column for column in COLUMNS if column not in _DERIVED]
        left = self._read(residents).selectExpr("unique_id AS person_id", *_suffixed(stored, "l"))
        right = self._read(seekers).selectExpr("unique_id AS seeker_id", *_suffixed(COLUMNS, "r"))
        rows = self._read(pairs).join(left, "person_id").join(right, "seeker_id").drop("person_id", "seeker_id")
        for side in ("l", "r"):
            shares = self._read("name_shares").selectExpr(f"{_NAME} AS {_NAME}_{side}", f"tf_{_NAME} AS share_{side}")
            rows = rows.join(shares, f"{_NAME}_{side}", "left")
        kept = "" if weight_min is None else f" WHERE weight >= {weight_min!r}"
        completed = (
            "SELECT *, home_of(village_l, place_l, unit_l, card_l) AS home_l, NULL::VARCHAR AS nik_home_l FROM batch"
        )
        query = f"SELECT * FROM ({scoring.weighed(scoring.compared(completed), model, stage=stage)}){kept}"
        self._write(target, self._computed(rows, [_NAME_SHARES], query))

    # --- tables ---

    def _files(self, name: str) -> list[Path]:
        return sorted(self.folders[name].glob("*.parquet"))

    def _read(self, name: str) -> DataFrame:
        with named_errors():
            return self.session.read.parquet(*(path.resolve().as_uri() for path in self._files(name)))

    def _write(self, name: str, rows: DataFrame) -> None:
        path = self._begin(name)
        with named_errors():
            rows.write.parquet(path.resolve().as_uri())
        self._show(name)

    def _begin(self, name: str) -> Path:
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        self.folders[name] = path
        return path

    def _show(self, name: str) -> None:
        """Let the pipeline's connection see a folder as a table."""
        pattern = quoted(self.folders[name] / "*.parquet")
        self.connection.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet({pattern})")

    def _by_rule(self, query: str) -> dict[str, int]:
        return {RULES[rule].name: int(count) for rule, count in self.connection.execute(query).fetchall()}

    # --- DuckDB in tasks ---

    def _keys(self, name: str, id_name: str, keys: Sequence[str]) -> DataFrame:
        """The keys of every rule: rule (its number), key (text), and the id. Without those that lack a part."""
        queries = []
        for number, rule in enumerate(RULES):
            whole = f" || '{_BETWEEN}' || ".join(f"key_{part}::VARCHAR" for part in range(len(rule.residents)))
            keyed = f"SELECT t.unique_id AS id, {keys[number]} FROM part t"
            queries.append(
                f"SELECT {number}::SMALLINT AS rule, {whole} AS key, id AS {id_name} FROM ({keyed}) "
                f"WHERE {whole} IS NOT NULL"
            )
        files = self._files(name)
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW part AS SELECT * FROM read_parquet({quoted(files[0])})")
        schema = self.connection.sql(f"{queries[0]} LIMIT 0").to_arrow_table().schema
        self.connection.execute("DROP VIEW part")
        rows = spread(self.session, [(str(path.resolve()),) for path in files], "path string")
        return mapped(rows, tasks.reading(self.workshop, queries, schema), schema)

    def _computed(self, rows: DataFrame, before: Sequence[str], query: str) -> DataFrame:
        """What a query gives over `batch`, worked out where the rows are."""
        from pyspark.sql.pandas.types import to_arrow_schema

        # What types come out is asked of a task that gets no row.
        connection = self.workshop.open()
        try:
            connection.register("batch", to_arrow_schema(rows.schema).empty_table())
            for statement in before:
                connection.execute(statement)
            schema = connection.sql(query).to_arrow_table().schema
        finally:
            connection.close()
        return mapped(rows, tasks.computing(self.workshop, before, query, schema), schema)


# `scoring.weighed` reads this table; of a batch, it is what the batch itself carries.
_NAME_SHARES = f"""
    CREATE OR REPLACE TEMP TABLE name_shares AS
    SELECT {_NAME}_l AS {_NAME}, share_l AS tf_{_NAME} FROM batch WHERE share_l IS NOT NULL
    UNION SELECT {_NAME}_r, share_r FROM batch WHERE share_r IS NOT NULL
"""


def _suffixed(columns: Sequence[str], side: str) -> list[str]:
    return [f"{column} AS {column}_{side}" for column in columns]
