"""Two nodes in a folder, with a signed agreement in force between them and invented residents at one.

The residents are made here by a few rules, so that what a pack must hold can be computed on its own.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenun.agreement import signing
from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import Party
from tenun.exchange.station import Station
from tenun.kernel.clock import FixedClock
from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer, Origin, SourceFile
from tenun.lake.store import Lake
from tenun.registry.sid.tables import PERSON_IDENTIFIERS, PERSONS

DRAFT = Path(__file__).resolve().parents[2] / "agreements/sid-siapkerja"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
AS_OF = date(2026, 11, 1)
VILLAGES = ("53.17.01.2001", "53.17.01.2002", "53.17.02.2001", "52.01.14.2005")


@dataclass
class Nodes:
    folder: Path
    agreement: Agreement
    desa: Station
    naker: Station
    clock: FixedClock

    def of(self, party: Party) -> Station:
        return self.desa if party is Party.DESA else self.naker

    def later(self, **by: float) -> None:
        """Let time pass, at both nodes."""
        self.clock.moment += timedelta(**by)


def open_nodes(folder: Path, *, draft: Path = DRAFT) -> Nodes:
    """Two homes under a folder, keys made, the agreement in force at both."""
    homes = {party: (folder / party / "agreement", folder / party / "keys") for party in Party}
    agreement = signing.enter_into_force(draft, homes)
    clock = FixedClock(NOW)
    return Nodes(folder, agreement, *(_station(folder, party, clock) for party in Party), clock)


def copy_of(nodes: Nodes, folder: Path) -> Nodes:
    """The same two nodes again: same keys, same lake, same registers."""
    shutil.copytree(nodes.folder, folder)
    clock = FixedClock(nodes.clock.moment)
    return Nodes(folder, nodes.agreement, *(_station(folder, party, clock) for party in Party), clock)


def reopen(folder: Path) -> Nodes:
    """Two nodes that another process made."""
    agreement = signing.verify(folder / Party.DESA / "agreement", own_keys=folder / Party.DESA / "keys")
    clock = FixedClock(NOW)
    return Nodes(folder, agreement, *(_station(folder, party, clock) for party in Party), clock)


def revise(nodes: Nodes, folder: Path, change: Any) -> None:
    """Bring a changed draft into force at both nodes. `change` gets the document and alters it."""
    shutil.copytree(DRAFT, folder)
    document = json.loads((folder / "agreement.json").read_bytes())
    change(document)
    (folder / "agreement.json").write_text(json.dumps(document))
    homes = {party: (nodes.of(party).agreement, nodes.of(party).keys) for party in Party}
    nodes.agreement = signing.enter_into_force(folder, homes)


def _station(folder: Path, party: Party, clock: FixedClock) -> Station:
    home = folder / party
    return Station(
        party=party,
        lake=Lake(home / "lake", MemoryKeys(party.encode())),
        keys=home / "keys",
        agreement=home / "agreement",
        exchange=home / "exchange",
        log=home / "log",
        clock=clock,
    )


# --- residents -----------------------------------------------------------------------------------------


def person(village: str, number: int) -> dict[str, Any]:
    """Everything about one invented resident. Every seventh is a child, every eleventh has died."""
    digits = village.replace(".", "")
    age = number % 7 and 15 + number * 3 % 60
    return {
        "person_id": f"{hash_of(village, number):032x}",
        "village_code": village,
        "family_id": f"{hash_of(village, number // 4 + 500_000):032x}",
        "household_role": ("head", "spouse", "child", "other")[number % 4],
        "sex": ("male", "female")[number % 2],
        "age_years": age,
        "education": ("primary", "lower_secondary", "upper_secondary", "missing")[number % 4],
        "in_school": None if number % 5 else False,
        "activity": ("working", "not_working", "missing")[number % 3],
        "occupation": "farmer",
        "occupation_code": f"{number % 89}",
        "marital_status": ("never_married", "married")[number % 2],
        "life_status": "dead" if number % 11 == 10 else "alive",
        "citizenship": "indonesian",
        "disability": "none",
        "job_social_security": "missing",
        "source_row": number + 3,
        "warnings": ["nik.from_number"] if number % 6 == 0 else [],
        "nik": None if number % 9 == 8 else f"{digits[:6]}{1 + number % 28:02}0190{9000 + number:04}",
        "nik_class": "missing" if number % 9 == 8 else "valid",
        "family_card": f"{digits[:6]}010107{8000 + number // 4:04}",
        "full_name": f"Buatan Nomor{number} Dari{digits[-4:]}",
        "birth_place": f"Tempatlahir{number}",
        "birth_date": date(2026 - age, 1, 1 + number % 28),
        "father_name": f"Bapakbuatan{number}",
        "mother_name": f"Ibubuatan{number}",
        "address": f"Jalan Buatan {number}",
        "hamlet": f"DUSUNBUATAN{number % 3}",
        "rw": f"00{number % 3}",
        "rt": f"01{number % 5}",
    }


def hash_of(village: str, number: int) -> int:
    # Not in the order of the rows, so that a pack sorted by it is sorted by nothing else.
    return (int(village.replace(".", "")) * 1_000_003 + number * 7_919) * 2_654_435_761 % 2**128


def publish_residents(
    lake: Lake, village: str, count: int, *, as_of: date = AS_OF, invented: bool = True, version: str = "1"
) -> list[dict[str, Any]]:
    """Put a village's residents into a lake, as an ingest would. Gives them back as rows."""
    people = [person(village, number) for number in range(count)]
    lake.publish(
        layer=Layer.CORE,
        dataset="sid__residents",
        scope=village,
        as_of=as_of,
        origin=Origin(recipe="residents/1", sources=(SourceFile(version.ljust(64, "0"), count, "test"),)),
        tables={
            "persons": pa.Table.from_pylist(people, schema=PERSONS.schema()),
            # In another order: a join by position would be found out.
            "identifiers": pa.Table.from_pylist(people[::-1], schema=PERSON_IDENTIFIERS.schema()),
        },
        sealed_tables=["identifiers"],
        details={"invented": invented} if invented else {},
    )
    return people


def with_clock(station: Station, moment: datetime) -> Station:
    return replace(station, clock=FixedClock(moment))
