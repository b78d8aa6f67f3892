"""From a shut-off to the last byte: four workers, eight streams on their way, and requests all the while.

./run bench shutoff [--target api|small] [--rounds 100] [--workers 4] [--streams 8] [--rate 0.5] [--json]

`api` is a node's own API with signed, decided and logged calls; `small` a WSGI page under the same server that asks
the gate in the same way and does nothing else. Each round closes a dataset by its record and page, as `tenun shutoff`
does first of all, and opens it again. Streams are paced (`--rate`, MB a second each); with `--rate 0` they leave as
fast as they are read, as they do in a node without a cap.

Printed are the moments after the command began and after it was acknowledged: of the last byte that any stream
received, and of the last request that was let in. No request sent after the acknowledgement may be let in, and no
stream may look whole.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.exchange import hollow_out  # noqa: E402

AGREEMENT = "urn:tenun:agreement:sid-siapkerja"
DATASET = "sid-warga"
ASKED = {"agreement": AGREEMENT, "dataset": DATASET, "client": "naker"}
GATE_MS = 250
RESIDENTS = 500
LONG_SIZE = 64 * 1024 * 1024 * 1024
"""Longer than any stream gets: a hole, so it takes no room on the disk."""
# As their documents have it: how long after a right is taken away it can still be used.
OTHERS = {
    "X-Road (rights cached; never looked at again during a stream)": "60 s",
    "Eclipse Dataspace Components (policy of a running transfer)": "up to 1 h",
}


# --- what is measured ----------------------------------------------------------------------------------------


class Target(Protocol):
    """Something that streams while a gate is open."""

    address: str
    size: int
    """Of the long file, in bytes."""

    def prepare(self) -> None:
        """Before each round: what calls need anew since the gate was closed."""

    def stream(self) -> tuple[str, dict[str, str]]:
        """Path and headers of a request for a long file."""

    def request(self) -> tuple[str, dict[str, str]]:
        """Path and headers of a small request that needs an open gate."""


class Small:
    """The page below, under gunicorn."""

    size = LONG_SIZE

    def __init__(self, address: str) -> None:
        self.address = address

    def prepare(self) -> None: ...

    def stream(self) -> tuple[str, dict[str, str]]:
        return "/file", {}

    def request(self) -> tuple[str, dict[str, str]]:
        return "/small", {}


class Api:
    """*desa*'s API, called by *naker* with everything that a call needs."""

    def __init__(self, served: Any) -> None:
        self._served = served
        self.address = served.api.address
        self._token = served.caller.token()
        self._path, manifest = served.finished_export(self._token, format="arrow")
        (part,) = manifest["output"]
        self._file, self.size = served.path_of(part["url"]), LONG_SIZE
        hollow_out(served.nodes.desa, self._path.rsplit("/", 1)[-1], LONG_SIZE, is_digested=False)

    def prepare(self) -> None:
        self._token = self._served.caller.token()

    def stream(self) -> tuple[str, dict[str, str]]:
        return self._file, self._signed(self._file)

    def request(self) -> tuple[str, dict[str, str]]:
        path = f"{self._path}/manifest"
        return path, self._signed(path)

    def _signed(self, path: str) -> dict[str, str]:
        request = self._served.caller.request("GET", path, token=self._token)
        return {"host": urlsplit(request.url).netloc, **request.headers}


@dataclass
class Round:
    """What one shut-off came to. Seconds of the monotonic clock."""

    begun: float = 0.0
    acknowledged: float = 0.0
    last_bytes: list[float] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    admitted: list[tuple[float, float]] = field(default_factory=list)
    """When a request that was let in was sent, and when it was answered."""
    refused: int = 0
    whole: int = 0
    """Streams that looked whole: none may."""

    def as_dict(self) -> dict[str, Any]:
        sent_late = sum(sent > self.acknowledged for sent, _ in self.admitted)
        last = max((answered for _, answered in self.admitted), default=self.begun)
        return {
            "command_ms": (self.acknowledged - self.begun) * 1e3,
            "last_byte_after_begin_ms": max(0.0, (max(self.last_bytes) - self.begun) * 1e3),
            "last_byte_after_acknowledgement_ms": max(0.0, (max(self.last_bytes) - self.acknowledged) * 1e3),
            "last_admitted_answered_after_begin_ms": max(0.0, (last - self.begun) * 1e3),
            "admitted_after_acknowledgement": sent_late,
            "admitted": len(self.admitted),
            "refused": self.refused,
            "looked_whole": self.whole,
            "mb_received": sum(self.received) / 1e6,
        }


