"""An hour of everything at once, with shut-offs, kills and cuts; then both logs are held against what really passed.

./run bench mixed [--minutes 60] [--seed N] [--clients 4] [--cut-share 0.03] [--pace 1.0] [--keep FOLDER] [--json]

Two nodes as in life. Clients of *naker* pull, resume, ask for changes, for one person, for the catalogue and for one
field too many; residents change, files are packed and taken in. All the while either party shuts off and reinstates
scopes of every kind, processes of both nodes are killed and restarted, and connections are cut. Between the nodes lies
a line that belongs to neither and notes every call by the digest of its signature.

In the end: no answer left a node without its entry, no more bytes than the entry says, and no other bytes; what one
log has and the other lacks is what was lost on the line; nothing was admitted between the acknowledgement of a
shut-off and its reinstatement; both logs verify, and begin with what the other party cosigned. Exit status 1 if not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tenun.agreement.vocabulary import Party  # noqa: E402
from tenun.exchange import comparison, pack, unpack, witnessing  # noqa: E402
from tenun.exchange.calls import CallBook  # noqa: E402
from tenun.exchange.client.node import Consumer  # noqa: E402
from tenun.exchange.client.refusals import AnswerLate, PeerUnreachable  # noqa: E402
from tenun.exchange.client.transport import Retrying  # noqa: E402
from tenun.exchange.comparison import Window  # noqa: E402
from tenun.exchange.gate import MappedGate, Reason, Scope  # noqa: E402
from tenun.exchange.outbox import Outbox  # noqa: E402
from tenun.exchange.station import pinned_log_keys  # noqa: E402
from tenun.kernel.errors import TenunError  # noqa: E402
from tenun.node import chain, config, pair, processes, shutoff  # noqa: E402
from tenun.node.processes import Name  # noqa: E402
from tenun.transparency_log.log import Log  # noqa: E402
from tenun.transparency_log.writer import GroupWriter  # noqa: E402
from tests.lib.api_calls import in_home, log_of  # noqa: E402
from tests.lib.observing_proxy import Line, Seen, line  # noqa: E402
from tests.lib.online_nodes import VILLAGES, OnlineNodes, open_online_nodes  # noqa: E402
from tests.lib.two_nodes import person, publish_residents  # noqa: E402

DATASET, PURPOSE = "sid-warga", "pemadanan"
AREAS = ("53.17", "53.17.01", "53.17.02", *VILLAGES)
LARGE = VILLAGES[0]
MB_PER_SECOND = "0.5"
UNLOGGED = ("/v1/witness/", "/v1/log/")
QUIET_SECONDS_MAX = 180
ACTS: Mapping[str, tuple[float, float]] = {"closed": (0.3, 2.0), "open": (5.0, 14.0), "kills": (3.0, 10.0)}
"""Seconds between what is done to the nodes, from and to; times `--pace`."""


@dataclass
class Closed:
    """A shut-off that was acknowledged. Moments are of the monotonic clock."""

    party: Party
    scope: Scope
    acknowledged: float
    reopening: float = float("inf")
    """When its reinstatement began: from then on a request may be admitted again."""


@dataclass
class Told:
    """What happened, by name. `faults` are what must not be."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str) -> None:
        with self.turn:
            self.done[name] += 1

    def attempt(self, name: str, act: Callable[[], object]) -> bool:
        """Do it. What the nodes refuse or lose is counted by its code; every other error is a fault."""
        try:
            act()
        except TenunError as problem:
            code = getattr(problem, "type", None) or problem.code
            with self.turn:
                self.refused[f"{name}: {code}"] += 1
            if code == "internal":
                self.fault(f"{name}: a fault within a node")
            return False
        except Exception:
            self.fault(f"{name} ended with an error that is none of ours:\n{traceback.format_exc(limit=-4)}")
            return False
        self.count(name)
        return True

    def fault(self, text: str) -> None:
        with self.turn:
            self.faults.append(text)


