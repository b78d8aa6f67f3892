"""The rows of a pack: built from the allowed fields, cut into Parquet parts; and read back with every check.

A row is *built*: the columns of the permit are selected, and nothing is ever taken away from a full
row, so that a mistake can at most leave something out.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenun.agreement.decision import Permit
from tenun.agreement.terms import RowScope
from tenun.exchange import binding as bindings
from tenun.exchange.binding import Binding
from tenun.exchange.manifest import PartEntry, SourceEntry
from tenun.exchange.refusals import FieldsNotHeld, RowsOther, SchemaOther, TooLarge
from tenun.lake.snapshot import Snapshot
from tenun.lake.store import Lake
from tenun.registry.reference import values

ROWS_MAX = 500_000
"""A part is closed once it has this many rows: some 12 MB. What a part costs beside its bytes (a decision, two
entries, two signatures) is then small. A place is never cut in two, so one large place may have more."""
BYTES_MAX = 256 * 1024 * 1024
"""Of one part, as it lies in the pack."""
MEMORY_MAX = 2 * 1024 * 1024 * 1024
"""Of one part, unpacked: a small file must not become an endless table."""
_BATCH_ROWS = 8 * 1024


@dataclass(frozen=True)
class Rows:
    """The rows of one place, as they may be handed over."""

    scope: str
    snapshot: Snapshot
    table: pa.Table


@dataclass(frozen=True)
class Part:
    data: bytes
    rows: int
    scopes: tuple[str, ...]


# --- building --------------------------------------------------------------------------------------


def scopes_within(lake: Lake, binding: Binding, area: str | None) -> list[str]:
    """The places of the lake that an area touches."""
    known = lake.scopes(layer=binding.layer, dataset=binding.lake_dataset)
    if area is None:
        return known
    if binding.has_village_scopes:
        return [scope for scope in known if bindings.is_within(scope, area)]
    return [scope for scope in known if scope == bindings.NATIONAL or bindings.overlaps(scope, area)]


def select(lake: Lake, binding: Binding, snapshot: Snapshot, *, permit: Permit, area: str | None) -> pa.Table:
    """The rows of a snapshot within the permit's row scope and the area, with the permit's fields and no other."""
    lake.verify(snapshot)
    table = _within(_open_rows(lake, binding, snapshot, permit), binding, permit.row_scope, area)
    if binding.key is not None:
        table = table.sort_by(binding.key)
    wanted = binding.schema(permit.fields)
    columns = {name: table[name] for name in wanted.names if name in table.column_names}
    for name in binding.sealed_tables:
        columns |= _sealed_columns(lake, binding, snapshot, name, table, permit)
    return pa.table({name: columns[name].cast(wanted.field(name).type) for name in wanted.names}, schema=wanted)


def _open_rows(lake: Lake, binding: Binding, snapshot: Snapshot, permit: Permit) -> pa.Table:
    promised = binding.tables[binding.open_table].names()
    needed = {condition.column for condition in permit.row_scope.conditions} | set(binding.area_columns)
    needed |= set(permit.fields) | ({binding.key} if binding.key else set())
    columns = [name for name in promised if name in needed]
    _require_columns(snapshot, binding.open_table, columns)
    return lake.read(snapshot, binding.open_table, columns=columns)


def _within(table: pa.Table, binding: Binding, scope: RowScope, area: str | None) -> pa.Table:
    if scope.conditions:
        table = table.filter(scope.expression())
    if area is None or binding.has_village_scopes:
        return table
    # A row that says nowhere in which place it belongs is within no area.
    places = pc.coalesce(*(table[name] for name in binding.area_columns)) if binding.area_columns else None
    if places is None:
        return table.slice(0, 0)
    is_inside = pc.or_kleene(pc.equal(places, pa.scalar(area)), pc.starts_with(places, pattern=f"{area}."))
    return table.filter(is_inside)  # a mask that is empty for a row leaves the row out


def _sealed_columns(
    lake: Lake, binding: Binding, snapshot: Snapshot, name: str, rows: pa.Table, permit: Permit
) -> dict[str, pa.ChunkedArray[Any]]:
    own = [column for column in binding.tables[name].names() if column in permit.fields and column != binding.key]
    if not own or binding.key is None:
        return {}
    _require_columns(snapshot, name, [binding.key, *own])
    sealed = lake.unseal(snapshot, name, columns=[binding.key, *own], permit=permit)
    at = pc.index_in(rows[binding.key], value_set=sealed[binding.key].combine_chunks())
    joined = sealed.take(at)
    return {column: joined[column] for column in own}


def _require_columns(snapshot: Snapshot, table: str, columns: Sequence[str]) -> None:
    """An older snapshot may have been written before a column existed. Then it is not quietly left empty."""
    file = snapshot.tables.get(table)
    there = {column["name"] for column in file.columns} if file else set()
    missing = [name for name in columns if name not in there]
    if missing:
        raise FieldsNotHeld(snapshot=snapshot.reference, fields=", ".join(missing))


Encode = Callable[[pa.Table], bytes]
"""Writes the rows of a part: `encode` for Parquet, `serving.formats.encode` for any format."""


def cut(rows: Iterator[Rows], *, rows_max: int = ROWS_MAX) -> Iterator[tuple[Part, list[Rows]]]:
    """Parts of whole places, in order. Holds one part in memory at a time."""
    group: list[Rows] = []
    for place in rows:
        group.append(place)
        if sum(one.table.num_rows for one in group) >= rows_max:
            yield make(group), group
            group = []
    if group:
        yield make(group), group


def make(group: Sequence[Rows], write: Encode | None = None) -> Part:
    """One part with the rows of these places."""
    table = pa.concat_tables([place.table for place in group]).combine_chunks()
    data = (write or encode)(table)
    if len(data) > BYTES_MAX:
        raise TooLarge(what="A part", limit=BYTES_MAX)
    return Part(data, table.num_rows, tuple(place.scope for place in group))


def encode(table: pa.Table) -> bytes:
    """Parquet, always the same bytes for the same rows."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_statistics=True, store_schema=False)
    return buffer.getvalue()


