"""A shut-off loads nothing that it does not need before it has closed: no database, no tables, no agreement."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tenun.agreement import document
from tenun.cli import gates
from tenun.exchange.gate import ScopeKind
from tenun.node.home import NodeHome, Role
from tests.lib.online_nodes import open_online_nodes

HEAVY = (
    "babel",
    "cryptography",
    "django",
    "duckdb",
    "holidays",
    "joserfc",
    "numpy",
    "psycopg",
    "pyarrow",
    "pyrage",
    "structlog",
)
"""Each takes a tenth of a second to a second to load on a small machine; together they took three.
Not here: pydantic, which Typer itself loads to read the options."""

# Writes down which of them were loaded when the gate had been closed.
SCRIPT = """
import json, os, pathlib, sys
from tenun.cli.main import main
from tenun.node.gate import Gatekeeper

closing = Gatekeeper.close

def close(self, *words, **named):
    done = closing(self, *words, **named)
    pathlib.Path(os.environ["TOLD"]).write_text(json.dumps(list(sys.modules)))
    return done

Gatekeeper.close = close
main()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nodes")
    open_online_nodes(folder, villages=())
    return folder


@pytest.mark.pasal("7(4)")
@pytest.mark.parametrize("scope", [("all",), ("agreement",), ("dataset", "--name", "sid-warga")])
def test_when_the_gate_closes_nothing_heavy_has_been_loaded(home: Path, scope: tuple[str, ...], tmp_path: Path) -> None:
    told = tmp_path / "told"
    words = ["shutoff", "--node", "desa", "--reason", "malware", "--json", "--scope", *scope]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        env={
            **os.environ,
            "TENUN_HOME": str(home),
            "TOLD": str(told),
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        },
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(json.loads(told.read_bytes())) & set(HEAVY) == set()
    # What follows does need them, and was done: the act is signed.
    assert json.loads(done.stdout)["done"]["act"]


def test_the_list_of_heavy_modules_is_of_modules_that_are_there() -> None:
    assert [name for name in HEAVY if importlib.util.find_spec(name) is None] == []


def test_the_names_that_a_scope_may_have_are_those_of_the_agreement(home: Path) -> None:
    node = NodeHome(Role.DESA, home / "desa")
    agreement = document.load(node.agreement)
    assert gates._DOCUMENT == document.DOCUMENT
    assert gates._known(node, ScopeKind.DATASET) == (agreement.id, sorted(agreement.datasets))
