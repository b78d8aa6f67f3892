"""What linkage reads: residents and seekers with their identifiers, under decisions of the agreement.

No column is read that was not delivered, or that the decision does not name. What is left out is left
out of the comparison; the rest goes on with less to go by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from tenun.agreement.decision import Operation, Permit, Purpose
from tenun.agreement.delivered import is_covered, refusals
from tenun.engine.duckdb import connect, only_row
from tenun.kernel.authorisation import require
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake, SnapshotMissing
from tenun.linkage.settings import LinkSettings
from tenun.linkage.standard.table import READ_COLUMNS, REGISTER_VILLAGE, Standard
from tenun.registry.siapkerja.tables import SEEKER_IDENTIFIERS, SEEKERS, SEEKERS_DATASET
from tenun.registry.sid.tables import DATASET as RESIDENTS_DATASET
from tenun.registry.sid.tables import PERSON_IDENTIFIERS, PERSONS
from tenun.registry.table import Table

RESIDENTS_AGREED = "sid-warga"
SEEKERS_AGREED = "siapkerja-pencari-kerja"


class PermitForOtherUse(TenunError):
    """A decision for another dataset, purpose or operation was shown."""

    code = "linkage.permit_for_other_use"
    text_id = "Keputusan ini untuk {dataset} dengan tujuan {purpose}, bukan untuk {needed} dengan tujuan pemadanan."
    text_en = "This decision is for {dataset} and purpose {purpose}, not for {needed} and purpose pemadanan."
    remedy_id = "Minta keputusan perjanjian untuk tujuan pemadanan."
    remedy_en = "Ask the agreement for a decision for the purpose pemadanan."


class NoneCovered(TenunError):
    """Nothing that was received may be used under the decision, or the decision was not asked about it."""

    code = "linkage.none_covered"
    text_id = "Keputusan ini tidak mencakup data {dataset} yang ada pada simpul ini."
    text_en = "This decision covers none of the {dataset} data at this node."
    remedy_id = "Minta keputusan baru atas data yang diterima; bila masa pakainya lewat, minta penyerahan baru."
    remedy_en = "Ask for a decision on the data received; where its data life is over, ask for a new delivery."


class MemoryTooSmall(TenunError):
    """The tables of the run do not fit into the memory it may use."""

    code = "linkage.memory_too_small"
    text_id = "Pemadanan ini tidak muat dalam memori {memory}."
    text_en = "This linkage does not fit into {memory} of memory."
    remedy_id = "Ulangi dengan `--memory` yang lebih besar; pengenal orang tidak pernah dititipkan ke cakram."
    remedy_en = "Run again with a larger `--memory`; identifiers are never put on disk in the meantime."


@dataclass(frozen=True)
class Side:
    """One side of the linkage: its dataset in the lake and in the agreement, and the columns that help."""

    dataset: str
    agreed: str
    table: str
    id: str
    attributes: tuple[str, ...]
    identifiers: tuple[str, ...]
    registers: tuple[Table, Table]

    def fields(self) -> frozenset[str]:
        """Columns to ask the agreement for."""
        return frozenset({self.id, *self.attributes, *self.identifiers})


RESIDENTS = Side(
    dataset=RESIDENTS_DATASET,
    agreed=RESIDENTS_AGREED,
    table="persons",
    id="person_id",
    attributes=("village_code", "sex", "age_years", "life_status"),
    identifiers=("nik", "full_name", "birth_date", "address", "hamlet", "rw", "rt"),
    registers=(PERSONS, PERSON_IDENTIFIERS),
)
SEEKERS_SIDE = Side(
    dataset=SEEKERS_DATASET,
    agreed=SEEKERS_AGREED,
    table="seekers",
    id="seeker_id",
    attributes=("village_code", "regency_code", "sex", "age_years"),
    identifiers=("nik", "full_name", "birth_date", "address"),
    registers=(SEEKERS, SEEKER_IDENTIFIERS),
)
IDENTIFIERS = "identifiers"
ROWS_A_SLICE = 1_000_000


def open_engine(settings: LinkSettings) -> duckdb.DuckDBPyConnection:
    """A database for identifiers: in memory alone, since `connect` without `spill` writes nothing to disk."""
    return connect(memory=settings.memory, threads=settings.threads)


def standardise(connection: duckdb.DuckDBPyConnection, standard: Standard) -> None:
    """Bring `read_residents` and `read_seekers` to standard form, as `residents` and `accounts`, and drop them."""
    standard.install(connection)
    # A figure is told of the village that the register names, whatever its code has become.
    for source, target, also in (
        ("read_residents", "residents", REGISTER_VILLAGE), ("read_seekers", "accounts", ""),
    ):  # fmt: skip
        (rows,) = only_row(connection, f"SELECT count(*) FROM {source}")
        empty = standard.select(f"(FROM {source} LIMIT 0)", also=also)
        connection.execute(f"CREATE OR REPLACE TABLE {target} AS {empty}")
        # In slices, since a query keeps what it has read until it has seen all of it.
        for start in range(0, rows, ROWS_A_SLICE):
            part = f"(FROM {source} WHERE rowid >= {start} AND rowid < {start + ROWS_A_SLICE})"
            connection.execute(f"INSERT INTO {target} {standard.select(part, also=also)}")
        connection.execute(f"DROP TABLE {source}")


@contextmanager
def within_memory(settings: LinkSettings) -> Iterator[None]:
    """Turn the engine's own error into ours."""
    try:
        yield
    except duckdb.OutOfMemoryException as problem:
        raise MemoryTooSmall(memory=settings.memory) from problem


