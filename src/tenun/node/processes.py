"""A node's four processes, each in a process group of its own: started, watched, started again, stopped.

    guard    keeps the gate                      api      answers the peer
    worker   exports, events, witness, checks    web      the portal

    run/{name}.json   who runs, since when, how often it was started again; for `tenun node status`
    run/{name}.lock   held by the supervisor that looks after it: a second one keeps away
    run/{name}.held   someone has stopped it on purpose: it is not started again until this file is gone
    run/{name}.ready  written by the process when it can be used
    logs/{name}.log

The API is a group apart from the portal, so that it can be killed as a whole (`kill` below: no signal handler, no last
chunk) without taking away the page that shows it. The guard is started first and stopped last. A worker or an API
that runs without a guard is closed.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import structlog

from tenun.kernel.clock import rfc3339
from tenun.kernel.durable import write_durably
from tenun.kernel.errors import TenunError
from tenun.node import config as configs
from tenun.node import ports
from tenun.node.chain import agreement_now
from tenun.node.config import NodeConfig
from tenun.node.home import NodeHome, Role

START_SECONDS_MAX = 60.0
STARTS_MAX = 3
"""A process that had to be started again so often before its node was ready will not come up."""
STOP_SECONDS_MAX = 8.0
"""How long a process may take to end in order. Open streams have this long to finish; then it is killed."""
WATCH_SECONDS = 0.1
BACK_OFF_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
# Workers close two seconds after the guard's last beat: it does not wait.
GUARD_BACK_OFF_SECONDS = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0)
CALM_SECONDS = 60.0
"""After so long without dying, a process is believed to be well: its back-off begins anew."""

log = structlog.get_logger("tenun.processes")


class Name(StrEnum):
    """In the order in which they are started."""

    GUARD = "guard"
    API = "api"
    WORKER = "worker"
    WEB = "web"


class NodeNotStarted(TenunError):
    code = "node.not_started"
    retryable = True
    text_id = "Proses {process} pada simpul {node} tidak mau berjalan. Catatannya: {log}"
    text_en = "The process {process} of the node {node} did not start. Its log: {log}"
    remedy_id = "Bacalah catatan itu, lalu ulangi."
    remedy_en = "Read that log, then try again."


class AlreadyRunning(TenunError):
    code = "node.already_running"
    text_id = "Proses {process} pada simpul {node} sudah dijalankan dari tempat lain."
    text_en = "The process {process} of the node {node} is being run from elsewhere already."
    remedy_id = "Hentikan dahulu dengan `tenun node stop --node {node}`."
    remedy_en = "Stop it first with `tenun node stop --node {node}`."


class NotRunning(TenunError):
    code = "node.not_running"
    text_id = "Simpul {node} tidak sedang berjalan."
    text_en = "The node {node} is not running."
    remedy_id = "Jalankan dengan `tenun node serve --node {node}`."
    remedy_en = "Run it with `tenun node serve --node {node}`."


class PortTaken(TenunError):
    code = "node.port_taken"
    text_id = "Port {port} untuk proses {process} sudah dipakai program lain."
    text_en = "Another program already uses port {port}, which the process {process} needs."
    remedy_id = "Ganti port itu dalam node.json."
    remedy_en = "Change that port in node.json."


@dataclass(frozen=True)
class Program:
    """How a process is started. `address` is where it listens, if it does."""

    name: Name
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    address: str | None = None

    @property
    def port(self) -> int | None:
        return int(self.address.rsplit(":", 1)[1]) if self.address else None


def programs(
    home: NodeHome, config: NodeConfig, names: Collection[Name], *, demo_regency: str | None = None
) -> list[Program]:
    """What is to be run, guard first. A port 0 is replaced by one that is free."""
    ready = {name: str(_file(home, name, "ready")) for name in Name}
    role = str(home.role)
    found = []
    for name in Name:
        if name not in names:
            continue
        if name is Name.GUARD:
            found.append(_program(name, "tenun.node.guard", [role, ready[name]]))
        elif name is Name.WORKER:
            found.append(_program(name, "tenun.node.worker", [role, ready[name]]))
        elif name is Name.WEB:
            host, port = config.web.host, config.web.port or ports.free(config.web.host)
            words = [role, host, str(port), ready[name], demo_regency or ""]
            found.append(_program(name, "tenun.portal.serving", words, address=f"{host}:{port}"))
        else:
            host, port = config.api.host, config.api.port or ports.free(config.api.host)
            megabytes = (config.api.stream_bytes_per_second or 0) / 1_000_000
            environment = {
                "TENUN_API_WORKERS": str(config.api.workers),
                "TENUN_API_THREADS": str(config.api.threads),
                "TENUN_API_STREAM_MB_PER_SECOND": f"{megabytes:.6f}",
            }
            words = [role, host, str(port), ready[name]]
            found.append(_program(name, "tenun.api.serving", words, address=f"{host}:{port}", environment=environment))
    return found


def _program(
    name: Name,
    module: str,
    words: Sequence[str],
    *,
    address: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Program:
    return Program(name, (sys.executable, "-m", module, *words), environment or {}, address)


# --- the supervisor ----------------------------------------------------------------------------------------


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: datetime | None = None
    started_at: float = 0.0
    restarts: int = 0
    deaths: int = 0
    """In a row; names the next wait."""
    not_before: float = 0.0
    is_ready: bool = False
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Keeps processes running. `look` is one round; it never waits for a process."""

    def __init__(self, home: NodeHome, wanted: Sequence[Program]) -> None:
        self._home = home
        self._children = [_Child(program) for program in wanted]
        self._stack: list[IO[bytes]] = []

    # --- life --------------------------------------------------------------------------------------------

    def take_over(self) -> None:
        """Become the one who looks after these processes, and end what a killed supervisor left.

        Raises `AlreadyRunning`, `PortTaken`.
        """
        for child in self._children:
            path = _file(self._home, child.program.name, "lock")
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = path.open("ab")
            if not _is_locked(handle, seconds_max=0.5):
                handle.close()
                raise AlreadyRunning(process=str(child.program.name), node=str(self._home.role))
            self._stack.append(handle)
            _end_left_over(self._home, child.program.name)
            _file(self._home, child.program.name, "held").unlink(missing_ok=True)
        for child in self._children:
            if child.program.port is not None:
                _require_free(child.program)

    def look(self) -> None:
        """Start what should run and does not; note what changed."""
        for child in self._children:
            self._look_after(child)

    @property
    def is_ready(self) -> bool:
        """Whether every process that is not held back can be used."""
        return all(child.is_ready or self._is_held(child) for child in self._children)

    def stop(self, *, seconds_max: float = STOP_SECONDS_MAX) -> None:
        """End all in order, the guard last, and kill what does not end. Then others may run them."""
        others = [child for child in self._children if child.program.name is not Name.GUARD]
        guards = [child for child in self._children if child.program.name is Name.GUARD]
        for group, seconds in ((others, seconds_max), (guards, 2.0)):
            for child in group:
                _signal_group(child.process, signal.SIGTERM)
            deadline = time.monotonic() + seconds
            for child in group:
                _wait(child.process, deadline)
                _signal_group(child.process, signal.SIGKILL)  # also children of its own that outlived it
                self._forget(child)
        for handle in self._stack:
            handle.close()
        self._stack = []

    # --- below the surface -------------------------------------------------------------------------------

    def _look_after(self, child: _Child) -> None:
        if child.process is not None and child.process.poll() is not None:
            self._bury(child)
        is_held = self._is_held(child)
        if child.process is None and not is_held and time.monotonic() >= child.not_before:
            self._start(child)
        if child.process is not None and not child.is_ready:
            child.is_ready = _file(self._home, child.program.name, "ready").exists()
        if child.deaths and child.is_alive and time.monotonic() - child.started_at > CALM_SECONDS:
            child.deaths = 0
        self._tell(child, is_held=is_held)

    def _start(self, child: _Child) -> None:
        name = child.program.name
        _file(self._home, name, "ready").unlink(missing_ok=True)
        path = self._home.folder / "logs" / f"{name}.log"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        child.restarts += child.started is not None
        child.started, child.started_at, child.is_ready = datetime.now(UTC), time.monotonic(), False
        with path.open("ab") as handle:
            child.process = subprocess.Popen(
                child.program.arguments,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=handle,
                env={**os.environ, **child.program.environment},
                start_new_session=True,
            )

    def _bury(self, child: _Child) -> None:
        assert child.process is not None
        status = child.process.returncode
        _signal_group(child.process, signal.SIGKILL)  # workers that a dead master left behind
        child.process = None
        waits = GUARD_BACK_OFF_SECONDS if child.program.name is Name.GUARD else BACK_OFF_SECONDS
        wait = waits[min(child.deaths, len(waits) - 1)]
        child.deaths += 1
        child.not_before = time.monotonic() + wait
        log.warning("a process ended", process=str(child.program.name), status=status, wait_s=wait)

    def _is_held(self, child: _Child) -> bool:
        return _file(self._home, child.program.name, "held").exists()

    def _tell(self, child: _Child, *, is_held: bool) -> None:
        if child.is_alive:
            state = "ready" if child.is_ready else "starting"
        else:
            state = "held" if is_held else "waiting"
        told = {
            "process": str(child.program.name),
            "state": state,
            "pid": child.process.pid if child.process is not None else None,
            "since": rfc3339(child.started) if child.started is not None else None,
            "restarts": child.restarts,
            "address": child.program.address,
            "supervisor": os.getpid(),
        }
        if told != child.told:
            write_durably(_file(self._home, child.program.name, "json"), json.dumps(told).encode())
            child.told = told

    def _forget(self, child: _Child) -> None:
        child.process = None
        for kind in ("json", "ready"):
            _file(self._home, child.program.name, kind).unlink(missing_ok=True)