class Scene:
    """Two nodes, a line in each direction, and when it is over."""

    def __init__(self, nodes: OnlineNodes, lines: Mapping[Party, Line], told: Told, settings: argparse.Namespace):
        self.nodes, self.lines, self.told, self.settings = nodes, lines, told, settings
        self.over = threading.Event()
        self.dice = random.Random(settings.seed)
        self.folder = nodes.folder

    def pause(self, name: str, dice: random.Random) -> bool:
        """Whether it goes on after a while."""
        return not self.over.wait(dice.uniform(*ACTS[name]) * self.settings.pace)


# --- the load --------------------------------------------------------------------------------------------------


@contextmanager
def consumer(scene: Scene, writer: GroupWriter) -> Iterator[Consumer]:
    """*naker* as a caller, on the line."""
    home = scene.nodes.home(Party.NAKER)
    station = home.station
    book = CallBook(station, writer)
    made = Consumer(
        station,
        chain.standing_of(home),
        MappedGate.open(station.gate),
        book,
        address=scene.lines[Party.DESA].address,
        retrying=Retrying(attempts=3, first_s=0.2, wait_s_max=2.0),
    )
    try:
        yield made
    finally:
        made.close()
        book.close()


def be_client(scene: Scene, writer: GroupWriter, dice: random.Random) -> None:
    """One thing after another, at random."""
    with consumer(scene, writer) as caller:
        while not scene.over.is_set():
            name = dice.choices(list(OPERATIONS), weights=[weight for weight, _ in OPERATIONS.values()])[0]
            scene.told.attempt(name, lambda act=OPERATIONS[name][1]: act(caller, scene, dice))
            scene.over.wait(dice.uniform(0.02, 0.3))


def pull(caller: Consumer, scene: Scene, dice: random.Random, since: str | None = None) -> None:
    """Everything of an area, or what has changed. What is broken off is asked for again, and gone on with."""
    asked: dict[str, Any] = {
        "dataset": DATASET,
        "purpose": PURPOSE,
        "area": dice.choice(AREAS),
        "since": since,
        "format": dice.choice(("parquet", "arrow", "ndjson")),
        "wait_s_max": 30.0,
    }
    try:
        pulled = caller.pull(**asked)
    except (PeerUnreachable, AnswerLate):
        scene.over.wait(dice.uniform(0.2, 3.0))
        pulled = caller.pull(**asked)
    if pulled.is_resumed:
        scene.told.count("resumed")


def changes(caller: Consumer, scene: Scene, dice: random.Random) -> None:
    pull(caller, scene, dice, "last")


def one_person(caller: Consumer, scene: Scene, dice: random.Random) -> None:
    nik = person(dice.choice(VILLAGES), dice.randrange(40))["nik"] or "5317021203900009"
    mode = dice.choice(("exists", "value"))
    caller.ask(dataset=DATASET, purpose=PURPOSE, person={"nik": nik}, ticket=f"TIKET/{dice.randrange(999)}", mode=mode)


def catalogue(caller: Consumer, scene: Scene, dice: random.Random) -> None:
    caller.client().catalogue()


def too_much(caller: Consumer, scene: Scene, dice: random.Random) -> None:
    """One field too many, past our own decision: the other node must be the one to refuse."""
    fields, asked = ["full_name", "mother_name"], {"nik": "5317021203900009"}
    try:
        caller.client().subject(dataset=DATASET, purpose=PURPOSE, fields=fields, person=asked, ticket="TIKET/1")
    except TenunError as problem:
        if getattr(problem, "type", None) != "field-not-permitted":
            raise
        return
    scene.told.fault("a field that was not agreed was given")


OPERATIONS: Mapping[str, tuple[int, Callable[[Consumer, Scene, random.Random], None]]] = {
    "bulk": (2, pull),
    "delta": (3, changes),
    "subject": (8, one_person),
    "catalogue": (2, catalogue),
    "too much": (1, too_much),
}


def change_residents(scene: Scene, dice: random.Random) -> None:
    """New lists at *desa*: what changes, and what the events tell of."""
    lake, version = scene.nodes.home(Party.DESA).station.lake, 1
    while scene.pause("kills", dice):
        version += 1
        count = dice.randint(30, 60) if dice.random() < 0.8 else 0
        village = dice.choice(VILLAGES[1:]) if count else LARGE
        residents = count or dice.randint(scene.settings.residents - 50, scene.settings.residents)
        scene.told.attempt(
            "publish",
            lambda: publish_residents(lake, village, residents, version=f"{version:x}"),  # noqa: B023
        )


