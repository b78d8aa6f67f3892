"""The exchange with both nodes on this machine: small calls, bulk beside a static file, memory, and broken lines.

./run bench exchange [--quick] [--only calls,stages,bulk,memory,broken] [--rows 1000000] [--seconds 6] [--repeats 3]
                     [--json]

Both nodes run as in life: guard, API and worker of each, one PostgreSQL, and a consumer that signs, notes, sends,
verifies and notes again.

calls   questions about one person, decided by the agreement and in both logs: a second, at each concurrency
stages  what one such call costs, step by step, on the same objects that the nodes use
bulk    finished parts of an export from the node, beside the same bytes as plain files from gunicorn by sendfile, and
        beside psql COPY
memory  one part of 500 MB and one of 5 GB: how far the memory of server and client grows. The part lies on disk as a
        hole, which reads as the key stream of its cipher: no two pieces are alike. The client checks its digest
broken  a line that is cut at random bytes: whether what came in pieces is what was sent
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import random
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

PARTS = ("calls", "stages", "bulk", "memory", "broken")
DATASET, PURPOSE = "sid-warga", "pemadanan"
VILLAGE_SIZE = 3_000
MB = 1_000_000

CALLS_PER_SECOND_MIN = 300
P99_MS_MAX = 100
TIMES_STATIC_MAX = 1.5
GROWTH_MB_MAX = 32
"""How much further a client or a worker may grow for a file ten times as long."""
CONCURRENCIES = ((1, 1), (1, 8), (2, 4), (2, 8), (2, 16))
"""Processes and threads of the consumer."""

# As they publish it; where they publish nothing, as their users measured it. Nothing of this is run here.
OTHERS = (
    ("GovStack, what it asks of an information mediator", "100 calls/s, each within 1 s", "its specification"),
    ("X-Road, through its security servers, 32 cores", "110 calls/s (1,000 without)", "a user, issue #1321"),
    ("X-Road, a normal production server in Finland", "1 to 2 calls/s", "its operator's sizing guide"),
    ("Eclipse Dataspace Components, one HTTP pull", "17 s (7 s when tuned)", "a user, issue #2219"),
    ("X-Road, largest message", "fails over 160 MB", "its users"),
    ("Eclipse Dataspace Components, largest file", "out of memory at 500 MB", "its users"),
)


# --- two nodes ---------------------------------------------------------------------------------------------------


@dataclass
class Pair:
    """Both nodes, running."""

    folder: Path
    nodes: Any
    rows: int
    villages: int

    @property
    def address(self) -> str:
        """Of the provider's API."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def _port(self) -> int:
        from tenun.agreement.vocabulary import Party
        from tenun.node import config

        return int(config.read(self.nodes.home(Party.DESA)).api.port)

    def niks(self) -> Callable[[random.Random], str]:
        """Numbers of residents that were published, at random."""
        from benchmarks.bulk import NIK_BASE

        size = self.rows // self.villages

        def one(chance: random.Random) -> str:
            number = chance.randrange(self.villages) * 10_000_000 + chance.randrange(size)
            return f"{NIK_BASE + number:016}"

        return one


@contextmanager
def running_pair(rows: int, villages: int) -> Iterator[Pair]:
    from tenun.node import pair
    from tests.lib.api_calls import in_home, until
    from tests.lib.online_nodes import open_online_nodes

    folder = Path(tempfile.mkdtemp(prefix="tenun-bench-"))
    folder.chmod(0o755)  # the embedded database's account passes through
    try:
        with in_home(folder):
            nodes = open_online_nodes(folder, villages=())
            told(f"making {rows:,} invented residents in {villages} villages")
            publish(nodes.desa.lake, rows, villages)
            pair.set_up()
            with pair.running():
                found = Pair(folder, nodes, rows, villages)
                until(lambda: is_open(nodes))
                yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_open(nodes: Any) -> bool:
    from tenun.agreement.vocabulary import Party
    from tenun.exchange.gate import MappedGate

    return all(MappedGate.open(nodes.of(party).gate).is_open(agreement=nodes.agreement.id) for party in Party)


def publish(lake: Any, rows: int, villages: int) -> None:
    """Residents of many villages, all of them within the row scope. Nobody exists."""
    from benchmarks.bulk import AS_OF, residents
    from tenun.lake.snapshot import Layer, Origin, SourceFile

    for number in range(villages):
        count = rows // villages + (number < rows % villages)
        village = f"52.{1 + number // 200:02}.{1 + number // 10 % 20:02}.{2001 + number % 10}"
        persons, identifiers = residents(village, count, number * 10_000_000)
        lake.publish(
            layer=Layer.CORE,
            dataset="sid__residents",
            scope=village,
            as_of=AS_OF,
            origin=Origin("residents/1", sources=(SourceFile(f"{number:064}", count, "invented"),)),
            tables={"persons": persons, "identifiers": identifiers},
            sealed_tables=["identifiers"],
            details={"invented": True},
        )


