"""Both nodes on one machine, set up for each other and run side by side: the demo, tests and benchmarks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from tenun.agreement import signing
from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import Party
from tenun.exchange.calls import CallBook
from tenun.exchange.client.node import Consumer
from tenun.exchange.gate import MappedGate
from tenun.node import chain, config, consuming, ports, processes, shutoff
from tenun.node.home import NodeHome, Role
from tenun.node.processes import Name, Running
from tenun.transparency_log.log import Log
from tenun.transparency_log.writer import GroupWriter

EXCHANGE = (Name.GUARD, Name.API, Name.WORKER)
"""The processes that exchange data. The fourth, `web`, shows it."""


def set_up(*, has_any_port: bool = False) -> None:
    """Write each node's configuration and open its gate's record, where an agreement is in force between them.

    A port that someone else has is not fought over: the node listens elsewhere, and the other is told where.
    With `has_any_port` both do so anyway.
    """
    homes = {role: NodeHome.of(role) for role in Role}
    agreements = {role: signing.verify(home.agreement, own_keys=home.folder / "keys") for role, home in homes.items()}
    wanted = {role: 0 if has_any_port else _port_of(_issuer(agreements[role], role)) for role in Role}
    chosen = {
        role: port if port and ports.is_free(config.LOOPBACK, port) else ports.free(config.LOOPBACK)
        for role, port in wanted.items()
    }
    for role, home in homes.items():
        other = next(one for one in Role if one is not role)
        changes = {
            "issuer": _issuer(agreements[role], role),
            "api.port": chosen[role],
            "peer_address": f"http://{config.LOOPBACK}:{chosen[other]}",
        }
        config.write(home, config.changed(config.read_or_default(home), changes))
        shutoff.keeper_of(home).establish()


@contextmanager
def running(names: Collection[Name] = EXCHANGE) -> Iterator[Mapping[Role, Running]]:
    """Both nodes' processes, for the length of the block. Raises `NodeNotStarted`, `AlreadyRunning`."""
    with ExitStack() as stack:
        with ThreadPoolExecutor(len(Role)) as threads:
            starting = {role: threads.submit(processes.start, role, names) for role in Role}
        # Each is ended, also when the other did not start.
        for future in starting.values():
            if future.exception() is None:
                stack.enter_context(future.result())
        yield {role: future.result() for role, future in starting.items()}


@contextmanager
def consumer(role: Role) -> Iterator[Consumer]:
    """That node as a caller of its peer, in this process."""
    home = NodeHome.of(role)
    station = home.station
    with GroupWriter(Log(station.log, station.log_signer())) as writer:
        book = CallBook(station, writer)
        caller = consuming.consumer_of(home, chain.standing_of(home), MappedGate.open(station.gate), book)
        try:
            yield caller
        finally:
            caller.close()


def _issuer(agreement: Agreement, role: Role) -> str:
    return agreement.parties[Party(role.value)].node.issuer


def _port_of(issuer: str) -> int:
    return int(issuer.rpartition(":")[2])
