"""The three formats hold the same rows, and equal rows are equal bytes, however their table came about."""

from __future__ import annotations

import gzip
import json
import math
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenun.exchange.manifest import Format
from tenun.exchange.refusals import RowsOther, SchemaOther, TooLarge
from tenun.exchange.serving import content, formats

SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("name", pa.string()),
        ("age", pa.int32()),
        ("big", pa.int64()),
        ("score", pa.float64()),
        ("is_so", pa.bool_()),
        ("born", pa.date32()),
        ("warnings", pa.list_(pa.string())),
    ]
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "key": texts,
            "name": st.none() | texts,
            "age": st.none() | st.integers(-(2**31), 2**31 - 1),
            "big": st.none() | st.integers(-(2**63), 2**63 - 1),
            "score": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "is_so": st.none() | st.booleans(),
            "born": st.none() | st.dates(date(1000, 1, 1), date(9999, 12, 31)),
            "warnings": st.none() | st.lists(st.none() | texts, max_size=3),
        }
    ),
    max_size=20,
)


def table_of(some: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(some, schema=SCHEMA)


def in_pieces(table: pa.Table, cut: int) -> pa.Table:
    """The same rows, lying otherwise in memory: in two chunks, the second with an offset and rubbish where empty."""
    cut = min(cut, table.num_rows)
    padded = pa.concat_tables([table.slice(0, min(1, table.num_rows)), table]).combine_chunks()
    return pa.concat_tables([table.slice(0, cut), padded.slice(padded.num_rows - table.num_rows + cut)])


@pytest.mark.parametrize("output_format", list(Format))
@settings(max_examples=60, deadline=None)
@given(some=rows)
def test_what_is_encoded_is_decoded(output_format: Format, some: list[dict[str, Any]]) -> None:
    table = table_of(some)
    data = formats.encode(table, output_format)
    read = formats.decode(data, output_format, part="p", schema=SCHEMA, rows=len(some))
    assert read.schema == SCHEMA
    assert read.to_pylist() == table.to_pylist()
    assert content.sha256(read) == content.sha256(table)


@pytest.mark.parametrize("output_format", list(Format))
@settings(max_examples=40, deadline=None)
@given(some=rows, cut=st.integers(0, 20))
def test_equal_rows_are_equal_bytes(output_format: Format, some: list[dict[str, Any]], cut: int) -> None:
    table = table_of(some)
    other = in_pieces(table, cut)
    assert other.to_pylist() == table.to_pylist()
    if output_format is not Format.PARQUET:  # whose parts are one piece when they are made
        assert formats.encode(other, output_format) == formats.encode(table, output_format)
    assert content.sha256(other) == content.sha256(table)


@settings(max_examples=60, deadline=None)
@given(rows, rows)
def test_other_content_has_another_digest(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    is_same = [json.dumps(row, default=str) for row in one] == [json.dumps(row, default=str) for row in other]
    assert (content.sha256(table_of(one)) == content.sha256(table_of(other))) == is_same


@settings(max_examples=40, deadline=None)
@given(rows)
def test_a_line_is_a_json_object_that_any_reader_reads(some: list[dict[str, Any]]) -> None:
    data = gzip.decompress(formats.encode(table_of(some), Format.NDJSON))
    lines = [json.loads(line) for line in data.split(b"\n")[:-1]]
    assert [list(line) for line in lines] == [SCHEMA.names] * len(some)
    for line, row in zip(lines, some, strict=True):
        assert line == {**row, "born": row["born"].isoformat() if row["born"] else None}


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_say_is_refused(score: float) -> None:
    table = table_of([{"key": "a", "score": score}])
    with pytest.raises(RowsOther):
        formats.encode(table, Format.NDJSON)
    assert formats.encode(table, Format.ARROW)


@pytest.mark.parametrize("output_format", list(Format))
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(output_format: Format, data: bytes) -> None:
    with pytest.raises((RowsOther, SchemaOther, TooLarge)):
        formats.decode(data, output_format, part="p", schema=SCHEMA, rows=1)


@pytest.mark.parametrize("output_format", list(Format))
@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_gives_an_error_of_ours_or_a_table(output_format: Format, at: int, bit: int) -> None:
    """Its digest would tell; here is told that no decoder falls over it."""
    data = bytearray(formats.encode(table_of([{"key": "a", "age": 1, "warnings": ["x"]}] * 3), output_format))
    data[at % len(data)] ^= 1 << bit
    try:
        read = formats.decode(bytes(data), output_format, part="p", schema=SCHEMA, rows=3)
    except (RowsOther, SchemaOther, TooLarge):
        return
    assert read.num_rows == 3


def _gz(text: str) -> bytes:
    return gzip.compress(text.encode())


SMALL = pa.schema([("key", pa.string()), ("age", pa.int32())])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"key":"a"}\n', SchemaOther),
        ('{"key":"a","age":1,"nik":"x"}\n', SchemaOther),
        ('{"age":1,"key":"a"}\n', SchemaOther),
        ('{"key":"a","key":"b","age":1}\n', SchemaOther),
        ('{"key":"a","age":"1"}\n', RowsOther),
        ('{"key":"a","age":1.5}\n', RowsOther),
        ('{"key":"a","age":1}', RowsOther),
        ('{"key":"a","age":1}\n{"key":"b","age":2}\n', RowsOther),
        ("[]\n", SchemaOther),
        ("null\n", SchemaOther),
        ("\n", RowsOther),
        ("{\n", RowsOther),
    ],
)
def test_a_line_that_is_not_exactly_a_row_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        formats.decode(_gz(text), Format.NDJSON, part="p", schema=SMALL, rows=1)


def test_what_lies_behind_the_end_of_the_gzip_file_is_refused() -> None:
    whole = _gz('{"key":"a","age":1}\n')
    for data in (whole + b"x", whole + whole, whole[:-1]):
        with pytest.raises(RowsOther):
            formats.decode(data, Format.NDJSON, part="p", schema=SMALL, rows=1)


@pytest.mark.parametrize("output_format", [Format.ARROW, Format.PARQUET])
def test_another_column_is_refused_by_name(output_format: Format) -> None:
    other = pa.table({"key": ["a"], "age": pa.array([1], pa.int64())})
    with pytest.raises(SchemaOther, match="age"):
        formats.decode(formats.encode(other, output_format), output_format, part="p", schema=SMALL, rows=1)


def test_a_small_file_does_not_become_an_endless_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenun.exchange.parts.MEMORY_MAX", 1_000_000)
    count = 20_000
    table = pa.table({"key": ["a" * 100] * count, "age": pa.array([1] * count, pa.int32())})
    for output_format in Format:
        with pytest.raises(TooLarge):
            formats.decode(formats.encode(table, output_format), output_format, part="p", schema=SMALL, rows=count)
