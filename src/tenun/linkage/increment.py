"""Taking up an earlier linkage: only what changed is looked for and scored again.

What was counted over everybody (how rare a name is, how often strangers share a village, how many accounts have
their person here) is a `Fit`: an increment uses that of the run it continues, so that its links are those of a full
run with the same fit. A new fit is made by a full run, on schedule or when `tenun link drift` says so.

A pair is scored again when either of its records changed; an account is looked for again when its NIK became or
ceased to be crowded, when its NIK's owner changed, when it fell out of stage 1, or when one of its keys became or
ceased to be crowded. Rivals and claims are weighed over all candidates again: that is the cheap part, and the one
where a single record can touch anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tenun.kernel.errors import TenunError
from tenun.linkage import assignment, blocking
from tenun.linkage import model as models
from tenun.linkage.engine import quoted
from tenun.linkage.pipeline import Fit, Pipeline
from tenun.linkage.settings import LinkSettings


class StateUnfit(TenunError):
    """The state of an earlier run that is not there, or was made with other rules, thresholds or model."""

    code = "linkage.state_unfit"
    text_id = "Keadaan pemadanan terdahulu di {folder} tidak dapat dilanjutkan: {reason}."
    text_en = "The earlier linkage in {folder} cannot be continued: {reason}."
    remedy_id = "Jalankan pemadanan penuh dengan `tenun link files … --state FOLDER`."
    remedy_en = "Run a full linkage with `tenun link files … --state FOLDER`."


_TABLES: Mapping[str, str] = {
    "nik_pairs": "SELECT * FROM nik_pairs",
    "rule_pairs": "SELECT * FROM rule_pairs",
    "residue": "SELECT unique_id, nik_home FROM residue",
    "crowded_niks": "SELECT nik FROM crowded_niks",
    "crowded_keys": "SELECT rule, key FROM crowded_keys",
    "name_shares": "SELECT * FROM name_shares",
    "decided": "SELECT seeker_id, person_id, match_class, duplicate_of FROM decided",
}


@dataclass(frozen=True)
class Remembered:
    """A folder with what a run leaves for the next: its fit, its candidates, and what was crowded."""

    folder: Path

    def save(self, pipeline: Pipeline, *, made_with: Mapping[str, Any]) -> None:
        """Write the state of a pipeline that has decided. `made_with` must be equal for a run to continue it."""
        connection = pipeline.connection
        connection.execute(
            f"CREATE OR REPLACE TABLE crowded_keys AS "
            f"{blocking.crowded_keys('residue', shared_max=pipeline.settings.blocking_shared_max)}"
        )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, query in _TABLES.items():
            draft = self.folder / f"{name}.draft"
            connection.execute(f"COPY ({query}) TO {quoted(draft)} (FORMAT parquet, COMPRESSION lz4_raw)")
            draft.rename(self.folder / f"{name}.parquet")
        document = {"fit": pipeline.fit_made().as_dict(), "made_with": dict(made_with)}
        (self.folder / "fit.json").write_text(json.dumps(document, sort_keys=True), encoding="utf-8")

    def fit(self, *, made_with: Mapping[str, Any]) -> Fit:
        """The fit of the run, if it was made with the same. Raises `StateUnfit`."""
        try:
            document = json.loads((self.folder / "fit.json").read_text(encoding="utf-8"))
            fit = Fit.from_dict(document["fit"])
        except (OSError, ValueError, KeyError) as problem:
            raise StateUnfit(folder=self.folder.name, reason=type(problem).__name__) from problem
        for name, value in made_with.items():
            if document["made_with"].get(name) != value:
                raise StateUnfit(folder=self.folder.name, reason=name)
        return fit

    def open(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the views `was_*` over the tables of the run."""
        for name in _TABLES:
            path = self.folder / f"{name}.parquet"
            if not path.exists():
                raise StateUnfit(folder=self.folder.name, reason=path.name)
            connection.execute(f"CREATE OR REPLACE TEMP VIEW was_{name} AS SELECT * FROM read_parquet({quoted(path)})")


