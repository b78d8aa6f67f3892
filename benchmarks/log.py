"""The log: entries a second, each on disk and signed; proofs at a million entries; tampering that is found.

./run bench log [--entries 1000000] [--trials 1000] [--seconds 2] [--repeats 5] [--folder DIR] [--json]

Every writing run is a process of its own on a new folder, contenders in turn, medians of the repeats. An entry
counts when its caller may rely on it: it is on disk, and a signed checkpoint over it is published. The disk
decides, so everything is also told as a multiple of what SQLite does beside it, in the same minutes, on the
same disk. `--folder` chooses that disk; the default is the system's folder for temporary files.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenun.transparency_log import checkpoint, merkle, proof, witness
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.cosignature import Cosigner
from tenun.transparency_log.follower import Follower, Wrong
from tenun.transparency_log.log import Appended, Log
from tenun.transparency_log.note import Signer
from tenun.transparency_log.writer import GroupWriter
from tests.lib import log_tampering

ROOT = Path(__file__).resolve().parents[1]

ENTRY_BYTES = 700
"""About what an entry of a call takes."""
GROUP = 64
TARGET_ENTRIES_PER_SECOND = 3_000
TARGET_PROOF_MS = 1.0
PEER = {
    "name": "pymerkle 7.0.0 (SQLite)",
    "entries_per_second_one_by_one": 105,
    "inclusion_ms_at_100000_entries": {"warm": 10, "cold": 120},
    "source": "measured once for our research on a machine of this kind; not run here",
}

SIGNER = Signer("bench.tenun/log", Ed25519PrivateKey.from_private_bytes(b"b" * 32))
COSIGNER = Cosigner("bench.tenun/witness", Ed25519PrivateKey.from_private_bytes(b"w" * 32))


# --- writing: one thread ---------------------------------------------------------------------------

Line = dict[str, Any]
Append = Callable[[Sequence[bytes]], object]


def _tenun(folder: Path) -> Append:
    return Log(folder, SIGNER).append_all


def _sqlite(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "log.sqlite", isolation_level=None, timeout=60, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.executescript(
        "CREATE TABLE IF NOT EXISTS entry (place INTEGER PRIMARY KEY, data BLOB NOT NULL);"
        "CREATE TABLE IF NOT EXISTS node (height INTEGER, place INTEGER, hash BLOB NOT NULL,"
        " PRIMARY KEY (height, place)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS checkpoint (one INTEGER PRIMARY KEY, signed BLOB NOT NULL);"
    )
    return connection


def _sqlite_rows(folder: Path) -> Append:
    """Rows and nothing else: no tree, no signature. What the disk allows a database."""
    connection = _sqlite(folder)

    def append(entries: Sequence[bytes]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO entry (data) VALUES (?)", [(entry,) for entry in entries])
        connection.execute("COMMIT")

    return append


class _SqliteTree:
    """The same promise as ours, kept in a database: every node of the tree, and a signed root for each commit.

    What it does not give: files that another party can fetch and check as they are. One process only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        self._turn = threading.Lock()
        self._peaks: list[tuple[int, int, bytes]] = []
        self._size = 0

    def append_waiting(self, draw: Callable[[], Sequence[bytes]], *, is_more: Callable[[], bool]) -> list[Appended]:
        with self._turn:
            return self.append(draw())

    def append(self, entries: Sequence[bytes]) -> list[Appended]:
        connection = self._connection = self._connection or _sqlite(self._folder)
        first, nodes = self._size, [node for entry in entries for node in self._push(entry)]
        root = self._peaks[-1][2]
        for _, _, peak in self._peaks[-2::-1]:
            root = merkle.node_hash(peak, root)
        state = Checkpoint(SIGNER.name, self._size, root)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO entry VALUES (?, ?)", list(enumerate(entries, first)))
        connection.executemany("INSERT INTO node VALUES (?, ?, ?)", nodes)
        connection.execute("INSERT OR REPLACE INTO checkpoint VALUES (1, ?)", (checkpoint.sign(state, SIGNER),))
        connection.execute("COMMIT")
        return [Appended(index, state) for index in range(first, self._size)]

    def _push(self, entry: bytes) -> Iterator[tuple[int, int, bytes]]:
        height, place, value = 0, self._size, merkle.leaf_hash(entry)
        self._size += 1
        yield height, place, value
        while self._peaks and self._peaks[-1][0] == height:
            value = merkle.node_hash(self._peaks.pop()[2], value)
            height, place = height + 1, place // 2
            yield height, place, value
        self._peaks.append((height, place, value))