def play(target: Target, keeper: Any, *, streams: int, loops: int) -> Round:
    """Streams and requests, a shut-off in the middle of them, and what came after it."""
    from tenun.exchange.gate import Reason, Scope

    target.prepare()
    found, lock, over = Round(), threading.Lock(), threading.Event()
    begun = threading.Barrier(streams + 1)
    asked = [target.stream() for _ in range(streams)]
    threads = [threading.Thread(target=_stream, args=(target, one, begun, found, lock)) for one in asked]
    threads += [threading.Thread(target=_ask, args=(target, over, found, lock)) for _ in range(loops)]
    for thread in threads:
        thread.start()
    begun.wait(timeout=60)
    time.sleep(random.uniform(0.1, 0.4))
    scope = Scope.of_dataset(AGREEMENT, DATASET)
    found.begun = time.monotonic()
    keeper.close(scope, reason=Reason.OTHER)
    found.acknowledged = time.monotonic()
    for thread in threads[:streams]:
        thread.join(timeout=60)
    time.sleep(0.2)
    over.set()
    for thread in threads:
        thread.join(timeout=60)
    keeper.reopen(scope)
    return found


def _stream(
    target: Target, asked: tuple[str, dict[str, str]], begun: threading.Barrier, found: Round, lock: threading.Lock
) -> None:
    """Read until it breaks; remember when the last byte came."""
    with _connection(target) as connection:
        connection.request("GET", asked[0], headers=asked[1])
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        length, got, last, is_begun = int(answer.headers["content-length"]), 0, 0.0, False
        while True:
            try:
                piece = answer.read1(64 * 1024)
            except (OSError, http.client.HTTPException):
                break
            if not piece:
                break
            got, last = got + len(piece), time.monotonic()
            if not is_begun:
                is_begun = True
                begun.wait(timeout=60)
        with lock:
            found.last_bytes.append(last)
            found.received.append(got)
            found.whole += got == length


def _ask(target: Target, over: threading.Event, found: Round, lock: threading.Lock) -> None:
    with _connection(target) as connection:
        while not over.is_set():
            path, headers = target.request()
            sent = time.monotonic()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            with lock:
                if answer.status == 200:
                    found.admitted.append((sent, time.monotonic()))
                else:
                    assert answer.status == 403, answer.status
                    found.refused += 1


@contextmanager
def _connection(target: Target) -> Iterator[http.client.HTTPConnection]:
    place = urlsplit(target.address)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


# --- the two targets -------------------------------------------------------------------------------------------


@contextmanager
def small(arguments: argparse.Namespace) -> Iterator[tuple[Target, Any]]:
    from tenun.agreement.vocabulary import Party
    from tenun.node.gate import Gatekeeper
    from tests.lib.gates import guard_process, until
    from tests.lib.online_nodes import free_ports

    folder = Path(tempfile.mkdtemp(prefix="tenun-bench-"))
    keeper = Gatekeeper(folder / "desa" / "gate", Party.DESA)
    keeper.establish()
    with (folder / "file").open("wb") as handle:
        handle.truncate(LONG_SIZE)
    (port,) = free_ports(1)
    words = [sys.executable, __file__, "--serve", str(port), str(folder), "--workers", str(arguments.workers)]
    try:
        with guard_process(folder), _process(words):
            target = Small(f"http://127.0.0.1:{port}")
            until(lambda: _answers(target), seconds=60)
            yield target, keeper
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(target: Target) -> bool:
    try:
        with _connection(target) as connection:
            connection.request("GET", *target.request()[:1])
            return connection.getresponse().status == 200
    except OSError:
        return False