def run(
    role: Role, names: Collection[Name] = tuple(Name), *, ready: Path | None = None, demo_regency: str | None = None
) -> None:
    """Run processes of a node until a signal comes. Raises `AlreadyRunning`, `PortTaken`, and for the configuration."""
    home = NodeHome.of(role)
    leaving = _Leaving()
    supervisor = Supervisor(home, programs(home, configs.read(home), names, demo_regency=demo_regency))
    try:
        supervisor.take_over()
        while not leaving.is_asked:
            supervisor.look()
            if ready is not None and supervisor.is_ready:
                ready.touch()
                ready = None
            time.sleep(WATCH_SECONDS)
    finally:
        supervisor.stop()


class _Leaving:
    def __init__(self) -> None:
        self.is_asked = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: object) -> None:
        self.is_asked = True


# --- from another process ----------------------------------------------------------------------------------


@dataclass
class Running:
    """A node that runs beside this process. Leave the block, or call `stop`, and it is gone."""

    role: Role
    process: subprocess.Popen[bytes]
    addresses: Mapping[Name, str]
    """Where `api` and `web` listen, as `http://host:port`."""
    accounts: Sequence[Mapping[str, str]] = ()
    """Of a demo's portal."""

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=STOP_SECONDS_MAX + 10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def wait(self) -> int:
        return self.process.wait()

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(role: Role, names: Collection[Name] = tuple(Name), *, demo_regency: str | None = None) -> Running:
    """Start processes of a node and return when they can be used.

    Raises `NodeNotStarted`, `AlreadyRunning`, and what the agreement raises that cannot be read: with a forged one
    the API would start, and answer nobody.
    """
    home = NodeHome.of(role)
    if home.agreement.exists() and not {Name.API, Name.WORKER}.isdisjoint(names):
        agreement_now(home)
    for name in names:
        if is_supervised(home, name):
            raise AlreadyRunning(process=str(name), node=str(role))
    ready = home.folder / "run" / f"ready-{os.getpid()}"
    ready.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    ready.unlink(missing_ok=True)
    path = home.folder / "logs" / "supervisor.log"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = [str(role), ",".join(names), str(ready), demo_regency or ""]
    with path.open("ab") as handle:
        process = subprocess.Popen(
            [sys.executable, "-m", "tenun.node.processes", *words],
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
        )
    running = Running(role, process, {})
    deadline = time.monotonic() + START_SECONDS_MAX
    try:
        while not ready.exists():
            if process.poll() is not None:
                raise NodeNotStarted(process="supervisor", node=str(role), log=str(path))
            late = next((name for name in names if status(home, name).state != "ready"), "supervisor")
            if time.monotonic() > deadline or any(status(home, name).restarts > STARTS_MAX for name in names):
                raise NodeNotStarted(process=str(late), node=str(role), log=str(path.with_name(f"{late}.log")))
            time.sleep(0.02)
    except BaseException:
        running.stop()
        raise
    finally:
        ready.unlink(missing_ok=True)
    addresses = {name: status(home, name).address for name in names}
    running.addresses = {name: f"http://{address}" for name, address in addresses.items() if address is not None}
    if Name.WEB in names:
        running.accounts = json.loads(_file(home, Name.WEB, "ready").read_text())["accounts"]
    return running