def hand_over_files(scene: Scene, dice: random.Random) -> None:
    """File transfer: packed at one, taken in at the other."""
    stations = {party: scene.nodes.home(party).station for party in Party}
    number = 0
    while scene.pause("open", dice):
        number += 1
        out = scene.folder / f"pack-{number}.age"

        def transfer(out: Path = out) -> None:
            pack.build(stations[Party.DESA], dataset=DATASET, purpose=PURPOSE, area=dice.choice(VILLAGES), out=out)
            unpack.accept(stations[Party.NAKER], out)

        scene.told.attempt("file", transfer)
        out.unlink(missing_ok=True)


# --- what is done to the nodes -----------------------------------------------------------------------------------


def shut_off_and_reinstate(scene: Scene, dice: random.Random) -> None:
    """Scopes of every kind, by either party; each is opened again."""
    urn = scene.nodes.agreement.id
    while scene.pause("open", dice):
        party = dice.choices(list(Party), weights=[3 if one is Party.DESA else 1 for one in Party])[0]
        scope = dice.choice(
            [
                Scope.all(),
                Scope.of_agreement(urn),
                Scope.of_dataset(urn, DATASET),
                Scope.of_client(urn, str(party.other)),
            ]
        )
        _shut_off(scene, party, scope, dice)


def _shut_off(scene: Scene, party: Party, scope: Scope, dice: random.Random) -> None:
    home = scene.nodes.home(party)
    name = f"shut off {scope.kind} by {party}"
    closed: list[Closed] = []

    def close() -> None:
        shutoff.shut_off(home, scope, reason=Reason.OTHER)
        closed.append(Closed(party, scope, time.monotonic()))

    if not scene.told.attempt(name, close):
        scene.told.fault(f"{name}: was refused")
        return
    scene.told.closed += closed
    scene.pause("closed", dice)
    closed[0].reopening = time.monotonic()
    for attempt in range(10):
        if scene.told.attempt(f"reinstate {scope.kind} by {party}", lambda: shutoff.reinstate(home, scope)):
            return
        time.sleep(0.2 * (attempt + 1))
    scene.told.fault(f"{scope.kind} of {party} could not be reinstated")


def kill(scene: Scene, dice: random.Random) -> None:
    """`kill -9` of API workers mostly; of other processes, and whole restarts, now and then."""
    while scene.pause("kills", dice):
        home = scene.nodes.home(dice.choice(list(Party)))
        kind = dice.choices(("api worker", "process", "restart"), weights=(6, 2, 1))[0]
        name = Name.API if kind == "api worker" else dice.choice(pair.EXCHANGE)
        process = processes.status(home, name).pid
        if process is None:
            continue
        if kind == "restart":
            with suppress(processes.NotRunning):
                processes.hold(home, name, is_hard=dice.random() < 0.5)
                time.sleep(dice.uniform(0.0, 0.5))
                processes.release(home, name)
        else:
            chosen = _workers(process) if kind == "api worker" else [process]
            if not chosen:
                continue  # it is just coming up
            with suppress(ProcessLookupError):
                os.kill(dice.choice(chosen), signal.SIGKILL)
        scene.told.count(f"{kind} {name} of {home.role}" if kind != "api worker" else f"{kind} of {home.role}")


def _workers(master: int) -> list[int]:
    """The Python processes that it has started."""
    try:
        children = [int(one) for one in Path(f"/proc/{master}/task/{master}/children").read_text().split()]
        return [one for one in children if b"python" in Path(f"/proc/{one}/cmdline").read_bytes()]
    except OSError:
        return []


# --- the whole -----------------------------------------------------------------------------------------------------


def as_often_as_you_like(document: dict[str, Any]) -> None:
    """The draft lets the same rows go out 24 times a day: fewer than an hour of this asks for."""
    for permission in document["permissions"]:
        for constraint in permission["constraint"]:
            if constraint["leftOperand"] == "frequency":
                constraint["rightOperand"] = "R9999/P1D"


