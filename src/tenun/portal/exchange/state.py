"""What this node knows of the exchange at the moment: gate, agreement, deliveries, evidence.

Read from the node's own files, so that it is told also while the database, the API or the peer is down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tenun.agreement.acts import state as states
from tenun.agreement.agreed import Agreement
from tenun.agreement.standing import Position, Standing
from tenun.agreement.vocabulary import Party
from tenun.exchange import events, reconcile, witnessing
from tenun.exchange.gate import GateClosed, MappedGate
from tenun.exchange.reconcile import Finding, Reconciled
from tenun.exchange.register import Register
from tenun.exchange.station import Station
from tenun.kernel.clock import SystemClock
from tenun.kernel.errors import TenunError
from tenun.node.gate import Closure
from tenun.node.home import NodeHome
from tenun.portal.closures import closures_of

DELIVERIES_MAX = 10
INCIDENTS_MAX = 10
DAYS_SHOWN = 7
FINDINGS_SHOWN = 20
"""Of all days together; the reports have the rest."""


@dataclass(frozen=True)
class Flow:
    """One direction: who gives, who gets."""

    provider: Party
    consumer: Party
    datasets: tuple[str, ...]
    closed: GateClosed | None
    """Why nothing passes; none where something may."""
    shut: tuple[str, ...]
    """Datasets that were shut off one by one."""

    @property
    def is_open(self) -> bool:
        return self.closed is None and not self.shut


@dataclass(frozen=True)
class Delivery:
    moment: datetime
    is_ours: bool
    """Whether this node sent it."""
    record: Mapping[str, Any]


@dataclass(frozen=True)
class Incident:
    """An incident that one party has told the other of (Pasal 7(4))."""

    party: Party
    """Whose it is."""
    event: str
    """A word of the agreement's list, or `rekonsiliasi`."""
    opened: datetime | None
    closed: datetime | None
    reported: datetime | None
    """When the incident report was signed."""
    due: datetime | None
    """By when it is to be reported; none where it was."""


@dataclass(frozen=True)
class ExchangeState:
    agreement: Agreement | None
    begins: datetime | None
    ends: datetime | None
    is_in_force: bool
    flows: tuple[Flow, ...]
    closures: tuple[Closure, ...]
    is_record_readable: bool
    deliveries: tuple[Delivery, ...]
    incidents: tuple[Incident, ...]
    days: tuple[Reconciled, ...]
    """The latest comparisons of both logs, newest first."""
    witness: witnessing.Status | None
    problem: TenunError | None
    """Why the agreement or the log could not be read."""

    @property
    def is_open(self) -> bool:
        return bool(self.flows) and self.is_in_force and all(flow.is_open for flow in self.flows)

    @property
    def findings(self) -> tuple[tuple[date, Finding], ...]:
        """What one log has and the other has not, by day."""
        named = [(day.day, finding) for day in self.days for finding in day.findings]
        return tuple(named[:FINDINGS_SHOWN])

    @property
    def has_open_findings(self) -> bool:
        """Whether one party has found that the logs differ, and nobody has settled it."""
        return any(one.event == reconcile.TOLD_AS and one.closed is None for one in self.incidents)

    @property
    def is_silent(self) -> bool:
        """Closed by nobody: the node's processes are not running."""
        return not self.closures and self.is_record_readable and any(flow.closed for flow in self.flows)

    @property
    def is_partly_open(self) -> bool:
        """Whether only single datasets are shut off."""
        return self.is_in_force and bool(self.flows) and not any(flow.closed for flow in self.flows)


def look(home: NodeHome) -> ExchangeState:
    """The state now. What cannot be read is told as such and never taken for a good sign."""
    now = SystemClock().now()
    station = home.station
    problem: TenunError | None = None
    agreement: Agreement | None = None
    begins = ends = None
    is_in_force = False
    witness = None
    incidents: tuple[Incident, ...] = ()
    try:
        position = Standing(station.agreement, station.acts, own_keys=station.keys).at(now)
        agreement = position.agreement
        begins, ends, is_in_force = position.state.begins, position.state.ends, position.state.is_in_force
        incidents = _incidents(station, position)
        witness = witnessing.status(station, agreement)
    except TenunError as told:
        problem = told
    closures, is_readable = closures_of(home)
    return ExchangeState(
        agreement=agreement,
        begins=begins,
        ends=ends,
        is_in_force=is_in_force,
        flows=_flows(agreement, MappedGate.open(station.gate)) if agreement else (),
        closures=closures,
        is_record_readable=is_readable,
        deliveries=_deliveries(home),
        incidents=incidents,
        days=tuple(reconcile.latest(station, DAYS_SHOWN)),
        witness=witness,
        problem=problem,
    )


def _flows(agreement: Agreement, gate: MappedGate) -> tuple[Flow, ...]:
    flows = []
    for provider in Party:
        given = tuple(
            name
            for name, dataset in agreement.datasets.items()
            if (dataset.provider, dataset.consumer) == (provider, provider.other)
        )
        closed = _closed(agreement, gate, provider.other)
        shut = () if closed else tuple(name for name in given if not _is_open(agreement, gate, provider.other, name))
        flows.append(Flow(provider, provider.other, given, closed, shut))
    return tuple(flows)


def _closed(agreement: Agreement, gate: MappedGate, consumer: Party) -> GateClosed | None:
    try:
        gate.epoch(agreement=agreement.id, client=str(consumer))
    except GateClosed as closed:
        return closed
    return None


def _is_open(agreement: Agreement, gate: MappedGate, consumer: Party, dataset: str) -> bool:
    return gate.is_open(agreement=agreement.id, dataset=dataset, client=str(consumer))


def _deliveries(home: NodeHome) -> tuple[Delivery, ...]:
    register = Register(home.station)
    found = [Delivery(datetime.fromisoformat(record["created"]), True, record) for record in register.sent()]
    found += [Delivery(datetime.fromisoformat(record["created"]), False, record) for record in register.received()]
    return tuple(sorted(found, key=lambda one: one.moment, reverse=True)[:DELIVERIES_MAX])


def _incidents(station: Station, position: Position) -> tuple[Incident, ...]:
    """What was told by event, joined with the reports that are signed acts; the newest first."""
    reports = {(one.shut_off or one.act)[:32]: one for one in position.state.incidents}
    issuers = {position.agreement.parties[party].node.issuer: party for party in Party}
    told = [_incident(one, issuers, reports.get(one["incident"])) for one in events.incidents(station)]
    return tuple(sorted(told, key=_when, reverse=True)[:INCIDENTS_MAX])


def _incident(one: Mapping[str, Any], issuers: Mapping[str, Party], report: states.Incident | None) -> Incident:
    opened = datetime.fromisoformat(one["opened"]) if "opened" in one else None
    closed = datetime.fromisoformat(one["closed"]) if "closed" in one else None
    is_owed = report is None and closed is None and opened is not None
    return Incident(
        party=issuers[one["from"]],
        event=one["event"],
        opened=opened,
        closed=closed,
        reported=report.reported_at if report else None,
        due=opened + states.INCIDENT_CLOCK if is_owed and opened else None,
    )


def _when(incident: Incident) -> datetime:
    moment = incident.opened or incident.closed
    assert moment is not None  # one of the two was told
    return moment
