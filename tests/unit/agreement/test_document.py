"""What loads, and what is refused, each with its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tenun.agreement.document import (
    ContractAltered,
    DuplicateTerm,
    MissingTerm,
    NotFound,
    Party,
    TermNotUnderstood,
    TextAltered,
    UnknownTerm,
    load,
)
from tenun.kernel.canonical_json import NotCanonical
from tenun.kernel.errors import TenunError
from tenun.registry.table import Classification
from tests.lib.agreement_drafts import SHIPPED, draft, edited

Document = dict[str, Any]


@pytest.mark.pasal("6(1)")
def test_the_term_is_three_years_by_the_clock_of_jakarta() -> None:
    term = load(SHIPPED).term
    jakarta = ZoneInfo("Asia/Jakarta")
    assert term.start == datetime(2025, 7, 23, tzinfo=jakarta)
    assert term.end == datetime(2028, 7, 23, tzinfo=jakarta)


@pytest.mark.pasal("10(1)")
def test_the_contacts_are_those_of_the_text() -> None:
    agreement = load(SHIPPED)
    for party, clause in ((Party.DESA, "10(1)a"), (Party.NAKER, "10(1)b")):
        contact = agreement.parties[party].contact
        assert contact.clause == clause
        assert contact.email in agreement.clauses[clause].text
        assert contact.liaison in agreement.clauses[clause].text
        assert contact.address in agreement.clauses[clause].text


@pytest.mark.pasal("10(2)")
def test_a_change_of_address_is_told_within_fourteen_working_days() -> None:
    assert load(SHIPPED).document.correspondence.address_change_working_days == 14


@pytest.mark.pasal("11(1)")
def test_every_force_majeure_event_stands_in_the_text() -> None:
    agreement = load(SHIPPED)
    events = agreement.document.force_majeure.events
    assert len(events) == 11
    assert all(event.value in agreement.clauses["11(1)"].text for event in events)


@pytest.mark.pasal("7(4)")
def test_one_party_shuts_off_alone() -> None:
    assert load(SHIPPED).document.shut_off.alone is True


@pytest.mark.pasal("9(1)")
def test_monitoring_is_at_least_yearly() -> None:
    assert load(SHIPPED).document.monitoring.at_least_per_year == 1


@pytest.mark.pasal("13")
def test_every_rule_that_the_text_does_not_spell_out_is_marked_as_an_assumption() -> None:
    document = load(SHIPPED).document
    for assumed in (*document.permissions, *document.datasets, *document.purposes, document.disclosure, document.term):
        assert assumed.assumption is True
        assert assumed.note is not None


def test_disability_is_classified_as_specific() -> None:
    fields = load(SHIPPED).datasets["sid-warga"].fields
    assert fields["disability"].classification is Classification.SPECIFIC
    assert fields["nik"].classification is Classification.IDENTIFIER


def test_the_draft_pins_no_keys() -> None:
    assert all(party.keys == () for party in load(SHIPPED).parties.values())


def _set(*path: str | int, to: Any) -> Callable[[Document], None]:
    def edit(document: Document) -> None:
        inner: Any = document
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = to

    return edit


def _drop(*path: str | int) -> Callable[[Document], None]:
    def edit(document: Document) -> None:
        inner: Any = document
        for part in path[:-1]:
            inner = inner[part]
        del inner[path[-1]]

    return edit


def _twice(part: str) -> Callable[[Document], None]:
    def edit(document: Document) -> None:
        document[part].append(document[part][0])

    return edit


REFUSED: dict[str, tuple[Callable[[Document], None], type[TenunError], str]] = {
    "another kind of document": (_set("type", to="tenun-agreement/2"), UnknownTerm, "/type"),
    "an unknown member": (_set("sunset", to=1), UnknownTerm, "/sunset"),
    "an unknown operand": (
        _set("permissions", 0, "constraint", 0, "leftOperand", to="weather"),
        UnknownTerm,
        "/permissions/0/constraint/0/leftOperand",
    ),
    "an unknown operator": (
        _set("permissions", 0, "constraint", 0, "operator", to="neq"),
        UnknownTerm,
        "/permissions/0/constraint/0/operator",
    ),
    "an operator that the operand does not take": (
        _set("permissions", 0, "constraint", 0, "operator", to="gteq"),
        UnknownTerm,
        "/permissions/0/constraint/0/operator",
    ),
    "an unknown action": (_set("permissions", 0, "action", to=["sell"]), UnknownTerm, "/permissions/0/action/0"),
    "an unknown purpose": (
        _set("permissions", 0, "constraint", 0, "rightOperand", to="penagihan"),
        UnknownTerm,
        "/permissions/0/constraint/0/rightOperand",
    ),
    "a purpose of an unknown name": (_set("purposes", 0, "id", to="penagihan"), UnknownTerm, "/purposes/0/id"),
    "an unknown field": (
        _set("permissions", 0, "constraint", 1, "rightOperand", to=["person_id", "shoe_size"]),
        UnknownTerm,
        "/permissions/0/constraint/1/rightOperand/1",
    ),
    "a field that the contract lacks": (
        _set("datasets", 0, "fields", 3, "name", to="shoe_size"),
        UnknownTerm,
        "/datasets/0/fields/3/name",
    ),
    "a field classified lower than in the contract": (
        _set("datasets", 0, "fields", 14, to={"name": "disability", "classification": "none"}),
        TermNotUnderstood,
        "/datasets/0/fields/14/classification",
    ),
    "an unknown classification": (
        _set("datasets", 0, "fields", 0, "classification", to="public"),
        UnknownTerm,
        "/datasets/0/fields/0/classification",
    ),
    "an unknown party": (_set("permissions", 0, "assignee", to=["bps"]), UnknownTerm, "/permissions/0/assignee/0"),
    "an unknown dataset": (_set("permissions", 0, "target", to="sid-kesehatan"), UnknownTerm, "/permissions/0/target"),
    "an unknown duty": (_set("permissions", 0, "duty", to=["bersedekah"]), UnknownTerm, "/permissions/0/duty/0"),
    "an unknown moment": (
        _set("permissions", 0, "constraint", 3, "rightOperand", to="term.middle"),
        UnknownTerm,
        "/permissions/0/constraint/3/rightOperand",
    ),
    "an unknown row scope": (
        _set("permissions", 0, "constraint", 2, "rightOperand", to="semua-akun"),
        UnknownTerm,
        "/permissions/0/constraint/2/rightOperand",
    ),
    "an unknown column of a row scope": (
        _set("datasets", 0, "row_scope", "conditions", 0, "column", to="mood"),
        UnknownTerm,
        "/datasets/0/row_scope/conditions/0/column",
    ),
    "a clause that the text lacks": (_set("permissions", 0, "clause", to="9(3)"), UnknownTerm, "/permissions/0/clause"),
    "a prohibition that looks at the time": (
        _set(
            "prohibitions",
            0,
            "constraint",
            0,
            to={"leftOperand": "dateTime", "operator": "lt", "rightOperand": "term.end"},
        ),
        UnknownTerm,
        "/prohibitions/0/constraint/0/leftOperand",
    ),
    "an unknown law": (
        _set("purposes", 0, "legal_basis", 0, "law", to="UU 1/1900"),
        UnknownTerm,
        "/purposes/0/legal_basis/0/law",
    ),
    "an unknown force majeure event": (
        _set("force_majeure", "events", 0, to="macet"),
        UnknownTerm,
        "/force_majeure/events/0",
    ),
    "a missing term": (_drop("term"), MissingTerm, "/term"),
    "a permission without a purpose": (
        _drop("permissions", 0, "constraint", 0),
        MissingTerm,
        "/permissions/0/constraint",
    ),
    "a permission without fields": (_drop("permissions", 0, "constraint", 1), MissingTerm, "/permissions/0/constraint"),
    "a permission without rows": (_drop("permissions", 0, "constraint", 2), MissingTerm, "/permissions/0/constraint"),
    "a permission without a beginning": (
        _drop("permissions", 0, "constraint", 3),
        MissingTerm,
        "/permissions/0/constraint",
    ),
    "a permission without an end": (_drop("permissions", 0, "constraint", 4), MissingTerm, "/permissions/0/constraint"),
    "a transfer without a frequency": (
        _drop("permissions", 0, "constraint", 5),
        MissingTerm,
        "/permissions/0/constraint",
    ),
    "one party only": (_drop("parties", 1), MissingTerm, "/parties"),
    "an end that is not start plus years": (_set("term", "years", to=4), TermNotUnderstood, "/term/end"),
    "an end a second late": (_set("term", "end", to="2028-07-23T00:00:01+07:00"), TermNotUnderstood, "/term/end"),
    "a start without a time zone": (_set("term", "start", to="2025-07-23T00:00:00"), TermNotUnderstood, "/term/start"),
    "a number in quotes": (_set("term", "years", to="3"), TermNotUnderstood, "/term/years"),
    "a permission of the wrong giver": (
        _set("permissions", 0, "assigner", to="naker"),
        TermNotUnderstood,
        "/permissions/0/assigner",
    ),
    "an assumption without its reason": (_drop("term", "note"), TermNotUnderstood, "/term"),
    "a dataset twice": (_twice("datasets"), DuplicateTerm, "/datasets/10"),
    "a rule twice": (_twice("permissions"), DuplicateTerm, "/permissions/32"),
    "a party twice": (_twice("parties"), DuplicateTerm, "/parties/2"),
    "a purpose twice": (_twice("purposes"), DuplicateTerm, "/purposes/4"),
    "a field twice": (
        _set("permissions", 0, "constraint", 1, "rightOperand", to=["nik", "nik"]),
        DuplicateTerm,
        "/permissions/0/constraint/1/rightOperand/1",
    ),
    "a contract outside the folder": (
        _set("datasets", 0, "contract", "file", to="../sid-warga.odcs.yaml"),
        TermNotUnderstood,
        "/datasets/0/contract/file",
    ),
}


@pytest.mark.pasal("13")
@pytest.mark.parametrize("fault", REFUSED)
def test_a_document_is_refused_with_the_place_of_the_fault(fault: str, tmp_path: Path) -> None:
    edit, error, pointer = REFUSED[fault]
    with pytest.raises(error) as refused:
        load(edited(tmp_path / "agreement", edit))
    assert refused.value.parts["pointer"] == pointer


def test_one_key_cannot_stand_for_both_parties(tmp_path: Path) -> None:
    key = {
        "use": "agreement",
        "jwk": {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        },
    }

    def both(document: Document) -> None:
        for party in document["parties"]:
            party["keys"] = [key]

    with pytest.raises(DuplicateTerm) as refused:
        load(edited(tmp_path / "agreement", both))
    assert refused.value.parts["pointer"] == "/parties/1/keys/0"


def test_a_key_must_be_named_by_its_thumbprint(tmp_path: Path) -> None:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "kunci-kita"}
    folder = edited(tmp_path / "agreement", _set("parties", 0, "keys", to=[{"use": "agreement", "jwk": jwk}]))
    with pytest.raises(TermNotUnderstood) as refused:
        load(folder)
    assert refused.value.parts["pointer"] == "/parties/0/keys/0/jwk"


def test_a_member_named_twice_is_refused(tmp_path: Path) -> None:
    folder = draft(tmp_path / "agreement")
    text = (folder / "agreement.json").read_text("utf-8")
    (folder / "agreement.json").write_text(text.replace('"years": 3', '"years": 3, "years": 30'), "utf-8")
    with pytest.raises(NotCanonical):
        load(folder)


@pytest.mark.pasal("14")
def test_a_changed_word_in_the_signed_text_is_noticed(tmp_path: Path) -> None:
    folder = draft(tmp_path / "agreement")
    text = (folder / "agreement.md").read_text("utf-8")
    (folder / "agreement.md").write_text(text.replace("secara sepihak", "bersama-sama"), "utf-8")
    with pytest.raises(TextAltered):
        load(folder)


def test_a_changed_contract_is_noticed_with_its_dataset(tmp_path: Path) -> None:
    folder = draft(tmp_path / "agreement")
    contract = folder / "datasets" / "hasil-desa.odcs.yaml"
    contract.write_bytes(contract.read_bytes() + b"\n")
    with pytest.raises(ContractAltered) as refused:
        load(folder)
    assert refused.value.parts["dataset"] == "hasil-desa"


@pytest.mark.parametrize("file", ["agreement.json", "agreement.md", "datasets/sid-warga.odcs.yaml"])
def test_a_missing_file_is_named(file: str, tmp_path: Path) -> None:
    folder = draft(tmp_path / "agreement")
    (folder / file).unlink()
    with pytest.raises(NotFound) as refused:
        load(folder)
    assert refused.value.parts["file"] == file


def test_spaces_and_order_in_the_file_do_not_change_the_revision(tmp_path: Path) -> None:
    def turn_around(document: Document) -> None:
        for name in sorted(document, reverse=True):
            document[name] = document.pop(name)

    assert load(edited(tmp_path / "agreement", turn_around)).rev == load(SHIPPED).rev
