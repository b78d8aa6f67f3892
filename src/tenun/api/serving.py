"""The API in processes of its own: database and tables, then gunicorn with threads.

gunicorn and not an asynchronous server: an answer that breaks in the middle must look broken to whoever receives it,
and threads cost a call least. Every worker makes its own writer, connections and view of the gate after the fork, and
begins closed: the gate's page says when data may pass.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tenun.kernel.errors import TenunError
from tenun.node import config as configs
from tenun.node import ports, postgres
from tenun.node.home import NodeHome, Role

SETTINGS = "tenun.api.settings"
LOOPBACK = "127.0.0.1"
START_SECONDS_MAX = 60
WORKERS = 2
KEEP_ALIVE_SECONDS = 75
SWITCH_SECONDS = 0.001
"""How long a thread that comes back from disk or database may wait for one that computes; Python's own 5 ms are
longer than a call. Likewise a worker reads a village's table with one thread: its neighbours want the other cores."""
CONNECTIONS_MAX = 2_000
"""Open at once in a worker; most of them idle between two calls."""


class ApiNotStarted(TenunError):
    code = "api.not_started"
    retryable = True
    text_id = "API simpul {node} tidak mau berjalan. Catatannya: {log}"
    text_en = "The API of the node {node} did not start. Its log: {log}"
    remedy_id = "Bacalah catatan itu, lalu ulangi."
    remedy_en = "Read that log, then try again."


class PortInUse(TenunError):
    code = "api.port_in_use"
    text_id = "Port {port} sudah dipakai program lain."
    text_en = "Another program already uses port {port}."
    remedy_id = "Pilih port lain dalam node.json."
    remedy_en = "Choose another port in node.json."


@dataclass(frozen=True)
class Tls:
    """Where TLS ends in this process. With `client_ca`, callers must show a certificate that the agreement pins."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    @classmethod
    def of(cls, api: configs.Api) -> Tls | None:
        if api.tls_certificate is None or api.tls_key is None:
            return None
        client_ca = Path(api.client_ca) if api.client_ca is not None else None
        return cls(Path(api.tls_certificate), Path(api.tls_key), client_ca)


# --- in a process of its own -----------------------------------------------------------------------


@dataclass
class Api:
    """An API that runs beside this process. Leave the block, or call `stop`, and it is gone."""

    role: Role
    address: str
    """Where it listens; what is signed names the issuer, whatever this is."""
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """End it in order, and wait until its port is free."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(role: Role, port: int | None = None, *, host: str = LOOPBACK, workers: int | None = None) -> Api:
    """Start a node's API and return when it answers. TLS is as `node.json` has it.

    `port` 0 takes any free one. Raises `PortInUse`, `ApiNotStarted`.
    """
    home = NodeHome.of(role)
    config = configs.read_or_default(home)
    wanted = config.api.port if port is None else port
    chosen = wanted or ports.free(host)
    if not ports.is_free(host, chosen):
        raise PortInUse(port=chosen)
    log = home.folder / "logs" / "api.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    ready = home.folder / "run" / f"api-{chosen}.ready"
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.unlink(missing_ok=True)
    environment = dict(os.environ)
    if workers is not None:
        environment["TENUN_API_WORKERS"] = str(workers)
    with log.open("ab") as handle:
        process = subprocess.Popen(
            [sys.executable, "-m", "tenun.api.serving", role, host, str(chosen), str(ready)],
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            env=environment,
        )
    scheme = "http" if Tls.of(config.api) is None else "https"
    api = Api(role, f"{scheme}://{host}:{chosen}", process, log)
    try:
        _wait_until_it_answers(api, ready)
    except BaseException:
        api.stop()
        raise
    ready.unlink()
    return api


def _wait_until_it_answers(api: Api, ready: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and api.process.poll() is None:
        if ready.exists() and is_up(api.address):
            return
        time.sleep(0.05)
    raise ApiNotStarted(node=str(api.role), log=str(api.log))


def is_up(address: str) -> bool:
    """Whether an API answers there, open or closed. Over TLS: whether something listens."""
    if address.startswith("https"):
        host, _, port = address.partition("://")[2].partition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=2):
            return True
        return False
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


# --- in this process -------------------------------------------------------------------------------


@contextlib.contextmanager
def prepared(role: Role) -> Iterator[None]:
    """Django for that node, with its database running and its tables made. One node a process."""
    os.environ["TENUN_ROLE"] = str(role)
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    with postgres.database(role):
        import django
        from django.db import connections

        from tenun.node.django import tables

        django.setup()
        tables.migrate()
        connections.close_all()  # a connection must not be shared with a worker that is forked
        yield


def serve(role: Role, host: str, port: int, *, ready: Path | None = None, tls: Tls | None = None) -> None:
    """Serve until a signal comes. Writes `ready` once the port is open and all is prepared."""
    with prepared(role):
        _run_gunicorn(role, f"{host}:{port}", ready, tls)


def _run_gunicorn(role: Role, bind: str, ready: Path | None, tls: Tls | None) -> None:
    import pyarrow as pa
    from gunicorn.app.base import BaseApplication

    from tenun.api import limits, service
    from tenun.node import logs

    def when_ready(_server: Any) -> None:
        if ready is not None:
            draft = ready.with_suffix(".draft")
            draft.write_text(json.dumps({"address": bind}))
            draft.replace(ready)

    def post_worker_init(_worker: Any) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        pa.set_cpu_count(1)
        logs.keep_values_out_of_crashes()
        service.current().start()

    def worker_exit(_server: Any, _worker: Any) -> None:
        with contextlib.suppress(service.NotSetUp):
            service.current().stop()

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            settings = {
                "bind": bind,
                "worker_class": "tenun.api.workers.LingeringWorker",
                "workers": int(os.environ.get("TENUN_API_WORKERS", str(WORKERS))),
                "threads": limits.THREADS,
                "worker_connections": CONNECTIONS_MAX,
                "keepalive": KEEP_ALIVE_SECONDS,
                "timeout": 60,
                "graceful_timeout": 5,
                "accesslog": None,  # our own line, which has no path in it
                "errorlog": "-",
                "loglevel": "warning",
                "control_socket_disable": True,
                "when_ready": when_ready,
                "post_worker_init": post_worker_init,
                "worker_exit": worker_exit,
                "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108
                **_tls_settings(tls),
            }
            for name, value in settings.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            # In the worker, after the fork: what is made here is this worker's own.
            service.use(service.Service.open(role, demands_certificate=tls is not None and tls.client_ca is not None))
            from tenun.api.wsgi import application

            return application

    with contextlib.suppress(SystemExit):  # gunicorn ends so when it is told to stop
        Application().run()


def _tls_settings(tls: Tls | None) -> dict[str, Any]:
    if tls is None:
        return {}
    found: dict[str, Any] = {"certfile": str(tls.certificate), "keyfile": str(tls.key)}
    if tls.client_ca is not None:
        found |= {"ca_certs": str(tls.client_ca), "cert_reqs": ssl.CERT_REQUIRED}
    return found


def main(words: list[str]) -> None:
    """`ROLE HOST PORT READY-FILE`, as `tenun.node.processes` starts it."""
    role, host, port, ready = words
    try:
        api = configs.read_or_default(NodeHome.of(Role(role))).api
        serve(Role(role), host, int(port), ready=Path(ready), tls=Tls.of(api))
    except TenunError as problem:
        sys.stderr.write(json.dumps(problem.as_dict(), ensure_ascii=False) + "\n")
        raise SystemExit(1) from problem


if __name__ == "__main__":
    main(sys.argv[1:])
