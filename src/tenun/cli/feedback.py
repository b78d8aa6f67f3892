"""`tenun feedback`: what the residents' data lacked, as counts by village and rule, ready for their owner to pull."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from tenun.cli import console
from tenun.exchange.serving import feedback
from tenun.exchange.serving.feedback import Feedback
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import SnapshotMissing
from tenun.linkage import crosswalk
from tenun.linkage.assignment import ACCEPTED
from tenun.node.home import NodeHome, Role


def command(as_json: console.JsonOption = False) -> None:
    """Susun umpan balik mutu data warga untuk Kemendesa / compose feedback on the quality of residents' data."""
    found, snapshot = publish()
    by_rule = _by_rule(found)
    result = {
        "snapshot": snapshot.reference,
        "as_of": found.as_of.isoformat(),
        "findings": found.table.num_rows,
        "hidden": found.hidden,
        "left_out": list(found.left_out),
        "by_rule": by_rule,
    }

    def show() -> None:
        for rule, villages in by_rule.items():
            console.out.print(f"{villages:>6} desa/villages  {rule}", markup=False)
        console.err.print(
            f"{result['findings']} temuan, {result['hidden']} hitungan disembunyikan; Kemendesa mengambilnya dengan "
            "`tenun exchange pull --dataset umpan-balik-mutu --purpose statistik-desa --node desa`.\n"
            f"{result['findings']} findings, {result['hidden']} counts hidden; Kemendesa pulls them with the same.",
            markup=False,
        )
        console.show_left_out(found.left_out)

    console.answer(result, as_json=as_json, show=show)


def publish() -> tuple[Feedback, Snapshot]:
    """Compose at *naker*, with the accepted links where there are any. Raises `NothingHeld`, `NotPermitted`."""
    home = NodeHome.of(Role.NAKER)
    station = home.station
    links = reference = None
    try:
        linked = home.lake.current(layer=Layer.LINK, dataset=crosswalk.DATASET, scope=crosswalk.SCOPE)
    except SnapshotMissing:
        pass  # nothing was linked yet: then only what stands in the rows themselves can be told
    else:
        table = home.lake.read(linked, crosswalk.TABLE)
        links = table.filter(pc.is_in(table["match_class"], value_set=pa.array([str(name) for name in ACCEPTED])))
        reference = linked.reference
    found = feedback.compose(
        station, station.position(), moment=station.clock.now(), links=links, link_reference=reference
    )
    return found, feedback.publish(station, found)


def _by_rule(found: Feedback) -> dict[str, int]:
    """In how many villages each rule found something."""
    return dict(sorted(Counter(str(rule) for rule in found.table.column("rule").to_pylist()).items()))
