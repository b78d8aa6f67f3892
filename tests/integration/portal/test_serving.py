"""A portal in a process of its own, as `./run demo` and `tenun serve` start it."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenun.node import postgres
from tenun.node.home import NodeHome, Role
from tenun.portal import serving
from tests.lib import published_figures as published

pytestmark = pytest.mark.xdist_group("portal-serving")


@pytest.fixture(scope="module")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    import shutil
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="tenun-serving-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(autouse=True)
def environment(served_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENUN_HOME", str(served_home))
    for name in ("DATABASE_URL", "DATABASE_URL_NAKER", "DATABASE_URL_DESA", "DJANGO_SETTINGS_MODULE", "TENUN_ROLE"):
        monkeypatch.delenv(name, raising=False)


def get(address: str) -> tuple[int, str]:
    with urllib.request.urlopen(address, timeout=5) as answer:
        return answer.status, answer.read().decode()


def test_it_answers_tells_the_accounts_and_leaves_nothing_behind(served_home: Path) -> None:
    published.publish(NodeHome.of(Role.NAKER).lake)
    serving.mark_as_demo(Role.NAKER)
    with serving.start(Role.NAKER, 0, demo_regency=published.REGENCY) as portal:
        assert get(f"{portal.address}sehat/") == (200, '{"status": "ok", "node": "naker"}')
        assert {account["username"] for account in portal.accounts} >= {"petugas.desa", "petugas.naker"}
        status, page = get(f"{portal.address}masuk/")
        assert status == 200
        assert "peragaan-desa-2026" in page
        assert postgres.Cluster.of_home().status().is_running
    assert portal.process.returncode == 0
    assert not serving.is_healthy(portal.address)
    assert not postgres.Cluster.of_home().status().is_running
    log = [json.loads(line) for line in portal.log.read_text().splitlines()]
    assert {"sehat", "masuk"} <= {line["path"].strip("/") for line in log if line.get("event") == "request"}


def test_both_nodes_share_a_server_and_either_may_stop_first(served_home: Path) -> None:
    with serving.start(Role.NAKER, 0) as naker:
        with serving.start(Role.DESA, 0) as desa:
            assert get(f"{desa.address}sehat/")[1] == '{"status": "ok", "node": "desa"}'
            # Another node's accounts are not this node's: databases of their own.
            assert "peragaan-desa-2026" not in get(f"{desa.address}masuk/")[1]
            naker.stop()
            assert get(f"{desa.address}masuk/")[0] == 200
    assert not postgres.Cluster.of_home().status().is_running


def test_a_taken_port_is_said_before_anything_is_started(served_home: Path) -> None:
    with socket.socket() as taken:
        taken.bind((serving.LOOPBACK, 0))
        taken.listen()
        with pytest.raises(serving.PortInUse):
            serving.start(Role.NAKER, taken.getsockname()[1])


def test_demo_accounts_of_an_unmarked_node_stop_the_start(served_home: Path) -> None:
    with pytest.raises(serving.PortalNotStarted):
        serving.start(Role.DESA, 0, demo_regency=published.REGENCY)
    log = (NodeHome.of(Role.DESA).folder / "portal" / "portal.log").read_text()
    assert "portal.not_a_demo" in log


def test_a_portal_that_was_stopped_starts_again(served_home: Path) -> None:
    with serving.start(Role.NAKER, 0) as portal:
        assert serving.is_healthy(portal.address)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_one_object_and_ends_in_order(served_home: Path, number: int) -> None:
    arguments = [sys.executable, "-m", "tenun", "serve", "--node", "naker", "--port", "0", "--json"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)) as command:
        assert command.stdout is not None
        told = json.loads(command.stdout.readline())
        assert told["node"] == "naker"
        assert get(f"{told['address']}sehat/")[0] == 200
        command.send_signal(number)
        rest, errors = command.communicate(timeout=30)
    assert (command.returncode, rest) == (0, b""), errors
    assert not serving.is_healthy(told["address"])
    assert not postgres.Cluster.of_home().status().is_running


def test_the_database_can_be_removed_when_nobody_uses_it(served_home: Path) -> None:
    with serving.start(Role.NAKER, 0), pytest.raises(postgres.DatabaseInUse):
        serving.stop_database()
    serving.stop_database()
    assert not postgres.Cluster.of_home().data.exists()
