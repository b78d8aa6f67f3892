"""Two lakes with an invented population in them, as ingest and transfer leave them, and real decisions to link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenun.agreement import document
from tenun.agreement.decision import Party
from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer, Origin
from tenun.lake.store import Lake
from tenun.linkage import permits, run, settings
from tenun.linkage.permits import Permits
from tenun.linkage.run import LinkReport
from tenun.registry.siapkerja.tables import SEEKERS_DATASET
from tenun.registry.sid.tables import DATASET
from tests.lib.invented_people import AS_OF, People

AGREEMENT = Path(__file__).resolve().parents[2] / "agreements" / "sid-siapkerja"
WITHIN_TERM = datetime(2026, 6, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Nodes:
    desa: Lake
    naker: Lake
    naker_keys: MemoryKeys

    def link(self, **thresholds: Any) -> LinkReport:
        permitted = link_permits()
        chosen = settings.load(**thresholds)
        return run.link(
            self.naker, residents_permit=permitted.residents, seekers_permit=permitted.seekers, settings=chosen
        )


def link_permits() -> Permits:
    return permits.ask(document.load(AGREEMENT), by=Party.NAKER, moment=WITHIN_TERM)


def nodes(folder: Path, people: People) -> Nodes:
    """Both nodes' lakes, every village delivered."""
    keys = {"desa": MemoryKeys(b"desa"), "naker": MemoryKeys(b"naker")}
    both = {name: Lake(folder / name, key) for name, key in keys.items()}
    for lake in both.values():
        for village in people.villages():
            publish(lake, DATASET, village, people.resident_tables(village))
    publish(both["naker"], SEEKERS_DATASET, "00", people.seeker_tables())
    return Nodes(both["desa"], both["naker"], keys["naker"])


def publish(
    lake: Lake,
    dataset: str,
    scope: str,
    tables: Mapping[str, pa.Table],
    *,
    recipe: str = "test/1",
    received: Mapping[str, str] | None = None,
    is_invented: bool = True,
) -> None:
    """`received` is what a node notes of another party's data; without it, the data is the node's own."""
    lake.publish(
        layer=Layer.CORE,
        dataset=dataset,
        scope=scope,
        as_of=AS_OF,
        origin=Origin(recipe=recipe),
        tables=tables,
        sealed_tables=["identifiers"],
        details={"invented": is_invented, **({"received": received} if received else {})},
    )
