"""One person: found among all villages by NIK or by the dataset's key, and nobody outside the agreed rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tenun.agreement.decision import Operation, Permit
from tenun.exchange.refusals import KeyFieldMissing, WrongNode
from tenun.exchange.serving import lookup, subject
from tenun.exchange.serving.refusals import (
    SubjectMalformed,
    SubjectModeUnknown,
    SubjectNotServed,
    TicketMalformed,
)
from tenun.exchange.serving.subject import Answer, Found
from tenun.lake.snapshot import Layer, Origin, SourceFile
from tenun.registry.sid.tables import DATASET, PERSON_IDENTIFIERS, PERSONS
from tests.lib.exporting import Standing, permit_for, plain_tree
from tests.lib.two_nodes import AS_OF, VILLAGES, Nodes, person, revise

ADULT, CHILD, DEAD, WITHOUT_NIK = 3, 7, 10, 8


@pytest.fixture(autouse=True)
def _always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "FRESH_SECONDS", 0.0)


def asking(nodes: Nodes, fields: frozenset[str] | None = None) -> Permit:
    return permit_for(nodes, operation=Operation.SUBJECT, fields=fields)


def ask(nodes: Nodes, who: dict[str, str], *, mode: str = "value", permit: Permit | None = None) -> Answer:
    return subject.answer(
        nodes.desa,
        permit or asking(nodes),
        position=Standing(nodes.agreement),
        person=who,
        mode=mode,
        ticket="TIKET-2026/11-0001",
    )


def resident(village: str, number: int) -> dict[str, Any]:
    """As `two_nodes.person`, whose NIKs are the same in two villages of one district; here none is."""
    row = person(village, number)
    if row["nik"]:
        row["nik"] = f"{row['nik'][:12]}{9000 + 100 * int(village[-1]) + number}"
    return row


def nik_of(village: str, number: int) -> str:
    return str(resident(village, number)["nik"])


def settle(nodes: Nodes, village: str, people: list[dict[str, Any]], *, version: str) -> None:
    nodes.desa.lake.publish(
        layer=Layer.CORE,
        dataset=DATASET,
        scope=village,
        as_of=AS_OF,
        origin=Origin("residents/1", sources=(SourceFile(version.rjust(64, "f"), len(people), "test"),)),
        tables={
            "persons": pa.Table.from_pylist(people, schema=PERSONS.schema()),
            "identifiers": pa.Table.from_pylist(people[::-1], schema=PERSON_IDENTIFIERS.schema()),
        },
        sealed_tables=["identifiers"],
        details={"invented": True},
    )


@pytest.fixture(autouse=True)
def _residents(nodes: Nodes) -> None:
    for village in VILLAGES:
        settle(nodes, village, [resident(village, number) for number in range(45)], version="1")


@pytest.mark.parametrize("village", VILLAGES)
def test_a_person_is_found_by_nik_in_whichever_village(nodes: Nodes, village: str) -> None:
    permit = asking(nodes)
    told = ask(nodes, {"nik": nik_of(village, ADULT)}, permit=permit)
    expected = resident(village, ADULT)
    assert told.found is Found.YES
    assert told.row == {
        name: value.isoformat() if name == "birth_date" else value
        for name, value in expected.items()
        if name in permit.fields
    }
    assert "nik" not in (told.row or {})
    assert (told.as_of, told.invented, told.rows) == (AS_OF.isoformat(), True, 1)
    assert told.label is not None
    assert told.label["purpose"] == "pemadanan"


def test_a_person_is_found_by_the_datasets_key_and_however_the_nik_is_typed(nodes: Nodes) -> None:
    one = resident(VILLAGES[1], ADULT)
    digits = one["nik"]
    dotted = f"{digits[:6]}.{digits[6:12]}.{digits[12:]}"
    answers = [
        ask(nodes, who).row for who in ({"person_id": one["person_id"]}, {"nik": digits}, {"nik": f" '{dotted}"})
    ]
    assert answers[0] is not None
    assert answers[0] == answers[1] == answers[2]


def test_only_the_fields_that_were_asked_for_are_in_the_row(nodes: Nodes) -> None:
    fields = frozenset({"sex", "education"})
    told = ask(nodes, {"nik": nik_of(VILLAGES[0], ADULT)}, permit=asking(nodes, fields))
    assert (told.row or {}).keys() == fields
    assert VILLAGES[0] not in json.dumps(told.as_dict())
    with pytest.raises(KeyFieldMissing):
        ask(nodes, {"nik": nik_of(VILLAGES[0], ADULT)}, permit=asking(nodes, fields | {"full_name"}))


@pytest.mark.pasal("4(1)")
@pytest.mark.parametrize("mode", ["value", "exists"])
@pytest.mark.parametrize("number", [CHILD, DEAD])
def test_somebody_outside_the_row_scope_is_as_unknown_as_nobody(nodes: Nodes, mode: str, number: int) -> None:
    assert nik_of(VILLAGES[0], number) != "None"
    outside = ask(nodes, {"nik": nik_of(VILLAGES[0], number)}, mode=mode).as_dict()
    nobody = ask(nodes, {"nik": "5317014101909999"}, mode=mode).as_dict()
    assert outside == nobody
    assert outside["answer"] == "no"
    by_key = ask(nodes, {"person_id": person(VILLAGES[0], number)["person_id"]}, mode=mode).as_dict()
    assert by_key == nobody


def test_yes_and_no_are_equally_long_and_say_nothing_else(nodes: Nodes) -> None:
    yes = ask(nodes, {"nik": nik_of(VILLAGES[0], ADULT)}, mode="exists").as_dict()
    no = ask(nodes, {"nik": "5317014101909999"}, mode="exists").as_dict()
    assert (yes["answer"], no["answer"]) == ("yes", "no")
    assert len(json.dumps(yes)) == len(json.dumps(no))
    assert yes.keys() == {"mode", "ticket", "answer", "padding"}


def test_a_number_that_several_rows_bear_gives_no_row(nodes: Nodes) -> None:
    """A relative's NIK typed into a row: whose it is cannot be told, so neither row is given."""
    people = [{**person("53.17.05.2001", number), "nik": nik_of(VILLAGES[0], ADULT)} for number in (1, 2)]
    settle(nodes, "53.17.05.2001", people, version="1")
    told = ask(nodes, {"nik": nik_of(VILLAGES[0], ADULT)})
    assert (told.found, told.row, told.rows) == (Found.SEVERAL, None, 0)
    assert ask(nodes, {"nik": nik_of(VILLAGES[0], ADULT)}, mode="exists").as_dict()["answer"] == "yes"


