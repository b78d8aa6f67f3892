"""The agreement's chain of acts as a node uses it: what it closes, and what is told of every act.

Every act gets an entry in this node's log, whoever made it, and every act that this party signed goes to the peer.
Both happen when the act is appended, or later: `report` tells what could not be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tenun.agreement.acts import act as acts
from tenun.agreement.acts import law, state
from tenun.agreement.acts.bodies import IncidentReport, KeyChange, Reinstate, ShutOff
from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.kinds import ScopeKind as ActScope
from tenun.agreement.acts.ledger import Entry
from tenun.agreement.acts.refusals import ActNotReported
from tenun.agreement.agreed import Agreement
from tenun.agreement.standing import Standing
from tenun.agreement.vocabulary import Party, SecurityEvent
from tenun.exchange import outbox
from tenun.exchange.events import EventType
from tenun.exchange.gate import OpenGate, Reason, Scope, ScopeKind
from tenun.exchange.journal import Journal
from tenun.exchange.outbox import Outbox
from tenun.exchange.station import Station
from tenun.kernel.clock import SystemClock
from tenun.node.gate import Closure
from tenun.node.home import NodeHome

ACT_TAKEN = "agreement.act_taken"
"""Type of the log entry about an act."""
_EVENTS = {Kind.SHUT_OFF: EventType.SHUT_OFF, Kind.REINSTATE: EventType.REINSTATED}


@dataclass(frozen=True)
class Said:
    """What the chain says of shut-offs."""

    closures: tuple[Closure, ...]
    """Both parties', as they stand."""
    known: frozenset[str]
    """Every act there is."""


class Reading:
    """The chain, read again and again; cheap as long as nothing changed."""

    def __init__(self, home: NodeHome) -> None:
        self._home = home
        self._standing = standing_of(home)

    def __call__(self) -> Said:
        """Raises what the agreement or an act raises that cannot be read."""
        if not self._home.agreement.exists():
            return Said((), frozenset())
        found = self._standing.at(SystemClock().now()).state
        closures = tuple(_closure(found.agreement, one) for party in Party for one in found.closures.get(party, ()))
        return Said(closures, frozenset(self._standing.ledger().entries))


def standing_of(home: NodeHome) -> Standing:
    station = home.station
    return Standing(station.agreement, station.acts, own_keys=station.keys)


def agreement_now(home: NodeHome) -> Agreement:
    """The revision in force now. Raises what the agreement raises that cannot be read."""
    return standing_of(home).at(SystemClock().now()).agreement


def chain_of(home: NodeHome) -> Chain:
    """The chain of a node, to which appending also logs and tells the peer."""
    station = home.station

    def tell(entry: Entry) -> None:
        agreement = agreement_now(home)
        _log(station, agreement, entry)
        if entry.by is station.party or law.is_of_both(entry.signed.act):
            _queue(station, agreement, entry)
            _tell_incident(station, agreement, entry)

    return Chain(station.acts, agreement=station.agreement, own_keys=station.keys, on_appended=tell)


def report(home: NodeHome) -> int:
    """Log and send the acts of which that was not done yet; says how many. Nothing where there is no agreement."""
    return chain_of(home).report() if home.agreement.exists() else 0


# --- shutting off and reinstating ----------------------------------------------------------------------------


def shut_off(home: NodeHome, closure: Closure, *, note: str) -> str | None:
    """Append the act of a closure of ours and give its hash; that of an act which is there already for it.

    None where this node has no agreement yet: there is nobody to tell. Raises an `ActError`, `KeysMissing`, and what
    the agreement raises.
    """
    if closure.act is not None:
        return closure.act
    if not home.agreement.exists():
        return None
    event = closure.reason.event or SecurityEvent.OTHER
    body = {
        "scope": _act_scope(closure.scope),
        "event": str(event),
        "reason": note or f"Ditutup dengan alasan {event}. / Shut off; reason: {event}.",
    }
    return _appended(home, Kind.SHUT_OFF, body)


def reinstate(home: NodeHome, closure: Closure, *, note: str) -> tuple[str | None, tuple[str, ...]]:
    """Append the act that ends a closure of ours. Gives its hash, and those of the shut-offs that it ends.

    None and nothing where the chain knows of no such closure: it was never told, or is open already. Raises an
    `ActError`, `KeysMissing`, and what the agreement raises; then nothing has changed.
    """
    if not home.agreement.exists():
        return None, ()
    standing = Reading(home)().closures
    opens = sorted(
        one.act for one in standing
        if one.act is not None and one.by is closure.by and (one.act == closure.act or _is_of(one, closure.scope))
    )  # fmt: skip
    if not opens:
        return None, ()
    body = {"opens": opens, "reason": note or "Dibuka kembali. / Reinstated."}
    return _appended(home, Kind.REINSTATE, body), tuple(opens)


