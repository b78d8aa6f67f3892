"""What people judged stands in every later run, whatever the scores say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tenun.lake.snapshot import Layer
from tenun.linkage import crosswalk, run, settings
from tenun.linkage.review.judgements import SETTLED_SCHEMA
from tenun.registry.sid.tables import DATASET
from tests.lib import linked_nodes
from tests.lib.invented_people import invent
from tests.lib.linked_nodes import Nodes


@pytest.fixture
def both(tmp_path: Path) -> Nodes:
    return linked_nodes.nodes(tmp_path, invent(1_200, seed=9))


def link(both: Nodes, judged: list[tuple[str, str, str]]) -> dict[str, dict[str, Any]]:
    """The crosswalk by account, after a run that was told these judgements."""
    permitted = linked_nodes.link_permits()
    rows = [dict(zip(SETTLED_SCHEMA.names, row, strict=True)) for row in judged]
    run.link(
        both.naker,
        residents_permit=permitted.residents,
        seekers_permit=permitted.seekers,
        settings=settings.load(),
        judgements=pa.Table.from_pylist(rows, schema=SETTLED_SCHEMA),
    )
    table = both.naker.read(crosswalk.current(both.naker), crosswalk.TABLE)
    return {row["seeker_id"]: row for row in table.to_pylist()}


def first(found: dict[str, dict[str, Any]], match_class: str) -> dict[str, Any]:
    return next(row for row in found.values() if row["match_class"] == match_class and not row["duplicate_of"])


@pytest.mark.pasal("1(2)")
@pytest.mark.parametrize("match_class", ["nik", "probable"])
def test_a_link_judged_to_be_two_persons_is_none_any_more(both: Nodes, match_class: str) -> None:
    linked = first(link(both, []), match_class)
    pair = linked["seeker_id"], linked["person_id"]
    now = link(both, [(*pair, "different")])[pair[0]]
    assert now["person_id"] != pair[1]


@pytest.mark.pasal("1(2)")
def test_a_pair_judged_to_be_one_person_is_a_link_and_says_why(both: Nodes) -> None:
    found = link(both, [])
    lonely = first(found, "none")
    taken = {row["person_id"] for row in found.values()}
    residents = both.naker.all_current(layer=Layer.CORE, dataset=DATASET)
    person = next(
        name
        for snapshot in residents
        for name in both.naker.read(snapshot, "persons", ["person_id"]).column("person_id").to_pylist()
        if name not in taken
    )
    now = link(both, [(lonely["seeker_id"], person, "same")])[lonely["seeker_id"]]
    assert (now["person_id"], now["match_class"]) == (person, "probable")
    assert "judged_same" in now["reasons"]


def test_a_person_judged_to_be_someone_elses_is_not_given_to_two_accounts(both: Nodes) -> None:
    found = link(both, [])
    linked, lonely = first(found, "nik"), first(found, "none")
    now = link(both, [(lonely["seeker_id"], linked["person_id"], "same")])
    assert now[lonely["seeker_id"]]["person_id"] == linked["person_id"]
    assert now[lonely["seeker_id"]]["duplicate_of"] is None
    # The account of before keeps its claim only as that person's second one.
    assert now[linked["seeker_id"]]["duplicate_of"] == lonely["seeker_id"]


def test_a_judgement_about_someone_who_is_not_there_changes_nothing(both: Nodes) -> None:
    found = link(both, [])
    lonely = first(found, "none")
    assert link(both, [(lonely["seeker_id"], "nobody", "same")])[lonely["seeker_id"]]["match_class"] == "none"
    assert link(both, []) == found
