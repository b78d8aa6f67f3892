"""Acts as officials make them: by command, on two nodes, files carried by hand between them."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement import party_jwk
from tenun.cli.main import main
from tenun.transparency_log.folder import LogFolder
from tests.lib.agreement_drafts import draft, in_force, put, value_of


@dataclass
class Answer:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        return value


class Machine:
    """The program itself, run in this process: starting it anew for each of many commands would take minutes."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self._patch = monkeypatch
        monkeypatch.setenv("TENUN_HOME", str(home))

    def run(self, *words: str) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        self._patch.setattr(sys, "argv", ["tenun", "agreement", *words])
        status: int | str | None = 0
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main()
            except SystemExit as left:
                status = left.code
        return Answer(int(status or 0), out.getvalue(), err.getvalue())

    def made(self, *words: str) -> dict[str, Any]:
        answer = self.run(*words, "--json")
        assert answer.status == 0, answer.out + answer.err
        return answer.json

    def state(self, node: str, *words: str) -> dict[str, Any]:
        return self.made("state", "--node", node, *words)


def log_of(machine: Machine, node: str) -> list[dict[str, Any]]:
    folder = LogFolder(machine.home / node / "log")
    size = int((folder.checkpoint() or b"").split(b"\n")[1])
    return [json.loads(entry) for entry in folder.entries(size=size)]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    home = tmp_path / "home"
    in_force(home)
    return Machine(home, monkeypatch)


@pytest.mark.pasal("14")
def test_the_agreement_enters_into_force_by_a_file_that_goes_there_and_back(machine: Machine) -> None:
    proposed = machine.made("act", "enter-into-force", "--node", "desa")
    assert (proposed["counts"], proposed["signatures"], proposed["signatures_needed"]) == (False, 1, 2)
    read = machine.run("act", "show", proposed["file"])
    assert "Pernyataan berlaku" in read.out
    signed = machine.made("act", "countersign", proposed["file"], "--node", "naker")
    assert signed["counts"]
    assert machine.state("desa")["heads"] == []
    taken = machine.made("act", "take", signed["file"], "--node", "desa")
    assert [one["new"] for one in taken["acts"]] == [True]
    assert not machine.made("act", "take", signed["file"], "--node", "desa")["acts"][0]["new"]
    for node in ("desa", "naker"):
        assert machine.state(node)["heads"] == [signed["act"]]
        assert machine.state(node)["in_force"]
        assert not machine.state(node, "--at", "2026-01-01")["in_force"]


@pytest.mark.pasal("7(4)")
def test_shutting_off_and_opening_again_stands_in_the_history_and_in_the_log(machine: Machine) -> None:
    closed = machine.made(
        "act", "shut-off", "--node", "desa", "--scope", "dataset", "--name", "sid-warga", "--event", "malware",
        "--reason", "Sistem terserang.",
    )  # fmt: skip
    assert closed["logged"]
    text = machine.run("state", "--node", "desa").out
    assert "DITUTUP desa" in text
    assert "sid-warga" in text
    opened = machine.made("act", "reinstate", "--node", "desa", "--reason", "Bersih.")
    assert machine.state("desa")["closures"] == {"desa": [], "naker": []}
    history = machine.made("history", "--node", "desa")
    assert [one["act"] for one in history["acts"]] == [closed["act"], opened["act"]]
    assert "Penutupan akses" in machine.run("history", "--node", "desa").out
    entries = log_of(machine, "desa")
    assert [entry["act"]["kind"] for entry in entries if "act" in entry] == ["shut-off", "reinstate"]
    assert "terserang" not in json.dumps(entries).lower()


@pytest.mark.pasal("6(1)")
@pytest.mark.pasal("6(2)")
def test_an_extension_without_notice_is_refused_with_what_to_do(machine: Machine) -> None:
    refused = machine.run("act", "extend", "--node", "naker", "--until", "2031-07-23")
    assert refused.status == 1
    assert "Pasal 6(2)" in refused.err
    assert "tenun agreement act notice --subject extend" in refused.err
    machine.made("act", "notice", "--node", "naker", "--subject", "extend", "--text", "Maksud memperpanjang.")
    proposed = machine.made("act", "extend", "--node", "naker", "--until", "2031-07-23")
    # The whole folder may be handed over where several acts have not been.
    machine.made("act", "take", str(machine.home / "naker" / "acts"), "--node", "desa")
    machine.made("act", "countersign", proposed["file"], "--node", "desa")
    assert machine.state("desa")["ends"] == "2031-07-22T17:00:00Z"


