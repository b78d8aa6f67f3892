"""The thresholds of the alerts are configuration: absent means built in, malformed is told and never half used."""

from pathlib import Path

import pytest

from tenun.node.home import NodeHome, Role
from tenun.portal.overview import thresholds
from tenun.portal.overview.thresholds import Thresholds, ThresholdsMalformed


@pytest.fixture
def node(tmp_path: Path) -> NodeHome:
    return NodeHome(Role.NAKER, tmp_path)


def test_without_a_file_the_built_in_thresholds_apply(node: NodeHome) -> None:
    assert thresholds.of_node(node) == Thresholds()


def test_a_file_changes_what_it_names_and_nothing_else(node: NodeHome) -> None:
    (node.folder / thresholds.FILE).write_text('{"days_without_data": 45, "match_rate_drop": 3}')
    assert thresholds.of_node(node) == Thresholds(days_without_data=45, match_rate_drop=3.0)


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ('{"days_without_data": 0}', "days_without_data"),
        ('{"days_without_data": "30"}', "days_without_data"),
        ('{"match_rate_min": 101}', "match_rate_min"),
        ('{"change_percent": -1}', "change_percent"),
        ('{"3201011201010001": 1}', "-"),
        ("[]", "-"),
        ("{", "-"),
        ("", "-"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_its_member_and_never_by_what_stands_in_it(
    node: NodeHome, text: str, member: str
) -> None:
    (node.folder / thresholds.FILE).write_text(text)
    with pytest.raises(ThresholdsMalformed) as refused:
        thresholds.of_node(node)
    assert refused.value.parts["member"] == member
    assert "3201011201010001" not in refused.value.message("id") + refused.value.message("en")


def test_a_file_that_cannot_be_read_is_refused_too(node: NodeHome) -> None:
    (node.folder / thresholds.FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(ThresholdsMalformed):
        thresholds.of_node(node)
