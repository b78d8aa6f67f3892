"""Cutting the other party's access, and giving it back (Pasal 7(4)).

A shut-off is done when the record is on disk and the page tells every worker. What follows (telling the other
processes, unlinking finished files, the log, the signed act, the event to the peer) may fail, is said to have
failed, is tried again by the worker, and never undoes the closing. It needs no database, no peer, no portal and
no guard.

    gate/pending/{number}.json   what is still to follow; gone when all is done
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tenun.agreement.vocabulary import Party
from tenun.exchange.gate import OpenGate, Reason, Scope
from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.kernel.durable import only_one, sync_folder, write_durably
from tenun.kernel.errors import TenunError
from tenun.node.gate import Closure, Effect, Gatekeeper, NotShutOff, RecordUnreadable
from tenun.node.home import NodeHome
from tenun.transparency_log.errors import LogError

# What follows a shut-off is loaded when it follows (acts, exports, log, database): loading it takes seconds, and the
# closing must not wait for them. tests/unit/node/test_light_shutoff.py holds it.

SHUT_OFF, REINSTATE = "shut-off", "reinstate"
SHUT = "gate.shut_off"
REINSTATED = "gate.reinstated"
"""Types of entries in the node's log."""


class Step(StrEnum):
    """What follows a change of the gate, in this order."""

    NOTIFY = "notify"
    """Wake the processes that listen at the database. Only haste: they see the record within 50 ms anyway."""
    JOBS = "jobs"
    """Cancel what waits and runs, unlink finished files."""
    ACT = "act"
    """The signed act in the agreement's chain."""
    REPORT = "report"
    """The act in our log, and on its way to the peer."""
    LOG = "log"
    """What this node did, in its log."""


# Without the act, there is nothing to tell.
_NEEDS = {Step.REPORT: Step.ACT}
# Under this name `failed` says that the note itself could not be kept.
_NOTE = "pending"
_STEPS = {
    SHUT_OFF: (Step.NOTIFY, Step.JOBS, Step.ACT, Step.REPORT, Step.LOG),
    REINSTATE: (Step.NOTIFY, Step.ACT, Step.REPORT, Step.LOG),
}


class PendingDamaged(TenunError):
    """A note of what is still to follow cannot be read. What is closed stays closed."""

    code = "node.gate_pending_damaged"
    text_id = "Catatan gate/pending/{file} rusak, jadi kelanjutan penutupan itu tidak dapat diteruskan."
    text_en = "The note gate/pending/{file} is damaged, so what follows that shut-off cannot go on."
    remedy_id = "Pindahkan berkas itu; pekerja membuat catatan baru dari gate/record.json."
    remedy_en = "Move that file away; the worker makes a new note from gate/record.json."


class ClosedByOther(NotShutOff):
    """The scope is closed, but by the other party: only it can reinstate."""

    code = "node.closed_by_other"
    text_id = "{scope} ditutup oleh {other}; hanya {other} yang dapat membukanya."
    text_en = "{scope} was shut off by {other}; only {other} can reinstate it."
    remedy_id = "Hubungi narahubung {other}; `tenun node peer` menunjukkannya."
    remedy_en = "Contact the liaison of {other}; `tenun node peer` shows it."


@dataclass
class Pending:
    """One change of the gate and how far what follows it has come."""

    change: str
    """`shut-off` or `reinstate`."""
    number: int
    """The closure's epoch, or the new one of a reinstatement: names the file."""
    closure: Closure
    note: str = ""
    """Free text of who acted. Goes into the signed act and nowhere else."""
    done: dict[str, str] = field(default_factory=dict)
    """By step: what came of it, such as the act's hash."""
    failed: dict[str, str] = field(default_factory=dict)
    """By step: the code of the last failure."""

    @property
    def missing(self) -> list[Step]:
        return [step for step in _STEPS[self.change] if step not in self.done]

    def as_dict(self) -> dict[str, Any]:
        return {
            "change": self.change,
            "number": self.number,
            "closure": self.closure.as_dict(),
            "note": self.note,
            "done": self.done,
            "failed": self.failed,
        }

    @classmethod
    def from_file(cls, path: Path) -> Pending:
        try:
            members = json.loads(path.read_bytes())
            found = cls(
                change=members["change"],
                number=int(members["number"]),
                closure=Closure.from_dict(members["closure"]),
                note=members["note"],
                done=dict(members["done"]),
                failed=dict(members["failed"]),
            )
            if found.change not in _STEPS:
                raise ValueError(found.change)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise PendingDamaged(file=path.name) from problem
        return found


