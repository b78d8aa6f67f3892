"""Continuing a linkage of files: the state that a run keeps, and an update from what changed on either side.

The state folder holds both sides in standard form, which identifies people (mode 0700), and what
`increment.Remembered` keeps. Each update adds a generation of records; an older record of the same id is gone
from then on. An update that is killed leaves the state as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tenun.engine.duckdb import connect, only_row
from tenun.kernel.durable import only_one
from tenun.linkage import model as models
from tenun.linkage.engine import OneMachine, quoted
from tenun.linkage.files import STAGES, FilesReport, PersonTable, StandardTable, named_apart, report_of, write_links
from tenun.linkage.increment import Increment
from tenun.linkage.judged import Judged
from tenun.linkage.kept import KeptState, made_with
from tenun.linkage.settings import LinkSettings
from tenun.linkage.stages import Progress, Stages
from tenun.linkage.standard.table import Standard


@dataclass(frozen=True)
class Delta:
    """What changed on one side: new and altered rows, and ids that are gone. Either may be missing."""

    changed: Path | None = None
    gone: Path | None = None


@dataclass(frozen=True)
class UpdateReport:
    """What an update did. Counts only."""

    whole: FilesReport
    looked_for: int
    """Accounts that were looked for again."""
    links_added: int
    links_removed: int
    links_moved: int
    """To another person."""
    villages: Mapping[str, int] = field(default_factory=dict)
    """Where a figure changes: village code -> accounts whose link there came or went."""

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.whole.as_dict(), "looked_for": self.looked_for, "links_added": self.links_added,
            "links_removed": self.links_removed, "links_moved": self.links_moved, "villages": dict(self.villages),
        }  # fmt: skip


def update_files(
    state: Path,
    out: Path,
    *,
    left: Delta,
    right: Delta,
    settings: LinkSettings,
    changes: Path | None = None,
    judgements: Path | None = None,
    progress: Progress | None = None,
) -> UpdateReport:
    """Bring a kept linkage up to date and write all its links to `out`, as `link_files` does.

    `judgements`: as for `link_files`; those of another run are not remembered. `changes`: a file for what became of
    each account whose link is another than before. The links are those of a full run with the fit of the run that is
    continued. Raises `StateUnfit`, `PersonTableUnreadable`, `JudgementsUnreadable`, `ModelUnfit`.
    """
    kept = KeptState(state)
    with only_one(kept.lock):
        judged = Judged(judgements) if judgements else None
        return _update(kept, out, {"left": left, "right": right}, settings, changes, judged, progress)


def _update(
    kept: KeptState,
    out: Path,
    deltas: Mapping[str, Delta],
    settings: LinkSettings,
    changes: Path | None,
    judged: Judged | None,
    progress: Progress | None,
) -> UpdateReport:
    about, before = kept.about(), kept.current()
    number = before + 1
    standard = Standard.of(
        date.fromisoformat(about["as_of"]), about["without"], regions=settings.regions,
        has_cards=about["has_cards"],
    )  # fmt: skip
    model = models.load(settings.model)
    same = made_with(standard, settings, model.id)
    fit = kept.remembered(before).fit(made_with=same)
    stages = Stages(STAGES, progress)
    kept.begin(number)
    with stages.stage("standardise"):
        for side, delta in deltas.items():
            _Incoming(kept, side, number, about["ids"][side]).standardise(delta, standard, settings, stages)
    connection = connect(memory=settings.memory, threads=settings.threads, spill=kept.folder / "spill")
    try:
        connection.execute("SET preserve_insertion_order = false")
        standard.install(connection)
        kept.remembered(before).open(connection)
        for side, name, changed in (("left", "residents", "changed_persons"), ("right", "accounts", "changed_seekers")):
            replaced = kept.generation(side, number) / "replaced.parquet"
            connection.execute(f"CREATE VIEW {name} AS {kept.view(side, number)}")
            connection.execute(f"CREATE TABLE {changed} AS SELECT unique_id FROM read_parquet({quoted(replaced)})")
        connection.execute(f"CREATE VIEW residents_before AS {kept.view('left', before)}")
        left_id, right_id = named_apart(about["ids"]["left"], about["ids"]["right"])
        told = judged.load(connection, left_id=left_id, right_id=right_id) if judged else None
        pipeline = Increment(connection, settings, model, fit=fit, judgements=told)
        pipeline.run("residents", "accounts", stages)
        with stages.stage("write"):
            write_links(connection, out, left_id=about["ids"]["left"], right_id=about["ids"]["right"])
            changed_links = _tell(connection, pipeline, changes)
            kept.remembered(number).save(pipeline, made_with=same)
            kept.settle(number)
        whole = report_of(connection, pipeline, stages, standard)
    finally:
        connection.close()
    shutil.rmtree(kept.folder / "spill", ignore_errors=True)
    return UpdateReport(whole=whole, **changed_links)


@dataclass(frozen=True)
class _Incoming:
    """What comes in for one side of an update: its generation, not yet one of the state's."""

    kept: KeptState
    side: str
    number: int
    id_column: str

    def standardise(self, delta: Delta, standard: Standard, settings: LinkSettings, stages: Stages) -> None:
        """Write the parts of the changed records, and the ids that they and the gone ones replace."""
        generation = self.kept.generation(self.side, self.number)
        if delta.changed is not None:
            records = generation / "records"
            StandardTable(PersonTable(delta.changed, self.id_column), records, standard, settings).make(
                stages, OneMachine(settings.memory, settings.threads)
            )
            for part in records.glob("part-*.parquet"):
                part.rename(generation / part.name)
            shutil.rmtree(records)
        arrays = [array for file in (delta.changed, delta.gone) for array in self._ids(file)]
        ids = pa.concat_arrays(arrays or [pa.array([], self._kind_of_ids())]).unique()
        pq.write_table(pa.table({"unique_id": ids}), generation / "replaced.parquet")

    def _ids(self, file: Path | None) -> list[pa.Array[Any]]:
        """The ids of a file, of the type that the state's ids have."""
        if file is None:
            return []
        try:
            column = pq.read_table(file, columns=[self.id_column]).column(self.id_column)
            return list(column.cast(self._kind_of_ids()).chunks)
        except (OSError, pa.ArrowException, KeyError) as problem:
            raise PersonTable(file, self.id_column).unreadable(type(problem).__name__) from problem

    def _kind_of_ids(self) -> pa.DataType:
        first = next(self.kept.generation(self.side, 0).glob("part-*.parquet"))
        kind: pa.DataType = pq.read_schema(first).field("unique_id").type
        return kind


