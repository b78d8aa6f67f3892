"""`tenun exchange` and `tenun log`: one JSON object on standard output, exit status 0 or 1, both languages."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tenun.cli import exchange as commands
from tenun.cli import log as log_commands
from tenun.cli.main import main
from tenun.exchange.station import Station
from tenun.kernel.keys import FileKeys
from tenun.node.home import Role
from tests.lib.two_nodes import NOW, VILLAGES, Nodes, person, publish_residents, with_clock


class Command:
    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch = patch
        self._capture = capture

    def text(self, *words: object) -> tuple[int, str, str]:
        self._patch.setattr(sys, "argv", ["tenun", *(str(word) for word in words)])
        status: Any = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        said = self._capture.readouterr()
        return int(status), said.out, said.err

    def json(self, *words: object) -> tuple[int, dict[str, Any]]:
        status, out, _ = self.text(*words, "--json")
        assert out.count("\n") == 1, out
        value: dict[str, Any] = json.loads(out)
        return status, value


@pytest.fixture
def command(nodes: Nodes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("TENUN_HOME", str(nodes.folder))
    station = commands.station

    def at_a_fixed_moment(role: Role) -> Station:
        there = station(role)
        there = replace(there, lake=nodes.of(there.party).lake)
        return with_clock(there, nodes.clock.moment)

    monkeypatch.setattr(commands, "station", at_a_fixed_moment)
    monkeypatch.setattr(log_commands, "station", at_a_fixed_moment)
    return Command(monkeypatch, capsys)


def test_the_way_there_and_back_by_commands(command: Command, tmp_path: Path) -> None:
    """Pasal 2a."""
    out = tmp_path / "stick"
    out.mkdir()
    status, packed = command.json(
        "exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan", "--area", "53.17", "--out", out
    )
    assert status == 0
    assert Path(packed["file"]).parent == out
    assert packed["invented"] is True
    status, accepted = command.json("exchange", "unpack", packed["file"])
    assert status == 0
    assert accepted["rows"] == packed["rows"] == accepted["tables"]["persons"]
    status, checked = command.json("exchange", "receipt", "check", accepted["receipt"])
    assert (status, checked["is_valid"], checked["rows"]) == (0, True, packed["rows"])
    status, listed = command.json("exchange", "list")
    assert [pack["pack"] for pack in listed["desa"]["sent"]] == [packed["pack"]]
    assert [pack["state"] for pack in listed["naker"]["received"]] == ["accepted"]
    status, verified = command.json("log", "verify")
    assert (status, verified["is_sound"]) == (0, True)
    assert verified["logs"]["desa"]["size"] == 3
    assert verified["logs"]["naker"]["key"] == "agreement"
    status, shown = command.json("log", "show", "--node", "naker")
    assert [one["entry"]["type"] for one in shown["entries"]] == ["exchange.accepted", "exchange.received"]


def test_a_refusal_is_status_1_with_clause_and_remedy(command: Command) -> None:
    """Pasal 7(1)."""
    words = ["exchange", "pack", "--dataset", "sid-warga", "--purpose", "statistik-desa"]
    status, said = command.json(*words, "--fields", "person_id,village_code,nik")
    assert status == 1
    error = said["error"]
    assert error["code"] == "exchange.not_permitted"
    assert error["decision"]["permit"] is False
    assert error["remedy"]["id"]
    assert "nik" in error["message"]["id"]
    status, out, err = command.text(*words, "--fields", "person_id,village_code,nik")
    assert (status, out) == (1, "")
    assert "Pasal" in err


def test_a_second_unpack_is_status_1(command: Command) -> None:
    _, packed = command.json("exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan")
    assert command.json("exchange", "unpack", packed["file"])[0] == 0
    status, said = command.json("exchange", "unpack", packed["file"])
    assert (status, said["error"]["code"]) == (1, "exchange.replayed")


def test_text_for_people_shows_the_path_and_that_persons_are_invented(command: Command) -> None:
    status, out, err = command.text("exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan")
    assert status == 0
    assert Path(out.strip()).exists()
    assert "DATA BUATAN" in err
    status, out, err = command.text("exchange", "unpack", out.strip())
    assert status == 0
    assert out.strip().endswith(".receipt.jws")
    status, out, _ = command.text("exchange", "receipt", "check", out.strip())
    assert (status, "sah" in out) == (0, True)
    assert "sid-warga" in command.text("exchange", "list")[1]
    assert "exchange.accepted" in command.text("log", "show", "--node", "naker")[1]
    assert "UTUH" in command.text("log", "verify")[1]


def test_the_node_is_found_by_the_direction_of_the_dataset(command: Command) -> None:
    status, said = command.json("exchange", "pack", "--dataset", "hasil-desa", "--purpose", "statistik-desa")
    assert (status, said["error"]["code"]) == (1, "exchange.nothing_to_send")
    _, shown = command.json("log", "show", "--node", "naker")
    assert shown["entries"][-1]["entry"]["code"] == "exchange.nothing_to_send"


def test_an_altered_log_is_status_1_and_the_entry_is_named(command: Command, nodes: Nodes) -> None:
    command.json("exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan")
    (bundle,) = (nodes.desa.log / "tile/entries/000.p").iterdir()
    content = bytearray(bundle.read_bytes())
    content[10] ^= 1
    bundle.write_bytes(content)
    status, said = command.json("log", "verify", "--node", "desa")
    assert status == 1
    assert [finding["entry"] for finding in said["logs"]["desa"]["findings"]] == [0]
    assert "RUSAK" in command.text("log", "verify", "--node", "desa")[1]


def test_a_kept_checkpoint_shows_that_history_was_rewritten(command: Command, nodes: Nodes, tmp_path: Path) -> None:
    command.json("exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan")
    kept = tmp_path / "kept"
    kept.write_bytes((nodes.desa.log / "checkpoint").read_bytes())
    assert command.json("log", "verify", "--node", "desa", "--earlier", kept)[0] == 0
    for path in sorted(nodes.desa.log.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    lost, said = command.json("log", "verify", "--node", "desa")
    assert (lost, said["logs"]["desa"]["findings"][0]["code"]) == (1, "log.history_lost")
    refused, said = command.json("exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan")
    assert (refused, said["error"]["code"]) == (1, "exchange.log_unavailable")
    for note in (nodes.desa.exchange / "sent").iterdir():
        note.unlink()
    command.json("exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan")
    status, said = command.json("log", "verify", "--node", "desa", "--earlier", kept)
    assert status == 1
    assert said["logs"]["desa"]["findings"][0]["code"] == "log.history_changed"


def test_wrong_usage_is_status_2(command: Command) -> None:
    assert command.text("exchange", "pack", "--dataset", "sid-warga")[0] == 2
    assert command.text("exchange", "unpack")[0] == 2


def test_no_command_prints_a_person(command: Command) -> None:
    said = []
    for words in (
        ["exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan"],
        ["exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan", "--fields", "5317010101909001"],
        ["exchange", "pack", "--dataset", "5317010101909001", "--purpose", "pemadanan"],
        ["exchange", "list"],
        ["log", "show"],
    ):
        said += command.text(*words)[1:]
    text = "\n".join(said)
    for number in range(50):
        one = person(VILLAGES[0], number)
        assert all(str(one[name]) not in text for name in ("full_name", "address", "person_id", "family_card"))
        assert one["nik"] is None or one["nik"] not in text
    assert "5317010101909001" not in text


def test_the_station_of_a_role_is_the_nodes_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path))
    there = commands.station(Role.DESA)
    assert there.agreement == tmp_path / "desa/agreement"
    assert there.log == tmp_path / "desa/log"
    publish_residents(there.lake, VILLAGES[0], 1)
    assert isinstance(there.lake._keys, FileKeys)
    assert there.clock.now() != NOW


def test_a_damaged_note_of_a_pack_is_named_and_nothing_goes_on_without_it(command: Command, nodes: Nodes) -> None:
    _, packed = command.json("exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan")
    note = nodes.desa.exchange / "sent" / f"{packed['pack']}.json"
    for damaged in (b"{", b"[]", b"{}", b"\xff"):
        note.write_bytes(damaged)
        for words in (("pack", "--dataset", "sid-warga", "--purpose", "pemadanan"), ("list",)):
            status, said = command.json("exchange", *words)
            assert (status, said["error"]["code"]) == (1, "exchange.register_damaged")


def test_a_wrong_usage_is_one_json_object_too(command: Command) -> None:
    for words in (("exchange", "pack"), ("exchange", "nonesuch"), ("log", "verify", "--bogus")):
        status, said = command.json(*words)
        assert (status, said["error"]["code"]) == (2, "cli.wrong_usage")
        assert {"id", "en"} == said["error"]["message"].keys()


def test_what_the_disk_refuses_is_one_json_object_too(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    status, said = command.json(
        "exchange", "pack", "--dataset", "sid-warga", "--purpose", "pemadanan", "--out", tmp_path / "a file" / "below"
    )
    assert (status, said["error"]["code"], said["error"]["parts"]["file"]) == (1, "cli.file_refused", "?")