def _appended(home: NodeHome, kind: Kind, body: dict[str, Any]) -> str:
    chain = chain_of(home)
    before = set(chain.ledger().entries)
    party = Party(home.role.value)
    try:
        return chain.act(kind, by=party, keys=home.folder / "keys", body=body).hash
    except ActNotReported:
        # It counts; log and peer are told later, by `report`.
        made = [entry.hash for entry in chain.all() if entry.kind is kind and entry.by is party]
        return next(name for name in reversed(made) if name not in before)


def _act_scope(scope: Scope) -> dict[str, str]:
    """The acts know no more than one agreement: closing everything closes that."""
    if scope.kind in (ScopeKind.ALL, ScopeKind.AGREEMENT):
        return {"kind": str(ActScope.AGREEMENT)}
    return {"kind": str(scope.kind), "name": scope.name}


def _is_of(closure: Closure, scope: Scope) -> bool:
    """Whether an act's closure is what closing that scope has put into the chain."""
    return closure.scope == scope or (scope.kind is ScopeKind.ALL and closure.scope.kind is ScopeKind.AGREEMENT)


def _closure(agreement: str, one: state.Closure) -> Closure:
    match one.scope:
        case ActScope.DATASET:
            scope = Scope.of_dataset(agreement, one.name or "")
        case ActScope.CLIENT:
            scope = Scope.of_client(agreement, one.name or "")
        case _:
            scope = Scope.of_agreement(agreement)
    return Closure(scope, one.party, one.since, Reason.of(one.event), act=one.act)


# --- telling -------------------------------------------------------------------------------------------------


def _log(station: Station, agreement: Agreement, entry: Entry) -> None:
    act = entry.signed.act
    Journal(station).write(
        ACT_TAKEN,
        agreement={"id": agreement.id, "rev": act.rev},
        act={
            "sha256": entry.hash,
            "kind": str(entry.kind),
            "by": str(entry.by),
            "signers": sorted(one.kid for one in entry.signed.signatures),
        },
    )


def _queue(station: Station, agreement: Agreement, entry: Entry) -> None:
    """On its way to the peer; the outbox keeps trying. The gate holds nothing of this back."""
    body = entry.signed.body
    data: dict[str, Any] = {
        "agreement": agreement.id,
        "kind": str(entry.kind),
        "sha256": entry.hash,
        "act": entry.signed.content.decode(),
    }
    kind = _EVENTS.get(entry.kind, EventType.ACT)
    if isinstance(body, KeyChange) and body.key is not None:
        kind = EventType.KEY_CHANGED
        data |= {"party": str(entry.by), "use": str(body.key.use), "kid": body.key.jwk.kid}
    issuer = str(agreement.parties[station.party].node.issuer)
    Outbox(station, OpenGate()).put(kind, source=issuer, data=data)


def _tell_incident(station: Station, agreement: Agreement, entry: Entry) -> None:
    """An incident is opened by the shut-off for it or by its report, and closed when access is given back.

    A report of a shut-off is about the incident that the shut-off opened: one name for both.
    """
    body = entry.signed.body
    match body:
        case ShutOff():
            outbox.tell_incident(
                station,
                agreement,
                EventType.INCIDENT_OPENED,
                incident=_incident(entry.hash),
                event=str(body.event),
                at=entry.takes_effect,
            )
        case IncidentReport():
            outbox.tell_incident(
                station,
                agreement,
                EventType.INCIDENT_OPENED,
                incident=_incident(body.shut_off or entry.hash),
                event=str(body.event),
                at=body.detected_at,
            )
        case Reinstate():
            for opened in body.opens:
                outbox.tell_incident(
                    station,
                    agreement,
                    EventType.INCIDENT_CLOSED,
                    incident=_incident(opened),
                    event=str(_shut_off_of(station, opened).event),
                    at=entry.takes_effect,
                )


def _incident(act: str) -> str:
    """The name of the incident that an act begins."""
    return act[:32]


def _shut_off_of(station: Station, act: str) -> ShutOff:
    body = acts.parse((station.acts / f"{act}.json").read_bytes()).body
    assert isinstance(body, ShutOff)  # the law of acts: nothing else is reinstated
    return body
