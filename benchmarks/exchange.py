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
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    before = cpu_seconds(api_workers(pair)), cpu_seconds(database_processes())
    go.touch()
    answered = [json.loads(one.communicate()[0]) for one in children]
    after = cpu_seconds(api_workers(pair)), cpu_seconds(database_processes())
    taken = sorted(ms for one in answered for ms in one["ms"])
    if not taken:
        raise SystemExit("not one call was answered")
    return {
        "calls_per_second": sum(len(one["ms"]) / one["seconds"] for one in answered),
        "p50_ms": taken[len(taken) // 2],
        "p99_ms": taken[int(len(taken) * 0.99)],
        "max_ms": taken[-1],
        "failed": sum(one["failed"] for one in answered),
        "provider_cpu_ms": (after[0] - before[0]) * 1000 / len(taken),
        "consumer_cpu_ms": sum(one["cpu_seconds"] for one in answered) * 1000 / len(taken),
        "database_cpu_ms": (after[1] - before[1]) * 1000 / len(taken),
    }


def ask(rows: int, villages: int, mode: str, threads: int, seconds: float, go: Path, number: int) -> None:
    """The child: a consumer with that many questions at once."""
    from tenun.kernel.errors import TenunError
    from tenun.node import pair
    from tenun.node.home import Role

    sys.setswitchinterval(0.001)  # as the API's workers have it
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
        start, cpu = time.perf_counter(), time.process_time()
        until = start + seconds
        workers = [threading.Thread(target=run, args=(consumer, at)) for at in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        passed, cpu = time.perf_counter() - start, time.process_time() - cpu
    ms = [one for mine in taken for one in mine]
    print(json.dumps({"ms": ms, "seconds": passed, "cpu_seconds": cpu, "failed": sum(failed)}))


# --- what a call costs, step by step -----------------------------------------------------------------------------


class Steps:
    """Wall and processor time of named steps, in microseconds."""

    def __init__(self) -> None:
        self.taken: dict[str, list[tuple[float, float]]] = {}

    def __call__(self, name: str, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
        result = work()
        took = ((time.perf_counter_ns() - wall) / 1000, (time.thread_time_ns() - cpu) / 1000)
        self.taken.setdefault(name, []).append(took)
        return result

    def medians(self) -> dict[str, tuple[float, float]]:
        return {
            name: (statistics.median(one[0] for one in taken), statistics.median(one[1] for one in taken))
            for name, taken in self.taken.items()
        }


HTTP_STEP = "HTTP, gunicorn, Django, urllib3 (the rest of the whole)"


def measure_stages(pair: Pair, given: argparse.Namespace) -> dict[str, Any]:
    """One call after the other, alone: first whole and over HTTP, then its steps in this process on the same nodes."""
    from tenun.api.service import Service
    from tenun.node import pair as pairs
    from tenun.node.home import Role

    rounds = 100 if given.quick else 400
    told(f"stages: {rounds} calls, step by step")
    chance, nik = random.Random(7), pair.niks()
    whole: list[float] = []
    steps = Steps()
    with pairs.consumer(Role.NAKER) as consumer:
        service = Service.open(Role.DESA)
        service.start()
        try:
            for number in range(rounds + 10):
                began = time.perf_counter_ns()
                consumer.ask(dataset=DATASET, purpose=PURPOSE, person={"nik": nik(chance)}, ticket="UKUR-1")
                if number >= 10:
                    whole.append((time.perf_counter_ns() - began) / 1000)
            for number in range(rounds + 10):
                _one_call(consumer, service, steps if number >= 10 else Steps(), nik(chance))
        finally:
            service.stop()
    lines = {name: {"us": wall, "cpu_us": cpu} for name, (wall, cpu) in steps.medians().items()}
    total = statistics.median(whole)
    counted = sum(line["us"] for name, line in lines.items() if not name.startswith("("))
    lines[HTTP_STEP] = {"us": max(0.0, total - counted), "cpu_us": 0.0}
    return {"rounds": rounds, "whole_us": total, "steps": lines}


def _one_call(consumer: Any, service: Any, step: Steps, nik: str) -> None:
    """The way of a call through both nodes, without a network between them. A step in brackets is not of the sum."""
    from tenun.agreement.vocabulary import Operation
    from tenun.api import answers, shapes
    from tenun.exchange.admission.pipeline import digests_of
    from tenun.exchange.admission.visit import Ask, Visit
    from tenun.exchange.client.transport import Answer, Call
    from tenun.exchange.serving import subject
    from tenun.exchange.wire import signatures

    client, admission = consumer.client(), service.admission
    transport, ledger = client._transport, client._transport.ledger
    fields = consumer._allowed(consumer._position(), DATASET, PURPOSE, Operation.SUBJECT)
    grant = client.grant(dataset=DATASET, operation="subject", purpose=PURPOSE, fields=fields)
    body = {"dataset": DATASET, "purpose": PURPOSE, "fields": sorted(fields), "subject": {"nik": nik}}
    content = json.dumps({**body, "mode": "exists", "ticket": "UKUR-1"}).encode()
    about = {"step": "query", "operation": "subject", "dataset": DATASET, "purpose": PURPOSE, "fields": sorted(fields)}
    call = Call(
        "POST", f"{client.credentials.base}/queries", content, {"content-type": "application/json"},
        token=client.token(grant).value, about=about,
    )  # fmt: skip

    step(
        "consumer decides",
        lambda: consumer._decide(consumer._position(), DATASET, PURPOSE, Operation.SUBJECT, fields, {}),
    )
    request = step("sign request, DPoP proof", lambda: transport.sign(call))
    step("consumer log: asked", lambda: ledger.asked(call, request))
    visit = Visit(request, "query")
    caller = step("gate, verify signature", lambda: admission._recognise(visit, None, is_gated=True))
    token, proof = step("token, DPoP", lambda: admission._held_token(caller))
    step("replay store", lambda: admission._require_new(caller, proof))

    def read() -> tuple[Any, Ask]:
        question = shapes.parse(shapes.Question, caller.request.body)
        person = subject.named(question.subject, dataset=question.dataset)
        return person, Ask(
            operation=Operation.SUBJECT,
            dataset=question.dataset,
            purpose=question.purpose,
            fields=frozenset(question.fields),
            subject=subject.reference(service.station, person),
        )

    person, ask = step("read the question", read)
    admitted = step("decision", lambda: admission._decided(visit, caller, token, ask))

    def answer(mode: str) -> Any:
        return subject.answer(
            service.station, admitted.permit, position=admitted.position, person=person, mode=mode,
            ticket="UKUR-1",
        )  # fmt: skip

    found = step("answer: yes or no", lambda: answer("exists"))
    step("(answer: values instead)", lambda: answer("value"))
    plain = answers.json_answer(found.as_dict())
    response = step("sign response", lambda: admission.sign(plain, to=request, position=admitted.position))
    digests = digests_of(response, rows=0)
    step(
        "provider log: opened and closed",
        lambda: service.book.opened_and_closed(admitted.call, digests, decision=admitted.permit),
    )
    now = transport.clock.now()
    verified = step("verify response", lambda: transport._verify_at(response, request, now, may_be_file=False))
    came = Answer(response.status, response.headers, response.body, verified, signatures.call_id(request))
    step("consumer log: answered", lambda: ledger.answered(call, request, came))


# --- files -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ready:
    """An export that waits to be fetched."""

    job: Any
    manifest: Any

    @property
    def files(self) -> Sequence[Any]:
        return self.manifest.files  # type: ignore[no-any-return]

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)


def export(client: Any, fields: Any, *, format: str, area: str | None = None) -> tuple[Ready, float]:
    """An export as the provider's worker makes it, and the seconds until it was ready."""
    began = time.perf_counter()
    job, manifest = client.export(dataset=DATASET, purpose=PURPOSE, fields=fields, area=area, format=format)
    return Ready(job, manifest), time.perf_counter() - began


@contextmanager
def consumer_at(address: str | None = None) -> Iterator[tuple[Any, Any]]:
    """A client of the provider, its calls in the consumer's log, and the fields it may ask for; through a proxy where
    an address is given."""
    from tenun.agreement.vocabulary import Operation
    from tenun.node import config
    from tenun.node import pair as pairs
    from tenun.node.home import NodeHome, Role

    home = NodeHome.of(Role.NAKER)
    before = config.read(home)
    if address is not None:
        config.write(home, config.changed(before, {"peer_address": address}))
    try:
        with pairs.consumer(Role.NAKER) as consumer:
            fields = consumer._allowed(consumer._position(), DATASET, PURPOSE, Operation.BULK)
            consumer._decide(consumer._position(), DATASET, PURPOSE, Operation.BULK, fields, {})
            yield consumer.client(), fields
    finally:
        config.write(home, before)


def measure_bulk(pair: Pair, given: argparse.Namespace) -> dict[str, Any]:
    """Finished parts from the node and as plain files. One reader for both, which checks every digest."""
    found: dict[str, Any] = {"rows": pair.rows, "lanes": given.lanes, "formats": {}}
    with consumer_at() as (client, fields):
        for format in ("parquet", "ndjson"):
            told(f"bulk: an export of {pair.rows:,} rows as {format}")
            ready, seconds = export(client, fields, format=format)
            folder = pair.folder / f"static-{format}"
            began = time.perf_counter()
            client.download(ready.job, ready.manifest, folder)
            whole = time.perf_counter() - began
            with static_server(folder) as static:
                node, plain = [], []
                for _ in range(max(3 if given.quick else 5, given.repeats)):
                    plain.append(_read_all(static, [(f"/{file.name}", {}, file) for file in ready.files], given.lanes))
                    node.append(_read_all(pair.address, _signed(client, ready), given.lanes))
            client.cancel(ready.job)
            if format == "parquet":
                found["copy"] = _copied(folder)
            shutil.rmtree(folder)
            found["formats"][format] = {
                "mb": ready.bytes / MB,
                "files": len(ready.files),
                "export_seconds": seconds,
                "client_seconds": whole,
                "node_seconds": statistics.median(node),
                "static_seconds": statistics.median(plain),
                "times_static": statistics.median(node) / statistics.median(plain),
            }
    return found


def _copied(folder: Path) -> dict[str, float]:
    """The same rows by psql, from a server of its own."""
    import pyarrow.parquet as pq
    from benchmarks.bulk import copied

    told("bulk: psql COPY of the same rows")
    done = copied(pq.read_table(sorted(folder.glob("*.parquet"))))
    return {"mb": done["bytes"] / MB, "seconds": done["seconds"]}


Wanted = tuple[str, Mapping[str, str], Any]


def _signed(client: Any, ready: Ready) -> Iterator[Wanted]:
    """Requests for all files, each signed when its turn comes."""
    from tenun.exchange.client.transport import Call

    for file in ready.files:
        call = Call("GET", file.path, headers={"accept": "*/*"}, token=client.token(ready.job.grant).value)
        yield file.path, client._transport.sign(call).headers, file


def _read_all(address: str, wanted: Any, lanes: int) -> float:
    """Seconds until every file is here and its digest is right."""
    turn, iterator, problems = threading.Lock(), iter(wanted), []

    def run() -> None:
        place = urlsplit(address)
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
        buffer = memoryview(bytearray(256 * 1024))
        try:
            while True:
                with turn:
                    asked = next(iterator, None)
                if asked is None:
                    return
                _read_one(connection, asked, buffer)
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(lanes)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return time.perf_counter() - began


def _read_one(connection: http.client.HTTPConnection, asked: Wanted, buffer: memoryview) -> None:
    path, headers, file = asked
    connection.request("GET", path, headers=dict(headers))
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    digest = hashlib.sha256()
    while count := answer.readinto(buffer):
        digest.update(buffer[:count])
    assert digest.hexdigest() == file.sha256, "another file than the manifest names"


@contextmanager
def static_server(folder: Path) -> Iterator[str]:
    """The folder's files from gunicorn as it comes: two workers with threads, `wsgi.file_wrapper`, sendfile."""
    from tests.lib.api_calls import until
    from tests.lib.online_nodes import free_ports

    (port,) = free_ports(1)
    process = child("static", str(port), str(folder))
    try:
        until(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def serve_static(port: int, folder: Path) -> None:
    from gunicorn.app.base import BaseApplication

    def page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        path = folder / Path(environ["PATH_INFO"]).name
        start_response("200 OK", [("Content-Length", str(path.stat().st_size))])
        return environ["wsgi.file_wrapper"](path.open("rb"))

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            settings = {"bind": f"127.0.0.1:{port}", "worker_class": "gthread", "workers": 2, "threads": 16}
            more = {"keepalive": 75, "control_socket_disable": True, "loglevel": "error"}
            for name, value in {**settings, **more}.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return page

    Application().run()


# --- a part that is a hole ---------------------------------------------------------------------------------------


def hollow(pair: Pair, client: Any, fields: Any, size: int) -> Ready:
    """A finished export with one part of that many bytes. The signed manifest keeps what it said; what is fetched is
    compared with the digest of what the part reads as."""
    made, _ = export(client, fields, format="parquet", area="52.01.01.2001")
    file = replace(made.files[0], size=size, sha256=hollow_out(pair.nodes.desa, made.job.id, size))
    return Ready(made.job, replace(made.manifest, files=[file]))


def hollow_out(station: Any, job: str, size: int, *, is_digested: bool = True) -> str:
    """Put a hole of that many bytes in the place of an export's one part, which its cipher reads as key stream. Gives
    the SHA-256 of that; zeros where it is not to be computed. To be done before the part is first asked for."""
    from tenun.exchange.serving import building, ready
    from tenun.exchange.serving.jobs import Jobs

    jobs = Jobs(station)
    folder = jobs.folder(jobs.get(job))
    (record,) = (folder / building.RECORDS).glob("*.json")
    value = json.loads(record.read_bytes())
    (path,) = (folder / building.FILES).iterdir()
    with path.open("wb") as handle:
        handle.truncate(size)
    nonce = bytes.fromhex(value["part"]["nonce"])
    part = ready.ExportFile(path, size, "", "", ready.Ready(station).key(job), nonce)
    digest = hashlib.sha256()
    with part.open() as handle:
        while is_digested and (piece := handle.read(1024 * 1024)):
            digest.update(piece)
    sha256 = digest.hexdigest() if is_digested else "0" * 64
    value["part"]["entry"] |= {"size": size, "sha256": sha256}
    record.write_text(json.dumps(value))
    return sha256


def measure_memory(pair: Pair, given: argparse.Namespace) -> dict[str, Any]:
    """Peak memory of the API's workers and of the client, for a part and for one ten times as long."""
    sizes = (50 * MB, 500 * MB) if given.quick else (500 * MB, 5_000 * MB)
    found: dict[str, Any] = {"files": []}
    with consumer_at() as (client, fields):
        for size in sizes:
            if shutil.disk_usage(pair.folder).free < size + 2_000 * MB:
                raise SystemExit(f"not enough room on the disk for a file of {size / MB:,.0f} MB")
            told(f"memory: a part of {size / MB:,.0f} MB")
            made = hollow(pair, client, fields, size)
            workers = api_workers(pair)
            for process in workers:
                Path(f"/proc/{process}/clear_refs").write_text("5")  # the peak begins anew
            note = pair.folder / "download.json"
            (file,) = made.files
            note.write_text(json.dumps({"job": made.job.as_dict(), "file": vars(file)}))
            said = json.loads(child("download", str(note), str(pair.folder / "downloaded")).communicate()[0])
            found["files"].append({"mb": size / MB, "server_peak_mb": max(map(peak_mb, workers)), **said})
            shutil.rmtree(pair.folder / "downloaded")
            client.cancel(made.job)
    short, long = found["files"]
    found["server_growth_mb"] = long["server_peak_mb"] - short["server_peak_mb"]
    found["client_growth_mb"] = long["client_peak_mb"] - short["client_peak_mb"]
    return found


def download(note: Path, folder: Path) -> None:
    """The child: one file by the client that anyone would use, digest checked, kept on disk."""
    from tenun.exchange.client.downloads import RemoteFile
    from tenun.exchange.client.session import Job, Manifest

    value = json.loads(note.read_bytes())
    with consumer_at() as (client, _):
        began = time.perf_counter()
        client.download(Job.from_dict(value["job"]), Manifest({}, [RemoteFile(**value["file"])]), folder)
        seconds = time.perf_counter() - began
    # Not of `getrusage`: there a process is born with the peak of the one that started it.
    print(json.dumps({"seconds": seconds, "client_peak_mb": peak_mb(os.getpid())}))


def measure_broken(pair: Pair, given: argparse.Namespace) -> dict[str, Any]:
    """A download over a line that breaks at random bytes, gone on with each time by the client."""
    from tenun.exchange.client.refusals import PeerUnreachable

    size, cuts_wanted = (20 * MB, 5) if given.quick else (200 * MB, 30)
    told(f"broken: {size / MB:,.0f} MB over a line that breaks {cuts_wanted} times")
    with consumer_at() as (client, fields):
        made = hollow(pair, client, fields, size)
    line = BreakingLine(pair.address, cuts=cuts_wanted, mean=size // (cuts_wanted + 1), chance=random.Random(20261124))
    folder, runs = pair.folder / "broken", 0
    with line, consumer_at(line.address) as (client, _):
        client.token(made.job.grant)
        line.is_sound = False
        began = time.perf_counter()
        while True:
            runs += 1
            try:
                client.download(made.job, made.manifest, folder)
            except PeerUnreachable:
                continue
            break
        seconds = time.perf_counter() - began
        line.is_sound = True
        (file,) = made.files
        with (folder / file.name).open("rb") as handle:
            is_equal = hashlib.file_digest(handle, "sha256").hexdigest() == file.sha256
        client.cancel(made.job)
    shutil.rmtree(folder)
    return {
        "mb": size / MB,
        "cuts": line.cuts_made,
        "runs": runs,
        "seconds": seconds,
        "mb_over_the_line": line.carried / MB,
        "is_equal": is_equal,
    }


class BreakingLine:
    """A proxy that carries bytes both ways, and resets or ends a connection after a random number of them."""

    def __init__(self, address: str, *, cuts: int, mean: int, chance: random.Random) -> None:
        self._place = urlsplit(address)
        self._cuts, self._mean, self._chance = cuts, mean, chance
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.is_sound = True
        self.cuts_made = 0
        self.carried = 0

    def __enter__(self) -> BreakingLine:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection((str(self._place.hostname), self._place.port))
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()
            threading.Thread(target=self._carry_back, args=(far, near), daemon=True).start()

    @staticmethod
    def _carry(near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := near.recv(64 * 1024):
                far.sendall(piece)
            far.shutdown(socket.SHUT_WR)

    def _carry_back(self, far: socket.socket, near: socket.socket) -> None:
        from tenun.api.streams import reset

        left = self._chance.randrange(1, 2 * self._mean)
        with far, near, contextlib.suppress(OSError):
            while piece := far.recv(64 * 1024):
                if not self.is_sound and self.cuts_made < self._cuts and len(piece) >= left:
                    near.sendall(piece[:left])
                    self.carried += left
                    self.cuts_made += 1
                    if self._chance.random() < 0.5:
                        reset(near)
                    else:
                        near.shutdown(socket.SHUT_RDWR)  # closing alone does not end what another thread waits for
                    return
                near.sendall(piece)
                self.carried += 0 if self.is_sound else len(piece)
                left -= 0 if self.is_sound else len(piece)


# --- processes ---------------------------------------------------------------------------------------------------


def child(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, "--child", *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
    )


def run_child(name: str, words: Sequence[str]) -> None:
    if name == "ask":
        rows, villages, mode, threads, seconds, go, number = words
        ask(int(rows), int(villages), mode, int(threads), float(seconds), Path(go), int(number))
    elif name == "static":
        serve_static(int(words[0]), Path(words[1]))
    elif name == "download":
        download(Path(words[0]), Path(words[1]))


def api_workers(pair: Pair) -> list[int]:
    """Of the provider."""
    from tenun.agreement.vocabulary import Party
    from tenun.node import processes

    master = processes.status(pair.nodes.home(Party.DESA), processes.Name.API).pid
    return [number for number, parent, _ in all_processes() if parent == master]


def database_processes() -> list[int]:
    return [number for number, _, name in all_processes() if name == "postgres"]


def all_processes() -> Iterator[tuple[int, int, str]]:
    """Number, parent and name of each."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            number, rest = path.read_text().split(" (", 1)
            name, _, rest = rest.rpartition(") ")
            yield int(number), int(rest.split()[1]), name


def cpu_seconds(processes: Sequence[int]) -> float:
    total = 0
    for process in processes:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def peak_mb(process: int) -> float:
    (line,) = (one for one in Path(f"/proc/{process}/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


# --- the report --------------------------------------------------------------------------------------------------

MEASURES: dict[str, Callable[[Pair, argparse.Namespace], dict[str, Any]]] = {
    "calls": measure_calls,
    "stages": measure_stages,
    "bulk": measure_bulk,
    "memory": measure_memory,
    "broken": measure_broken,
}


def best(lines: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The most calls a second among those with the latency that was asked for, or among all where none has it."""
    quick = [line for line in lines if line["p99_ms"] < P99_MS_MAX]
    return max(quick or lines, key=lambda line: line["calls_per_second"])


def said(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def show_calls(found: Mapping[str, Any]) -> None:
    print(f"\nSmall calls: signed, decided, in both logs; medians of {found['repeats']} runs of {found['seconds']} s")
    print(f"  {'':<36} calls/s   p50 ms   p99 ms   max ms   CPU ms a call: provider, consumer, database")
    for mode, lines in found["modes"].items():
        for line in lines:
            print(
                f"  one person, {mode:<7} {line['processes']} x {line['threads']:>2} at once"
                f" {line['calls_per_second']:>9.1f} {line['p50_ms']:>8.1f} {line['p99_ms']:>8.1f}"
                f" {line['max_ms']:>8.1f}"
                f" {line['provider_cpu_ms']:>22.1f} {line['consumer_cpu_ms']:>9.1f} {line['database_cpu_ms']:>9.1f}"
                + (f"   {line['failed']:.0f} failed" if line["failed"] else "")
            )
    top = best(found["modes"]["exists"])
    is_met = top["calls_per_second"] >= CALLS_PER_SECOND_MIN and top["p99_ms"] < P99_MS_MAX
    print(f"  gate: {CALLS_PER_SECOND_MIN} calls/s with p99 under {P99_MS_MAX} ms: {said(is_met)}", end="")
    print(f" ({top['calls_per_second']:.0f}/s, p99 {top['p99_ms']:.1f} ms)")
    for name, words, source in OTHERS[:4]:
        print(f"  {name:<52} {words:<32} {source}")


def show_stages(found: Mapping[str, Any]) -> None:
    print(f"\nWhat one call costs, alone: medians of {found['rounds']}; the whole takes {found['whole_us']:,.0f} us")
    print(f"  {'step':<58} {'us':>8} {'CPU us':>8} {'share':>7}")
    for name, line in found["steps"].items():
        share = f"{100 * line['us'] / found['whole_us']:.1f} %" if not name.startswith("(") else ""
        cpu = f"{line['cpu_us']:.0f}" if name != HTTP_STEP else ""
        print(f"  {name:<58} {line['us']:>8.0f} {cpu:>8} {share:>7}")


def show_bulk(found: Mapping[str, Any]) -> None:
    print(f"\n{found['rows']:,} rows, finished parts, {found['lanes']} at once; the reader checks every SHA-256")
    for name, line in found["formats"].items():
        print(f"  {name}: {line['mb']:.1f} MB in {line['files']} parts, made in {line['export_seconds']:.1f} s")
        for title, key in (
            ("plain file: gunicorn, file_wrapper, sendfile", "static_seconds"),
            ("the node: decrypted, gate asked, signed, logged", "node_seconds"),
            ("the node to our client's disk, fsync, in its log too", "client_seconds"),
        ):
            print(f"    {title:<54} {line[key]:>8.3f} s {line['mb'] / line[key]:>9.1f} MB/s")
        is_met = line["times_static"] <= TIMES_STATIC_MAX
        print(f"    gate: within {TIMES_STATIC_MAX} times of the plain file: {said(is_met)}", end="")
        print(f" ({line['times_static']:.2f})")
    if "copy" in found:
        copy = found["copy"]
        print(f"  psql COPY of the same rows as CSV: {copy['mb']:.1f} MB, {copy['seconds']:.2f} s", end="")
        print(f" {copy['mb'] / copy['seconds']:.1f} MB/s (unencrypted, unsigned, unlogged; see also ./run bench bulk)")


def show_memory(found: Mapping[str, Any]) -> None:
    print("\nMemory, one part at a time; server: the largest of the API's workers")
    for line in found["files"]:
        print(
            f"  {line['mb']:>7,.0f} MB in {line['seconds']:>6.1f} s ({line['mb'] / line['seconds']:.0f} MB/s):"
            f" peak {line['server_peak_mb']:.1f} MB server, {line['client_peak_mb']:.1f} MB client"
        )
    is_met = max(found["server_growth_mb"], found["client_growth_mb"]) < GROWTH_MB_MAX
    print(f"  gate: flat (under {GROWTH_MB_MAX} MB more): {said(is_met)}", end="")
    print(f" ({found['server_growth_mb']:+.1f} MB server, {found['client_growth_mb']:+.1f} MB client)")
    for name, words, source in OTHERS[4:]:
        print(f"  {name:<52} {words:<32} {source}")


def show_broken(found: Mapping[str, Any]) -> None:
    print(f"\nA line that broke {found['cuts']} times within {found['mb']:,.0f} MB", end="")
    print(f" ({found['mb_over_the_line']:,.1f} MB went over it, {found['seconds']:.1f} s)")
    print(f"  gate: equal SHA-256: {said(found['is_equal'])}")


SHOWN: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "calls": show_calls,
    "stages": show_stages,
    "bulk": show_bulk,
    "memory": show_memory,
    "broken": show_broken,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="under a minute: fewer, shorter, smaller")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--rows", type=int, help="residents that the provider has")
    parser.add_argument("--seconds", type=float, help="of each run of small calls")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--lanes", type=int, default=4, help="files at once")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        run_child(given.child[0], given.child[1:])
        return 0
    wanted = given.only.split(",")
    if set(wanted) - set(PARTS):
        parser.error(f"--only knows {', '.join(PARTS)}")
    given.rows = given.rows or (30_000 if given.quick else 1_000_000)
    given.seconds = given.seconds or (3 if given.quick else 6)
    given.repeats = given.repeats or (1 if given.quick else 3)
    load = os.getloadavg()[0]
    with running_pair(given.rows, max(1, given.rows // VILLAGE_SIZE)) as pair:
        found = {name: MEASURES[name](pair, given) for name in PARTS if name in wanted}
    if given.json:
        print(json.dumps({"benchmark": "exchange", "cores": os.cpu_count(), "load_before": load, **found}))
        return 0
    print(f"Both nodes and the consumer on {os.cpu_count()} cores; load of the machine before: {load:.1f}")
    for name, part in found.items():
        SHOWN[name](part)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
