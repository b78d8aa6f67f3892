"""How a node is: its processes, its gate, the agreement, the log, what waits, and the peer. Says no one's data.

Every part is looked at by itself: one that cannot be read says so by its code, and the others are shown all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange import witnessing
from tenun.exchange.calls import CallBook
from tenun.exchange.gate import GateClosed, MappedGate, OpenGate
from tenun.exchange.outbox import Outbox
from tenun.exchange.serving.jobs import Jobs
from tenun.exchange.station import pinned_keys
from tenun.kernel.clock import SystemClock, rfc3339
from tenun.kernel.durable import write_durably
from tenun.kernel.errors import TenunError
from tenun.node import chain, consuming, processes, shutoff, worker
from tenun.node import config as configs
from tenun.node.gate import RecordUnreadable
from tenun.node.home import NodeHome
from tenun.node.processes import Name
from tenun.transparency_log.errors import LogError

CONTACT = "peer.json"


def look(home: NodeHome, *, check_peer: bool = True) -> dict[str, Any]:
    """Everything. With `check_peer`, the other node is called, which takes as long as it takes to answer."""
    return {
        "node": str(home.role),
        "time": rfc3339(SystemClock().now()),
        "processes": [processes.status(home, name).as_dict() for name in Name],
        "gate": gate(home),
        "agreement": _told(lambda: _agreement(home)),
        "log": _told(lambda: _log(home)),
        "queues": _told(lambda: _queues(home)),
        "work": _told(lambda: _work(home)),
        "peer": _told(lambda: peer(home, check=check_peer)),
    }


def gate(home: NodeHome) -> dict[str, Any]:
    """What is closed since when and by whom, and what the workers see."""
    keeper = shutoff.keeper_of(home)
    found: dict[str, Any] = {
        "is_open": False,
        "problem": None,
        "number": None,
        "closures": [],
        "has_sentinel": keeper.has_sentinel(),
        "pending": [],
    }
    try:
        record = keeper.read()
        found |= {"number": record.number, "closures": [closure.as_dict() for closure in record.closures]}
    except RecordUnreadable as problem:
        found["problem"] = problem.code
    try:
        # What every question falls under; a narrower closure is in the list.
        MappedGate.open(keeper.folder).epoch(agreement=_agreement_id(home))
        found["is_open"] = True
    except GateClosed as problem:
        found["problem"] = found["problem"] or (str(problem.reason) if problem.reason.event is None else None)
    try:
        found["pending"] = [
            {
                "change": pending.change,
                "scope": str(pending.closure.scope),
                "missing": [str(step) for step in pending.missing],
                "failed": pending.failed,
            }
            for pending in shutoff.waiting(home)
        ]
    except TenunError as problem:
        found["pending"] = [{"change": problem.code, "scope": "", "missing": [], "failed": {}}]
    return found


def peer(home: NodeHome, *, check: bool = False) -> dict[str, Any]:
    """The other party as the agreement has it: keys, address, liaison; and whether it answers now."""
    agreement = chain.agreement_now(home)
    other = Party(home.role.value).other
    config = configs.read_or_default(home)
    terms = agreement.parties[other]
    found: dict[str, Any] = {
        "party": str(other),
        "issuer": terms.node.issuer,
        "address": config.peer_address or terms.node.issuer,
        "liaison": terms.contact.liaison,
        "email": terms.contact.email,
        "keys": {str(use): sorted(pinned_keys(agreement, other, use)) for use in KeyUse},
        "last_contact": _last_contact(home),
    }
    if check:
        found["answer"] = _call(home, agreement)
        found["last_contact"] = _last_contact(home)
    return found


# --- below the surface -----------------------------------------------------------------------------------------


def _told(look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return look()
    except (TenunError, LogError, OSError, ValueError) as problem:
        code = problem.code if isinstance(problem, (TenunError, LogError)) else type(problem).__name__
        return {"problem": code}


def _agreement_id(home: NodeHome) -> str:
    """For the question whether anything passes at all; any name does where the agreement cannot be read."""
    try:
        return chain.agreement_now(home).id
    except (TenunError, OSError):
        return "?"


def _agreement(home: NodeHome) -> dict[str, Any]:
    state = chain.standing_of(home).at(SystemClock().now()).state
    return {
        "id": state.agreement,
        "rev": state.rev,
        "is_in_force": state.is_in_force,
        "ends": rfc3339(state.ends),
        "heads": list(state.heads),
    }


def _log(home: NodeHome) -> dict[str, Any]:
    agreement = chain.agreement_now(home)
    policy = worker.policy_of(configs.read_or_default(home))
    return witnessing.status(home.station, agreement, policy=policy).as_dict()


def _queues(home: NodeHome) -> dict[str, Any]:
    station = home.station
    jobs = Jobs(station).all()
    outbox = Outbox(station, MappedGate.open(station.gate)).status()
    return {
        "exports_waiting": sum(job.is_waiting for job in jobs),
        "events_waiting": outbox.waiting,
        "events_held": outbox.held,
        "events_parked": outbox.parked,
        "events_oldest": rfc3339(outbox.oldest) if outbox.oldest else None,
    }


def _work(home: NodeHome) -> dict[str, Any]:
    """Jobs of the worker that are failing, by the code of what stops them."""
    try:
        told = json.loads((home.folder / "run" / worker.TOLD).read_bytes())
        return {name: state["problem"] for name, state in told.items() if state["problem"]}
    except FileNotFoundError:
        return {}


def _call(home: NodeHome, agreement: Agreement) -> dict[str, Any]:
    """A signed call to the peer for its state of the agreement. Only what its signature covers is believed."""
    consumer = consuming.consumer_of(home, chain.standing_of(home), OpenGate(), CallBook(home.station))
    try:
        state = consumer.client().state()
    except TenunError as problem:
        return {"is_reachable": False, "problem": problem.code}
    finally:
        consumer.close()
    write_durably(home.folder / "run" / CONTACT, json.dumps({"at": rfc3339(SystemClock().now())}).encode())
    return {
        "is_reachable": True,
        "rev": state.get("rev"),
        "is_same_revision": state.get("rev") == agreement.rev,
        "is_in_force": state.get("in_force"),
        "closures": state.get("closures"),
    }


def _last_contact(home: NodeHome) -> str | None:
    try:
        return str(json.loads((home.folder / "run" / CONTACT).read_bytes())["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
