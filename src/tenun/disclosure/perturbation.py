"""Cell-key perturbation in SQL: the same people give the same noise, in every table and every release.

Each person has a record key, an HMAC of the pseudonym under a key that only the node has. The record keys of a cell
are added up; an HMAC of that sum says which noise the cell gets (`tenun.disclosure.ptable`). So the noise depends on
who is in the cell and on nothing else: not on the table, the release, or the order. That a sum is put through an HMAC
once more, and not looked up as it is, takes from readers what sums would tell them: that the keys of parts add up to
the key of the whole.

Trusted for secrecy: whoever has the node's key `disclosure` can compute every noise and take it off again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from tenun.disclosure.ptable import PTable
from tenun.kernel.errors import TenunError

KEY = "disclosure"
"""Name of the node's secret (`kernel.keys`). Part of what a release is: another key would be another noise, and two
noises of one cell can be averaged. So it is made once and never changed."""

_BLOCK = 64
"""Bytes of a block of SHA-256, to which HMAC fills up its key (RFC 2104)."""


class RecordKeyMissing(TenunError):
    """A person without a pseudonym has no record key, and would get noise that another release does not repeat."""

    code = "disclosure.record_key_missing"
    text_id = "Ada {count} orang tanpa nama samaran, jadi tanpa kunci baris."
    text_en = "{count} persons have no pseudonym and so no record key."
    remedy_id = "Bangun ulang lapisan inti; setiap baris harus punya person_id."
    remedy_en = "Rebuild the core layer; every row must have a person_id."


@contextmanager
def keyed(connection: duckdb.DuckDBPyConnection, key: bytes) -> Iterator[Keyed]:
    """The node's key at work in one database. It stays in variables of the connection, which are emptied at the end,
    so it stands in no text of a query. `key` is at most 64 bytes, as `KeyProvider.secret` gives it."""
    if not 32 <= len(key) <= _BLOCK:
        raise ValueError("a key of 32 to 64 bytes")
    name = f"key_{secrets.token_hex(4)}"
    filled = key.ljust(_BLOCK, b"\0")
    pads = {"inner": bytes(one ^ 0x36 for one in filled), "outer": bytes(one ^ 0x5C for one in filled)}
    for pad, content in pads.items():
        connection.execute(f"SET VARIABLE {name}_{pad} = ?::BLOB", [content])
    try:
        yield Keyed(connection, name)
    finally:
        for pad in pads:
            connection.execute(f"RESET VARIABLE {name}_{pad}")


class Keyed:
    """SQL expressions under the key."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        self.connection = connection
        self._name = name

    def record_key(self, pseudonym: str) -> str:
        """Expression: 63 bits for the person, 0 to 2^63 - 1, from a column of text."""
        message = f"encode('record' || chr(31) || {pseudonym})"
        return f"({self._hmac(message)} >> 1)::UBIGINT"

    def cell_key(self, record_keys: str) -> str:
        """Expression: the cell key, 0 to 255, from the sum of the record keys of everyone in the cell (HUGEINT)."""
        return f"({self._hmac(_cell(record_keys))} % 256)::UTINYINT"

    def rounding_key(self, record_keys: str) -> str:
        """Expression: 0 to 65,535, independent of the cell key, from the same sum."""
        return f"({self._hmac(_cell(record_keys))} // 281474976710656)::USMALLINT"

    def _hmac(self, message: str) -> str:
        """The first 64 bits of HMAC-SHA-256, as a number."""
        inner = f"unhex(sha256(getvariable('{self._name}_inner') || {message}))"
        outer = f"sha256(getvariable('{self._name}_outer') || {inner})"
        return f"('0x' || {outer}[1:16])::UBIGINT"


def _cell(record_keys: str) -> str:
    return f"encode('cell' || chr(31) || ({record_keys})::VARCHAR)"


def sum_of_keys(record_key: str, *, where: str = "true") -> str:
    """Aggregate: the record keys added up; 0 for nobody. Sums of sums are sums, so areas can be added from villages."""
    return f"coalesce(sum({record_key}::HUGEINT) FILTER (WHERE {where}), 0)::HUGEINT"


def perturbed(count: str, cell_key: str, table: PTable) -> str:
    """Expression: the count as it may be shown, from a true count and a cell key. Zero stays zero.

    A literal list of 256 noises per count takes the place of a join, which would copy the cells.
    """
    rows = ", ".join(f"[{', '.join(map(str, row))}]" for row in table.rows)
    place = f"least({count}, {len(table.rows)})"
    noise = f"list_extract(([{rows}])[{place}], {cell_key}::INTEGER + 1)"
    return f"(CASE WHEN {count} = 0 THEN 0 ELSE {count} + {noise} END)"


def require_pseudonyms(connection: duckdb.DuckDBPyConnection, persons: str, column: str = "person_id") -> None:
    """Raise `RecordKeyMissing` when someone has none."""
    found = connection.execute(f"SELECT count(*) FROM {persons} WHERE {column} IS NULL OR {column} = ''").fetchone()
    if found is not None and found[0]:
        raise RecordKeyMissing(count=found[0])
