"""What a run over files has finished of its linking, for another run to go on from after a kill.

    stamp.json           what the tables below depend on; where that has changed, they go
    nik_pairs.parquet    candidates of the first stage
    rule_pairs.parquet   candidates of the second one, and `rule_pairs.json`, what its rules counted

Each is there in full or not at all. Deciding starts from both and is a matter of seconds. They hold ids and levels, in
the work folder, which goes when the run ends.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tenun.linkage.blocking import Blocked
from tenun.linkage.engine import quoted

NIK_PAIRS, RULE_PAIRS = "nik_pairs", "rule_pairs"


@dataclass(frozen=True)
class Checkpoint:
    """The folder of what is finished."""

    folder: Path

    @classmethod
    def begin(cls, folder: Path, made_with: Mapping[str, Any]) -> Checkpoint:
        """What an earlier run left there, or an empty folder where it was made with anything else."""
        stamp = folder / "stamp.json"
        wanted = json.dumps(made_with, sort_keys=True)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, mode=0o700)
            stamp.write_text(wanted, encoding="utf-8")
        return cls(folder)

    def restore(self, connection: duckdb.DuckDBPyConnection, table: str) -> bool:
        """Make the table as it was, if it is there."""
        path = self.folder / f"{table}.parquet"
        if path.exists():
            connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM read_parquet({quoted(path)})")
        return path.exists()

    def keep(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        draft = self.folder / f"{table}.draft"
        connection.execute(f"COPY {table} TO {quoted(draft)} (FORMAT parquet, COMPRESSION lz4_raw)")
        draft.rename(self.folder / f"{table}.parquet")

    def keep_counts(self, blocked: Blocked) -> None:
        """To be called before `keep(…, RULE_PAIRS)`, which says that both are there."""
        document = json.dumps({"pairs": blocked.pairs, "crowded": blocked.crowded})
        (self.folder / f"{RULE_PAIRS}.json").write_text(document, encoding="utf-8")

    def counts(self) -> Blocked:
        document = json.loads((self.folder / f"{RULE_PAIRS}.json").read_text(encoding="utf-8"))
        return Blocked(document["pairs"], document["crowded"])
