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
from tenun.linkage import model as models
from tenun.linkage.engine import OneMachine, quoted
from tenun.linkage.files import STAGES, FilesReport, PersonTable, StandardTable, report_of, write_links
from tenun.linkage.increment import Increment, Remembered
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
    progress: Progress | None = None,
) -> UpdateReport:
    """Bring a kept linkage up to date and write all its links to `out`, as `link_files` does.

    `changes`: a file for what became of each account whose link is another than before. The links are those of a full
    run with the fit of the run that is continued. Raises `StateUnfit`, `PersonTableUnreadable`, `ModelUnfit`.
    """
    kept = KeptState(state)
    about = kept.about()
    standard = Standard.of(date.fromisoformat(about["as_of"]), about["without"])
    model = models.load(settings.model)
    remembered = Remembered(state / "run")
    same = made_with(standard, settings, model.id)
    fit = remembered.fit(made_with=same)
    stages = Stages(STAGES, progress)
    drafts: dict[str, Path] = {}
    with stages.stage("standardise"):
        for side, delta in (("left", left), ("right", right)):
            drafts[side] = _standardise(kept, side, delta, about["ids"][side], standard, settings, stages)
    connection = connect(memory=settings.memory, threads=settings.threads, spill=state / "spill")
    try:
        connection.execute("SET preserve_insertion_order = false")
        standard.install(connection)
        remembered.open(connection)
        for side, name, changed in (("left", "residents", "changed_persons"), ("right", "accounts", "changed_seekers")):
            replaced = quoted(drafts[side] / "replaced.parquet")
            now = f"SELECT l.* FROM ({kept.view(side)}) l ANTI JOIN read_parquet({replaced}) g USING (unique_id)"
            if list(drafts[side].glob("part-*.parquet")):
                now = (
                    f"({now}) UNION ALL BY NAME (SELECT * FROM read_parquet({quoted(drafts[side] / 'part-*.parquet')}))"
                )
            connection.execute(f"CREATE VIEW {name} AS {now}")
            connection.execute(f"CREATE TABLE {changed} AS SELECT unique_id FROM read_parquet({replaced})")
        connection.execute(f"CREATE VIEW residents_before AS {kept.view('left')}")
        pipeline = Increment(connection, settings, model, fit=fit)
        pipeline.run("residents", "accounts", stages)
        with stages.stage("write"):
            ids = about["ids"]
            write_links(connection, out, left_id=ids["left"], right_id=ids["right"])
            told = _tell(connection, pipeline, changes)
            # The new run is whole before the old one goes: a kill in between leaves one of them.
            following = state / "run.next"
            if following.exists():
                shutil.rmtree(following)
            Remembered(following).save(pipeline, made_with=same)
            _advance(state, drafts, following)
            whole = report_of(connection, pipeline, stages, standard)
    finally:
        connection.close()
    shutil.rmtree(state / "spill", ignore_errors=True)
    return UpdateReport(whole=whole, **told)


def _standardise(
    kept: KeptState, side: str, delta: Delta, id_column: str, standard: Standard, settings: LinkSettings, stages: Stages
) -> Path:
    """The next generation of a side, beside the others but not one of them yet: parts, and ids that it replaces."""
    draft = kept.folder / side / "next"
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    ids: list[pa.ChunkedArray[Any]] = []
    if delta.changed is not None:
        table = PersonTable(delta.changed, id_column)
        StandardTable(table, draft / "records", standard, settings).make(
            stages, OneMachine(settings.memory, settings.threads)
        )
        for part in (draft / "records").glob("part-*.parquet"):
            part.rename(draft / part.name)
        shutil.rmtree(draft / "records")
        ids.append(pq.read_table(delta.changed, columns=[id_column]).column(0))
    if delta.gone is not None:
        table = PersonTable(delta.gone, id_column)
        try:
            ids.append(pq.read_table(delta.gone, columns=[id_column]).column(0))
        except (OSError, pa.ArrowException, KeyError) as problem:
            raise table.unreadable(type(problem).__name__) from problem
    kind = pq.read_schema(next(kept.generations(side)[0].glob("part-*.parquet"))).field("unique_id").type
    values = pa.concat_arrays([chunk.cast(kind) for column in ids for chunk in column.chunks] or [pa.array([], kind)])
    pq.write_table(pa.table({"unique_id": values.unique()}), draft / "replaced.parquet")
    return draft


def _advance(state: Path, drafts: Mapping[str, Path], following: Path) -> None:
    """Make the next generation and run the present ones."""
    for side, draft in drafts.items():
        number = len(list((state / side).glob("generation-*")))
        draft.rename(state / side / f"generation-{number:04}")
    before = state / "run.before"
    if before.exists():
        shutil.rmtree(before)
    (state / "run").rename(before)
    following.rename(state / "run")
    shutil.rmtree(before)


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