@contextmanager
def running(settings: argparse.Namespace, told: Told) -> Iterator[Scene]:
    """Both nodes, on lines that break until `calm` is called."""
    with ExitStack() as stack:
        folder = Path(settings.keep or tempfile.mkdtemp(prefix="tenun-mixed-"))
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)  # the embedded database's account passes through
        if not settings.keep:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(in_home(folder))
        nodes = open_online_nodes(folder, change=as_often_as_you_like)
        publish_residents(nodes.desa.lake, LARGE, settings.residents, version="1")
        pair.set_up()
        dice = random.Random(settings.seed)
        lines = {
            party: stack.enter_context(
                line(nodes.port(party), cut_share=settings.cut_share, chance=random.Random(dice.random()))
            )
            for party in Party
        }
        for party in Party:
            home = nodes.home(party)
            changed = config.changed(config.read(home), {"peer_address": lines[party.other].address})
            config.write(home, changed)
        with pair.running():
            yield Scene(nodes, lines, told, settings)


def play(scene: Scene) -> None:
    """The load and the disturbance, for as long as was asked; then quiet, until everything owed is done."""
    home = scene.nodes.home(Party.NAKER)
    station = home.station
    with GroupWriter(Log(station.log, station.log_signer())) as writer:
        actors: list[Callable[[], None]] = []
        for number in range(scene.settings.clients):
            actors.append(lambda dice=_dice(scene, number): be_client(scene, writer, dice))
        for number, act in enumerate((change_residents, hand_over_files, shut_off_and_reinstate, kill), start=100):
            actors.append(lambda act=act, dice=_dice(scene, number): act(scene, dice))
        threads = [threading.Thread(target=_guarded, args=(scene, actor)) for actor in actors]
        for thread in threads:
            thread.start()
        scene.over.wait(scene.settings.minutes * 60)
        scene.over.set()
        for thread in threads:
            thread.join(timeout=150)
            if thread.is_alive():
                scene.told.fault("an actor did not come to its end")
        calm(scene)
        with consumer(scene, writer) as caller:
            for name, (_, act) in OPERATIONS.items():
                if not scene.told.attempt(name, lambda act=act: act(caller, scene, scene.dice)):
                    scene.told.fault(f"after all that, at rest, this was not done: {name}")


def _dice(scene: Scene, number: int) -> random.Random:
    return random.Random(f"{scene.settings.seed}/{number}")


def _guarded(scene: Scene, actor: Callable[[], None]) -> None:
    try:
        actor()
    except Exception:
        scene.told.fault(f"an actor ended early:\n{traceback.format_exc(limit=-4)}")


def calm(scene: Scene) -> None:
    """No more cuts; wait until all is open, every event delivered and both logs witnessed."""
    for one in scene.lines.values():
        one.cut_share = 0.0
    owed: list[str] = []
    deadline = time.monotonic() + QUIET_SECONDS_MAX
    while time.monotonic() < deadline:
        owed = list(_owed(scene))
        if not owed:
            return
        time.sleep(0.5)
    for one in owed:
        scene.told.fault(f"{QUIET_SECONDS_MAX} s of quiet were not enough: {one}")


def _owed(scene: Scene) -> Iterator[str]:
    for party in Party:
        home = scene.nodes.home(party)
        station, gate = home.station, MappedGate.open(home.folder / "gate")
        if not gate.is_open(agreement=scene.nodes.agreement.id, dataset=DATASET, client=str(party.other)):
            yield f"the gate of {party} is not open"
        if waiting := Outbox(station, gate).status().waiting:
            yield f"{waiting} events wait at {party}"
        if shutoff.waiting(home):
            yield f"{party} has steps of a shut-off before it"
        if unwitnessed := witnessing.status(station, scene.nodes.agreement).unwitnessed:
            yield f"{unwitnessed} entries of {party} are not witnessed"


# --- what must be true in the end ------------------------------------------------------------------------------------


Log_ = list[dict[str, Any]]


