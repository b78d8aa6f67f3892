"""How good a crosswalk is, measured against a known truth. Possible only where the persons are invented or were
judged one by one.

Precision: of the accepted links, the share that is right. Recall: of the accounts whose person was among the
residents that were linked, the share that got that person. A person with two accounts costs recall, because
only one of them may have him; an account whose person was never delivered does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tenun.engine.duckdb import connect, only_row
from tenun.kernel.errors import TenunError
from tenun.kernel.keys import KeyProvider, pseudonym
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake
from tenun.linkage import crosswalk
from tenun.linkage.assignment import ACCEPTED, MatchClass
from tenun.linkage.inputs import RESIDENTS

_ROW: dict[str, pa.DataType] = {"village_code": pa.string(), "source_row": pa.int32()}
TRUTH_SCHEMA = pa.schema([("id_pencaker", pa.string()), *_ROW.items()])
SEEKER_KEY = "seeker"


class TruthUnreadable(TenunError):
    """A truth file that is no Parquet or lacks a column."""

    code = "linkage.truth_unreadable"
    text_id = "Berkas kebenaran {file} tidak dapat dibaca: {reason}."
    text_en = "The truth file {file} cannot be read: {reason}."
    remedy_id = "Berkas ini harus Parquet dengan kolom id_pencaker, village_code, dan source_row."
    remedy_en = "It must be Parquet with the columns id_pencaker, village_code and source_row."


@dataclass(frozen=True)
class Score:
    """One measurement. A share is none where there is nothing to divide by."""

    links: int
    right: int
    findable: int

    @property
    def precision(self) -> float | None:
        return self.right / self.links if self.links else None

    @property
    def recall(self) -> float | None:
        return self.right / self.findable if self.findable else None

    @property
    def f1(self) -> float | None:
        return 2 * self.right / (self.links + self.findable) if self.links + self.findable else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "links": self.links,
            "right": self.right,
            "precision": _rounded(self.precision),
            "recall": _rounded(self.recall),
            "f1": _rounded(self.f1),
        }


@dataclass(frozen=True)
class Evaluation:
    overall: Score
    by_class: Mapping[str, Score]
    """`review` counts as if every candidate were accepted: what reviewers could win."""
    accounts: int
    """Accounts that both the crosswalk and the truth know."""
    not_delivered: int
    """Accounts whose person stands in a village file and not among the residents that were linked."""
    without_resident: int
    crosswalk: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "precision": _rounded(self.overall.precision),
            "recall": _rounded(self.overall.recall),
            "f1": _rounded(self.overall.f1),
            "links": self.overall.links,
            "right": self.overall.right,
            "findable": self.overall.findable,
            "by_class": {name: score.as_dict() for name, score in self.by_class.items()},
            "accounts": self.accounts,
            "not_delivered": self.not_delivered,
            "without_resident": self.without_resident,
            "crosswalk": self.crosswalk,
        }


def evaluate(truth_file: Path, *, naker_lake: Lake, naker_keys: KeyProvider, desa_lake: Lake) -> Evaluation:
    """Measure the current crosswalk. Raises `TruthUnreadable`, `SnapshotMissing`.

    A truth row is (id_pencaker, village_code, source_row), with nulls where the account's person is in no file;
    several rows of one account are persons that are all right (one human, entered twice).
    """
    truth = _read_truth(truth_file)
    snapshot = crosswalk.current(naker_lake)
    key = naker_keys.secret(SEEKER_KEY)
    seeker_ids = [pseudonym(key, str(account)) for account in truth.column("id_pencaker").to_pylist()]
    connection = connect()
    try:
        connection.register("truth_file", truth.append_column("seeker_id", pa.array(seeker_ids, pa.string())))
        connection.register("links", naker_lake.read(snapshot, crosswalk.TABLE))
        connection.register("written", _rows_of_residents(desa_lake))
        connection.register("delivered", _delivered(naker_lake, snapshot))
        return _measure(connection, snapshot)
    finally:
        connection.close()


def _read_truth(path: Path) -> pa.Table:
    try:
        return pq.read_table(path, columns=TRUTH_SCHEMA.names).select(TRUTH_SCHEMA.names).cast(TRUTH_SCHEMA)
    except (OSError, pa.ArrowException, KeyError, ValueError) as problem:
        raise TruthUnreadable(file=path.name, reason=type(problem).__name__) from problem


def _rows_of_residents(desa_lake: Lake) -> pa.Table:
    """Which person stands in which row of a village's file.

    Where some villages are invented, the truth is about these: in a village whose invented residents gave way
    to a real file, its rows mean other people, and the accounts of those who were there find nobody any more.
    """
    schema = pa.schema([("person_id", pa.string()), *_ROW.items()])
    found = desa_lake.all_current(layer=Layer.CORE, dataset=RESIDENTS.dataset)
    if any(snapshot.details.get("invented") for snapshot in found):
        found = [snapshot for snapshot in found if snapshot.details.get("invented")]
    for snapshot in found:
        desa_lake.verify(snapshot)
    return pa.concat_tables(
        [
            schema.empty_table(),
            *(desa_lake.read(snapshot, RESIDENTS.table, schema.names).cast(schema) for snapshot in found),
        ]
    )


def _delivered(naker_lake: Lake, snapshot: Snapshot) -> pa.Table:
    """Persons that the crosswalk was made from: those of the resident snapshots that it names."""
    schema = pa.schema([("person_id", pa.string())])
    tables = [schema.empty_table()]
    for reference in snapshot.origin.inputs:
        layer, dataset, scope, snapshot_id = reference.split("/")
        if dataset == RESIDENTS.dataset:
            source = naker_lake.get(layer=Layer(layer), dataset=dataset, scope=scope, id=snapshot_id)
            naker_lake.verify(source)
            tables.append(naker_lake.read(source, RESIDENTS.table, ["person_id"]).cast(schema))
    return pa.concat_tables(tables)


def _measure(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> Evaluation:
    connection.execute(
        """
        CREATE TABLE judged AS
        WITH right_persons AS (
            SELECT t.seeker_id, list(DISTINCT w.person_id) FILTER (w.person_id IS NOT NULL) AS persons,
                   bool_or(t.source_row IS NOT NULL) AS has_resident,
                   bool_or(d.person_id IS NOT NULL) AS is_findable
            FROM truth_file t LEFT JOIN written w USING (village_code, source_row)
            LEFT JOIN (SELECT DISTINCT person_id FROM delivered) d USING (person_id)
            GROUP BY t.seeker_id
        )
        SELECT l.match_class, l.person_id IS NOT NULL AS has_person,
               coalesce(list_contains(r.persons, l.person_id), false) AS is_right,
               r.has_resident, r.is_findable
        FROM links l JOIN right_persons r USING (seeker_id)
        """
    )
    accounts, findable, not_delivered, without = only_row(
        connection,
        """
        SELECT count(*), count(*) FILTER (is_findable), count(*) FILTER (has_resident AND NOT is_findable),
               count(*) FILTER (NOT has_resident) FROM judged
        """,
    )
    counted = connection.execute(
        "SELECT match_class, count(*) FILTER (has_person), count(*) FILTER (is_right) FROM judged GROUP BY match_class"
    ).fetchall()
    found = {name: Score(links, right, findable) for name, links, right in counted}
    by_class = {
        str(name): found.get(str(name), Score(0, 0, findable)) for name in MatchClass if name is not MatchClass.NONE
    }
    accepted = [by_class[str(name)] for name in ACCEPTED]
    return Evaluation(
        overall=Score(sum(score.links for score in accepted), sum(score.right for score in accepted), findable),
        by_class=by_class,
        accounts=accounts,
        not_delivered=not_delivered,
        without_resident=without,
        crosswalk=snapshot.reference,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
