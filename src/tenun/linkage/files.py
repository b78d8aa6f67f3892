"""Linking any two person tables in Parquet: for benchmarks, foreign data and evaluation.

`nik, nama, tgl_lahir, jk, kode_desa, alamat` are text as people typed them; what a table lacks is done without. Where
both have `no_kk`, the number of the family card, households are known by it. Both
tables are brought to standard form part by part, kept as Parquet in a work folder, and linked from there, so
that memory stays bounded and a run that was killed goes on where it was.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tenun.engine.duckdb import connect, only_row
from tenun.kernel import canonical_json
from tenun.kernel.errors import TenunError
from tenun.linkage import model as models
from tenun.linkage.assignment import ACCEPTED, MatchClass
from tenun.linkage.checkpoint import Checkpoint
from tenun.linkage.crosswalk import RULE_VERSION
from tenun.linkage.engine import Machines, OneMachine, Part, quoted
from tenun.linkage.judged import Judged
from tenun.linkage.kept import KeptState
from tenun.linkage.pipeline import Pipeline
from tenun.linkage.settings import LinkSettings
from tenun.linkage.stages import Progress, Stages
from tenun.linkage.standard.table import CARD_TYPED, STANDARD_VERSION, Standard, read_text

TEXT_COLUMNS = ("nik", "nama", "tgl_lahir", "jk", "kode_desa", "alamat")
ROWS_A_PART = 1_000_000

# In the folder of a standard table: the digest of its input and rules.
STAMP = "input.json"

STAGES = ("standardise", "nik", "rules", "decide", "write")


class PersonTableUnreadable(TenunError):
    """A file that is no Parquet, or lacks the id column, or repeats an id."""

    code = "linkage.person_table_unreadable"
    text_id = "Tabel orang {file} tidak dapat dipakai: {reason}."
    text_en = "The person table {file} cannot be used: {reason}."
    remedy_id = "Berikan berkas Parquet dengan satu baris tiap orang dan kolom id yang unik ({columns})."
    remedy_en = "Give a Parquet file with one row a person and a unique id column ({columns})."


@dataclass(frozen=True)
class PersonTable:
    """A Parquet file of persons, and the column that names a row."""

    path: Path
    id_column: str

    def columns(self) -> Mapping[str, str]:
        """Columns and their types. Raises `PersonTableUnreadable`."""
        try:
            schema = pq.read_schema(self.path)
        except (OSError, pa.ArrowException) as problem:
            raise self.unreadable(type(problem).__name__) from problem
        if self.id_column not in schema.names:
            raise self.unreadable(f"{self.id_column}?")
        if not set(TEXT_COLUMNS) & set(schema.names):
            raise self.unreadable(" ".join(f"{name}?" for name in TEXT_COLUMNS))
        return {name: "DATE" if pa.types.is_date(schema.field(name).type) else "TEXT" for name in schema.names}

    def rows(self) -> int:
        return int(pq.read_metadata(self.path).num_rows)

    def unreadable(self, reason: str) -> PersonTableUnreadable:
        return PersonTableUnreadable(file=self.path.name, reason=reason, columns=", ".join(TEXT_COLUMNS))

    def source(self) -> str:
        return f"read_parquet({quoted(self.path.resolve())}, file_row_number = true)"


@dataclass(frozen=True)
class FilesReport:
    """What a run did. Counts only."""

    linked: Mapping[str, int]
    """Match class -> accounts; every class is there."""
    second_accounts: int
    """Of the linked, those whose person has another account too."""
    persons: int
    seekers: int
    share: float
    seconds: Mapping[str, float]
    model: str
    standard_version: int
    pairs: Mapping[str, int] = field(default_factory=dict)
    crowded: Mapping[str, int] = field(default_factory=dict)
    without: Sequence[str] = ()

    @property
    def accepted(self) -> int:
        return sum(self.linked[match_class] for match_class in ACCEPTED)

    def as_dict(self) -> dict[str, Any]:
        return {
            "linked": dict(self.linked), "accepted": self.accepted, "second_accounts": self.second_accounts,
            "persons": self.persons, "seekers": self.seekers, "expected_share": round(self.share, 4),
            "seconds": dict(self.seconds), "model": self.model, "standard_version": self.standard_version,
            "pairs": dict(self.pairs), "crowded": dict(self.crowded), "without": list(self.without),
        }  # fmt: skip


def link_files(
    left: PersonTable,
    right: PersonTable,
    out: Path,
    *,
    settings: LinkSettings,
    as_of: date,
    without: Sequence[str] = (),
    work: Path | None = None,
    state: Path | None = None,
    judgements: Path | None = None,
    rows_a_part: int = ROWS_A_PART,
    machines: Machines | None = None,
    progress: Progress | None = None,
) -> FilesReport:
    """Link `right` (accounts) to `left` (residents) and write one row for each of `right` to `out`.

    Columns of `out`: the two id columns (the left one null where there is no candidate), class, weight (log2 odds),
    probability, duplicate_of (the first account of a person who has several), why (a code for what was held back).
    Links are the rows of class nik and probable; a row of class review names a candidate and is no link.
    `work` keeps standard forms, which identify people, and candidates, until the run has ended; a run with the same
    input takes up what is there. `judgements`: a Parquet file of what people settled (both id columns, and verdict
    same, different or unsure), which stands whatever the scores say. `state`: a folder that keeps standard forms and
    what was counted, for `updating.update_files`. `machines`: what works on it; none = this one. The links are the
    same on any.
    Raises `PersonTableUnreadable`, `JudgementsUnreadable`, `RuleUnknown`, `ModelUnfit`.
    """
    machines = machines or OneMachine(settings.memory, settings.threads)
    has_cards = all(CARD_TYPED in table.columns() for table in (left, right))
    standard = Standard.of(as_of, without, regions=settings.regions, has_cards=has_cards)
    model = models.load(settings.model)
    folder = work or out.with_name(f".{out.name}.work")
    stages = Stages(STAGES, progress)
    with stages.stage("standardise"):
        standardised = [
            StandardTable(table, folder / side, standard, settings, rows_a_part).make(stages, machines)
            for side, table in (("left", left), ("right", right))
        ]
    connection = connect(memory=settings.memory, threads=settings.threads, spill=folder / "spill")
    try:
        connection.execute("SET preserve_insertion_order = false")
        standard.install(connection)
        tables = dict(zip(("residents", "accounts"), standardised, strict=True))
        for name, files in tables.items():
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({quoted(files / 'part-*.parquet')})")
        engine = machines.engine(connection, tables, standard.macros(), folder / "tables")
        left_id, right_id = named_apart(left.id_column, right.id_column)
        judged = Judged(judgements) if judgements else None
        pipeline = Pipeline(
            connection, settings, model, engine,
            judgements=judged.load(connection, left_id=left_id, right_id=right_id) if judged else None,
            checkpoint=Checkpoint.begin(folder / "linked", {
                "sides": [stamp_of(files) for files in standardised],
                "settings": settings.as_origin(), "model": model.id, "rules": RULE_VERSION,
                "judgements": judged.digest() if judged else None,
            }),
        )  # fmt: skip
        pipeline.run("residents", "accounts", stages)
        with stages.stage("write"):
            write_links(connection, out, left_id=left.id_column, right_id=right.id_column)
            if state is not None:
                ids = {"left": left.id_column, "right": right.id_column}
                sides = {"left": tables["residents"], "right": tables["accounts"]}
                KeptState(state).keep(pipeline, sides, standard=standard, settings=settings, ids=ids)
        report = report_of(connection, pipeline, stages, standard)
    finally:
        connection.close()
    shutil.rmtree(folder)
    return report


def report_of(
    connection: duckdb.DuckDBPyConnection, pipeline: Pipeline, stages: Stages, standard: Standard
) -> FilesReport:
    """What a pipeline that has decided did."""
    counts = dict(connection.execute("SELECT match_class, count(*) FROM decided GROUP BY ALL").fetchall())
    (second_accounts,) = only_row(connection, "SELECT count(duplicate_of) FROM decided")
    outcome = pipeline.outcome
    return FilesReport(
        linked={str(name): int(counts.get(str(name), 0)) for name in MatchClass},
        second_accounts=int(second_accounts),
        persons=outcome.persons,
        seekers=outcome.seekers,
        share=outcome.share,
        seconds=stages.total(),
        model=pipeline.model.id,
        standard_version=STANDARD_VERSION,
        pairs=outcome.pairs,
        crowded=outcome.crowded,
        without=sorted(standard.without),
    )


class StandardTable:
    """A person table in standard form, in parts. A part is there in full or not at all."""

    def __init__(
        self,
        table: PersonTable,
        folder: Path,
        standard: Standard,
        settings: LinkSettings,
        rows_a_part: int = ROWS_A_PART,
    ) -> None:
        self.table, self.folder, self.standard, self.settings = table, folder, standard, settings
        self.rows_a_part = rows_a_part

    def make(self, stages: Stages, machines: Machines) -> Path:
        """Make the parts that are missing, and give the folder of them all."""
        columns = self.table.columns()
        rows = self.table.rows()
        self._agree_on(rows)
        self._check_ids()
        starts = range(0, max(rows, 1), self.rows_a_part)
        parts = [self._part(number, start, columns) for number, start in enumerate(starts)]
        missing = [part for part in parts if not part.path.exists()]
        there = len(parts) - len(missing)
        try:
            machines.make(
                missing, self.standard.macros(), lambda done: stages.tell("standardise", there + done, len(parts))
            )
        except duckdb.ConversionException as problem:
            raise self.table.unreadable("type") from problem
        return self.folder

    def _part(self, number: int, start: int, columns: Mapping[str, str]) -> Part:
        rows = (
            f"(SELECT * FROM {self.table.source()} "
            f"WHERE file_row_number >= {start} AND file_row_number < {start + self.rows_a_part})"
        )
        read = read_text(
            rows, self.table.id_column, columns, as_of=self.standard.as_of, has_cards=self.standard.has_cards
        )
        readable = f"({read})"
        return Part(self.folder / f"part-{number:05}.parquet", self.standard.select(readable))

    def _agree_on(self, rows: int) -> None:
        """Begin anew where the work folder belongs to other input or other rules."""
        state = self.table.path.stat()
        wanted = canonical_json.digest({
            "file": self.table.path.name, "bytes": state.st_size, "changed": str(state.st_mtime_ns), "rows": rows,
            "id": self.table.id_column, "rows_a_part": self.rows_a_part, "standard_version": STANDARD_VERSION,
            "as_of": self.standard.as_of.isoformat(), "without": sorted(self.standard.without),
            "retired_regions": self.standard.regions.digest, "has_cards": self.standard.has_cards,
        })  # fmt: skip
        stamp = self.folder / STAMP
        if stamp.exists() and json.loads(stamp.read_text()) == wanted:
            return
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.mkdir(mode=0o700)
        stamp.write_text(json.dumps(wanted))

    def _check_ids(self) -> None:
        column = f'"{self.table.id_column}"'
        spill = self.folder / "spill"
        connection = connect(memory=self.settings.memory, threads=self.settings.threads, spill=spill)
        try:
            rows, distinct = only_row(
                connection, f"SELECT count(*), count(DISTINCT {column}) FROM {self.table.source()}"
            )
        finally:
            connection.close()
        shutil.rmtree(spill)
        if rows != distinct:
            raise self.table.unreadable(f"{self.table.id_column}: {rows} > {distinct}")


def stamp_of(folder: Path) -> str:
    """What tells one standard table from another."""
    return str(json.loads((folder / STAMP).read_text(encoding="utf-8")))


def named_apart(left_id: str, right_id: str) -> tuple[str, str]:
    """The id columns as the links and judgements call them."""
    return (left_id, right_id) if left_id != right_id else (f"left_{left_id}", f"right_{right_id}")


def write_links(connection: duckdb.DuckDBPyConnection, out: Path, *, left_id: str, right_id: str) -> None:
    draft = out.with_name(f".{out.name}.draft")
    names = named_apart(left_id, right_id)
    connection.execute(
        f"""
        COPY (SELECT person_id AS "{names[0]}", seeker_id AS "{names[1]}", match_class AS class, weight, probability,
                     duplicate_of, held_back AS why
              FROM decided ORDER BY seeker_id) TO {quoted(draft)} (FORMAT parquet, COMPRESSION zstd)
        """
    )
    draft.rename(out)