def entry_of(part: Part, path: str) -> PartEntry:
    """A part as the manifest names it."""
    return PartEntry(
        path=path,
        size=len(part.data),
        sha256=hashlib.sha256(part.data).hexdigest(),
        rows=part.rows,
        scopes=list(part.scopes),
    )


def source_of(place: Rows) -> SourceEntry:
    """A place as the manifest names it."""
    return SourceEntry(
        scope=place.scope,
        snapshot=place.snapshot.reference,
        as_of=place.snapshot.as_of.isoformat(),
        rows=place.table.num_rows,
        invented=place.snapshot.details.get("invented") is True,
    )


# --- reading back ----------------------------------------------------------------------------------


def decode(data: bytes, *, part: str, schema: pa.Schema, rows: int) -> pa.Table:
    """The table of a part whose digest was checked. Raises `SchemaOther`, `RowsOther` or `TooLarge`."""
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        check_schema(file.schema_arrow, schema, part=part)
        unpacked = sum(file.metadata.row_group(number).total_byte_size for number in range(file.num_row_groups))
        if unpacked > MEMORY_MAX:
            raise TooLarge(what=part, limit=MEMORY_MAX)
        if file.metadata.num_rows != rows:
            raise RowsOther(part=part, reason="their number is not the one that the manifest states")
        table = _read_within(file, part=part)
        # Texts that are no text would be met later, and elsewhere.
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as problem:
        raise RowsOther(part=part, reason="it is not a Parquet file that can be read") from problem
    if table.num_rows != rows:
        raise RowsOther(part=part, reason="their number is not the one that the manifest states")
    return table.cast(schema)