def _tell(connection: duckdb.DuckDBPyConnection, pipeline: Increment, changes: Path | None) -> dict[str, Any]:
    connection.execute(f"CREATE OR REPLACE TABLE link_changes AS {pipeline.changes()}")
    if changes is not None:
        connection.execute(
            f"COPY (SELECT * FROM link_changes ORDER BY seeker_id) TO {quoted(changes)} (FORMAT parquet)"
        )
    added, removed, moved = only_row(
        connection,
        """
        SELECT count(*) FILTER (person_before IS NULL AND person_now IS NOT NULL),
               count(*) FILTER (person_before IS NOT NULL AND person_now IS NULL),
               count(*) FILTER (person_before <> person_now) FROM link_changes
        """,
    )
    villages = connection.execute(
        """
        WITH touched AS (
            SELECT unnest([person_before, person_now]) AS person_id, seeker_id FROM link_changes
            WHERE person_before IS DISTINCT FROM person_now
        ),
        everybody AS (SELECT unique_id, village FROM residents UNION SELECT unique_id, village FROM residents_before)
        SELECT coalesce(l.village::VARCHAR, '-'), count(DISTINCT seeker_id) FROM touched t
        JOIN everybody l ON l.unique_id = t.person_id
        GROUP BY 1 ORDER BY 1
        """
    ).fetchall()
    (looked_for,) = only_row(connection, "SELECT count(*) FROM looked_for_again")
    return {
        "looked_for": int(looked_for), "links_added": int(added), "links_removed": int(removed),
        "links_moved": int(moved), "villages": {str(code): int(count) for code, count in villages},
    }  # fmt: skip
