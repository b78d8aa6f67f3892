"""Two nodes' homes with an agreement in force, whose issuers are free ports of this machine.

The homes are those of `TENUN_HOME`, so that the nodes' own processes can be started on them; their lakes
have keys in files, as in life.
"""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tenun.agreement import signing
from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import Party
from tenun.exchange.station import Station
from tenun.kernel.clock import Clock, SystemClock
from tenun.node.home import NodeHome, Role
from tests.lib.two_nodes import DRAFT, publish_residents

VILLAGES = ("53.17.01.2001", "53.17.01.2002", "53.17.02.2001")


@dataclass
class OnlineNodes:
    folder: Path
    agreement: Agreement
    desa: Station
    naker: Station

    def of(self, party: Party) -> Station:
        return self.desa if party is Party.DESA else self.naker

    def home(self, party: Party) -> NodeHome:
        return NodeHome(Role(party.value), self.folder / party)

    def issuer(self, party: Party) -> str:
        return self.agreement.parties[party].node.issuer

    def port(self, party: Party) -> int:
        return int(self.issuer(party).rpartition(":")[2])


def open_online_nodes(
    folder: Path,
    *,
    villages: Iterable[str] = VILLAGES,
    residents: int = 40,
    clock: Clock | None = None,
    change: Callable[[dict[str, Any]], None] | None = None,
) -> OnlineNodes:
    """Homes below `folder` (to be the tests' `TENUN_HOME`), keys, agreement, and residents at *desa*.

    `change` may alter the draft before it is signed.
    """
    draft = folder / "draft"
    shutil.copytree(DRAFT, draft)
    document = json.loads((draft / "agreement.json").read_bytes())
    for party, port in zip(document["parties"], free_ports(2), strict=True):
        party["node"]["issuer"] = f"http://127.0.0.1:{port}"
    if change is not None:
        change(document)
    (draft / "agreement.json").write_text(json.dumps(document))
    homes = {party: NodeHome(Role(party.value), folder / party) for party in Party}
    agreement = signing.enter_into_force(
        draft, {party: (home.agreement, home.folder / "keys") for party, home in homes.items()}
    )
    stations = {party: replace(home.station, clock=clock or SystemClock()) for party, home in homes.items()}
    for village in villages:
        publish_residents(stations[Party.DESA].lake, village, residents)
    return OnlineNodes(folder, agreement, stations[Party.DESA], stations[Party.NAKER])


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now. They are told apart by being open at the same time."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
