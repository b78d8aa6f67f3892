"""`tenun agreement explain`, `show`, `verify` and `sign` where there are acts: yesterday's answers and today's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.agreement.test_act_commands import Machine
from tests.lib.agreement_drafts import draft, in_force

EXPLAIN = ("explain", "--dataset", "sid-warga", "--purpose", "pemadanan")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    home = tmp_path / "home"
    in_force(home)
    return Machine(home, monkeypatch)


def shut_off(machine: Machine) -> tuple[str, str]:
    """*desa* shuts everything off; the act is brought to *naker*. Its hash, and a moment before it."""
    # Not a minute before: so that a clock that is ahead opens nothing, a shut-off counts a little early.
    before = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    words = ("--scope", "agreement", "--event", "malware", "--reason", "Sistem terserang.")
    made = machine.made("act", "shut-off", "--node", "desa", *words)
    folder = machine.home / "desa" / "acts"
    assert machine.run("act", "take", str(folder), "--node", "naker").status == 0
    return str(made["act"]), before


def reasons(said: dict[str, Any]) -> set[str]:
    return {str(one["clause"]) for one in said["reasons"]}


@pytest.mark.pasal("7(4)", "13")
def test_explain_during_a_shut_off_refuses_with_its_pasal_and_before_it_permits(machine: Machine) -> None:
    _, before = shut_off(machine)
    now = machine.run(*EXPLAIN, "--json")
    assert now.status == 1
    assert reasons(now.json) == {"7(4)"}
    assert now.json["agreement"]["in_force"] is True
    assert "Pasal 7(4)" in machine.run(*EXPLAIN).out
    assert machine.run(*EXPLAIN, "--at", before, "--json").status == 0


@pytest.mark.pasal("6(1)")
def test_explain_after_the_term_says_so_with_its_pasal(machine: Machine) -> None:
    late = machine.run(*EXPLAIN, "--at", "2029-01-01", "--json")
    assert late.status == 1
    assert "6(1)" in reasons(late.json)
    assert late.json["agreement"]["in_force"] is False
    # An unsigned draft is something else, and is not spoken of.
    assert "Draf" not in machine.run(*EXPLAIN, "--at", "2029-01-01").out


@pytest.mark.pasal("7(4)", "13")
def test_show_and_verify_tell_the_state_at_a_moment(machine: Machine) -> None:
    act, before = shut_off(machine)
    verified = machine.made("verify")["agreements"]
    assert [[one["act"] for one in place["state"]["shut_off"]] for place in verified] == [[act], [act]]
    assert [place["state"]["acts"] for place in verified] == [1, 1]
    earlier = machine.made("verify", "--at", before)["agreements"]
    assert [place["state"]["shut_off"] for place in earlier] == [[], []]
    shown = machine.made("show")
    assert [one["act"] for one in shown["state"]["closures"]["desa"]] == [act]
    assert "DITUTUP / SHUT OFF (Pasal 7(4))" in machine.run("show").out
    assert "DITUTUP" not in machine.run("show", "--at", before).out
    assert "TIDAK berlaku" in machine.run("show", "--at", "2029-01-01").out


@pytest.mark.pasal("13")
def test_verify_finds_an_act_that_was_altered(machine: Machine) -> None:
    act, _ = shut_off(machine)
    file = machine.home / "naker" / "acts" / f"{act}.json"
    file.write_bytes(file.read_bytes().replace(b"terserang", b"terserung"))
    answer = machine.run("verify", "--json")
    assert answer.status == 1
    assert [one["error"] is None for one in answer.json["agreements"]] == [True, False]


@pytest.mark.pasal("7(2)")
def test_explain_of_a_consented_use_names_no_permission_of_the_document(machine: Machine) -> None:
    proposed = machine.home / "usul.json"
    words = {
        "--dataset": "hasil-desa",
        "--audience": "publik",
        "--fields": "area_code,value",
        "--from": "2026-11-01",
        "--until": "2026-12-31",
        "--text": "Angka per desa untuk umum.",
        "--number": "B-1/2026",
        "--out": str(proposed),
    }
    given = [word for pair in words.items() for word in pair]
    machine.made("act", "third-party-consent", "--node", "naker", *given)
    machine.made("act", "countersign", str(proposed), "--node", "desa")
    assert machine.run("act", "take", str(machine.home / "desa" / "acts"), "--node", "naker").status == 0
    use = ("--dataset", "hasil-desa", "--purpose", "statistik-desa", "--operation", "publish")
    asked = ("explain", *use, "--fields", "area_code,value", "--at", "2026-12-01")
    assert machine.run(*asked, "--json").status == 1
    answer = machine.run(*asked, "--audience", "publik")
    assert (answer.status, "DIIZINKAN / PERMITTED" in answer.out) == (0, True), answer.out
    assert machine.run(*asked, "--audience", "publik", "--at", "2027-01-01").status == 1


@pytest.mark.pasal("14")
def test_signing_another_document_over_acts_is_refused_before_anything_is_signed(
    machine: Machine, tmp_path: Path
) -> None:
    shut_off(machine)
    desk = draft(tmp_path / "baru")
    before = {path: path.read_bytes() for path in desk.rglob("*") if path.is_file()}
    answer = machine.run("sign", "--role", "desa", "--folder", str(desk), "--json")
    assert answer.status != 0
    assert "agreement.acts_exist" in answer.out
    assert "addendum" in answer.out
    assert {path: path.read_bytes() for path in desk.rglob("*") if path.is_file()} == before