class Increment(Pipeline):
    """A pipeline over the records as they are now, given which of them changed.

    Reads, besides `residents` and `accounts`, the tables `changed_persons` and `changed_seekers` (unique_id: new,
    altered or gone) and the views `was_*` that `Remembered.open` makes.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        settings: LinkSettings,
        model: models.Model,
        *,
        fit: Fit,
        judgements: str | None = None,
    ) -> None:
        super().__init__(connection, settings, model, fit=fit, judgements=judgements)

    def prepare(self, residents: str, accounts: str) -> None:
        self.connection.execute("CREATE OR REPLACE TABLE name_shares AS SELECT * FROM was_name_shares")
        super().prepare(residents, accounts)
        self.connection.execute(
            f"""
            CREATE OR REPLACE TABLE touched_seekers AS
            WITH turned AS (
                (SELECT nik FROM crowded_niks EXCEPT SELECT nik FROM was_crowded_niks)
                UNION ALL (SELECT nik FROM was_crowded_niks EXCEPT SELECT nik FROM crowded_niks)
            )
            SELECT unique_id FROM changed_seekers
            UNION SELECT a.unique_id FROM {accounts} a SEMI JOIN turned t ON t.nik = a.nik
            """
        )
        self.connection.execute(
            "CREATE OR REPLACE TEMP VIEW housed_changed AS "
            "SELECT l.* FROM housed l SEMI JOIN changed_persons c ON c.unique_id = l.unique_id"
        )

    def find_by_nik(self) -> None:
        self.connection.execute(
            """
            CREATE OR REPLACE TABLE nik_new AS
            SELECT l.unique_id AS person_id, r.unique_id AS seeker_id FROM housed l
            JOIN (SELECT s.* FROM seekers s SEMI JOIN touched_seekers t ON t.unique_id = s.unique_id) r ON r.nik = l.nik
            UNION ALL
            SELECT l.unique_id, r.unique_id FROM housed_changed l
            JOIN (SELECT s.* FROM seekers s ANTI JOIN touched_seekers t ON t.unique_id = s.unique_id) r ON r.nik = l.nik
            """
        )
        self._score("nik_new", "seekers", "nik_scored", stage="nik")
        self.connection.execute(
            """
            CREATE OR REPLACE TABLE nik_pairs AS
            SELECT w.* FROM was_nik_pairs w ANTI JOIN changed_persons p ON p.unique_id = w.person_id
            ANTI JOIN touched_seekers t ON t.unique_id = w.seeker_id
            UNION ALL BY NAME SELECT * FROM nik_scored
            """
        )
        self.connection.execute("CREATE OR REPLACE TABLE nik_found AS SELECT person_id, seeker_id FROM nik_pairs")

    def link_by_rules(self, *, among: str | None = None) -> None:
        shared_max = self.settings.blocking_shared_max
        self.connection.execute(
            f"CREATE OR REPLACE TABLE crowded_keys AS {blocking.crowded_keys('residue', shared_max=shared_max)}"
        )
        self.connection.execute(
            f"""
            CREATE OR REPLACE TABLE looked_for_again AS
            WITH turned AS (
                (SELECT rule, key FROM crowded_keys EXCEPT SELECT rule, key FROM was_crowded_keys)
                UNION ALL (SELECT rule, key FROM was_crowded_keys EXCEPT SELECT rule, key FROM crowded_keys)
            )
            SELECT r.unique_id FROM residue r LEFT JOIN was_residue w ON w.unique_id = r.unique_id
            WHERE w.unique_id IS NULL OR w.nik_home IS DISTINCT FROM r.nik_home
            UNION SELECT unique_id FROM touched_seekers
            UNION SELECT k.seeker_id FROM ({blocking.keys_as_text("residue")}) k SEMI JOIN turned USING (rule, key)
            """
        )
        self.connection.execute(
            "CREATE OR REPLACE TABLE looked_for_before AS "
            "SELECT r.unique_id FROM residue r ANTI JOIN looked_for_again a ON a.unique_id = r.unique_id"
        )
        parts = (("housed", "looked_for_again"), ("housed_changed", "looked_for_before"))
        for number, (residents, sought) in enumerate(parts):
            blocked = self.engine.find_by_rules(
                residents=residents, seekers="residue", target=f"rules_left_{number}", shared_max=shared_max,
                besides="nik_found", among=sought,
            )  # fmt: skip
            self.outcome.crowded |= blocked.crowded
            for rule, pairs in blocked.pairs.items():
                self.outcome.pairs[rule] = self.outcome.pairs.get(rule, 0) + pairs
        self.connection.execute(
            "CREATE OR REPLACE TABLE rules_left AS SELECT * FROM rules_left_0 UNION ALL SELECT * FROM rules_left_1"
        )
        self._score("rules_left", "residue", "rule_scored", stage="rules", weight_min=self.candidate_weight_min)
        self.connection.execute(
            """
            CREATE OR REPLACE TABLE rule_pairs AS
            SELECT w.* FROM was_rule_pairs w ANTI JOIN changed_persons p ON p.unique_id = w.person_id
            SEMI JOIN looked_for_before b ON b.unique_id = w.seeker_id
            UNION ALL BY NAME SELECT * FROM rule_scored
            """
        )

    def changes(self) -> str:
        """What became of each account whose link is another than before, as a query: seeker_id, person_before,
        person_now, class_before, class_now. An account that is gone has no class now."""
        linked = ", ".join(f"'{name}'" for name in assignment.ACCEPTED)
        before, now = (
            f"(SELECT seeker_id, CASE WHEN match_class IN ({linked}) THEN person_id END AS person_id, match_class "
            f"FROM {table})"
            for table in ("was_decided", "decided")
        )
        return f"""
            SELECT seeker_id, b.person_id AS person_before, n.person_id AS person_now,
                   b.match_class AS class_before, n.match_class AS class_now
            FROM {before} b FULL JOIN {now} n USING (seeker_id)
            WHERE b.person_id IS DISTINCT FROM n.person_id OR b.match_class IS DISTINCT FROM n.match_class
        """
