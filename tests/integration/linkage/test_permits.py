"""Nobody links without the agreement's decision for it, and nobody reads more than it names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tenun.agreement import document
from tenun.agreement.decision import Operation, Party, Permit, Use, decide
from tenun.kernel.clock import rfc3339
from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer
from tenun.lake.store import Lake, SnapshotAltered, SnapshotMissing
from tenun.linkage import crosswalk, inputs, permits, run, settings
from tenun.linkage.inputs import RESIDENTS, SEEKERS_SIDE, PermitForOtherUse
from tenun.linkage.permits import LinkageNotPermitted
from tenun.registry.siapkerja.tables import SEEKERS_DATASET
from tenun.registry.sid.tables import DATASET
from tests.lib import invented_people, linked_nodes
from tests.lib.linked_nodes import AGREEMENT, WITHIN_TERM


def permit(dataset: str, fields: frozenset[str], **change: Any) -> Permit:
    use = {"purpose": "pemadanan", "operation": Operation.USE, "by": Party.NAKER, "moment": WITHIN_TERM, **change}
    decision = decide(document.load(AGREEMENT), Use(dataset=dataset, fields=fields, **use))
    assert isinstance(decision, Permit), decision.as_dict()
    return decision


@pytest.fixture
def people() -> invented_people.People:
    return invented_people.invent(1_500, seed=31)


def link(lake: Lake, *, residents: Permit, seekers: Permit) -> run.LinkReport:
    return run.link(lake, residents_permit=residents, seekers_permit=seekers, settings=settings.load())


def test_the_agreement_lets_naker_link() -> None:
    found = permits.ask(document.load(AGREEMENT), by=Party.NAKER, moment=WITHIN_TERM)
    assert found.residents.fields <= RESIDENTS.fields()
    assert {"nik", "full_name", "birth_date"} <= found.residents.fields
    assert {"nik", "full_name", "birth_date"} <= found.seekers.fields


@pytest.mark.parametrize(
    ("by", "moment"),
    [(Party.NAKER, datetime(2030, 1, 1, tzinfo=UTC)), (Party.NAKER, datetime(2024, 1, 1, tzinfo=UTC))],
)
def test_outside_its_term_nobody_links_and_the_clause_is_named(by: Party, moment: datetime) -> None:
    with pytest.raises(LinkageNotPermitted) as refused:
        permits.ask(document.load(AGREEMENT), by=by, moment=moment)
    assert "Pasal" in refused.value.message("id")
    assert refused.value.as_dict()["decision"]


def test_a_permit_for_the_other_side_does_not_open_this_one(tmp_path: Path, people: invented_people.People) -> None:
    lake = linked_nodes.nodes(tmp_path, people).naker
    seekers = permit("siapkerja-pencari-kerja", SEEKERS_SIDE.fields())
    with pytest.raises(PermitForOtherUse):
        link(lake, residents=seekers, seekers=seekers)


def test_a_permit_to_send_is_no_permit_to_link(tmp_path: Path, people: invented_people.People) -> None:
    lake = linked_nodes.nodes(tmp_path, people).naker
    to_send = permit("sid-warga", RESIDENTS.fields(), operation=Operation.FILE)
    with pytest.raises(PermitForOtherUse):
        link(lake, residents=to_send, seekers=permit("siapkerja-pencari-kerja", SEEKERS_SIDE.fields()))


def test_a_permit_for_statistics_does_not_open_identifiers(tmp_path: Path, people: invented_people.People) -> None:
    lake = linked_nodes.nodes(tmp_path, people).naker
    statistics = permit("sid-warga", frozenset({"person_id", "village_code", "sex"}), purpose="statistik-desa")
    with pytest.raises(PermitForOtherUse):
        link(lake, residents=statistics, seekers=permit("siapkerja-pencari-kerja", SEEKERS_SIDE.fields()))


def test_a_field_that_the_permit_leaves_out_is_not_used(tmp_path: Path, people: invented_people.People) -> None:
    lake = linked_nodes.nodes(tmp_path, people).naker
    without_nik = permit("sid-warga", RESIDENTS.fields() - {"nik"})
    report = link(lake, residents=without_nik, seekers=permit("siapkerja-pencari-kerja", SEEKERS_SIDE.fields()))
    assert report.linked["nik"] == 0
    assert report.linked["probable"] > 0
    reasons = lake.read(crosswalk.current(lake), crosswalk.TABLE, ["reasons"]).column("reasons").to_pylist()
    assert all("nik_missing" in codes or codes == ["no_candidate"] for codes in reasons)


def test_a_column_that_was_not_delivered_is_done_without(tmp_path: Path, people: invented_people.People) -> None:
    lake = Lake(tmp_path, MemoryKeys(b"naker"))
    for village in people.villages():
        tables = people.resident_tables(village)
        fewer = {
            "persons": tables["persons"].select(["person_id", "village_code", "sex"]),
            "identifiers": tables["identifiers"].select(["person_id", "nik", "full_name", "birth_date"]),
        }
        linked_nodes.publish(lake, DATASET, village, fewer)
    linked_nodes.publish(lake, SEEKERS_DATASET, "00", people.seeker_tables())
    found = linked_nodes.link_permits()
    report = link(lake, residents=found.residents, seekers=found.seekers)
    assert report.accepted > 0.7 * report.seekers


def test_an_account_in_two_extracts_is_linked_once(tmp_path: Path, people: invented_people.People) -> None:
    lake = linked_nodes.nodes(tmp_path, people).naker
    linked_nodes.publish(lake, SEEKERS_DATASET, "52.01", people.seeker_tables())
    found = linked_nodes.link_permits()
    report = link(lake, residents=found.residents, seekers=found.seekers)
    assert report.seekers == len(people.seekers)


@pytest.mark.parametrize("missing", [DATASET, SEEKERS_DATASET])
def test_a_side_that_never_came_in_is_said_so(tmp_path: Path, people: invented_people.People, missing: str) -> None:
    lake = Lake(tmp_path, MemoryKeys(b"naker"))
    if missing != DATASET:
        linked_nodes.publish(lake, DATASET, people.villages()[0], people.resident_tables(people.villages()[0]))
    else:
        linked_nodes.publish(lake, SEEKERS_DATASET, "00", people.seeker_tables())
    found = linked_nodes.link_permits()
    with pytest.raises(SnapshotMissing) as refused:
        link(lake, residents=found.residents, seekers=found.seekers)
    assert refused.value.parts["dataset"] == missing


def test_identifiers_are_asked_for_by_name_and_no_others_are_read() -> None:
    for side in (RESIDENTS, SEEKERS_SIDE):
        known = {name for register in side.registers for name in register.names()}
        assert side.fields() <= known
        assert not side.fields() & {"family_card", "father_name", "mother_name", "disability"}


def test_an_empty_table_of_identifiers_is_no_fault(tmp_path: Path) -> None:
    lake = Lake(tmp_path, MemoryKeys(b"naker"))
    people = invented_people.invent(800, seed=3)
    village = people.villages()[0]
    tables = people.resident_tables(village)
    linked_nodes.publish(lake, DATASET, village, {"persons": tables["persons"]})
    linked_nodes.publish(lake, SEEKERS_DATASET, "00", people.seeker_tables())
    found = linked_nodes.link_permits()
    report = link(lake, residents=found.residents, seekers=found.seekers)
    assert report.accepted == 0
    assert isinstance(lake.read(crosswalk.current(lake), crosswalk.TABLE), pa.Table)
    assert inputs.is_invented(inputs.snapshots(lake, RESIDENTS, found.residents))


def _delivered(lake: Lake, people: invented_people.People, received: Mapping[str, datetime]) -> None:
    linked_nodes.publish(lake, SEEKERS_DATASET, "00", people.seeker_tables())
    for village, moment in received.items():
        linked_nodes.publish(
            lake, DATASET, village, people.resident_tables(village), received={"on": rfc3339(moment), "from": "desa"}
        )


@pytest.mark.pasal("7(1)")
def test_villages_whose_data_is_held_longer_than_agreed_are_left_out(
    tmp_path: Path, people: invented_people.People
) -> None:
    lake = Lake(tmp_path, MemoryKeys(b"naker"))
    old, *young = people.villages()
    long_ago = WITHIN_TERM - timedelta(days=366)
    _delivered(lake, people, {old: long_ago} | dict.fromkeys(young, WITHIN_TERM - timedelta(days=3)))
    found = permits.ask(document.load(AGREEMENT), by=Party.NAKER, moment=WITHIN_TERM, lake=lake)
    report = link(lake, residents=found.residents, seekers=found.seekers)
    assert report.left_out == (old,)
    links = lake.read(crosswalk.current(lake), crosswalk.TABLE).to_pydict()
    assert old not in links["village_code"]
    assert report.accepted > 0


@pytest.mark.pasal("7(1)")
def test_when_all_data_is_held_longer_than_agreed_nothing_is_linked(
    tmp_path: Path, people: invented_people.People
) -> None:
    lake = Lake(tmp_path, MemoryKeys(b"naker"))
    _delivered(lake, people, dict.fromkeys(people.villages(), WITHIN_TERM - timedelta(days=366)))
    with pytest.raises(LinkageNotPermitted) as refused:
        permits.ask(document.load(AGREEMENT), by=Party.NAKER, moment=WITHIN_TERM, lake=lake)
    assert [reason.code for reason in refused.value.denial.reasons] == ["agreement.data_life_over"]
    unasked = linked_nodes.link_permits()
    with pytest.raises(inputs.NoneCovered):
        link(lake, residents=unasked.residents, seekers=unasked.seekers)


@pytest.mark.parametrize("dataset", [DATASET, SEEKERS_DATASET])
def test_an_altered_input_is_not_linked_even_where_the_crosswalk_is_there(
    tmp_path: Path, people: invented_people.People, dataset: str
) -> None:
    lake = linked_nodes.nodes(tmp_path, people).naker
    found = linked_nodes.link_permits()
    link(lake, residents=found.residents, seekers=found.seekers)
    snapshot = lake.all_current(layer=Layer.CORE, dataset=dataset)[0]
    path = snapshot.folder / next(iter(snapshot.tables.values())).file
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(SnapshotAltered):
        link(lake, residents=found.residents, seekers=found.seekers)


def test_an_altered_crosswalk_is_neither_measured_nor_given_back(
    tmp_path: Path, people: invented_people.People
) -> None:
    lake = linked_nodes.nodes(tmp_path, people).naker
    found = linked_nodes.link_permits()
    link(lake, residents=found.residents, seekers=found.seekers)
    path = lake.path(crosswalk.current(lake), crosswalk.TABLE)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(SnapshotAltered):
        crosswalk.current(lake)
    with pytest.raises(SnapshotAltered):
        link(lake, residents=found.residents, seekers=found.seekers)