@dataclass(frozen=True)
class Status:
    """One process as it is now."""

    process: Name
    state: str
    """`ready`, `starting`, `waiting` (to be started again), `held` (stopped on purpose) or `stopped`."""
    pid: int | None = None
    since: str | None = None
    restarts: int = 0
    address: str | None = None
    supervisor: int | None = None

    @property
    def is_alive(self) -> bool:
        return self.state in ("ready", "starting")

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "process": str(self.process), "is_alive": self.is_alive}


def status(home: NodeHome, name: Name) -> Status:
    """What a supervisor says of its process, if one is there to say it and the process is alive."""
    if not is_supervised(home, name):
        return Status(name, "stopped")
    try:
        told = json.loads(_file(home, name, "json").read_bytes())
    except (OSError, ValueError):
        return Status(name, "waiting")
    found = Status(**{**told, "process": name})
    if found.is_alive and not _is_alive(found.pid):
        return Status(name, "waiting", restarts=found.restarts, supervisor=found.supervisor)
    return found


def is_supervised(home: NodeHome, name: Name) -> bool:
    """Whether some supervisor looks after that process: the kernel knows, whatever a file says."""
    try:
        with _file(home, name, "lock").open("ab") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def hold(home: NodeHome, name: Name, *, is_hard: bool = False) -> None:
    """Stop one process and keep it stopped. Hard: kill its whole group, which breaks every stream in the middle.

    When this returns, none of its processes is there. Raises `NotRunning`.
    """
    if not is_supervised(home, name):
        raise NotRunning(node=str(home.role))
    write_durably(_file(home, name, "held"), b"")
    deadline = time.monotonic() + (0.0 if is_hard else STOP_SECONDS_MAX)
    found = status(home, name)
    if found.pid is None:
        return
    if not is_hard:
        _kill_group(found.pid, signal.SIGTERM)
    while time.monotonic() < deadline and _is_alive(found.pid):
        time.sleep(0.02)
    _kill_group(found.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _is_alive(found.pid):
        time.sleep(0.01)


def release(home: NodeHome, name: Name) -> None:
    """Let a process that was stopped on purpose be started again. Raises `NotRunning`."""
    if not is_supervised(home, name):
        raise NotRunning(node=str(home.role))
    _file(home, name, "held").unlink(missing_ok=True)


def stop(home: NodeHome) -> None:
    """End all processes of a node and whoever looks after them; return when they are gone. Raises `NotRunning`."""
    supervisors = {found.supervisor for name in Name if (found := status(home, name)).supervisor is not None}
    if not supervisors:
        raise NotRunning(node=str(home.role))
    for process_id in supervisors:
        if process_id is not None and process_id != os.getpid():
            os.kill(process_id, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS_MAX + 5
    while time.monotonic() < deadline and any(is_supervised(home, name) for name in Name):
        time.sleep(0.05)


# --- below the surface -----------------------------------------------------------------------------------


def _file(home: NodeHome, name: Name, kind: str) -> Path:
    return home.folder / "run" / f"{name}.{kind}"


def _is_locked(handle: IO[bytes], *, seconds_max: float) -> bool:
    """Whether we have the lock now. Someone who only asks for the status holds it for a moment."""
    deadline = time.monotonic() + seconds_max
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)


def _end_left_over(home: NodeHome, name: Name) -> None:
    """A supervisor that was killed leaves its processes behind. Ours now, and a new one is to be started."""
    try:
        process_id = json.loads(_file(home, name, "json").read_bytes())["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if isinstance(process_id, int) and _is_our_process(process_id, home.role):
        _kill_group(process_id, signal.SIGKILL)


def _is_our_process(process_id: int, role: Role) -> bool:
    """Told from another program that happens to have got the number."""
    try:
        words = Path(f"/proc/{process_id}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False  # gone, or a system without /proc: then nothing is killed
    return str(role).encode() in words and any(word.startswith(b"tenun.") for word in words)


def _is_alive(process_id: int | None) -> bool:
    if process_id is None:
        return False
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except (OSError, IndexError):
        return not Path("/proc/self").exists()


def _kill_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass


def _signal_group(process: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    if process is not None:
        _kill_group(process.pid, number)


def _wait(process: subprocess.Popen[bytes] | None, deadline: float) -> None:
    if process is None:
        return
    try:
        process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        pass


def _require_free(program: Program) -> None:
    assert program.address is not None
    host, port = program.address.rsplit(":", 1)
    if not ports.is_free(host, int(port)):
        raise PortTaken(port=port, process=str(program.name))


def main(words: list[str]) -> None:
    role, names, ready, regency = words
    try:
        run(
            Role(role),
            [Name(name) for name in names.split(",")],
            ready=Path(ready) if ready else None,
            demo_regency=regency or None,
        )
    except TenunError as problem:
        sys.stderr.write(json.dumps(problem.as_dict(), ensure_ascii=False) + "\n")
        raise SystemExit(1) from problem


if __name__ == "__main__":
    main(sys.argv[1:])