def snapshots(lake: Lake, side: Side, permit: Permit) -> list[Snapshot]:
    """The current snapshots of a side that the decision covers, one a scope, checked against their manifests.

    Raises `SnapshotMissing` when there is none at all, `NoneCovered`, `SnapshotAltered`.
    """
    check(permit, side)
    found = lake.all_current(layer=Layer.CORE, dataset=side.dataset)
    if not found:
        raise SnapshotMissing(layer=Layer.CORE, dataset=side.dataset, scope="*")
    covered = [one for one in found if is_covered(permit, one)]
    if not covered:
        raise NoneCovered(dataset=side.agreed)
    for snapshot in covered:
        lake.verify(snapshot)
    return covered


def left_out(lake: Lake, side: Side, permit: Permit) -> dict[str, list[str]]:
    """The scopes whose data may not be used, each with the codes of the reasons."""
    found = lake.all_current(layer=Layer.CORE, dataset=side.dataset)
    reasons = {one.scope: [reason.code for reason in refusals(permit, one)] for one in found}
    return {scope: codes for scope, codes in reasons.items() if codes}


def check(permit: Permit, side: Side) -> None:
    """Raise unless the decision is for this side's dataset and for linkage."""
    fits = (permit.dataset, permit.purpose, permit.operation) == (side.agreed, Purpose.LINKAGE, Operation.USE)
    if not fits:
        raise PermitForOtherUse(dataset=permit.dataset, purpose=permit.purpose, needed=side.agreed)
    require(permit, fields={side.id})


def load(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    side: Side,
    found: Sequence[Snapshot],
    permit: Permit,
    target: str,
) -> int:
    """Put a side into the table `target` and give its rows, one an id: of two scopes, the later snapshot's."""
    check(permit, side)
    # The newest first, and where two are of one date the smaller scope: it knows its people better.
    ordered = sorted(found, key=lambda snapshot: (snapshot.as_of, len(snapshot.scope), snapshot.scope), reverse=True)
    attributes, identifiers = (
        pa.concat_tables([_read(lake, side, snapshot, permit, table, at) for at, snapshot in enumerate(ordered)])
        for table in (side.table, IDENTIFIERS)
    )
    connection.register("side_attributes", attributes)
    connection.register("side_identifiers", identifiers)
    columns = ", ".join(_column(side, name, kind) for name, kind in READ_COLUMNS.items())
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE {target} AS
        SELECT {columns} FROM side_attributes a LEFT JOIN side_identifiers i USING ({side.id}, place_in_line)
        QUALIFY row_number() OVER (PARTITION BY a.{side.id} ORDER BY place_in_line) = 1
        """
    )
    connection.unregister("side_attributes")
    connection.unregister("side_identifiers")
    return int(only_row(connection, f"SELECT count(*) FROM {target}")[0])


def _column(side: Side, name: str, kind: str) -> str:
    if name == "unique_id":
        return f"a.{side.id} AS unique_id"
    if name in side.attributes:
        return f"a.{name}"
    if name in side.identifiers:
        return f"i.{name}"
    return f"NULL::{kind} AS {name}"


def _read(lake: Lake, side: Side, snapshot: Snapshot, permit: Permit, table: str, place_in_line: int) -> pa.Table:
    """The wanted columns of one table: delivered ones as they are, the others empty."""
    is_sealed = table == IDENTIFIERS
    register = side.registers[1] if is_sealed else side.registers[0]
    wanted = (side.id, *(side.identifiers if is_sealed else side.attributes))
    if table not in snapshot.tables:
        schema = pa.schema([(name, register.column(name).type) for name in wanted] + [("place_in_line", pa.int32())])
        return schema.empty_table()
    delivered = {str(column["name"]) for column in snapshot.tables[table].columns}
    columns = [name for name in wanted if name in delivered and name in permit.fields]
    require(permit, fields=set(columns))
    content = (
        lake.unseal(snapshot, table, columns=columns, permit=permit)
        if is_sealed
        else lake.read(snapshot, table, columns)
    )
    if not is_sealed:
        # Rows come within the agreed scope already; a lake that holds more does not widen it.
        for condition in permit.row_scope.conditions:
            if condition.column in columns:
                content = content.filter(condition.expression())
    arrays = [
        content.column(name).cast(register.column(name).type)
        if name in columns
        else pa.nulls(content.num_rows).cast(register.column(name).type)
        for name in wanted
    ]
    return pa.table(
        [*arrays, pa.array([place_in_line] * content.num_rows, pa.int32())], names=[*wanted, "place_in_line"]
    )


def newest(found: Sequence[Snapshot]) -> date:
    return max(snapshot.as_of for snapshot in found)


def is_invented(found: Sequence[Snapshot]) -> bool:
    return any(bool(snapshot.details.get("invented")) for snapshot in found)
