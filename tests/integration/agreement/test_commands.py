"""The commands, as an official types them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.vocabulary import Party
from tests.lib.agreement_drafts import SHIPPED, draft, in_force


@dataclass
class Answer:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        assert self.out.count("\n") == 1, "one JSON object, nothing else"
        return value


class Machine:
    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *words: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "tenun", "agreement", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "TENUN_HOME": str(self.home), "COLUMNS": "200"},
        )
        return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine without nodes."""
    return Machine(tmp_path / "home")


@pytest.fixture(scope="module")
def two_nodes(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    home = tmp_path_factory.mktemp("home")
    in_force(home)
    return Machine(home)


@pytest.mark.pasal("14")
def test_verify_says_that_the_draft_is_unsigned(machine: Machine) -> None:
    answer = machine.run("verify", "--json")
    assert answer.status == 1
    (draft,) = answer.json["agreements"]
    assert (draft["where"], draft["signed_by"], draft["error"]["code"]) == ("draft", [], "agreement.not_signed")


@pytest.mark.pasal("14")
def test_verify_finds_both_nodes_copies(two_nodes: Machine) -> None:
    answer = two_nodes.run("verify", "--json")
    assert answer.status == 0
    assert answer.json["valid"] is True
    assert [one["where"] for one in answer.json["agreements"]] == ["desa", "naker"]
    assert two_nodes.run("verify").status == 0


@pytest.mark.pasal("14")
def test_verify_refuses_an_altered_copy_at_one_node(two_nodes: Machine, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "home")
    shutil.copytree(two_nodes.home, machine.home)
    document = machine.home / "naker" / "agreement" / "agreement.json"
    document.write_bytes(document.read_bytes().replace(b'"minimum_cell":5', b'"minimum_cell":1'))
    answer = machine.run("verify", "--json")
    assert answer.status == 1
    assert [one["error"] and one["error"]["code"] for one in answer.json["agreements"]] == [
        None,
        "agreement.document_altered",
    ]
    assert machine.run("explain", "--dataset", "sid-warga", "--purpose", "pemadanan").status == 1


def test_verify_notices_that_the_nodes_hold_different_revisions(two_nodes: Machine, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "home")
    in_force(machine.home)
    shutil.rmtree(machine.home / "desa")
    shutil.copytree(two_nodes.home / "desa", machine.home / "desa")
    answer = machine.run("verify", "--json")
    assert answer.status == 1
    assert {one["error"]["code"] for one in answer.json["agreements"]} == {"agreement.copies_differ"}


@pytest.mark.pasal("7(1)")
def test_explain_refuses_with_the_clause_and_what_would_make_it_allowed(two_nodes: Machine) -> None:
    words = [
        "explain",
        "--dataset",
        "sid-warga",
        "--purpose",
        "statistik-desa",
        "--fields",
        "nik,sex",
        "--date",
        "2026-03-01",
    ]
    answer = two_nodes.run(*words, "--json")
    assert answer.status == 1
    assert (answer.json["permit"], answer.json["clauses"]) == (False, ["7(1)"])
    assert answer.json["reasons"][0]["remedy"]["id"]
    assert answer.json["clause_texts"]["7(1)"].startswith("PARA PIHAK untuk waktu yang tidak terbatas")
    assert answer.json["agreement"]["in_force"] is True
    text = two_nodes.run(*words).out
    assert "DITOLAK" in text
    assert "Agar diizinkan:" in text
    assert "PARA PIHAK untuk waktu yang tidak terbatas" in text


def test_explain_permits_with_the_clauses(two_nodes: Machine) -> None:
    words = ["--dataset", "sid-warga", "--purpose", "pemadanan", "--fields", "nik, full_name", "--date", "2026-03-01"]
    answer = two_nodes.run("explain", *words, "--json")
    assert answer.status == 0
    assert answer.json["fields"] == ["full_name", "nik"]
    assert answer.json["clauses"] == ["3(1)a", "2a", "6(1)"]
    use = two_nodes.run("explain", *words, "--operation", "use", "--by", "naker", "--json")
    assert use.json["clauses"][0] == "3(2)b"


@pytest.mark.pasal("6(1)")
@pytest.mark.parametrize(
    ("date", "status"),
    [
        ("2025-07-22", 1),
        ("2025-07-23", 0),
        ("2028-07-22", 0),
        ("2028-07-22T23:59:59", 0),
        ("2028-07-22T17:00:00Z", 1),
        ("2028-07-23", 1),
        ("23/07/2025", 2),
    ],
)
def test_explain_knows_the_term(machine: Machine, date: str, status: int) -> None:
    assert machine.run("explain", "--dataset", "sid-warga", "--purpose", "pemadanan", "--date", date).status == status


def test_explain_says_that_a_draft_is_not_in_force(machine: Machine) -> None:
    answer = machine.run("explain", "--dataset", "hasil-desa", "--purpose", "statistik-desa", "--json")
    assert answer.json["agreement"]["in_force"] is False


@pytest.mark.pasal("14")
def test_both_parties_sign_and_then_it_is_in_force(machine: Machine) -> None:
    waiting = machine.run("sign", "--role", "desa", "--json")
    assert (waiting.status, waiting.json["error"]["code"]) == (1, "agreement.waiting_for_keys")
    first = machine.run("sign", "--role", "naker", "--json")
    assert (first.status, first.json["signed_by"], first.json["in_force"]) == (0, ["naker"], False)
    second = machine.run("sign", "--role", "desa", "--json")
    assert (second.json["signed_by"], second.json["in_force"]) == (["desa", "naker"], True)
    assert [one["where"] for one in machine.run("verify", "--json").json["agreements"]] == ["desa"]
    assert machine.run("sign", "--role", "naker").status == 0
    assert machine.run("verify").status == 0


def test_the_draft_in_the_repository_is_never_signed(machine: Machine) -> None:
    machine.run("sign", "--role", "desa")
    machine.run("sign", "--role", "naker")
    assert not (SHIPPED / "signatures.json").exists()


def test_show_lists_what_was_assumed(two_nodes: Machine) -> None:
    shown = two_nodes.run("show", "--json").json
    assert shown["in_force"] is True
    assert "/term" in [one["pointer"] for one in shown["assumptions"]]
    assert {"dataset": "sid-warga", "operation": "file", "by": "naker", "clause": "3(1)a"}.items() <= shown["granted"][
        0
    ].items()
    assert two_nodes.run("show").status == 0


def test_scenarios_pass(machine: Machine) -> None:
    answer = machine.run("scenarios", "--json")
    assert answer.status == 0
    assert answer.json["failed"] == 0
    assert answer.json["passed"] >= 25


def test_a_failing_scenario_fails_the_command(machine: Machine, tmp_path: Path) -> None:
    folder = draft(tmp_path / "agreement")
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "salah.yaml").write_text(
        '[{name: a, en: a, at: "2026-03-02T09:00:00+07:00", expect: {permit: []}, '
        "use: {by: bps, dataset: hasil-desa, purpose: statistik-desa, operation: use, fields: [value]}}]",
        "utf-8",
    )
    answer = machine.run("scenarios", str(folder), "--json")
    assert (answer.status, answer.json["failed"]) == (1, 1)


def test_refresh_puts_a_draft_right_and_leaves_what_is_signed_alone(two_nodes: Machine, tmp_path: Path) -> None:
    folder = draft(tmp_path / "agreement")
    contract = folder / "datasets" / "hasil-desa.odcs.yaml"
    contract.write_bytes(contract.read_bytes() + b"# catatan\n")
    answer = two_nodes.run("refresh", str(folder), "--json")
    assert "datasets/hasil-desa.odcs.yaml" in answer.json["changed"]
    assert two_nodes.run("refresh", str(folder), "--json").json["changed"] == []
    signed = two_nodes.run("refresh", str(two_nodes.home / Party.DESA / "agreement"), "--json")
    assert (signed.status, signed.json["error"]["code"]) == (1, "agreement.already_signed")
