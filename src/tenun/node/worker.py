"""The process that does what nobody waits for: exports, events to the peer, its signature on our log, checks.

`python -m tenun.node.worker ROLE READY`. Works with the database down. Jobs run in lanes, one thread each, so that a
long export does not hold up the news of a shut-off. A job that fails is noted and tried again; the others go on.

    run/work.json   when each job last went well, and what stopped it; for `tenun node status`
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from tenun.agreement.standing import Position, Standing
from tenun.exchange import duties, mirror, witnessing
from tenun.exchange import outbox as outboxes
from tenun.exchange.calls import CallBook
from tenun.exchange.client.node import Consumer
from tenun.exchange.client.session import Client
from tenun.exchange.client.transport import NoLedger
from tenun.exchange.gate import MappedGate
from tenun.exchange.journal import Journal
from tenun.exchange.outbox import Outbox
from tenun.exchange.serving.exports import Exports
from tenun.exchange.station import Station
from tenun.kernel.clock import Clock, SystemClock, rfc3339
from tenun.kernel.durable import write_durably
from tenun.kernel.errors import TenunError
from tenun.node import catching_up, chain, config, consuming, logs, shutoff, stamping
from tenun.node.config import NodeConfig
from tenun.node.guard import Leaving
from tenun.node.home import NodeHome, Role
from tenun.node.mailing import Mailing
from tenun.transparency_log.errors import LogError
from tenun.transparency_log.log import Log
from tenun.transparency_log.writer import GroupWriter

TOLD = "work.json"
TICK_SECONDS = 0.05
TILES_AGAIN = 8
"""Older tiles of the peer's log that are fetched again each time, so that a change in one is found too."""
# A job that fails comes again soon, then later and later, up to the second of these or its own time, if that is longer.
FAILED_SECONDS_FIRST = 10.0
FAILED_SECONDS_MAX = 60.0

log = structlog.get_logger("tenun.worker")


@dataclass
class Desk:
    """What the jobs of one lane work with. Made when first asked for: a node without an agreement has no peer."""

    home: NodeHome
    config: NodeConfig
    gate: MappedGate
    should_stop: Callable[[], bool]
    clock: Clock = field(default_factory=SystemClock)

    @cached_property
    def station(self) -> Station:
        return replace(self.home.station, clock=self.clock)

    @cached_property
    def standing(self) -> Standing:
        return chain.standing_of(self.home)

    @cached_property
    def writer(self) -> GroupWriter:
        return GroupWriter(Log(self.station.log, self.station.log_signer()))

    @cached_property
    def exports(self) -> Exports:
        return Exports(self.station, self.standing.at, self.gate, writer=self.writer)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.station, self.gate, book=Journal(self.station, self.writer))

    @cached_property
    def consumer(self) -> Consumer:
        """Our calls to the peer, each in the log. Tried once: the next round comes soon enough."""
        return self._caller()

    @cached_property
    def _reader(self) -> Consumer:
        return self._caller()

    def _caller(self) -> Consumer:
        book = CallBook(self.station, self.writer)
        return consuming.consumer_of(self.home, self.standing, self.gate, book, clock=self.clock)

    @cached_property
    def mailing(self) -> Mailing:
        return Mailing(self.home.role, self.config)

    def unlogged(self) -> Client:
        """Calls about the logs themselves. Neither party logs them: each entry would call for the next."""
        client = self._reader.client()
        client.attend(NoLedger())
        return client

    def close(self) -> None:
        """Write what is still in memory, and hang up."""
        made = self.__dict__  # of what is made at first use, only what was used
        for name in ("consumer", "_reader", "writer"):
            if name in made:
                made[name].close()
        if "mailing" in made:
            made["mailing"].stop()

    @property
    def position(self) -> Position:
        return self.standing.at(self.station.clock.now())

    @property
    def policy(self) -> witnessing.Policy:
        return policy_of(self.config)


def policy_of(found: NodeConfig) -> witnessing.Policy:
    """How long this node goes on without the peer's signature on its log."""
    stop = found.witness.stop_after_seconds
    return witnessing.Policy(
        timedelta(seconds=found.witness.warn_after_seconds), None if stop is None else timedelta(seconds=stop)
    )


# --- the jobs ------------------------------------------------------------------------------------------------


def follow_up(desk: Desk) -> bool:
    """What still follows a shut-off or a reinstatement."""
    return bool(shutoff.resume(desk.home))


def report_acts(desk: Desk) -> bool:
    """Acts that were appended while log or outbox could not be written."""
    chain.report(desk.home)
    return False


def apply_orders(desk: Desk) -> bool:
    """What the acts order about delivered data, at every place where it lies; and what they order no longer."""
    station = desk.station
    duties.apply_orders(station, duties.facts_at(desk.standing, station.clock.now()))
    return False


