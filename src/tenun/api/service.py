"""What a worker process of the API works with, made once in it, after the fork."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from tenun.agreement.standing import Position, Standing
from tenun.agreement.vocabulary import Party
from tenun.exchange import witnessing
from tenun.exchange.admission.gateway_certificate import Gateway
from tenun.exchange.admission.granting import Granting
from tenun.exchange.admission.pipeline import Admission
from tenun.exchange.admission.visit import Admitted, Asking
from tenun.exchange.calls import CallBook
from tenun.exchange.gate import MappedGate
from tenun.exchange.serving.exports import Exports
from tenun.exchange.station import Station
from tenun.exchange.wire.messages import Request
from tenun.exchange.witnessing import Policy, Unwitnessed
from tenun.kernel.errors import TenunError
from tenun.node import config as configs
from tenun.node import postgres
from tenun.node.home import NodeHome, Role
from tenun.node.replay import PostgresReplay
from tenun.transparency_log.log import Log
from tenun.transparency_log.writer import GroupWriter

TIDY_SECONDS = 1.0
WITNESS_EVERY = 5
SWEEP_EVERY = 60
"""In rounds of tidying."""

log = structlog.get_logger("tenun.api")


class WitnessCondition:
    """Whether data may go on without the other party's signature on our log. Looked at now and then, asked always."""

    def __init__(self, station: Station, standing: Standing, policy: Policy) -> None:
        self._station = station
        self._standing = standing
        self._policy = policy
        self._problem: Unwitnessed | None = None

    def __call__(self) -> None:
        """Raises `Unwitnessed`."""
        problem = self._problem
        if problem is not None:
            raise Unwitnessed(**problem.parts)

    def look(self) -> None:
        agreement = self._standing.at(self._station.clock.now()).agreement
        try:
            witnessing.require_witnessed(self._station, agreement, self._policy)
        except Unwitnessed as problem:
            self._problem = problem
        else:
            self._problem = None


def _policy(home: NodeHome) -> Policy:
    found = configs.read_or_default(home).witness
    stop = found.stop_after_seconds
    return Policy(timedelta(seconds=found.warn_after_seconds), None if stop is None else timedelta(seconds=stop))


@dataclass
class Service:
    """Everything that routes need. One for a process; safe from any thread."""

    home: NodeHome
    station: Station
    standing: Standing
    gate: MappedGate
    replay: PostgresReplay
    writer: GroupWriter
    book: CallBook
    admission: Admission
    granting: Granting
    exports: Exports
    witness: WitnessCondition
    gateway: Gateway = field(default_factory=Gateway)
    """Whose word about a client's certificate is taken, where TLS ends before this node."""
    _ended: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def open(cls, role: Role, *, demands_certificate: bool = False) -> Service:
        """The node's service. It begins closed: the gate's page says when data may pass."""
        home = NodeHome.of(role)
        station = home.station
        address = postgres.told(role) or postgres.Cluster.of_home().address(postgres.database_name(role))
        standing = Standing(station.agreement, station.acts, own_keys=station.keys)
        gate = MappedGate.open(station.gate)
        replay = PostgresReplay(address)
        writer = GroupWriter(Log(station.log, station.log_signer()))
        book = CallBook(station, writer)
        witness = WitnessCondition(station, standing, _policy(home))
        gateway = Gateway.of(configs.read_or_default(home).api.trusted_proxies)
        demands_certificate = demands_certificate or bool(gateway)
        admission = Admission(
            station, standing, gate, replay, book, demands_certificate=demands_certificate, condition=witness
        )
        return cls(
            home=home,
            station=station,
            standing=standing,
            gate=gate,
            replay=replay,
            writer=writer,
            book=book,
            admission=admission,
            granting=Granting(admission),
            exports=Exports(station, standing.at, gate, writer=writer),
            witness=witness,
            gateway=gateway,
        )

    # --- for routes ------------------------------------------------------------------------------

    @property
    def peer(self) -> Party:
        return self.station.party.other

    def position(self) -> Position:
        """The agreement as it stands now."""
        return self.standing.at(self.station.clock.now())

    def issuer(self) -> str:
        """Our public URL: what is signed names it, wherever this process listens."""
        return str(self.position().agreement.parties[self.station.party].node.issuer)

    @contextmanager
    def admitted(
        self, request: Request, step: str, ask: Asking, *, agreement: str, certificate: str | None = None
    ) -> Iterator[Admitted]:
        """A data call, for as long as it is being answered: what is refused inside is logged too."""
        call = self.admission.admit(request, step, ask, agreement=agreement, certificate=certificate)
        with self.admission.refusals(call.visit):
            yield call

    @contextmanager
    def recognised(
        self,
        request: Request,
        step: str,
        *,
        agreement: str | None = None,
        is_gated: bool = False,
        certificate: str | None = None,
    ) -> Iterator[Admitted]:
        """A signed call without token, for as long as it is being answered."""
        call = self.admission.recognise(request, step, agreement=agreement, is_gated=is_gated, certificate=certificate)
        with self.admission.refusals(call.visit):
            yield call

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Read what every call needs, close what a crash left open, and keep tidy from now on."""
        self._try(lambda: self.admission.keyring.signing(self.position().agreement))
        self._try(self.book.recover)
        self._try(self.witness.look)
        threading.Thread(target=self._keep_tidy, name="tidy", daemon=True).start()

    def stop(self) -> None:
        """Write what is still only in memory."""
        self._ended.set()
        self._try(lambda: self.admission.doorstep.write_due(at_once=True))
        self.book.close()
        self.writer.close()
        self.replay.close()

    def _keep_tidy(self) -> None:
        round_ = 0
        while not self._ended.wait(TIDY_SECONDS):
            round_ += 1
            self._try(self.admission.doorstep.write_due)
            if round_ % WITNESS_EVERY == 0:
                self._try(self.witness.look)
            if round_ % SWEEP_EVERY == 0:
                self._try(lambda: self.replay.sweep(self.station.clock.now()))
                self._try(self.book.recover)

    @staticmethod
    def _try(work: object) -> None:
        """What cannot be done now is done in the next round; that it could not be is told.

        Whatever it is: the thread that keeps tidy must not end, or a log that nobody witnesses would stop no data.
        """
        try:
            work()  # type: ignore[operator]
        except Exception as problem:
            log.warning("tidy", problem=problem.code if isinstance(problem, TenunError) else type(problem).__name__)


class NotSetUp(RuntimeError):
    """This process is no worker, or is not one yet."""


_current: Service | None = None


def current() -> Service:
    """The service of this process. Raises `NotSetUp`."""
    if _current is None:
        raise NotSetUp
    return _current


def use(service: Service | None) -> None:
    """Make it the service of this process."""
    global _current
    _current = service