@contextmanager
def _process(words: list[str]) -> Iterator[None]:
    process = subprocess.Popen(words)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def serve(port: int, folder: Path, workers: int) -> None:
    """A page that asks the gate as the API does, and nothing more."""
    from gunicorn.app.base import BaseApplication

    from tenun.api.streams import Stream
    from tenun.exchange.gate import GateClosed, MappedGate, Passage

    gate = MappedGate.open(folder / "desa" / "gate")
    file = folder / "file"

    def page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        try:
            passage = Passage.enter(gate, **ASKED)
        except GateClosed:
            start_response("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        if environ["PATH_INFO"] != "/file":
            start_response("200 OK", [("Content-Length", "2")])
            return [b"ok"]
        size = file.stat().st_size
        start_response("200 OK", [("Content-Length", str(size))])
        connection = environ["gunicorn.socket"]
        return Stream(
            file.open("rb"), first=0, length=size, passage=passage, connection=connection, when_over=lambda *_: None
        )

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            settings = {"bind": f"127.0.0.1:{port}", "worker_class": "gthread", "workers": workers, "threads": 48}
            for name, value in {**settings, "loglevel": "error", "control_socket_disable": True}.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return page

    Application().run()


@contextmanager
def api(arguments: argparse.Namespace) -> Iterator[tuple[Target, Any]]:
    from tenun.node import shutoff
    from tests.integration.api.conftest import serve_desa
    from tests.lib.online_nodes import VILLAGES, open_online_nodes

    folder = Path(tempfile.mkdtemp(prefix="tenun-bench-"))
    folder.chmod(0o755)  # the embedded database's account passes through
    try:
        nodes = open_online_nodes(folder, villages=())
        publish(nodes.desa.lake, VILLAGES[0], RESIDENTS)
        with serve_desa(folder, nodes, workers=arguments.workers) as served:
            yield Api(served), shutoff.keeper_of(nodes.home(nodes.desa.party))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(lake: Any, village: str, count: int) -> None:
    """Invented residents of one village."""
    from benchmarks.bulk import AS_OF, residents

    from tenun.lake.snapshot import Layer, Origin, SourceFile

    persons, identifiers = residents(village, count, 0)
    lake.publish(
        layer=Layer.CORE,
        dataset="sid__residents",
        scope=village,
        as_of=AS_OF,
        origin=Origin("residents/1", sources=(SourceFile("0" * 64, count, "invented"),)),
        tables={"persons": persons, "identifiers": identifiers},
        sealed_tables=["identifiers"],
        details={"invented": True},
    )


# --- the report ------------------------------------------------------------------------------------------------


def quantiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p99": round(ordered[math.ceil(len(ordered) * 0.99) - 1], 2),  # the value that 99 in 100 do not exceed
        "max": round(ordered[-1], 2),
    }


def report(rounds: list[Round], target: Target, arguments: argparse.Namespace) -> dict[str, Any]:
    told = [one.as_dict() for one in rounds]
    measured = ("command_ms", "last_byte_after_begin_ms", "last_byte_after_acknowledgement_ms",
                "last_admitted_answered_after_begin_ms")  # fmt: skip
    counted = ("admitted_after_acknowledgement", "looked_whole", "admitted", "refused", "mb_received")
    return {
        "target": arguments.target,
        "workers": arguments.workers,
        "streams": arguments.streams,
        "file_mb": round(target.size / 1e6, 1),
        "mb_per_second_each": arguments.rate,
        "rounds": len(rounds),
        **{name: quantiles([one[name] for one in told]) for name in measured},
        **{name: sum(one[name] for one in told) for name in counted},
        "others": OTHERS,
    }


def show(found: dict[str, Any]) -> None:
    print(f"{found['target']}: {found['workers']} workers, {found['streams']} streams of {found['file_mb']} MB", end="")
    pace = f"at {found['mb_per_second_each']} MB/s" if found["mb_per_second_each"] else "as fast as they are read"
    print(f" {pace} each ({found['mb_received']:,.0f} MB in all), {found['rounds']} shut-offs,", end="")
    print(f" {found['admitted']} requests let in, {found['refused']} refused")
    names = {
        "command_ms": "the command itself (record on disk, page written)",
        "last_byte_after_begin_ms": "last byte, after the command began",
        "last_byte_after_acknowledgement_ms": "last byte, after it was acknowledged",
        "last_admitted_answered_after_begin_ms": "last answer to a request let in, after the command began",
    }
    print(f"  {'ms':58} {'p50':>8} {'p99':>8} {'max':>8}")
    for name, words in names.items():
        told = found[name]
        print(f"  {words:58} {told['p50']:8.2f} {told['p99']:8.2f} {told['max']:8.2f}")
    print(f"  requests let in after the acknowledgement: {found['admitted_after_acknowledgement']} (0)")
    print(f"  broken streams that looked whole: {found['looked_whole']} (0)")
    is_met = found["last_byte_after_begin_ms"]["p99"] < GATE_MS
    print(f"  gate: p99 of the last byte under {GATE_MS} ms: {'met' if is_met else 'MISSED'}")
    for name, words in found["others"].items():
        print(f"  {name:58} {words:>8}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", choices=("api", "small"), default="api")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--loops", type=int, default=2, help="requests at once, all the while")
    parser.add_argument("--rate", type=float, default=0.5, help="MB a second for each stream; 0: no cap")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", nargs=2, metavar=("PORT", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(int(arguments.serve[0]), Path(arguments.serve[1]), arguments.workers)
        return 0
    os.environ["TENUN_API_STREAM_MB_PER_SECOND"] = str(arguments.rate)
    with ExitStack() as stack:
        target, keeper = stack.enter_context({"api": api, "small": small}[arguments.target](arguments))
        rounds = [
            play(target, keeper, streams=arguments.streams, loops=arguments.loops) for _ in range(arguments.rounds)
        ]
    found = report(rounds, target, arguments)
    if arguments.json:
        print(json.dumps(found))
    else:
        show(found)
    return int(found["admitted_after_acknowledgement"] > 0 or found["looked_whole"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