def deliver_events(desk: Desk) -> bool:
    """Events to the peer. A shut-off does not stop those that are not about data."""
    if not desk.outbox.status().waiting:
        return False
    return desk.outbox.deliver_due(desk.consumer.send_event, desk.station.clock.now()).delivered > 0


def be_witnessed(desk: Desk) -> bool:
    """The peer's signature on our newest checkpoint."""
    position = desk.position
    before = witnessing.status(desk.station, position.agreement, policy=desk.policy)
    if before.unwitnessed == 0:
        return False
    found = witnessing.keep_witnessed(
        desk.station,
        position.agreement,
        lambda _path, body: desk.unlogged().add_checkpoint(body),
        policy=desk.policy,
    )
    if found.is_contradicted:
        log.error("the peer has seen another history of our log")
    elif found.is_late:
        log.warning("our log is not witnessed", unwitnessed=found.unwitnessed, problem=found.problem)
    return False


def catch_up(desk: Desk) -> bool:
    """Acts that the peer has and that no event has brought: this node was away, or the event was lost."""
    taken = catching_up.take_missing(desk.consumer.client(), chain.chain_of(desk.home))
    if taken:
        log.info("acts fetched from the peer", acts=taken)
    return False


def hand_over_receipts(desk: Desk) -> bool:
    """Receipts that the provider could not take before."""
    desk.consumer.send_receipts()
    return False


def export(desk: Desk) -> bool:
    """The oldest export that waits. True where there may be more."""
    return desk.exports.run_next(desk.should_stop) is not None


def drop_closed(desk: Desk) -> bool:
    """Exports of what either party has shut off.

    By the record and not by the gate: one that is closed because the guard is away is no reason to throw work away.
    """
    for closure in shutoff.keeper_of(desk.home).read().closures:
        desk.exports.drop(closure.scope)
    return False


def announce(desk: Desk) -> bool:
    """Tell the peer which datasets have changed."""
    position = desk.position
    outboxes.announce_changes(
        desk.station,
        position.agreement,
        desk.outbox,
        gate=desk.gate,
        is_in_force=position.state.is_in_force,
    )
    return False


def announce_log(desk: Desk) -> bool:
    """Tell the peer of our newest checkpoint, on another way than to its witness."""
    outboxes.announce_checkpoint(desk.station, desk.position.agreement, desk.outbox)
    return False


def mirror_peer(desk: Desk) -> bool:
    """The peer's log, fetched, checked and kept, with some of what we kept compared again."""
    fetch = mirror.from_client(desk.unlogged())
    followed = mirror.follow(desk.station, desk.position.agreement, fetch, recheck=TILES_AGAIN)
    for fault in followed.faults:
        log.error("the peer's log is not what it signed", fault=str(fault.wrong), file=fault.file)
    return False


def reconcile_days(desk: Desk) -> bool:
    """Both logs of a day that is over, once: what one of them lacks is named, and is a candidate for an incident.

    The oldest of the last days first; a peer that was away for a while is caught up with. True where there may be
    another day.
    """
    station = desk.station
    day = mirror.day_due(station)
    if day is None:
        return False
    fetch = mirror.from_client(desk.unlogged())
    done = mirror.reconcile_with(station, desk.position.agreement, fetch, day=day)
    if not done.report:
        log.error("the two logs differ", findings=len(done.report.findings), candidate=done.candidate)
    return True


def stamp_log(desk: Desk) -> bool:
    """An authority's time on our newest checkpoint, once a day, where node.json names one."""
    authority = desk.config.log.tsa
    if authority is not None:
        stamping.stamp_if_due(desk.station, authority)
    return False


def keep_mailing(desk: Desk) -> bool:
    """The process that sends mails, where node.json names a mail server."""
    desk.mailing.keep()
    return False


def sweep(desk: Desk) -> bool:
    """Remove what is past its time."""
    desk.exports.sweep(desk.station.clock.now())
    return False


@dataclass(frozen=True)
class Work:
    """One job. `run` gives whether there is more to do at once."""

    name: str
    every_seconds: float
    run: Callable[[Desk], bool]
    needs_agreement: bool = True


LANES: dict[str, Sequence[Work]] = {
    "evidence": (
        Work("follow-up", 1.0, follow_up, needs_agreement=False),
        Work("acts", 2.0, report_acts),
        Work("events", 0.5, deliver_events),
        Work("witness", 1.0, be_witnessed),
        Work("receipts", 10.0, hand_over_receipts),
        # At the start, and then now and then: events bring acts at once, and each of these calls is in both logs.
        Work("catch-up", 300.0, catch_up),
    ),
    "checks": (
        Work("orders", 10.0, apply_orders),
        Work("mirror", 60.0, mirror_peer),
        Work("reconcile", 300.0, reconcile_days),
        Work("stamp", 300.0, stamp_log, needs_agreement=False),
    ),
    "exports": (
        Work("drop-closed", 1.0, drop_closed),
        Work("exports", 0.2, export),
        Work("announce", 30.0, announce),
        Work("announce-log", 60.0, announce_log),
        Work("sweep", 600.0, sweep),
    ),
    # Apart from the others: ending the child takes seconds, and no other lane is to wait for it.
    "mail": (Work("mail", 2.0, keep_mailing, needs_agreement=False),),
}