CONTENDERS: dict[str, tuple[str, Callable[[Path], Append]]] = {
    "tenun": ("tenun", _tenun),
    "sqlite-tree": ("SQLite WAL, tree and signature", lambda folder: _SqliteTree(folder).append),
    "sqlite-rows": ("SQLite WAL, bare rows", _sqlite_rows),
}


def _write(name: str, group: int, folder: Path, seconds: float) -> Line:
    append = CONTENDERS[name][1](folder)
    entries = [os.urandom(ENTRY_BYTES) for _ in range(group)]
    append(entries)
    taken: list[float] = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        began = time.perf_counter()
        append(entries)
        taken.append(time.perf_counter() - began)
    return _summary(len(taken) * group, time.perf_counter() - start, taken)


# --- writing: many threads -------------------------------------------------------------------------


def _write_from_threads(name: str, threads: int, folder: Path, seconds: float) -> Line:
    """Each thread appends one entry after the other, as a server's do; several processes start together."""
    log: Any = Log(folder, SIGNER) if name == "tenun" else _SqliteTree(folder)
    writer = GroupWriter(log)
    writer.append(b"warm")
    (folder / f"ready-{os.getpid()}").touch()
    while not (folder / "go").exists():
        time.sleep(0.005)
    taken: list[list[float]] = [[] for _ in range(threads)]
    start = time.perf_counter()

    def run(mine: list[float]) -> None:
        entry = os.urandom(ENTRY_BYTES)
        while time.perf_counter() - start < seconds:
            began = time.perf_counter()
            writer.append(entry)
            mine.append(time.perf_counter() - began)

    workers = [threading.Thread(target=run, args=(mine,)) for mine in taken]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    passed = time.perf_counter() - start
    return _summary(sum(map(len, taken)), passed, [each for mine in taken for each in mine])


def _summary(entries: int, seconds: float, taken: Sequence[float]) -> Line:
    ordered = sorted(taken)
    return {
        "entries_per_second": round(entries / seconds),
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
        "max_ms": round(ordered[-1] * 1000, 1),
    }


# --- writing: the runs -----------------------------------------------------------------------------


def measure_writing(where: Path, seconds: float, repeats: int) -> list[Line]:
    plans = [(f"{name}, {group}", name, group, 0, 1) for group in (1, GROUP) for name in CONTENDERS]
    for name, threads, processes in (
        ("tenun", 16, 1), ("sqlite-tree", 16, 1), ("tenun", 64, 1), ("sqlite-tree", 64, 1),
        ("tenun", 1, 2), ("tenun", 16, 2), ("tenun", 32, 2),
    ):  # fmt: skip
        plans.append((f"{name}, threads {threads} x {processes}", name, 1, threads, processes))
    found: dict[str, list[Line]] = {plan[0]: [] for plan in plans}
    for number in range(repeats):
        print(f"  writing: run {number + 1} of {repeats}", file=sys.stderr)
        for title, name, group, threads, processes in plans:
            found[title].append(_one_run(where, name, group, threads, processes, seconds))
    return [
        {
            "name": name,
            "what": CONTENDERS[name][0],
            "group": group,
            "threads": threads,
            "processes": processes,
            "runs": repeats,
            **{key: _median(found[title], key) for key in ("entries_per_second", "p50_ms", "p99_ms", "max_ms")},
        }
        for title, name, group, threads, processes in plans
    ]


def _one_run(where: Path, name: str, group: int, threads: int, processes: int, seconds: float) -> Line:
    with tempfile.TemporaryDirectory(dir=where) as made:
        folder = Path(made) / "log"
        folder.mkdir()
        words = [sys.executable, __file__, "--child", name, str(group), str(threads), str(folder), str(seconds)]
        there = dict(os.environ, PYTHONPATH=os.pathsep.join([str(ROOT / "src"), str(ROOT)]))
        children = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=there) for _ in range(processes)]
        if threads:
            while len(list(folder.glob("ready-*"))) < processes:
                if any(child.poll() is not None for child in children):
                    raise SystemExit("a writing process ended before it began")
                time.sleep(0.005)
            (folder / "go").touch()
        told = [json.loads(child.communicate()[0]) for child in children]
    total: Line = {"entries_per_second": sum(each["entries_per_second"] for each in told)}
    return total | {key: max(each[key] for each in told) for key in ("p50_ms", "p99_ms", "max_ms")}