@dataclass(frozen=True)
class Change:
    """What a shut-off or a reinstatement did."""

    change: str
    closure: Closure
    effect: Effect
    done: Mapping[str, str]
    failed: Mapping[str, str]
    """Steps that the worker will try again, with the code of what stopped them."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "change": self.change,
            "closure": self.closure.as_dict(),
            "effect": str(self.effect),
            "done": dict(self.done),
            "failed": dict(self.failed),
        }


# --- the two acts ------------------------------------------------------------------------------------------


@implements("7(4)", control="One command of one party closes at once; everything else follows and may wait.")
def shut_off(home: NodeHome, scope: Scope, *, reason: Reason, note: str = "") -> Change:
    """Close a scope in the name of this node's party. Closing what is closed changes nothing and tries the rest again.

    `reason` is one of the agreement's security events. When this returns, no request of the scope is admitted and
    its open streams are broken. Raises `RecordUnwritable` where it would not last.
    """
    keeper = keeper_of(home)
    closure, effect = keeper.close(scope, reason=reason)
    pending = _follow_up(keeper, SHUT_OFF, closure.number, closure, note)
    return _carried_out(home, pending, effect)


@implements("7(4)", control="Only the party that shut off reinstates, by a signed act; a new epoch begins.")
def reinstate(home: NodeHome, scope: Scope, *, note: str = "") -> Change:
    """Open again what this node's party has closed: first the signed act, then the gate.

    Old tokens and streams do not come back. Raises `NotShutOff`, `ClosedByOther`, `RecordUnreadable`, and what
    keeps the act from being signed; then all stays as it was.
    """
    keeper = keeper_of(home)
    record = keeper.read()
    closure = record.by(keeper.party, scope)
    if closure is None:
        others = [one for one in record.closures if one.scope == scope]
        if others:
            raise ClosedByOther(scope=str(scope), other=str(others[0].by), by=str(keeper.party))
        raise NotShutOff(scope=str(scope), by=str(keeper.party))
    # The chain must know what is taken back. What a shut-off still owes to others goes on being owed.
    resume(home)
    from tenun.node import chain

    act, ended = chain.reinstate(home, closure, note=note)
    record, effect = keeper.reopen(scope, acts=ended)
    pending = _follow_up(keeper, REINSTATE, record.number, closure, note)
    pending.done[Step.ACT] = act or ""
    return _carried_out(home, pending, effect)


def resume(home: NodeHome) -> list[Pending]:
    """Try again what still follows earlier changes. Gives what remains. The worker calls this; so may anyone."""
    keeper = keeper_of(home)
    _note_what_is_owed(keeper)
    left = []
    for path in sorted((keeper.folder / "pending").glob("[0-9]*.json")):
        pending = Pending.from_file(path)
        _carry_out(home, pending)
        if pending.missing:
            left.append(pending)
    return left


def waiting(home: NodeHome) -> list[Pending]:
    """What still follows earlier changes, without trying anything."""
    return [Pending.from_file(path) for path in sorted((home.folder / "gate" / "pending").glob("[0-9]*.json"))]


def keeper_of(home: NodeHome) -> Gatekeeper:
    return Gatekeeper(home.folder / "gate", Party(home.role.value))


# --- what follows ------------------------------------------------------------------------------------------


def _note_what_is_owed(keeper: Gatekeeper) -> None:
    """A closure of ours without a note: made by the sentinel, or by a command that was killed."""
    try:
        record = keeper.read()
    except RecordUnreadable:
        return  # there is nothing to tell of what cannot be read
    for closure in record.closures:
        if closure.by is keeper.party and not closure.is_told:
            _follow_up(keeper, SHUT_OFF, closure.number, closure, "")


def _follow_up(keeper: Gatekeeper, change: str, number: int, closure: Closure, note: str) -> Pending:
    """The note of what follows, on disk where the disk allows it."""
    path = keeper.folder / "pending" / f"{number:020}.json"
    if path.exists():
        return Pending.from_file(path)
    pending = Pending(change, number, closure, note)
    if change == SHUT_OFF and closure.is_told:
        pending.done = {str(step): "" for step in _STEPS[change]}
        return pending
    try:
        _save(keeper, pending)
    except OSError as problem:
        pending.failed[_NOTE] = type(problem).__name__
    return pending


def _carried_out(home: NodeHome, pending: Pending, effect: Effect) -> Change:
    _carry_out(home, pending)
    return Change(pending.change, pending.closure, effect, pending.done, pending.failed)


def _carry_out(home: NodeHome, pending: Pending) -> None:
    """Do what is missing, whatever fails on the way; say in `pending` what came of it."""
    keeper = keeper_of(home)
    try:
        # The command and the worker do not sign the same act twice.
        with only_one(keeper.folder / "pending" / "lock"):
            _learn_from_others(keeper, pending)
            for step in pending.missing:
                _try(home, pending, step)
            _settle(keeper, pending)
            pending.failed.pop(_NOTE, None)
    except (OSError, TenunError) as problem:
        pending.failed[_NOTE] = _code(problem)


def _learn_from_others(keeper: Gatekeeper, pending: Pending) -> None:
    """The worker may have come first."""
    path = _path(keeper, pending)
    if path.exists():
        pending.done.update(Pending.from_file(path).done)
    elif _NOTE not in pending.failed:
        pending.done.update({str(step): "" for step in pending.missing})


def _try(home: NodeHome, pending: Pending, step: Step) -> None:
    needed = _NEEDS.get(step)
    if needed is not None and needed not in pending.done:
        pending.failed[step] = pending.failed.get(needed, str(needed))
        return
    try:
        pending.done[step] = _WORK[step](home, pending)
        pending.failed.pop(step, None)
    except _expected() as problem:
        pending.failed[step] = _code(problem)
        if step is Step.NOTIFY:  # it only hastens: late, it is worth nothing
            pending.done[step] = ""


def _expected() -> tuple[type[Exception], ...]:
    """What may stop a step. Asked only when something did: by then the database's library has been loaded anyway."""
    import psycopg

    return TenunError, LogError, OSError, psycopg.Error, ValueError


