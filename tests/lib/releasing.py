"""A node whose figures can be released: persons, links, figures of them, and the agreement in force with the other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from tenun.agreement import document
from tenun.agreement.vocabulary import Party
from tenun.indicators import permits
from tenun.indicators.areas import NATIONAL, Area, upwards
from tenun.indicators.compute import Settings, compute
from tenun.indicators.inputs import CROSSWALK_DATASET, LINKS
from tenun.indicators.tables import DATASET as FIGURES
from tenun.kernel.clock import SystemClock
from tenun.lake.snapshot import Layer, Origin, Snapshot
from tenun.lake.store import CURRENT, Lake
from tenun.node.home import NodeHome
from tenun.registry.reference import edition
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid
from tests.lib.agreement_drafts import SHIPPED

REGENCY = "52.08"
DISTRICT = "52.08.01"
AUDIENCE = "pemerintah-desa"
DATE = date(2026, 11, 1)
SIZES = (180, 240, 60, 320, 150)
"""Persons of the first villages of the district; one of them too small to be told of."""
LETTERS = {
    Party.DESA: {"number": "B-1/2026", "dated": "2026-01-20", "office": "Kepala Pusat Buatan Satu"},
    Party.NAKER: {"number": "B-2/2026", "dated": "2026-01-21", "office": "Kepala Pusat Buatan Dua"},
}
ASKED: dict[str, Any] = {
    "audience": AUDIENCE,
    "scope": {"indicators": ["A1", "B1", "C1"], "areas": [DISTRICT]},
    "valid_from": "2000-01-01",
    "valid_until": "2099-12-31",
    "text": "Untuk musyawarah desa.",
}


@dataclass(frozen=True)
class Filled:
    persons: list[dict[str, Any]]
    seekers: frozenset[str]
    """Persons who look for work, by pseudonym."""
    figures: Snapshot
    areas: list[Area]

    def count(self, area: str, *, only_seekers: bool = False, **of: str) -> int:
        """The true number of adults of an area, or of those who look for work."""
        return sum(
            person["village_code"].startswith(area)
            and (not only_seekers or person["person_id"] in self.seekers)
            and all(person[name] == value for name, value in of.items())
            for person in self.persons
        )


def fill(lake: Lake, *, seed: int = 11) -> Filled:
    """Publish persons, accounts and links of a district's villages, and figures of its regency."""
    areas = _areas()
    villages = [area.code for area in areas if area.code.startswith(f"{DISTRICT}.")][: len(SIZES)]
    persons, seekers = _people(villages, Random(seed))
    for village in villages:
        mine = [one for one in persons if one["village_code"] == village]
        lake.publish(
            layer=Layer.CORE,
            dataset=sid.DATASET,
            scope=village,
            as_of=DATE,
            origin=Origin("releasing/1", settings={"seed": seed}),
            tables={
                "persons": pa.Table.from_pylist(mine, schema=sid.PERSONS.schema()),
                "identifiers": sid.PERSON_IDENTIFIERS.schema().empty_table(),
            },
            sealed_tables=["identifiers"],
            details={"invented": True},
        )
    accounts = [
        {"seeker_id": f"s{one}", "village_code": one.partition("/")[0], "reported_on": DATE} for one in sorted(seekers)
    ]
    lake.publish(
        layer=Layer.CORE,
        dataset=siapkerja.SEEKERS_DATASET,
        scope=NATIONAL,
        as_of=DATE,
        origin=Origin("releasing/1", settings={"seed": seed}),
        tables={"seekers": pa.Table.from_pylist(accounts, schema=siapkerja.SEEKERS.schema())},
    )
    links = [
        {"seeker_id": one["seeker_id"], "person_id": one["seeker_id"][1:], "village_code": one["village_code"]}
        for one in accounts
    ]
    crosswalk = pa.Table.from_pylist(links, schema=LINKS)
    lake.publish(
        layer=Layer.LINK,
        dataset=CROSSWALK_DATASET,
        scope=NATIONAL,
        as_of=DATE,
        origin=Origin(
            "releasing/1",
            inputs=[f"core/{sid.DATASET}/{village}/x" for village in villages],
            settings={"seed": seed},
        ),
        tables={"crosswalk": crosswalk.append_column("match_class", pa.array(["nik"] * len(links)))},
    )
    agreed = document.load(SHIPPED)
    permit = permits.ask(agreed, by=Party.NAKER, moment=SystemClock().now(), lake=lake)
    figures = compute(lake, areas=areas, reference_date=DATE, permit=permit, settings=Settings.under(agreed))
    return Filled(persons, frozenset(seekers), figures, areas)


@contextmanager
def filled(node: NodeHome) -> Iterator[Filled]:
    """`fill`, and all of it taken out again, with what was released: for tests that share a node."""
    lake = node.lake
    (current,) = lake.root.glob(f"{Layer.OUT}/{FIGURES}/*/{CURRENT}")
    before = current.read_text()
    made = fill(lake)
    yield made
    lake.remove(made.figures)
    current.write_text(before)  # a lake leaves nothing current behind what is removed; the others here need figures
    for place in (lake.root / "core", lake.root / "link", lake.root / "out" / "releases"):
        shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(node.folder / "releases", ignore_errors=True)


def _areas() -> list[Area]:
    current = edition.current()
    codes = {
        around
        for district in current.children(REGENCY)
        for village in current.children(district.code)
        for around in upwards(village.code)
    }
    return [Area(code, current.names.get(code, "Indonesia")) for code in sorted(codes)]


def _people(villages: list[str], chance: Random) -> tuple[list[dict[str, Any]], set[str]]:
    persons: list[dict[str, Any]] = []
    seekers: set[str] = set()
    for village, size in zip(villages, SIZES, strict=True):
        for number in range(size):
            person = f"{village}/{number}"
            persons.append(
                {
                    "person_id": person,
                    "village_code": village,
                    "family_id": f"{village}/{number // 3}",
                    "sex": chance.choice(("male", "female")),
                    "age_years": chance.choice((16, 19, 23, 30, 40, 50, 61)),
                    "life_status": "alive",
                    "citizenship": "indonesian",
                    "activity": "working" if chance.random() < 0.6 else "retired",
                    "job_social_security": "missing",
                }
            )
            if chance.random() < 0.05:
                seekers.add(person)
    return persons, seekers


def in_force(node: NodeHome, other: NodeHome) -> None:
    """The agreement in force between two nodes' folders."""
    from tenun.agreement import signing

    homes = {Party(one.role.value): (one.agreement, one.folder / "keys") for one in (node, other)}
    signing.enter_into_force(SHIPPED, homes)


@contextmanager
def agreed(node: NodeHome, other: NodeHome) -> Iterator[None]:
    """`in_force`, and the agreement taken away again with every act of it: for tests that share a node."""
    in_force(node, other)
    yield
    shutil.rmtree(other.folder)
    for folder in (node.agreement, node.folder / "acts", node.folder / "revisions"):
        shutil.rmtree(folder, ignore_errors=True)


def scan(folder: Path, name: str = "surat.pdf") -> Path:
    """The scan of a letter."""
    file = folder / name
    file.write_bytes(b"%PDF-1.7 invented letter")
    return file