def judge(scene: Scene, seen: Mapping[Party, list[Seen]]) -> dict[str, Any]:
    """Every check, with the nodes at rest. Faults go to `told`; gives what was counted."""
    told, nodes = scene.told, scene.nodes
    for party in Party:
        CallBook(nodes.home(party).station).recover()
    logs = {party: log_of(nodes.of(party).log) for party in Party}
    for party in Party:
        _no_answer_without_entry(told, party, logs[party], seen[party])
        _nothing_after_a_shut_off(told, party, nodes.agreement.id, seen[party])
        _what_is_lacking_was_lost(told, party, logs, seen[party])
        _log_verifies(told, nodes, party, scene.folder)
    _every_kind_happened(told, scene.settings)
    return {"reconciled": _reconciled(told, logs), "entries": {str(one): len(log) for one, log in logs.items()}}


def _no_answer_without_entry(told: Told, party: Party, log: Log_, seen: list[Seen]) -> None:
    opened = {one["call"] for one in log if one["type"] == "call.opened"}
    ended = {one["call"]: one for one in log if one["type"] in ("call.closed", "call.interrupted")}
    for one in seen:
        if not one.is_success or one.call is None or one.path.startswith(UNLOGGED):
            continue
        told.done["answers held against the log"] += 1
        what = f"{party}: {one.method} {one.path} ({one.call[:12]})"
        if one.call not in opened:
            told.fault(f"{what} was answered {one.status} and is not in the log")
        elif one.call not in ended:
            told.fault(f"{what} was never closed in the log")
        else:
            _bytes_as_logged(told, what, one, ended[one.call])


def _bytes_as_logged(told: Told, what: str, one: Seen, end: Mapping[str, Any]) -> None:
    """An interrupted call was closed by another process, which knows no bytes: that it was is all that can be said."""
    said = end.get("response") or {}
    told.done["bytes passed"] += one.passed
    if "bytes" in said and one.passed > said["bytes"]:
        told.fault(f"{what}: {one.passed} bytes passed, the log knows {said['bytes']}")
    if one.sha256 is None or end["type"] == "call.interrupted" or one.status == 206:
        return
    if "content_sha256" in said and said["content_sha256"] != one.sha256:
        told.fault(f"{what}: other bytes passed than the log knows")


def _nothing_after_a_shut_off(told: Told, party: Party, agreement: str, seen: list[Seen]) -> None:
    for closed in (one for one in told.closed if one.party is party):
        for one in seen:
            dataset = DATASET if one.path.startswith(("/token", "/v1/agreements/")) else None
            is_data = one.path in ("/token", "/v1/catalog") or any(
                f"/{word}" in one.path for word in ("exports", "queries")
            )
            if not is_data or not closed.scope.covers(agreement=agreement, dataset=dataset, client=str(party.other)):
                continue
            if one.received > closed.acknowledged and (one.answered or float("inf")) < closed.reopening:
                told.done["requests after a shut-off"] += 1
                if one.is_success:
                    late = round(1e3 * (one.received - closed.acknowledged))
                    told.fault(f"{party}: {one.method} {one.path} was admitted {late} ms after {closed.scope} closed")


def _what_is_lacking_was_lost(told: Told, party: Party, logs: Mapping[Party, Log_], seen: list[Seen]) -> None:
    """A call that the consumer has and the provider lacks never had an answer on the line that told of success."""
    known = {one["call"] for one in logs[party] if str(one["type"]).startswith("call.") and "call" in one}
    answered = {one.call for one in seen if one.is_success}
    for entry in logs[party.other]:
        if entry["type"] == "call.asked" and entry["call"] not in known:
            told.done["calls lost on the line"] += 1
            if entry["call"] in answered:
                told.fault(f"{party}: the answered call {entry['call'][:12]} is not in its log")


def _reconciled(told: Told, logs: Mapping[Party, Log_]) -> dict[str, int]:
    """As a day later, when nothing may be open or under way any more."""
    now = datetime.now(UTC)
    window = Window(now - timedelta(days=1), now + timedelta(hours=1), now + timedelta(hours=8), timedelta(0))
    found = comparison.compare(Party.DESA, enumerate(logs[Party.DESA]), enumerate(logs[Party.NAKER]), window)
    for finding in found.findings:
        told.fault(f"reconciliation: {finding.sentence('en')} {dict(finding.members)} {dict(finding.about)}")
    if not found.counts.get("matched"):
        told.fault("no call was in both logs")
    return dict(sorted(found.counts.items()))


