"""Whether several snapshots of figures, made from the same data, tell together what each of them hides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from tenun.disclosure.differencing import Finding, Key, Place, across_releases
from tenun.disclosure.state import ValueState
from tenun.indicators import definition as definitions
from tenun.indicators.measure import TOTAL
from tenun.indicators.protection import place_in_table, place_in_tree
from tenun.indicators.tables import DATASET, SCOPE
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake

Release = Mapping[Key, int | None]
"""Indicator, area, breakdown, category -> the count shown (of a rate: its numerator); None where it is hidden."""


def told_together(lake: Lake, snapshot: Snapshot) -> list[Finding]:
    """What the snapshot hides and others of the same data and date tell with it, or the other way round.

    They arise when a rule, a threshold or the list of areas changes: then the older one must be taken away from
    whoever may not see the number.
    """
    history = lake.history(layer=Layer.OUT, dataset=DATASET, scope=SCOPE)
    same = [one for one in history if (one.as_of, one.origin.inputs) == (snapshot.as_of, snapshot.origin.inputs)]
    if len(same) < 2:
        return []
    releases = [_release(lake, one) for one in same]
    return [finding for places in _tables(releases) for finding in _compare(places, releases)]


def _release(lake: Lake, snapshot: Snapshot) -> Release:
    """Figures that stand for nothing (not delivered, not collected) are in no sum and so left out, like supplies."""
    known = {
        row["indicator"]: definitions.from_json(json.loads(row["definition"]))
        for row in lake.read(snapshot, "definitions").to_pylist()
    }
    return {
        (row["indicator"], row["area_code"], row["breakdown"], row["category"]): None
        if row["numerator"] is None
        else int(row["numerator"])
        for row in lake.read(snapshot, "values").to_pylist()
        if row["state"] not in (ValueState.NS, ValueState.NC) and not known[row["indicator"]].is_of_things
    }


def _tables(releases: Iterable[Release]) -> Iterable[list[Place]]:
    """Every table that adds up: the totals of each indicator, and each of its breakdowns with them."""
    keys = sorted({key for release in releases for key in release})
    for indicator, dimension in sorted({(indicator, breakdown) for indicator, _, breakdown, _ in keys}):
        yield [
            Place(key, *(place_in_table(key[1], (key[2], key[3])) if dimension else place_in_tree(key[1])))
            for key in keys
            if key[0] == indicator and (key[2] == dimension or key[2:] == TOTAL)
        ]


def _compare(places: list[Place], releases: Iterable[Release]) -> list[Finding]:
    wanted = {place.key for place in places}
    return across_releases(places, [{key: one[key] for key in one.keys() & wanted} for one in releases])
