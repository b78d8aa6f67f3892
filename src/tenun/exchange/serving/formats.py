"""The rows of a part as Parquet, as an Arrow IPC stream, or as NDJSON under gzip: the same rows, always the same bytes.

Parquet is what `exchange.parts` writes. An Arrow stream is read with no decoding; NDJSON by whatever reads a line.
No part is sent without its length and digest in the signed manifest, so none of them needs an end record of its own.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from isal import igzip_lib, isal_zlib

from tenun.engine.duckdb import connect
from tenun.exchange import parts
from tenun.exchange.manifest import Format
from tenun.exchange.refusals import RowsOther, SchemaOther, TooLarge
from tenun.exchange.serving import content
from tenun.exchange.serving.refusals import FormatUnknown

CONTENT_TYPES: Mapping[Format, str] = {
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.ARROW: "application/vnd.apache.arrow.stream",
    # The file is the compressed one: no content encoding, so that length and digest are those of the manifest.
    Format.NDJSON: "application/x-ndjson+gzip",
}
_BATCH_ROWS = 64 * 1024
# Compressors give other bytes for the same content in other pieces: what is fed to ours is always cut like this.
_PIECE = 1024 * 1024
_GZIP = 31
_LEVEL = 1


def named(word: str) -> Format:
    """The format of that name. Raises `FormatUnknown` and does not repeat the word."""
    try:
        return Format(word)
    except ValueError:
        raise FormatUnknown(known=", ".join(Format)) from None


def encode(table: pa.Table, output_format: Format) -> bytes:
    """The bytes of a part. Raises `RowsOther` for a number that JSON cannot write."""
    match output_format:
        case Format.PARQUET:
            return parts.encode(table)
        case Format.ARROW:
            return _arrow(table)
        case Format.NDJSON:
            return _ndjson(table)


def decode(data: bytes, output_format: Format, *, part: str, schema: pa.Schema, rows: int) -> pa.Table:
    """The table of a part whose digest was checked. Raises `SchemaOther`, `RowsOther` or `TooLarge`."""
    match output_format:
        case Format.PARQUET:
            return parts.decode(data, part=part, schema=schema, rows=rows)
        case Format.ARROW:
            table = _from_arrow(data, part=part, schema=schema)
        case Format.NDJSON:
            table = _from_ndjson(data, part=part, schema=schema)
    if table.num_rows != rows:
        raise RowsOther(part=part, reason="their number is not the one that the manifest states")
    return table


# --- Arrow -------------------------------------------------------------------------------------------


def _arrow(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
    with pa.ipc.new_stream(sink, table.schema.remove_metadata(), options=options) as writer:
        writer.write_table(content.settled(table), max_chunksize=_BATCH_ROWS)
    return sink.getvalue()


def _from_arrow(data: bytes, *, part: str, schema: pa.Schema) -> pa.Table:
    batches, size = [], 0
    try:
        with pa.ipc.open_stream(data) as reader:
            parts.check_schema(reader.schema, schema, part=part)
            for batch in reader:
                size += batch.nbytes
                if size > parts.MEMORY_MAX:
                    raise TooLarge(what=part, limit=parts.MEMORY_MAX)
                # Offsets that point beyond their data would be read later, and elsewhere.
                batch.validate(full=True)
                batches.append(batch)
        return pa.Table.from_batches(batches, schema=reader.schema).cast(schema)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as problem:
        raise RowsOther(part=part, reason="it is not an Arrow stream that can be read") from problem


# --- NDJSON ------------------------------------------------------------------------------------------


def _ndjson(table: pa.Table) -> bytes:
    for field in table.schema:
        if pa.types.is_floating(field.type) and pc.all(pc.is_finite(table[field.name])).as_py() is False:
            raise RowsOther(part=field.name, reason="a number that is none, or without end, cannot be written as JSON")
    packer = isal_zlib.compressobj(_LEVEL, wbits=_GZIP)
    out = [packer.compress(piece) for piece in _pieces(_lines(table))]
    return b"".join((*out, packer.flush()))


def _lines(table: pa.Table) -> Iterator[memoryview]:
    """JSON lines, many at a time, straight from DuckDB's string buffers."""
    columns = ", ".join(f'"{name}" := "{name}"' for name in table.column_names)
    with connect(threads=1) as connection:
        connection.register("part", table)
        query = f"SELECT to_json(struct_pack({columns}))::VARCHAR || chr(10) AS line FROM part"
        for batch in connection.sql(query).to_arrow_reader(_BATCH_ROWS):
            yield content.text_of(batch.column(0))


def _pieces(chunks: Iterator[memoryview]) -> Iterator[bytes]:
    """The same bytes, in pieces of one size."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        whole = len(waiting) - len(waiting) % _PIECE
        for start in range(0, whole, _PIECE):
            yield bytes(waiting[start : start + _PIECE])
        del waiting[:whole]
    yield bytes(waiting)


def _from_ndjson(data: bytes, *, part: str, schema: pa.Schema) -> pa.Table:
    text = _unpacked(data, part=part)
    if not text:
        return schema.empty_table()
    _check_members(text, part=part, schema=schema)
    # Dates come as text: Arrow's reader knows no other way.
    as_text = pa.schema([(field.name, _json_type(field.type)) for field in schema])
    reading = pyarrow.json.ParseOptions(explicit_schema=as_text, unexpected_field_behavior="error")
    try:
        table = pyarrow.json.read_json(io.BytesIO(text), parse_options=reading)
        return table.select(schema.names).cast(schema)
    except (pa.ArrowException, KeyError) as problem:
        raise RowsOther(part=part, reason="they are not JSON objects with values of the right type") from problem


def _unpacked(data: bytes, *, part: str) -> bytes:
    unpacker = isal_zlib.decompressobj(wbits=_GZIP)
    try:
        text = unpacker.decompress(data, parts.MEMORY_MAX + 1)
    except igzip_lib.IsalError as problem:  # type: ignore[misc]  # its stub has a value where the class is
        raise RowsOther(part=part, reason="it is not a gzip file that can be read") from problem
    if len(text) > parts.MEMORY_MAX:
        raise TooLarge(what=part, limit=parts.MEMORY_MAX)
    if not unpacker.eof or unpacker.unused_data or (text and not text.endswith(b"\n")):
        raise RowsOther(part=part, reason="it is cut short, or something lies behind its end")
    return text


def _check_members(text: bytes, *, part: str, schema: pa.Schema) -> None:
    """Every line an object with exactly these members in this order, each once."""
    try:
        lines = _as_lines(text)
        with connect(threads=1) as connection:
            connection.register("part", pa.table({"line": lines}))
            found = connection.sql("SELECT DISTINCT json_keys(line) FROM part LIMIT 10").fetchall()
    except (pa.ArrowException, duckdb.InvalidInputException) as problem:
        raise RowsOther(part=part, reason="they are not JSON objects") from problem
    for (names,) in found:
        if list(names or ()) != schema.names:
            differing = [name for name in schema.names if name not in (names or ())]
            raise SchemaOther(part=part, fields=", ".join(differing) or "order, or one that is not known")


def _as_lines(text: bytes) -> Any:
    """The lines of a text as an array, each with its line feed, without a copy. Raises `ArrowInvalid` for bad UTF-8."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")) + 1
    offsets = np.concatenate([np.zeros(1, np.int64), ends.astype(np.int64)])
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(text)]
    lines = pa.Array.from_buffers(pa.large_string(), len(ends), buffers)
    lines.validate(full=True)
    return lines


def _json_type(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_date(kind) else kind