def _read_within(file: pq.ParquetFile, *, part: str) -> pa.Table:
    """All rows, some at a time: what is written once and meant a million times shows its size only here."""
    batches, size = [], 0
    for batch in file.iter_batches(batch_size=_BATCH_ROWS):
        size += batch.nbytes
        if size > MEMORY_MAX:
            raise TooLarge(what=part, limit=MEMORY_MAX)
        batches.append(batch)
    return pa.Table.from_batches(batches, schema=file.schema_arrow).combine_chunks()


def check_schema(found: pa.Schema, expected: pa.Schema, *, part: str) -> None:
    """Raise `SchemaOther` unless the columns are exactly these, in this order."""
    if found.names == expected.names and found.types == expected.types:
        return
    types_found, types_expected = (
        dict(zip(found.names, found.types, strict=True)),
        dict(zip(expected.names, expected.types, strict=True)),
    )
    differing = [name for name in expected.names if types_found.get(name) != types_expected[name]]
    # A column that is not ours to know is counted and not named: its name might carry anything.
    beyond = len([name for name in found.names if name not in types_expected])
    if beyond:
        differing.append(f"{beyond} unknown")
    raise SchemaOther(part=part, fields=", ".join(differing) or "order")


def check_rows(
    table: pa.Table, *, part: str, binding: Binding, counts: Mapping[str, int], scope: RowScope, area: str | None
) -> dict[str, pa.Table]:
    """The rows of each place, when they are what they must be. Raises `RowsOther`.

    `counts` are the places of the part, in order, with their numbers of rows.
    """
    places, start = {}, 0
    for place, count in counts.items():
        rows = table.slice(start, count)
        start += count
        if binding.has_village_scopes and rows.num_rows and not _all(pc.equal(rows["village_code"], pa.scalar(place))):
            raise RowsOther(part=part, reason="rows lie under another place than their village")
        places[place] = rows
    _check_keys(table, places, binding, part=part)
    _check_row_scope(table, scope, part=part)
    _check_area(table, counts, binding, area, part=part)
    _check_code_lists(table, binding, part=part)
    return places


def _check_keys(table: pa.Table, places: Mapping[str, pa.Table], binding: Binding, *, part: str) -> None:
    key = binding.key
    if key is None:
        return
    if table[key].null_count:
        raise RowsOther(part=part, reason=f"the key {key} is empty")
    if any(pc.count_distinct(rows[key]).as_py() != rows.num_rows for rows in places.values()):
        raise RowsOther(part=part, reason=f"the key {key} occurs twice")


def _check_row_scope(table: pa.Table, scope: RowScope, *, part: str) -> None:
    """For conditions on columns that were not handed over, the provider's signature must do."""
    for condition in scope.conditions:
        if condition.column in table.column_names and table.filter(condition.expression()).num_rows != table.num_rows:
            raise RowsOther(part=part, reason="some lie outside the agreed row scope")


def _check_area(table: pa.Table, counts: Mapping[str, int], binding: Binding, area: str | None, *, part: str) -> None:
    if area is None:
        return
    if binding.has_village_scopes:
        is_inside = all(bindings.is_within(place, area) for place in counts)
    else:
        given = [table[name] for name in binding.area_columns if name in table.column_names]
        codes = pc.coalesce(*given).to_pylist() if len(given) == len(binding.area_columns) and given else []
        is_inside = all(bindings.is_within(code, area) for code in codes)
    if not is_inside:
        raise RowsOther(part=part, reason="some lie outside the area that the manifest states")


def _check_code_lists(table: pa.Table, binding: Binding, *, part: str) -> None:
    for name in table.column_names:
        code_list = binding.columns[name].code_list
        if code_list is None:
            continue
        known = {str(member.value) for member in getattr(values, code_list)}
        if not set(pc.unique(table[name]).to_pylist()) <= {*known, None}:
            raise RowsOther(part=part, reason=f"the field {name} has a value outside its list")


def _all(mask: Any) -> bool:
    return bool(pc.all(mask, skip_nulls=False).as_py())
