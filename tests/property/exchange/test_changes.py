"""What changed between two tables, put onto the first, gives the second: whatever the tables are."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenun.exchange.serving import changes, content
from tenun.exchange.serving.changes import Change, ChangeOther

SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("name", pa.string()),
        ("age", pa.int32()),
        ("score", pa.float64()),
        ("tags", pa.list_(pa.string())),
    ]
)
row = st.fixed_dictionaries(
    {
        "name": st.none() | st.sampled_from(["a", "b", ""]),
        "age": st.none() | st.integers(0, 2),
        "score": st.none() | st.sampled_from([0.0, -0.0, 1.5]),
        "tags": st.none() | st.lists(st.none() | st.sampled_from(["x", "1:x", "", "-"]), max_size=2),
    }
)
states = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), row, max_size=12)


def table_of(state: dict[str, dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{"key": key, **state[key]} for key in sorted(state)], schema=SCHEMA)


def shown(state: dict[str, dict[str, Any]], key: str) -> str:
    return repr([state[key][name] for name in SCHEMA.names[1:]]) if key in state else ""


@settings(max_examples=300, deadline=None)
@given(states, states)
def test_a_state_and_its_change_are_the_next_state(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = table_of(one), table_of(other)
    change = changes.compare(before, after, key="key")
    assert content.sha256(changes.apply(before, change, key="key")) == content.sha256(after)
    assert set(change.deleted.to_pylist()) == one.keys() - other.keys()
    # Nothing goes out that is there already; by text, since 0.0 and -0.0 are equal and not the same.
    assert set(change.rows["key"].to_pylist()) == {key for key in other if shown(other, key) != shown(one, key)}


@settings(max_examples=100, deadline=None)
@given(states, states, states)
def test_a_change_fits_the_state_that_it_was_made_from_and_no_other(
    one: dict[str, Any], other: dict[str, Any], stranger: dict[str, Any]
) -> None:
    before, after, wrong = table_of(one), table_of(other), table_of(stranger)
    change = changes.compare(before, after, key="key")
    proof = {
        "key": "key",
        "scope": "53.17",
        "base_sha256": content.sha256(before),
        "rows": after.num_rows,
        "sha256": content.sha256(after),
    }
    assert content.sha256(changes.apply_proved(before, change, **proof)) == proof["sha256"]
    if content.sha256(wrong) != proof["base_sha256"]:
        with pytest.raises(ChangeOther):
            changes.apply_proved(wrong, change, **proof)


def test_a_change_that_leaves_something_out_is_found() -> None:
    before = table_of({key: {"age": 1} for key in ("a", "b", "c")})
    after = table_of({"a": {"age": 2}, "b": {"age": 1}})
    whole = changes.compare(before, after, key="key")
    proof = {"key": "key", "scope": "53.17", "base_sha256": content.sha256(before), "rows": 2}
    sha256 = content.sha256(after)
    assert changes.apply_proved(before, whole, sha256=sha256, **proof).num_rows == 2
    nothing = pa.array([], pa.string())
    for broken in (
        Change(whole.rows.slice(0, 0), whole.deleted),
        Change(whole.rows, nothing),
        Change(whole.rows, pa.array(["b"])),
        Change(whole.rows, pa.array(["c", "d"])),
    ):
        with pytest.raises(ChangeOther):
            changes.apply_proved(before, broken, sha256=sha256, **proof)