@pytest.mark.pasal("13")
def test_an_addendum_brings_its_document_along(machine: Machine, tmp_path: Path) -> None:
    folder = draft(tmp_path / "draft")
    value = value_of(folder)
    value["disclosure"]["minimum_cell"] = 15
    put(folder, value)
    proposed = machine.made(
        "act", "addendum", "--node", "naker", "--document", str(folder), "--summary", "Batas sel 15."
    )
    signed = machine.made("act", "countersign", proposed["file"], "--node", "desa")
    machine.made("act", "take", signed["file"], "--node", "naker")
    for node in ("desa", "naker"):
        state = machine.state(node)
        assert (state["rev"], state["rev_since"]) == (
            json.loads(Path(proposed["file"]).read_bytes())["act"]["body"]["rev"],
            signed["takes_effect"],
        )


@pytest.mark.pasal("7(2)")
def test_consent_without_a_letter_is_refused(machine: Machine) -> None:
    words = (
        "act", "third-party-consent", "--node", "desa", "--dataset", "hasil-desa", "--audience", "publik",
        "--fields", "area_code,value", "--from", "2026-12-01", "--until", "2026-12-31", "--text", "Angka desa.",
    )  # fmt: skip
    refused = machine.run(*words)
    assert refused.status == 1
    assert "[agreement.act.reference_missing]" in refused.err
    assert machine.made(*words, "--number", "B-1/2026")["number"] == "B-1/2026"


@pytest.mark.pasal("10(2)")
def test_a_change_of_address_by_a_body_from_a_file(machine: Machine, tmp_path: Path) -> None:
    body = {
        "changed_on": "2026-11-02",
        "contact": {
            "responsible": "Badan Buatan",
            "liaison": "Kepala Pusat Buatan",
            "address": "Jalan Buatan Nomor 1",
            "email": "pusat@contoh.go.id",
        },
    }
    (tmp_path / "body.json").write_text(json.dumps(body))
    machine.made("act", "contact-change", "--node", "desa", "--body", str(tmp_path / "body.json"))
    contact = machine.state("desa")["contacts"]["desa"]
    assert contact["address"] == "Jalan Buatan Nomor 1"
    assert contact["due"]["last_day"] == "2026-11-20"
    (tmp_path / "body.json").write_text(json.dumps(body | {"fax": "1"}))
    refused = machine.run("act", "contact-change", "--node", "desa", "--body", str(tmp_path / "body.json"), "--json")
    assert refused.status == 1
    assert refused.json["error"]["parts"] == {"pointer": "/act/body/fax"}


@pytest.mark.pasal("11(2)")
def test_a_force_majeure_report_carries_the_digest_of_its_evidence_and_no_file_name(
    machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "foto-rahasia.jpg").write_bytes(b"air")
    machine.made(
        "act", "force-majeure-report", "--node", "desa", "--event", "banjir besar", "--began-on", "2026-11-01",
        "--evidence", str(tmp_path / "foto-rahasia.jpg"), "--text", "Kantor terendam.",
    )  # fmt: skip
    (report,) = machine.state("desa")["reports"]
    assert len(report["sha256"]) == 1
    assert all(b"rahasia" not in path.read_bytes() for path in (machine.home / "desa" / "acts").glob("*.json"))


@pytest.mark.pasal("14")
def test_a_message_key_is_changed_and_put_in_place(machine: Machine, tmp_path: Path) -> None:
    key = party_jwk.generate("P-256")
    (tmp_path / "new.jwk").write_text(json.dumps(key.as_dict(private=True)))
    words = ("--use", "message", "--new-key", str(tmp_path / "new.jwk"), "--node", "desa")
    early = machine.run("act", "key-install", *words)
    assert early.status == 1
    machine.made("act", "key-change", "--cause", "rotation", *words)
    assert machine.made("act", "key-install", *words)["installed"]
    assert not machine.made("act", "key-install", *words)["installed"]
    assert {"use": "message", "kid": key.thumbprint()} in machine.state("desa")["keys"]["desa"]
    machine.made("act", "incident-report", "--node", "desa", "--event", "hack", "--detected-at", "2026-11-20",
                 "--text", "Percobaan masuk.")  # fmt: skip


def test_wrong_words_are_told_with_what_is_missing(machine: Machine) -> None:
    answer = machine.run("act", "notice", "--node", "desa", "--subject", "other")
    assert answer.status == 1
    assert "--text" in answer.err
    assert machine.run("act", "reinstate", "--node", "desa", "--reason", "x").err.endswith("[cli.no_closure_of_ours]\n")
    assert machine.run("act", "sunset", "--node", "desa").status == 2
    unknown = machine.run("act", "reinstate", "--node", "desa", "--reason", "x", "--opens", "abcdef12")
    assert "[cli.act_not_found]" in unknown.err
    assert machine.run("state", "--node", "desa", "--at", "kemarin").status == 2