def test_who_came_or_went_is_known_at_once(nodes: Nodes) -> None:
    newcomer, leaver = {"nik": nik_of(VILLAGES[0], 48)}, {"nik": nik_of(VILLAGES[0], 38)}
    assert (ask(nodes, newcomer).found, ask(nodes, leaver).found) == (Found.NO, Found.YES)
    settle(nodes, VILLAGES[0], [resident(VILLAGES[0], number) for number in range(50)], version="2")
    assert ask(nodes, newcomer).found is Found.YES
    settle(nodes, VILLAGES[0], [resident(VILLAGES[0], number) for number in range(20)], version="3")
    assert (ask(nodes, newcomer).found, ask(nodes, leaver).found) == (Found.NO, Found.NO)
    assert ask(nodes, {"nik": nik_of(VILLAGES[1], ADULT)}).found is Found.YES
    (nodes.desa.lake.root / "core" / DATASET / VILLAGES[1] / "CURRENT").unlink()
    assert ask(nodes, {"nik": nik_of(VILLAGES[1], ADULT)}).found is Found.NO
    settle(nodes, "53.17.08.2001", [resident("53.17.08.2001", ADULT)], version="1")
    assert ask(nodes, {"nik": nik_of("53.17.08.2001", ADULT)}).found is Found.YES


def test_the_index_can_be_lost_or_damaged_and_is_made_again(nodes: Nodes) -> None:
    who = {"nik": nik_of(VILLAGES[0], ADULT)}
    assert ask(nodes, who).found is Found.YES
    (path,) = (nodes.desa.exchange / "index").glob("*.idx")
    for damage in (b"", b"TNNIDX1\n", path.read_bytes()[:-1], path.read_bytes() + b"x", b"x" * 100):
        lookup._lookups.clear()
        path.write_bytes(damage)
        assert ask(nodes, who).found is Found.YES
    lookup._lookups.clear()
    path.unlink()
    assert ask(nodes, who).found is Found.YES


