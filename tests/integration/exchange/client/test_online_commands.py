"""`tenun exchange pull`, `ask`, `catalogue`, `token`, `list`: one JSON object, and no identifier on the way."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from tenun.cli import exchange as commands
from tenun.cli.main import main
from tenun.exchange.gate import MappedGate, OpenGate
from tenun.exchange.station import Station
from tenun.node import config
from tenun.node.home import NodeHome, Role
from tests.lib.exporting import Switch
from tests.lib.provider_server import Provider
from tests.lib.two_nodes import Nodes, with_clock

PULL = ("exchange", "pull", "--dataset", "sid-warga", "--purpose", "pemadanan", "--area", "53.17")


class Command:
    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch = patch
        self._capture = capture

    def text(self, *words: str) -> tuple[int, str, str]:
        self._patch.setattr(sys, "argv", ["tenun", *words])
        status: Any = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        said = self._capture.readouterr()
        return int(status), said.out, said.err

    def json(self, *words: str) -> tuple[int, dict[str, Any]]:
        status, out, _ = self.text(*words, "--json")
        assert out.count("\n") == 1, out
        value: dict[str, Any] = json.loads(out)
        return status, value


@pytest.fixture
def command(nodes: Nodes, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("TENUN_HOME", str(nodes.folder))
    station = commands.station

    def at_a_fixed_moment(role: Role) -> Station:
        there = station(role)
        return with_clock(replace(there, lake=nodes.of(there.party).lake), nodes.clock.moment)

    monkeypatch.setattr(commands, "station", at_a_fixed_moment)
    monkeypatch.setattr(MappedGate, "open", lambda folder: OpenGate())
    home = NodeHome.of(Role.NAKER)
    config.write(home, config.changed(config.read_or_default(home), {"peer_address": address}))
    return Command(monkeypatch, capsys)


def test_pulling_by_command(command: Command, provider: Provider) -> None:
    """Pasal 2a."""
    status, pulled = command.json(*PULL, "--format", "ndjson", "--since", "last")
    assert status == 0
    assert (pulled["format"], pulled["receipt_sent"], pulled["resumed"]) == ("ndjson", True, False)
    status, again = command.json(*PULL, "--format", "ndjson", "--since", "last")
    assert status == 0
    assert again["rows"] == 0
    assert again["online"]["since"] == pulled["online"]["transaction_time"]
    status, listed = command.json("exchange", "list")
    assert status == 0
    assert [one["pack"] for one in listed["naker"]["received"]] == [pulled["pack"], again["pack"]]
    assert [one["pack"] for one in listed["desa"]["sent"]] == [pulled["pack"], again["pack"]]
    assert [one["state"] for one in listed["desa"]["exports"]] == ["completed", "completed"]
    assert listed["naker"]["pulling"] == []


def test_a_person_reads_what_became_of_it(command: Command, provider: Provider) -> None:
    provider.on("receipt", lambda exchange: setattr(exchange, "is_silent", True))
    status, _, err = command.text(*PULL)
    assert status == 0
    assert "menyusul" in err
    assert "the receipt follows" in err
    status, out, _ = command.text("exchange", "list")
    assert status == 0
    assert "online" in out
    assert "receipt waits" in out


def test_a_refusal_is_one_object_with_remedies(command: Command, provider: Provider) -> None:
    status, said = command.json("exchange", "pull", "--dataset", "sid-warga", "--purpose", "sosialisasi")
    assert status == 1
    assert said["error"]["code"] == "exchange.not_permitted"
    assert said["error"]["remedy"]["id"]
    assert provider.seen == []


def test_the_identifier_comes_on_standard_input(
    command: Command, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("exchange", "ask", "--dataset", "sid-warga", "--purpose", "pemadanan", "--ticket", "TIKET/1")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{'9' * 16}\n"))
    status, said = command.json(*words)
    assert (status, said["answer"]) == (0, "yes")
    assert provider.queries[0]["subject"] == {"nik": "9" * 16}
    assert provider.queries[0]["mode"] == "exists"
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    status, said = command.json(*words)
    assert (status, said["error"]["code"]) == (1, "exchange.identifier_missing")


def test_a_token_is_printed_with_json_only(command: Command, provider: Provider) -> None:
    words = ("exchange", "token", "--dataset", "sid-warga", "--purpose", "pemadanan", "--area", "53.17")
    status, said = command.json(*words)
    assert status == 0
    assert said["access_token"].count(".") == 2
    status, out, err = command.text(*words)
    assert status == 0
    assert "ey" not in out.split()
    assert not any(word.count(".") == 2 and len(word) > 100 for word in (out + err).split())


def test_the_catalogue(command: Command, provider: Provider) -> None:
    status, said = command.json("exchange", "catalogue")
    assert (status, said["step"]) == (0, "v1-catalog")


def test_behind_a_closed_gate_a_command_asks_for_nothing(
    command: Command, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pasal 7(4)."""
    monkeypatch.setattr(MappedGate, "open", lambda folder: Switch(is_shut=True))
    status, said = command.json(*PULL)
    assert (status, said["error"]["code"]) == (1, "exchange.shut_off")
    assert provider.seen == []
