"""`tenun link export`: the crosswalk under pseudonyms of one purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow.parquet as pq
import typer

from tenun.agreement.decision import Denial, Operation, Use
from tenun.agreement.delivered import decide_on_batches
from tenun.agreement.vocabulary import Party, Purpose
from tenun.cli import console
from tenun.kernel.clock import SystemClock
from tenun.lake.snapshot import Layer
from tenun.linkage import crosswalk, exposure
from tenun.linkage.inputs import RESIDENTS, SEEKERS_SIDE
from tenun.linkage.permits import LinkageNotPermitted
from tenun.node.chain import standing_of
from tenun.node.home import NodeHome, Role


def export_command(
    purpose: Annotated[Purpose, typer.Option("--purpose", help="Tujuan pemakaian / what it is used for.")],
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="Berkas hasil (Parquet) / file to write.")],
    as_json: console.JsonOption = False,
) -> None:
    """Padanan dengan nama samaran khusus satu tujuan, tanpa NIK / the links under pseudonyms of one purpose, no NIK."""
    home = NodeHome.of(Role.NAKER)
    _require(home, purpose)
    found = crosswalk.current(home.lake)
    told = exposure.for_purpose(home.lake.read(found, crosswalk.TABLE), purpose, home.keys)
    pq.write_table(told, out, compression="zstd")
    answer = {"purpose": str(purpose), "crosswalk": found.reference, "links": told.num_rows, "file": out.name}
    console.answer(
        answer, as_json=as_json, show=lambda: console.out.print(f"{out.name}: {told.num_rows:,}", markup=False)
    )


def _require(home: NodeHome, purpose: Purpose) -> None:
    """Raises `LinkageNotPermitted` unless the agreement lets both sides' linked persons be used for this purpose."""
    now = SystemClock().now()
    position = standing_of(home).at(now)
    for side in (RESIDENTS, SEEKERS_SIDE):
        use = Use(
            dataset=side.agreed,
            purpose=purpose,
            operation=Operation.USE,
            fields=frozenset({side.id}),
            by=Party.NAKER,
            moment=now,
        )
        held = home.lake.all_current(layer=Layer.CORE, dataset=side.dataset)
        decision = decide_on_batches(position.agreement, use, held, state=position.state)
        if isinstance(decision, Denial):
            raise LinkageNotPermitted(decision)