def _log_verifies(told: Told, nodes: OnlineNodes, party: Party, folder: Path) -> None:
    """By the program that imports nothing else; what the other party signed last must be the beginning of it."""
    station, other = nodes.home(party).station, nodes.home(party.other).station
    if witnessing.has_peer_forked(other, nodes.agreement):
        told.fault(f"{party.other} holds proof of two histories of the log of {party}")
    earlier = []
    for number, content in enumerate(witnessing.seen_of_peer(other)):
        path = folder / f"cosigned-{party}-{number}"
        path.write_bytes(content)
        earlier.append(str(path))
    if not earlier:
        told.fault(f"{party.other} never signed the log of {party}")
    key = pinned_log_keys(nodes.agreement, party)[0].encode()
    words = [sys.executable, "-m", "tenun.transparency_log", "verify", str(station.log), key, *earlier]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        told.fault(f"the log of {party} does not verify: {done.stdout[-1500:]}{done.stderr[-500:]}")


def _every_kind_happened(told: Told, settings: argparse.Namespace) -> None:
    """A run in which something never succeeded has proved nothing of it."""
    wanted = {*OPERATIONS, "answers held against the log"}
    if settings.minutes >= 5:
        scopes = {f"shut off {kind} by desa" for kind in ("all", "agreement", "dataset", "client")}
        wanted |= {"file", "publish", "resumed", "requests after a shut-off", "calls lost on the line", *scopes}
    for name in sorted(wanted):
        if not told.done[name]:
            told.fault(f"nothing of this kind happened: {name}")


# --- the report ------------------------------------------------------------------------------------------------------


def run(settings: argparse.Namespace) -> dict[str, Any]:
    """The whole of it. `faults` is what must be empty."""
    told, began = Told(), time.monotonic()
    seen: dict[Party, list[Seen]] = {}
    with ExitStack() as stack:
        with running(settings, told) as scene:
            play(scene)
            # The folder outlives the nodes: it is judged when nobody writes any more.
            kept = stack.enter_context(_standing_still(scene))
            seen = {party: one.taken() for party, one in scene.lines.items()}
            counted = judge(kept, seen)
    cuts = sum(one.cuts for one in kept.lines.values())
    return {
        "minutes": settings.minutes,
        "seed": settings.seed,
        "seconds": round(time.monotonic() - began, 1),
        "exchanges_on_the_lines": sum(len(one) for one in seen.values()),
        "cuts": cuts,
        "done": dict(sorted(told.done.items())),
        "refused": dict(sorted(told.refused.items())),
        **counted,
        "faults": told.faults,
    }


@contextmanager
def _standing_still(scene: Scene) -> Iterator[Scene]:
    """Both nodes stopped, their folders still there."""
    for party in Party:
        processes.stop(scene.nodes.home(party))
    yield scene


def show(found: Mapping[str, Any]) -> None:
    print(
        f"{found['minutes']} minutes, seed {found['seed']}: {found['exchanges_on_the_lines']} exchanges on the lines,",
        end="",
    )
    print(f" {found['cuts']} of them cut; entries: {found['entries']}")
    for title in ("done", "refused", "reconciled"):
        print(f"  {title}")
        for name, count in found[title].items():
            print(f"    {count:>12}  {name}")
    print(f"  faults: {len(found['faults'])} (0)")
    for fault in found["faults"][:40]:
        print(f"    - {fault}")


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--residents", type=int, default=4000, help="of the large village: how long its files are")
    parser.add_argument("--cut-share", type=float, default=0.03, help="of the exchanges")
    parser.add_argument("--pace", type=float, default=1.0, help="how long the pauses between disturbances are")
    parser.add_argument("--keep", help="a folder for the nodes, which is kept")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


def main() -> int:
    settings = parsed(sys.argv[1:])
    os.environ.setdefault("TENUN_API_STREAM_MB_PER_SECOND", MB_PER_SECOND)
    found = run(settings)
    if settings.json:
        print(json.dumps(found))
    else:
        show(found)
    return int(bool(found["faults"]))


if __name__ == "__main__":
    raise SystemExit(main())