def _code(problem: BaseException) -> str:
    """What stopped a step, in a word that names nobody."""
    return problem.code if isinstance(problem, (TenunError, LogError)) else type(problem).__name__


def _settle(keeper: Gatekeeper, pending: Pending) -> None:
    if pending.missing:
        _save(keeper, pending)
        return
    if pending.change == SHUT_OFF and not pending.closure.is_told:
        keeper.note(pending.number, act=pending.done[Step.ACT] or None, is_told=True)
    _path(keeper, pending).unlink(missing_ok=True)
    sync_folder(_path(keeper, pending).parent)


def _save(keeper: Gatekeeper, pending: Pending) -> None:
    content = json.dumps(pending.as_dict(), ensure_ascii=False, sort_keys=True, indent=1).encode()
    write_durably(_path(keeper, pending), content)


def _path(keeper: Gatekeeper, pending: Pending) -> Path:
    return keeper.folder / "pending" / f"{pending.number:020}.json"


# --- the steps, each of which can be done twice without harm --------------------------------------------------


def _notify(home: NodeHome, pending: Pending) -> str:
    import psycopg

    from tenun.node.guard import CHANNEL, database_that_runs

    address = database_that_runs(home.role)
    if address is None:
        return ""
    with psycopg.connect(address.url(), autocommit=True, connect_timeout=2) as connection:
        connection.execute(f"NOTIFY {CHANNEL}")
    return CHANNEL


def _drop_jobs(home: NodeHome, pending: Pending) -> str:
    from tenun.exchange.serving.exports import Exports
    from tenun.node import chain

    exports = Exports(home.station, chain.standing_of(home).at, OpenGate())
    return str(exports.drop(pending.closure.scope))


def _act(home: NodeHome, pending: Pending) -> str:
    from tenun.node import chain

    recorded = next((one for one in _closures(home) if one.number == pending.number), pending.closure)
    return chain.shut_off(home, recorded, note=pending.note) or ""


def _closures(home: NodeHome) -> tuple[Closure, ...]:
    """As recorded now: the guard may have found the act in the chain meanwhile."""
    try:
        return keeper_of(home).read().closures
    except RecordUnreadable:
        return ()


def _report(home: NodeHome, pending: Pending) -> str:
    from tenun.node import chain

    return str(chain.report(home))


def _log(home: NodeHome, pending: Pending) -> str:
    from tenun.exchange.journal import Journal

    closure = pending.closure
    logged = Journal(home.station).write(
        SHUT if pending.change == SHUT_OFF else REINSTATED,
        scope=str(closure.scope),
        reason=str(closure.reason),
        since=rfc3339(closure.since),
        source=str(closure.source),
        epoch=str(pending.number),
        act=pending.done.get(Step.ACT) or None,
    )
    return str(logged.index)


_WORK: Mapping[Step, Callable[[NodeHome, Pending], str]] = {
    Step.NOTIFY: _notify,
    Step.JOBS: _drop_jobs,
    Step.ACT: _act,
    Step.REPORT: _report,
    Step.LOG: _log,
}
