"""What changed between two states of a place, and how one becomes the other. Pure; the same at both ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tenun.exchange.refusals import ExchangeError
from tenun.exchange.serving import content

DELETED_SCHEMA = pa.schema([("scope", pa.string()), ("key", pa.string())])
"""The columns of a part of deleted rows."""


class ChangeOther(ExchangeError):
    """A delta does not fit what is there, or does not give what it must."""

    code = "exchange.change_other"
    text_id = "Perubahan untuk {scope} tidak cocok: {reason}."
    text_en = "The change of {scope} does not fit: {reason}."
    remedy_id = "Minta ekspor penuh (bulk) untuk wilayah itu."
    remedy_en = "Ask for a full export (bulk) of that place."


Column = Any
"""An array of Arrow. Its own types do not say what a column of a table is before it is there."""


@dataclass(frozen=True)
class Change:
    """Rows that are new or other, and the keys of those that went."""

    rows: pa.Table
    deleted: Column

    @property
    def is_empty(self) -> bool:
        return not self.rows.num_rows and not len(self.deleted)


def compare(before: pa.Table, after: pa.Table, *, key: str) -> Change:
    """What makes `after` of `before`. Both have the same columns, and each key once."""
    keys_before, keys_after = _column(before, key), _column(after, key)
    at: Column = pc.index_in(keys_after, value_set=keys_before)
    is_same: Column = pc.is_valid(at)
    if before.num_rows:
        counterpart = before.take(at.fill_null(0))
        for name in after.column_names:
            is_same = pc.and_(is_same, _equal(_column(after, name), _column(counterpart, name)))
    gone: Column = pc.invert(pc.is_in(keys_before, value_set=keys_after))
    is_new: Column = pc.invert(is_same)
    return Change(rows=after.filter(is_new), deleted=keys_before.filter(gone))


def apply(before: pa.Table, change: Change, *, key: str) -> pa.Table:
    """The rows afterwards, in the order of their key."""
    replaced = pa.concat_arrays([_column(change.rows, key), change.deleted])
    stays: Column = pc.invert(pc.is_in(_column(before, key), value_set=replaced))
    return pa.concat_tables([before.filter(stays), change.rows]).sort_by(key).combine_chunks()


def apply_proved(
    before: pa.Table, change: Change, *, key: str, scope: str, base_sha256: str | None, rows: int, sha256: str
) -> pa.Table:
    """The rows afterwards, once they are shown to be those that the provider has. Raises `ChangeOther`."""
    if content.sha256(before) != base_sha256:
        raise ChangeOther(scope=scope, reason="what is there is not what the change was made from")
    if not pc.all(pc.is_in(change.deleted, value_set=_column(before, key)), min_count=0).as_py():
        raise ChangeOther(scope=scope, reason="a row to take away is not there")
    after = apply(before, change, key=key)
    if after.num_rows != rows or content.sha256(after) != sha256:
        raise ChangeOther(scope=scope, reason="what it gives is not what the manifest says")
    return after


def _column(table: pa.Table, name: str) -> Column:
    """A column in one piece."""
    column = table[name].combine_chunks()
    return column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)


def _equal(one: Column, other: Column) -> Column:
    """Cell by cell; two empty cells are equal."""
    if pa.types.is_list(one.type):
        one, other = _as_text(one), _as_text(other)
    if pa.types.is_floating(one.type):
        # By their bits: a number that is none equals itself, and the two zeros are not one.
        one, other = one.view(pa.int64()), other.view(pa.int64())
    both_empty = pc.and_(pc.is_null(one), pc.is_null(other))
    return pc.or_(both_empty, pc.fill_null(pc.equal(one, other), pa.scalar(False)))


def _as_text(lists: Column) -> Column:
    """Lists as texts that are equal when the lists are. Lengths stand before members: no member can feign a border."""
    members = ["".join(_spelt(member) for member in row) if row is not None else None for row in lists.to_pylist()]
    return pa.array(members, pa.string())


def _spelt(member: object) -> str:
    return "-" if member is None else f"{len(str(member))}:{member}"
