"""`tenun node init`, `shutoff`, `reinstate`, `node status` as they are typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lib.online_nodes import open_online_nodes


def tenun(home: Path, *words: str, status: int = 0) -> dict[str, Any]:
    environment = {**os.environ, "TENUN_HOME": str(home), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    done = subprocess.run(
        [sys.executable, "-m", "tenun", *words, "--json"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == status, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nodes")
    open_online_nodes(folder, villages=())
    return folder


@pytest.mark.pasal("7(4)")
def test_from_setting_up_to_shutting_off_and_reinstating(home: Path) -> None:
    made = tenun(home, "node", "init", "--node", "desa", "--api-port", "0", "--without-database")
    assert set(made["keys"]) == {"agreement", "message", "log", "client"}
    again = tenun(home, "node", "init", "--node", "desa", "--without-database")
    assert again["keys"] == made["keys"]
    assert again["config"]["api"]["port"] == 0

    closed = tenun(
        home, "shutoff", "--node", "desa", "--scope", "dataset", "--name", "sid-warga", "--reason", "kebocoran-data"
    )
    assert closed["closure"]["scope"] == "dataset:sid-siapkerja:sid-warga"
    assert closed["effect"] == "guard-silent"
    assert set(closed["failed"]) == {"notify"}
    assert "tenun reinstate" in closed["next"]

    status = tenun(home, "node", "status", "--node", "desa", "--no-check-peer")
    assert [one["scope"] for one in status["gate"]["closures"]] == ["dataset:sid-siapkerja:sid-warga"]
    assert status["gate"]["is_open"] is False
    assert {one["state"] for one in status["processes"]} == {"stopped"}
    assert status["agreement"]["is_in_force"] is True
    assert status["queues"]["events_waiting"] == 2  # the act, and the incident that it opens

    opened = tenun(home, "reinstate", "--node", "desa", "--scope", "dataset", "--name", "sid-warga")
    assert opened["change"] == "reinstate"
    status = tenun(home, "node", "status", "--node", "desa", "--no-check-peer")
    assert status["gate"]["closures"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--scope", "dataset", "--reason", "hack"), "node.scope_unclear"),
        (("--scope", "all", "--name", "x", "--reason", "hack"), "node.scope_unclear"),
        (("--scope", "dataset", "--name", "sid-wagra", "--reason", "hack"), "node.scope_unknown"),
    ],
)
def test_a_scope_that_would_close_nothing_is_refused(home: Path, words: tuple[str, ...], code: str) -> None:
    refused = tenun(home, "shutoff", "--node", "desa", *words, status=1)
    assert refused["error"]["code"] == code
    assert "sid-wagra" not in json.dumps(refused)


def test_a_reason_that_the_agreement_does_not_list_is_refused(home: Path) -> None:
    refused = tenun(home, "shutoff", "--node", "desa", "--scope", "all", "--reason", "iseng", status=2)
    assert refused["error"]["code"] == "cli.wrong_usage"


def test_a_machine_with_two_nodes_asks_which(home: Path) -> None:
    refused = tenun(home, "shutoff", "--scope", "all", "--reason", "hack", status=1)
    assert refused["error"]["code"] == "node.unclear"


def test_nothing_that_is_open_can_be_reinstated(home: Path) -> None:
    tenun(home, "node", "init", "--node", "naker", "--without-database")
    refused = tenun(home, "reinstate", "--node", "naker", "--scope", "all", status=1)
    assert refused["error"]["code"] == "node.not_shut_off"
