"""Whatever the groups: what is told of is never a few accounts, nor is what can be computed from it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tenun.linkage.report import small_groups
from tenun.linkage.report.small_groups import Group


@st.composite
def groups(draw: st.DrawFn) -> list[Group]:
    found = []
    for number in range(draw(st.integers(1, 12))):
        accounts = draw(st.integers(1, 300))
        linked = draw(st.integers(0, accounts))
        found.append(Group(f"g{number:02}", accounts, linked, 0))
    return found


@given(groups())
def test_every_row_and_every_rest_of_rows_may_be_shown(found: list[Group]) -> None:
    told = small_groups.put_together(found, name="rest")
    assert all(group.is_tellable for group in told.groups)
    whole = small_groups.sum_of(found, "whole")
    if told.groups:
        shown = small_groups.sum_of(told.groups, "shown")
        assert (shown.accounts, shown.linked) == (whole.accounts, whole.linked)
    # Rows are whole groups: none is split, none is in two rows.
    named = {group.name for group in told.groups} - {"rest"}
    assert named.isdisjoint(told.together)
    if told.groups:
        assert named | set(told.together) == {group.name for group in found}


@given(groups())
def test_nothing_is_told_only_where_everything_together_is_too_few(found: list[Group]) -> None:
    told = small_groups.put_together(found, name="rest")
    assert told.is_empty == (
        not small_groups.sum_of(found, "whole").is_tellable and not any(g.is_tellable for g in found)
    )


@given(groups())
def test_the_order_of_groups_changes_nothing(found: list[Group]) -> None:
    assert small_groups.put_together(found, name="rest") == small_groups.put_together(found[::-1], name="rest")