# --- running them --------------------------------------------------------------------------------------------


@dataclass
class _Turn:
    """When a job comes again, and how it went."""

    work: Work
    due: float = 0.0
    failures: int = 0
    well: datetime | None = None
    problem: str | None = None


@dataclass
class Lane:
    """Jobs that are done one after another, in a thread of their own."""

    name: str
    desk: Desk
    turns: list[_Turn] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, works: Sequence[Work], desk: Desk) -> Lane:
        return cls(name, desk, [_Turn(work) for work in works])

    def run_due(self) -> bool:
        """Do what is due. Whatever fails is noted and comes again; gives whether anything changed."""
        has_changed = False
        for turn in self.turns:
            if self.desk.should_stop():
                break
            if time.monotonic() >= turn.due:
                has_changed |= self._run(turn)
        return has_changed

    def _run(self, turn: _Turn) -> bool:
        if turn.work.needs_agreement and not self.desk.home.agreement.exists():
            turn.due = time.monotonic() + turn.work.every_seconds
            return False
        problem: str | None = None
        has_more = False
        try:
            has_more = turn.work.run(self.desk)
        except Exception as fault:
            # Whatever it is, the other jobs go on: above all the news of a shut-off. Its text may quote someone.
            problem = fault.code if isinstance(fault, (TenunError, LogError)) else type(fault).__name__
        turn.failures = turn.failures + 1 if problem else 0
        turn.due = time.monotonic() + _wait(turn, has_more=has_more)
        has_changed = problem != turn.problem or turn.well is None
        if problem and problem != turn.problem:
            log.warning("a job failed", job=turn.work.name, code=problem)
        turn.problem = problem
        if problem is None:
            turn.well = datetime.now(UTC)
        return has_changed

    def told(self) -> dict[str, Any]:
        return {
            turn.work.name: {
                "well": rfc3339(turn.well) if turn.well else None,
                "problem": turn.problem,
                "failures": turn.failures,
            }
            for turn in self.turns
        }


def _wait(turn: _Turn, *, has_more: bool) -> float:
    """Seconds until a job comes again."""
    own = turn.work.every_seconds
    if turn.failures == 0:
        return 0.0 if has_more else own
    return float(min(min(own, FAILED_SECONDS_FIRST) * 2 ** min(turn.failures, 10), max(own, FAILED_SECONDS_MAX)))


def run(home: NodeHome, *, ready: Path | None = None) -> None:
    """Work until a signal comes. A job that is under way is asked to stop, and goes on where it was next time."""
    leaving = Leaving()
    found = config.read_or_default(home)
    lanes = [
        Lane.of(name, works, Desk(home, found, MappedGate.open(home.station.gate), lambda: leaving.is_asked))
        for name, works in LANES.items()
    ]
    threads = [threading.Thread(target=_keep, args=(lane, leaving), name=lane.name) for lane in lanes]
    for thread in threads:
        thread.start()
    if ready is not None:
        ready.touch()
    told: dict[str, Any] = {}
    while any(thread.is_alive() for thread in threads):
        now = {name: state for lane in lanes for name, state in lane.told().items()}
        # Written when something went otherwise than before; the moments alone are not worth a disk's life.
        if _without_moments(now) != _without_moments(told):
            _tell(home, now)
            told = now
        time.sleep(1.0 if not leaving.is_asked else TICK_SECONDS)


def _keep(lane: Lane, leaving: Leaving) -> None:
    while not leaving.is_asked:
        lane.run_due()
        time.sleep(TICK_SECONDS)
    lane.desk.close()


def _without_moments(told: dict[str, Any]) -> dict[str, Any]:
    return {name: (state["problem"], state["well"] is None) for name, state in told.items()}


def _tell(home: NodeHome, told: dict[str, Any]) -> None:
    try:
        write_durably(home.folder / "run" / TOLD, json.dumps(told).encode())
    except OSError as problem:
        log.warning("the state of the work cannot be written", reason=type(problem).__name__)


def main(words: list[str]) -> None:
    role, ready = words
    logs.configure({"level": os.environ.get("TENUN_LOG_LEVEL", "INFO")})
    logs.keep_values_out_of_crashes()
    run(NodeHome.of(Role(role)), ready=Path(ready) if ready else None)


if __name__ == "__main__":
    main(sys.argv[1:])