@pytest.mark.pasal("7(1)")
def test_no_number_lies_on_disk_in_plain_and_none_is_shown(nodes: Nodes) -> None:
    one = resident(VILLAGES[0], ADULT)
    told = ask(nodes, {"nik": one["nik"]})
    on_disk = plain_tree(nodes.desa.exchange)
    for value in (one["nik"], one["full_name"], one["person_id"]):
        assert value.encode() not in on_disk
    who = subject.named({"nik": one["nik"]}, dataset="sid-warga")
    assert one["nik"] not in repr(who)
    assert one["nik"] not in told.subject
    assert told.subject == subject.reference(nodes.desa, who)
    assert subject.reference(nodes.naker, who) != told.subject  # another provider's key, another name


@pytest.mark.parametrize(
    "who",
    [
        {},
        {"nik": ""},
        {"nik": "0"},
        {"nik": "531701410190900"},
        {"nik": "1234567890123456"},
        {"nik": "53170141O1909003x"},
        {"full_name": "Buatan"},
        {"person_id": "a b"},
        {"person_id": ""},
        {"nik": "5317014101909003", "person_id": "a"},
        {"nik": None},
        {"person_id": 7},
    ],
)
def test_a_person_must_be_named_by_one_usable_identifier(nodes: Nodes, who: dict[str, Any]) -> None:
    with pytest.raises(SubjectMalformed) as refused:
        ask(nodes, who)
    assert not any(str(value) in str(refused.value) for value in who.values() if value and len(str(value)) > 2)


BAD_TICKETS = (
    "",
    "ab",
    "-abc",
    "tiket 1",
    "TIKET\n1",
    "5317014101909003",
    "A-531701410",
    "53.17.01.41.01.90.90.03",
    "a" * 65,
)


@pytest.mark.parametrize("ticket", [*BAD_TICKETS, None])
def test_a_ticket_is_needed_and_cannot_be_a_number_of_a_person(nodes: Nodes, ticket: Any) -> None:
    with pytest.raises(TicketMalformed):
        subject.answer(
            nodes.desa,
            asking(nodes),
            position=Standing(nodes.agreement),
            person={"nik": nik_of(VILLAGES[0], ADULT)},
            mode="exists",
            ticket=ticket,
        )


def test_what_is_not_served_by_person_is_refused(nodes: Nodes, tmp_path: Path) -> None:
    who = {"nik": nik_of(VILLAGES[0], ADULT)}
    with pytest.raises(SubjectModeUnknown):
        ask(nodes, who, mode="all")
    with pytest.raises(SubjectNotServed):
        ask(nodes, who, permit=permit_for(nodes))  # a decision on a bulk export is none on a question
    with pytest.raises(WrongNode):
        subject.answer(
            nodes.naker,
            asking(nodes),
            position=Standing(nodes.agreement),
            person=who,
            mode="exists",
            ticket="TIKET-1",
        )

    def without_numbers(document: dict[str, Any]) -> None:
        for permission in document["permissions"]:
            for constraint in permission["constraint"]:
                if constraint["leftOperand"] == "field" and "use" not in permission["action"]:
                    constraint["rightOperand"] = [name for name in constraint["rightOperand"] if name != "nik"]

    revise(nodes, tmp_path / "draft", without_numbers)
    with pytest.raises(SubjectNotServed):
        ask(nodes, who, mode="exists")
    assert ask(nodes, {"person_id": person(VILLAGES[0], ADULT)["person_id"]}, mode="exists").found is Found.YES


def test_another_row_scope_is_another_index(nodes: Nodes, tmp_path: Path) -> None:
    young = next(number for number in range(40) if 15 <= person(VILLAGES[0], number)["age_years"] < 30)
    who = {"nik": nik_of(VILLAGES[0], young)}
    assert ask(nodes, who).found is Found.YES

    def from_thirty(document: dict[str, Any]) -> None:
        for dataset in document["datasets"]:
            for condition in dataset["row_scope"]["conditions"]:
                if condition["operator"] == "gteq":
                    condition["value"] = 30

    revise(nodes, tmp_path / "draft", from_thirty)
    assert ask(nodes, who).found is Found.NO
    assert ask(nodes, who, mode="exists").found is Found.NO