def told(words: str) -> None:
    print(f"  {words}", file=sys.stderr, flush=True)


# --- small calls -------------------------------------------------------------------------------------------------


def measure_calls(pair: Pair, given: argparse.Namespace) -> dict[str, Any]:
    """Calls a second at each concurrency; each run with consumers of its own, which connect and get a token first."""
    found: dict[str, Any] = {"seconds": given.seconds, "repeats": given.repeats, "modes": {}}
    concurrencies = ((2, 4),) if given.quick else CONCURRENCIES
    for mode in ("exists", "value"):
        lines = []
        for processes, threads in concurrencies:
            told(f"calls ({mode}): {processes} processes, {threads} threads each")
            runs = [_ask(pair, mode, processes, threads, given.seconds) for _ in range(given.repeats)]
            lines.append(
                {
                    "processes": processes,
                    "threads": threads,
                    **{name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]},
                }
            )
        found["modes"][mode] = lines
    return found


def _ask(pair: Pair, mode: str, processes: int, threads: int, seconds: float) -> dict[str, float]:
    go = pair.folder / f"go-{time.monotonic_ns()}"
    children = [
        child("ask", str(pair.rows), str(pair.villages), mode, str(threads), str(seconds), str(go), str(number))
        for number in range(processes)
    ]
    ready = [go.with_name(f"{go.name}-{number}") for number in range(processes)]
    while not all(one.exists() for one in ready):
        if any(one.poll() is not None for one in children):
            raise SystemExit("a consumer ended before it began")
        time.sleep(0.01)
    go.touch()
    said = [json.loads(one.communicate()[0]) for one in children]
    taken = sorted(ms for one in said for ms in one["ms"])
    return {
        "calls_per_second": sum(len(one["ms"]) / one["seconds"] for one in said),
        "p50_ms": taken[len(taken) // 2],
        "p99_ms": taken[int(len(taken) * 0.99)],
        "max_ms": taken[-1],
        "failed": sum(one["failed"] for one in said),
    }


def ask(rows: int, villages: int, mode: str, threads: int, seconds: float, go: Path, number: int) -> None:
    """The child: a consumer with that many questions at once."""
    from tenun.kernel.errors import TenunError
    from tenun.node import pair
    from tenun.node.home import Role

    nik = Pair(go.parent, None, rows, villages).niks()
    taken: list[list[float]] = [[] for _ in range(threads)]
    failed = [0] * threads

    def one(consumer: Any, chance: random.Random) -> None:
        consumer.ask(dataset=DATASET, purpose=PURPOSE, person={"nik": nik(chance)}, ticket="UKUR-1", mode=mode)

    def run(consumer: Any, at: int) -> None:
        chance = random.Random(number * 1000 + at)
        while (began := time.perf_counter()) < until:
            try:
                one(consumer, chance)
            except TenunError:
                failed[at] += 1
            else:
                taken[at].append((time.perf_counter() - began) * 1000)

    with pair.consumer(Role.NAKER) as consumer:
        for _ in range(5):
            one(consumer, random.Random(number))
        go.with_name(f"{go.name}-{number}").touch()
        while not go.exists():
            time.sleep(0.005)
        start = time.perf_counter()
        until = start + seconds
        workers = [threading.Thread(target=run, args=(consumer, at)) for at in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        passed = time.perf_counter() - start
    print(json.dumps({"ms": [ms for mine in taken for ms in mine], "seconds": passed, "failed": sum(failed)}))


def child(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, "--child", *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="under a minute: fewer, shorter, smaller")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--rows", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        name, *words = given.child
        if name == "ask":
            ask(int(words[0]), int(words[1]), words[2], int(words[3]), float(words[4]), Path(words[5]), int(words[6]))
        return 0
    given.rows = given.rows or (30_000 if given.quick else 1_000_000)
    given.seconds = given.seconds or (3 if given.quick else 6)
    given.repeats = given.repeats or (1 if given.quick else 3)
    with running_pair(given.rows, max(1, given.rows // VILLAGE_SIZE)) as pair:
        found = {"calls": measure_calls(pair, given)}
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
