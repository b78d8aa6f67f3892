"""A node's lake from real files to figures: one village ingested, one handed over, accounts, links, an out snapshot."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from tenun.agreement import document
from tenun.agreement.vocabulary import Party, Purpose
from tenun.indicators import permits
from tenun.indicators.areas import NATIONAL, Area
from tenun.indicators.compute import Settings, compute
from tenun.indicators.inputs import CROSSWALK_DATASET
from tenun.indicators.results import Results
from tenun.lake.snapshot import Layer, Origin, SourceFile
from tenun.lake.store import Lake
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid
from tests.lib.village_files import AS_OF, VILLAGE, bring_people, somebody

AGREEMENT = Path(__file__).resolve().parents[2] / "agreements" / "sid-siapkerja"
MOMENT = datetime(2026, 11, 24, 3, tzinfo=UTC)
HANDED_OVER = "52.01.14.2006"
THEIR_SNAPSHOT = f"desa:core/{sid.DATASET}/{HANDED_OVER}/2026-11-20-0123456789ab"
PACK = "f" * 64
FILE_NAME = "penduduk-warga-nomor-satu.xlsx"
PLACES = (
    Area(NATIONAL, "Indonesia"),
    Area("52", "Nusa Tenggara Barat"),
    Area("52.01", "Kabupaten Lombok Barat"),
    Area("52.01.14", "Batu Layar"),
    Area(VILLAGE, "Desa Satu"),
    Area(HANDED_OVER, "Desa Dua"),
)


@dataclass(frozen=True)
class Node:
    lake: Lake
    results: Results
    file_sha256: str
    """Of the village file, as it lies in the folder it came in."""


def fill(folder: Path) -> Node:
    """Compute figures of two villages; give the lake and the results."""
    brought = bring_people(folder, *(somebody(number) for number in range(1, 61)), file=FILE_NAME)
    lake = brought.lake
    _hand_over(lake, lake.read(brought.snapshot, "persons"))
    seekers = lake.publish(
        layer=Layer.CORE, dataset=siapkerja.SEEKERS_DATASET, scope=NATIONAL, as_of=AS_OF,
        origin=Origin("seekers/1", sources=(SourceFile("5" * 64, 4096, "csv"),)),
        tables={"seekers": siapkerja.SEEKERS.schema().empty_table()},
    )  # fmt: skip
    residents = lake.all_current(layer=Layer.CORE, dataset=sid.DATASET)
    columns = ("seeker_id", "person_id", "village_code", "match_class")
    lake.publish(
        layer=Layer.LINK, dataset=CROSSWALK_DATASET, scope=NATIONAL, as_of=AS_OF,
        origin=Origin("crosswalk/2", inputs=sorted(one.reference for one in (*residents, seekers))),
        tables={"crosswalk": pa.schema([(name, pa.string()) for name in columns]).empty_table()},
    )  # fmt: skip
    agreed = document.load(AGREEMENT)
    compute(
        lake,
        areas=PLACES,
        reference_date=AS_OF,
        permit=permits.ask(agreed, by=Party.NAKER, moment=MOMENT, lake=lake),
        settings=Settings.under(agreed),
    )
    return Node(lake, Results.open(lake), hashlib.sha256((folder / FILE_NAME).read_bytes()).hexdigest())


def _hand_over(lake: Lake, persons: pa.Table) -> None:
    """A village that the other party sent in a pack: its own snapshot stays in its lake."""
    at = persons.column_names.index("village_code")
    moved = persons.set_column(at, "village_code", pa.array([HANDED_OVER] * persons.num_rows))
    at = persons.column_names.index("person_id")
    moved = moved.set_column(at, "person_id", pa.array([f"{number:064x}" for number in range(persons.num_rows)]))
    lake.publish(
        layer=Layer.CORE, dataset=sid.DATASET, scope=HANDED_OVER, as_of=AS_OF,
        origin=Origin("intake/1", sources=(SourceFile(PACK, 2048, "parquet"),), inputs=(THEIR_SNAPSHOT,)),
        tables={"persons": moved, "identifiers": sid.PERSON_IDENTIFIERS.schema().empty_table()},
        sealed_tables=["identifiers"],
        details={
            "invented": True,
            "received": {"pack": "pack-17", "sequence": 17, "from": "desa", "on": "2026-11-24T02:00:00Z"},
            "label": {
                "agreement": {"id": document.load(AGREEMENT).id},
                "dataset": "sid-warga",
                "purpose": str(Purpose.VILLAGE_STATISTICS),
                "data_life": "P30D",
            },
        },
    )  # fmt: skip
