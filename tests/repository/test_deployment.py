"""What `deploy/` names exists: paths, commands, options, variables, ports. systemd reads the units where it is here."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from tenun.api import bodies
from tenun.cli.main import whole_app
from tenun.node import config, postgres
from tenun.node.home import Role
from tenun.node.processes import Name
from tests.lib.api_calls import until

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
INSTALLED = "/opt/tenun"


def settings(unit: Path) -> dict[str, list[str]]:
    """By name, every value that a unit sets."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text().splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith(("#", ";")):
            found.setdefault(name, []).append(value)
    return found


def words(unit: Path, role: str = "desa") -> list[str]:
    (start,) = settings(unit)["ExecStart"]
    return start.replace("%i", role).split()


def example() -> dict[str, str]:
    lines = [line for line in (DEPLOY / "tenun.env.example").read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def listens_for(process: int, number: signal.Signals) -> bool:
    """Whether a process has set up what it does at a signal."""
    (caught,) = re.findall(r"SigCgt:\s*([0-9a-f]+)", Path(f"/proc/{process}/status").read_text())
    return bool(int(caught, 16) >> (number - 1) & 1)


def test_every_process_has_a_unit() -> None:
    assert [unit.name for unit in UNITS] == sorted(f"tenun-{name}@.service" for name in Name)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_what_there_is_in_an_environment_that_run_builds(unit: Path) -> None:
    python, *module, group, name = words(unit)[:5]
    # ./run makes .venv and puts src on its path; it installs no program by the name of tenun.
    assert python == f"{INSTALLED}/.venv/bin/python"
    assert module == ["-m", "tenun"]
    command: Any = typer.main.get_command(whole_app()).commands[group].commands[name]  # type: ignore[attr-defined]
    for role in Role:
        asked = command.make_context(name, words(unit, role)[5:]).params
        assert asked["node"] == role
        assert [str(one) for one in asked["only"]] == [unit.name.removeprefix("tenun-").removesuffix("@.service")]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_may_write_where_the_node_lies_and_is_tried_again_for_ever(unit: Path) -> None:
    said = settings(unit)
    assert said["EnvironmentFile"] == ["/etc/tenun/%i.env"]
    assert example()["TENUN_HOME"] == f"/var/lib/{said['StateDirectory'][0]}"
    assert said["ProtectSystem"] == ["strict"]
    assert (said["Restart"], said["StartLimitIntervalSec"]) == (["always"], ["0"])
    for other in (*said.get("Wants", []), *said["After"]):
        for name in other.split():
            if name.startswith("tenun-"):
                assert (unit.parent / name.replace("%i", "")).exists()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    python = tmp_path / "tenun" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    copies = []
    for unit in UNITS:
        copy = tmp_path / unit.name.replace("@", "@desa")
        text = unit.read_text().replace(INSTALLED, str(tmp_path / "tenun"))
        (tmp_path / unit.name).write_text(text)
        copies.append(str(copy))
    done = subprocess.run(
        ["systemd-analyze", "verify", *copies], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60
    )
    # What it says of units that are not ours (a machine without PostgreSQL's, say) is that machine's matter.
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "tenun" in line]
    assert ours == []


def test_the_examples_variables_are_read_by_the_node() -> None:
    source = "".join(path.read_text() for path in (ROOT / "src" / "tenun").rglob("*.py"))
    for name in example():
        assert f'"{name}"' in source, name
    database = postgres.from_url(example()["DATABASE_URL"])
    assert (database.name, database.is_local_socket) == (postgres.database_name(Role.DESA), True)


def test_the_gateway_passes_on_to_the_api_whatever_it_takes() -> None:
    text = (DEPLOY / "nginx.conf.example").read_text()
    plain = re.sub(r"#.*", "", text)
    assert plain.count("{") == plain.count("}") == 3
    statements = [line.strip() for line in plain.splitlines() if line.strip()]
    assert all(line.endswith((";", "{", "}")) for line in statements)
    assert f"server 127.0.0.1:{config.default(Role.DESA).api.port};" in plain
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", plain)
    assert int(megabytes) * 1024 * 1024 >= bodies.ACT
    # Without these a shut-off would not reach a stream, a call would be made twice, a certificate could be claimed.
    for needed in (
        "proxy_buffering off",
        "proxy_next_upstream off",
        "proxy_cache off",
        'proxy_set_header Client-Cert ""',
    ):
        assert f"{needed};" in plain
    (passed,) = re.findall(r"proxy_pass (\S+);", plain)
    assert passed == "http://tenun_api"  # no path: nginx would decode and rewrite the target that was signed


def test_files_that_deploy_names_exist() -> None:
    for path in sorted(DEPLOY.rglob("*")):
        for named in re.findall(r"\b(docs/[a-z/-]+\.md)", path.read_text()) if path.is_file() else ():
            assert (ROOT / named).exists(), f"{path.name}: {named}"
    for document in (ROOT / "docs").rglob("*.md"):
        for named in re.findall(r"\(\.\./\.\./(deploy/[a-zA-Z./-]+)\)", document.read_text()):
            assert (ROOT / named).exists(), f"{document.name}: {named}"


@pytest.mark.parametrize("unit", [one for one in UNITS if "guard" in one.name], ids=lambda unit: unit.stem)
def test_what_the_unit_says_runs_and_ends_in_order(unit: Path, tmp_path: Path) -> None:
    """The guard, since it needs no database; with no more of an environment than a service has."""
    environment = {**example(), "TENUN_HOME": str(tmp_path), "PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    python = str(ROOT / ".venv" / "bin" / "python")
    if not Path(python).exists():
        python = sys.executable
    prepare = [python, "-m", "tenun", "node", "init", "--node", "desa", "--without-database", "--json"]
    subprocess.run(prepare, env=environment, cwd=tmp_path, check=True, capture_output=True)
    with subprocess.Popen(
        [python, *words(unit)[1:]], env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip()  # it says so once its process can be used
        told = tmp_path / "desa" / "run" / "guard.json"
        assert '"state": "ready"' in told.read_text()
        until(lambda: listens_for(process.pid, signal.SIGTERM))
        process.terminate()
        assert process.wait(timeout=15) == 0
    assert not told.exists()
