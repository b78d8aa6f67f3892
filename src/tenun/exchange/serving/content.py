"""The content of a table in one form, whoever made it: for a digest that both ends compute, and for equal bytes.

Two tables with the same columns and values can differ in memory: in what lies behind an empty cell, in where a
text begins, in how they are cut. Here each column is brought to presence, lengths and values, in that order.

The digest of a table, exactly, so that another program can compute it. SHA-256 over:

1. the canonical JSON (RFC 8785) of `{"columns": [[name, type], ...], "rows": number}` and a line feed; types are
   spelt as Arrow does (`string`, `int32`, `int64`, `double`, `bool`, `date32[day]`, `list<item: string>`);
2. for each column, one byte a row: 1 where there is a value, 0 where there is none; then
   - `string`: the length of each text in bytes (int32), then all texts, one after the other (UTF-8);
   - `list`: the number of members of each (int32), then the members as a column of their own (point 2);
   - `bool`: one byte a row;
   - the others: their value (`int32`, `int64`, `double`; a date as days since 1970-01-01, int32).
   All little-endian; where there is no value, length and value are 0.

The rows are taken in the order of their key, or as they come where the dataset has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenun.kernel import canonical_json

_NUMBERS: dict[pa.DataType, str] = {
    pa.int32(): "<i4",
    pa.int64(): "<i8",
    pa.float64(): "<f8",
    pa.date32(): "<i4",
    pa.bool_(): "u1",
}


class TypeNotHeld(TypeError):
    """A column of a type that no contract has. A programming fault, made loud."""


@dataclass(frozen=True)
class _Column:
    """A column brought to one form. `values` are numbers, the bytes of all texts, or the members of all lists."""

    type: pa.DataType
    is_there: Any
    lengths: Any | None
    values: Any


def sha256(table: pa.Table) -> str:
    """The digest of a table's content, in hexadecimal."""
    columns = [[field.name, str(field.type)] for field in table.schema]
    digest = hashlib.sha256(canonical_json.dumps({"columns": columns, "rows": table.num_rows}) + b"\n")
    for column in table.columns:
        for piece in _pieces(_brought(column)):
            digest.update(piece)
    return digest.hexdigest()


def settled(table: pa.Table) -> pa.Table:
    """The same table in the one form in memory: equal content, equal buffers."""
    return pa.table([_array(_brought(column)) for column in table.columns], schema=table.schema.remove_metadata())


def text_of(array: Any) -> memoryview:
    """All texts of an array, one after the other, without a copy."""
    width = np.int64 if pa.types.is_large_string(array.type) else np.int32
    _, offsets, data = array.buffers()
    if data is None or len(array) == 0:
        return memoryview(b"")
    bounds = np.frombuffer(offsets, dtype=width)[array.offset : array.offset + len(array) + 1]
    return memoryview(data)[int(bounds[0]) : int(bounds[-1])]


def _brought(column: Any) -> _Column:
    array = column
    if isinstance(column, pa.ChunkedArray):
        array = pa.concat_arrays(column.chunks) if column.chunks else pa.array([], column.type)
    kind = array.type
    is_there = np.asarray(pc.is_valid(array).to_numpy(zero_copy_only=False), dtype=np.uint8)
    if pa.types.is_string(kind):
        return _Column(kind, is_there, _lengths(pc.binary_length(array)), bytes(text_of(array.drop_null())))
    if pa.types.is_list(kind):
        return _Column(kind, is_there, _lengths(pc.list_value_length(array)), _brought(array.drop_null().flatten()))
    if kind not in _NUMBERS:
        raise TypeNotHeld(str(kind))
    plain = array.view(pa.int32()) if pa.types.is_date32(kind) else array
    filled = pc.fill_null(plain, pa.scalar(0).cast(plain.type)).to_numpy(zero_copy_only=False)
    return _Column(kind, is_there, None, np.ascontiguousarray(filled, dtype=_NUMBERS[kind]))


def _lengths(lengths: Any) -> Any:
    return np.ascontiguousarray(pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False), dtype="<i4")


def _pieces(column: _Column) -> Iterator[bytes]:
    yield column.is_there.tobytes()
    if column.lengths is not None:
        yield column.lengths.tobytes()
    if isinstance(column.values, _Column):
        yield from _pieces(column.values)
    else:
        yield column.values if isinstance(column.values, bytes) else column.values.tobytes()


def _array(column: _Column) -> Any:
    count = len(column.is_there)
    presence = None
    if not column.is_there.all():
        presence = pa.py_buffer(np.packbits(column.is_there, bitorder="little").tobytes())
    if column.lengths is not None:
        ends = np.concatenate([np.zeros(1, np.int32), np.cumsum(column.lengths, dtype=np.int32)])
        offsets = pa.py_buffer(ends.tobytes())
        if isinstance(column.values, _Column):
            return pa.Array.from_buffers(column.type, count, [presence, offsets], children=[_array(column.values)])
        return pa.Array.from_buffers(column.type, count, [presence, offsets, pa.py_buffer(column.values)])
    values = column.values
    if pa.types.is_boolean(column.type):
        values = np.packbits(values, bitorder="little")
    return pa.Array.from_buffers(column.type, count, [presence, pa.py_buffer(values.tobytes())])