def _median(runs: Sequence[Line], key: str) -> float:
    return round(float(statistics.median(run[key] for run in runs)), 2)


# --- proofs ----------------------------------------------------------------------------------------


def measure_proofs(where: Path, entries: int) -> Line:
    """Of random entries and sizes. Cold: no tile is in the process's memory (the system's cache has them)."""
    with tempfile.TemporaryDirectory(dir=where) as made:
        print(f"  building a log of {entries:,} entries", file=sys.stderr)
        log = Log(Path(made) / "log", SIGNER)
        began = time.perf_counter()
        log.append_all([b'{"number":%d,"padding":"%s"}' % (number, b"x" * 60) for number in range(entries)])
        built = time.perf_counter() - began
        watching = witness.Witness(Path(made) / "witness", COSIGNER, logs={SIGNER.name: [SIGNER.verifier]})
        witness.ask(log.files, lambda body: watching.add_checkpoint(body)[:2], witnesses=[COSIGNER.verifier])
        log.append(b"one more, so that the witnessed size is another")
        chance = Random(20261124)
        node = log.files.node(entries)
        text, entry = log.prove(entries // 3, is_cosigned=True), log.files.entry(entries // 3, size=entries)

        def consistency() -> object:
            return merkle.consistency_proof(chance.randrange(1, entries), entries, node)

        runs: dict[str, Callable[[], object]] = {
            "inclusion": lambda: log.prove(chance.randrange(entries)),
            "inclusion, cosigned": lambda: log.prove(chance.randrange(entries), is_cosigned=True),
            "consistency": consistency,
        }
        times = {name: _times(run) for name, run in runs.items()}
        times |= {f"{name}, cold": _times(run, before=log.files._tree.cache_clear) for name, run in runs.items()}
        times["verifying a cosigned proof"] = _times(
            lambda: proof.verify(text, entry=entry, verifiers=[SIGNER.verifier], witnesses=[COSIGNER.verifier])
        )
        return {"entries": entries, "built_entries_per_second": round(entries / built), "times": times}


def _times(run: Callable[[], object], *, before: Callable[[], None] = lambda: None) -> dict[str, float]:
    taken = []
    for _ in range(400):
        before()
        began = time.perf_counter()
        run()
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    return {"median_ms": round(taken[200], 3), "p99_ms": round(taken[395], 3)}


# --- tampering -------------------------------------------------------------------------------------

EXPECTED = {
    "flip": {Wrong.FLIPPED, Wrong.TRUNCATED, Wrong.DROPPED, Wrong.UNSIGNED},  # a flipped length hides what follows
    "drop": {Wrong.DROPPED, Wrong.TRUNCATED},
    "drop file": {Wrong.DROPPED},
    "reorder": {Wrong.REORDERED},
    "reorder hashes": {Wrong.REORDERED, Wrong.FLIPPED},
    "truncate": {Wrong.TRUNCATED, Wrong.UNSIGNED},
    "alter with hash": {Wrong.FLIPPED, Wrong.FORKED},  # with every hash made to agree, only the signature tells
    "fork": {Wrong.FORKED},
}


def measure_tampering(where: Path, trials: int) -> Line:
    """The log grows, and is altered on the way to its follower, who has an earlier checkpoint of it."""
    chance = Random(20261124)
    known_size, size = 1500, 2000
    entries = [b"entry %d %s" % (number, b"x" * (number % 90)) for number in range(size)]
    kinds = sorted(EXPECTED)
    found, named, missed, taken = Counter[str](), Counter[str](), Counter[str](), []
    with tempfile.TemporaryDirectory(dir=where) as made:
        folder = Path(made)
        before = log_tampering.write_log(folder / "before", SIGNER, entries[:known_size])
        after = log_tampering.write_log(folder / "after", SIGNER, entries)
        mirror = folder / "mirror"
        _follower(mirror, before).follow()
        for trial in range(trials):
            kind = kinds[trial % len(kinds)]
            if kind == "fork":
                files = log_tampering.fork(folder / "fork", SIGNER, entries, known_size, chance)
                shutil.rmtree(folder / "fork")
            else:
                files = log_tampering.WITHOUT_KEY[kind](chance.choice([before, after]), chance)
            began = time.perf_counter()
            looked = _follower(mirror, files).follow()
            taken.append((time.perf_counter() - began) * 1000)
            if looked:
                missed[kind] += 1
                continue
            found[kind] += 1
            named[kind] += bool(EXPECTED[kind] & {fault.wrong for fault in looked.faults})
        goes_on = bool(_follower(mirror, after).follow())
    return {
        "trials": trials,
        "found": found.total(),
        "named_rightly": named.total(),
        "missed": dict(missed),
        "by_kind": {kind: {"found": found[kind], "named_rightly": named[kind]} for kind in kinds},
        "sound_log_followed_afterwards": goes_on,
        "median_ms": round(statistics.median(taken), 1),
    }


def _follower(folder: Path, files: log_tampering.Served) -> Follower:
    return Follower(folder, fetch=log_tampering.fetch_from(files), verifiers=[SIGNER.verifier])


# --- telling ---------------------------------------------------------------------------------------


def tell(results: Line, seconds: float) -> None:
    writing: list[Line] = results["writing"]
    base = {
        (line["group"], line["threads"] * line["processes"]): line["entries_per_second"]
        for line in writing
        if line["name"] == "sqlite-tree"
    }
    print(f"\nWriting: entries of {ENTRY_BYTES} bytes; medians of {writing[0]['runs']} runs of {seconds} s each")
    print(f"  {'':<64} {'entries/s':>10} {'x SQLite':>9} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}")
    for line in writing:
        how = f"{line['processes']} process(es) of {line['threads']} threads" if line["threads"] else (
            "one by one" if line["group"] == 1 else f"groups of {line['group']}"
        )  # fmt: skip
        beside = base.get((line["group"], line["threads"] * line["processes"]))
        ratio = f"{line['entries_per_second'] / beside:.2f}" if beside else "-"
        title = f"{line['what']}, {how}"
        print(
            f"  {title:<64} {line['entries_per_second']:>10,.0f} {ratio:>9}"
            f" {line['p50_ms']:>8} {line['p99_ms']:>8} {line['max_ms']:>8}"
        )
    print(f"  {PEER['name']}, one by one: {PEER['entries_per_second_one_by_one']} ({PEER['source']})")
    print(f"  target in group commit: {TARGET_ENTRIES_PER_SECOND:,} entries/s")
    proofs: Line = results["proofs"]
    print(
        f"\nProofs at {proofs['entries']:,} entries, written in one commit at {proofs['built_entries_per_second']:,}/s"
    )
    for name, each in proofs["times"].items():
        print(f"  {name:<46} median {each['median_ms']:>7} ms   p99 {each['p99_ms']:>7} ms")
    print(f"  target: {TARGET_PROOF_MS} ms; {PEER['name']} at 100,000: {PEER['inclusion_ms_at_100000_entries']} ms")
    tampering: Line = results["tampering"]
    print(
        f"\nTampering: {tampering['found']} of {tampering['trials']} found within one checkpoint,"
        f" {tampering['named_rightly']} named rightly; {tampering['median_ms']} ms a look"
    )
    for kind, each in tampering["by_kind"].items():
        print(f"  {kind:<46} found {each['found']:>5}   named rightly {each['named_rightly']:>5}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--trials", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        name, group, threads, folder, seconds = given.child
        run = (
            _write_from_threads(name, int(threads), Path(folder), float(seconds))
            if int(threads)
            else _write(name, int(group), Path(folder), float(seconds))
        )
        print(json.dumps(run))
        return
    results: Line = {
        "writing": measure_writing(given.folder, given.seconds, given.repeats),
        "proofs": measure_proofs(given.folder, given.entries),
        "tampering": measure_tampering(given.folder, given.trials),
    }
    if given.json:
        targets = {"entries_per_second": TARGET_ENTRIES_PER_SECOND, "proof_ms": TARGET_PROOF_MS}
        print(json.dumps({"benchmark": "log", "targets": targets, "peer": PEER, **results}))
    else:
        tell(results, given.seconds)


if __name__ == "__main__":
    main()
