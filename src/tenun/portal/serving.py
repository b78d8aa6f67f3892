"""Bringing a node's portal up: database, tables, texts, static files, then gunicorn.

gunicorn and not an asynchronous server: an answer that breaks in the middle must look broken to whoever
receives it, and threads cost a Django page least.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
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
from tenun.node import ports, postgres
from tenun.node.home import NodeHome, Role

DEFAULT_PORTS = {Role.NAKER: 8517, Role.DESA: 8518}
SETTINGS = "tenun.portal.config.settings"
LOOPBACK = "127.0.0.1"
START_SECONDS_MAX = 60


class PortalNotStarted(TenunError):
    code = "portal.not_started"
    retryable = True
    text_id = "Portal simpul {node} tidak mau berjalan. Catatannya: {log}"
    text_en = "The portal of the node {node} did not start. Its log: {log}"
    remedy_id = "Bacalah catatan itu, lalu ulangi."
    remedy_en = "Read that log, then try again."


class PortInUse(TenunError):
    code = "portal.port_in_use"
    text_id = "Port {port} sudah dipakai program lain."
    text_en = "Another program already uses port {port}."
    remedy_id = "Pilih port lain dengan --port."
    remedy_en = "Choose another port with --port."


def use_home(folder: Path) -> None:
    """Take the nodes below this folder, in this process and in those it starts."""
    os.environ["TENUN_HOME"] = str(folder.absolute())


def mark_as_demo(role: Role) -> None:
    """Say that this node holds invented data only, so that demo accounts may exist and pages may name them."""
    marker = NodeHome.of(role).folder / "demo"
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()


def stop_database() -> None:
    """Stop the embedded server and remove its data: before a demo's nodes are made anew. Raises `DatabaseInUse`."""
    postgres.remove()


# --- in a process of its own ---------------------------------------------------------------------


@dataclass
class Portal:
    """A portal that runs beside this process. Leave the block, or call `stop`, and it is gone."""

    role: Role
    address: str
    process: subprocess.Popen[bytes]
    log: Path
    accounts: list[dict[str, str]]

    def stop(self) -> None:
        """End it, and wait until its port is free and its database is down (unless someone else uses that)."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def wait(self) -> int:
        """Until it ends by itself or is ended by a signal to it."""
        return self.process.wait()

    def __enter__(self) -> Portal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(role: Role, port: int | None = None, *, demo_regency: str | None = None, host: str = LOOPBACK) -> Portal:
    """Start a node's portal and return when it answers.

    `port` 0 takes any free one. With `demo_regency` (such as `52.01`) the demo accounts are made, which a
    node that is not marked as a demo refuses. Raises `PortInUse`, `PortalNotStarted`.
    """
    wanted = DEFAULT_PORTS[role] if port is None else port
    chosen = ports.free(host) if wanted == 0 else wanted
    if not ports.is_free(host, chosen):
        raise PortInUse(port=chosen)
    log = NodeHome.of(role).folder / "portal" / "portal.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    ready = log.with_name(f"ready-{chosen}.json")
    ready.unlink(missing_ok=True)
    arguments = [sys.executable, "-m", "tenun.portal.serving", role, host, str(chosen), str(ready), demo_regency or ""]
    with log.open("ab") as handle:
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=handle, stderr=handle)
    portal = Portal(role, f"http://{host}:{chosen}/", process, log, [])
    try:
        _wait_until_it_answers(portal, ready)
    except BaseException:
        portal.stop()
        raise
    portal.accounts = json.loads(ready.read_text())["accounts"]
    ready.unlink()
    return portal


def _wait_until_it_answers(portal: Portal, ready: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and portal.process.poll() is None:
        if ready.exists() and is_healthy(portal.address):
            return
        time.sleep(0.05)
    raise PortalNotStarted(node=str(portal.role), log=str(portal.log))


def is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}sehat/", timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


# --- in this process -----------------------------------------------------------------------------


@contextlib.contextmanager
def prepared(role: Role, *, has_pages: bool = True) -> Iterator[None]:
    """Django for that node, with its database running and its tables made: for commands and tests.

    One node a process: Django is configured once. What serves no pages leaves the static files to what does.
    """
    os.environ["TENUN_ROLE"] = str(role)
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    with postgres.database(role):
        import django

        from tenun.node.django import tables
        from tenun.portal import messages

        messages.compile_catalogues()
        django.setup()
        tables.migrate()
        if has_pages:
            _collect_static()
        try:
            yield
        finally:
            from django.db import connections

            connections.close_all()


def _collect_static() -> None:
    """Hashed and compressed copies of the static files, made again only when one has changed."""
    from django.conf import settings
    from django.core.management import call_command

    digest = hashlib.sha256()
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    stamp = Path(settings.STATIC_ROOT) / ".digest"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def serve(role: Role, host: str, port: int, *, ready: Path | None = None, demo_regency: str | None = None) -> None:
    """Serve until a signal comes. Writes `ready` once the port is open and all is prepared."""
    with prepared(role):
        accounts: list[dict[str, str]] = []
        if demo_regency:
            from tenun.portal.accounts import demo

            accounts = demo.create_accounts(demo_regency)
        _run_gunicorn(f"{host}:{port}", ready, accounts)


def _run_gunicorn(bind: str, ready: Path | None, accounts: list[dict[str, str]]) -> None:
    from django.db import connections
    from gunicorn.app.base import BaseApplication

    def when_ready(_server: Any) -> None:
        if ready is not None:
            draft = ready.with_suffix(".draft")
            draft.write_text(json.dumps({"accounts": accounts}))
            draft.replace(ready)

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            settings = {
                "bind": bind,
                "worker_class": "gthread",
                "workers": int(os.environ.get("TENUN_WORKERS", "1")),
                "threads": 8,
                "timeout": 60,
                "graceful_timeout": 5,
                "accesslog": None,  # our own line, which has no query in it
                "errorlog": "-",
                "loglevel": "warning",
                "control_socket_disable": True,
                "when_ready": when_ready,
                "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108
            }
            for name, value in settings.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            from tenun.portal.config.wsgi import application

            return application

    connections.close_all()  # a connection must not be shared with the worker that is forked
    with contextlib.suppress(SystemExit):  # gunicorn ends so when it is told to stop
        Application().run()


def main(words: list[str]) -> None:
    role, host, port, ready, regency = words
    try:
        serve(Role(role), host, int(port), ready=Path(ready), demo_regency=regency or None)
    except TenunError as problem:
        sys.stderr.write(json.dumps(problem.as_dict(), ensure_ascii=False) + "\n")
        raise SystemExit(1) from problem


if __name__ == "__main__":
    main(sys.argv[1:])
