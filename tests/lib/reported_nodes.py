"""Two nodes with invented people, linked, with a report: for whoever tests the report, its pages and the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tenun.agreement import signing
from tenun.agreement.vocabulary import Party
from tenun.lake.store import Lake
from tenun.linkage import run, settings
from tenun.linkage.report import keeping
from tenun.linkage.report.keeping import Report
from tenun.node.home import NodeHome, Role
from tenun.registry.siapkerja.tables import SEEKERS_DATASET
from tenun.registry.sid.tables import DATASET
from tests.lib import invented_people, linked_nodes
from tests.lib.invented_people import People
from tests.lib.linked_nodes import AGREEMENT

REGENCY = "52.08"


@dataclass(frozen=True)
class Reported:
    home: NodeHome
    people: People
    report: Report

    @property
    def lake(self) -> Lake:
        return self.home.lake


def open_home(folder: Path, *, residents: int, seed: int = 51, regency: str = REGENCY) -> tuple[NodeHome, People]:
    """Both nodes below a folder, an agreement in force, everything delivered to node naker."""
    homes = {role: NodeHome(role, folder / role) for role in Role}
    signing.enter_into_force(
        AGREEMENT, {Party(role.value): (one.agreement, one.folder / "keys") for role, one in homes.items()}
    )
    people = invented_people.invent(
        residents,
        seed=seed,
        regency=regency,
        desa_keys=homes[Role.DESA].keys,
        naker_keys=homes[Role.NAKER].keys,
    )
    naker = homes[Role.NAKER]
    publish(naker.lake, people)
    return naker, people


def publish(lake: Lake, people: People) -> None:
    for village in people.villages():
        linked_nodes.publish(lake, DATASET, village, people.resident_tables(village))
    linked_nodes.publish(lake, SEEKERS_DATASET, "00", people.seeker_tables())


def link_and_report(home: NodeHome, people: People, *, hidden: int = 2_000) -> Reported:
    permitted = linked_nodes.link_permits()
    permits = {"residents_permit": permitted.residents, "seekers_permit": permitted.seekers}
    run.link(home.lake, **permits, settings=settings.load())
    return Reported(home, people, report(home, hidden=hidden))


def report(home: NodeHome, *, hidden: int = 2_000) -> Report:
    permitted = linked_nodes.link_permits()
    return keeping.make(
        home.lake,
        residents_permit=permitted.residents,
        seekers_permit=permitted.seekers,
        settings=settings.load(),
        name_of=lambda _code: "",
        hidden=hidden,
    )
