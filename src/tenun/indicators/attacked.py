"""A snapshot of figures as `disclosure.audit` reads it: for the command, for what goes outside, and for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tenun.disclosure.audit import Indicator, Release
from tenun.disclosure.gates import OUTSIDE, OUTSIDE_RULE_VERSION
from tenun.indicators import definition as definitions
from tenun.indicators.definition import Definition, Kind, Source
from tenun.indicators.nestings import NESTINGS
from tenun.lake.snapshot import Snapshot
from tenun.lake.store import Lake, SnapshotMissing


def release_of(lake: Lake, snapshot: Snapshot) -> Release:
    """What its readers have. What counts no persons is left out. Raises `SnapshotMissing`."""
    if "definitions" not in snapshot.tables:
        # Values that the other party handed over: what adds up to what stands in its system, not in them.
        raise SnapshotMissing(layer=str(snapshot.layer), dataset=snapshot.dataset, scope=snapshot.scope)
    kept = lake.read(snapshot, "definitions").to_pylist()
    known = [definitions.from_json(json.loads(row["definition"])) for row in kept]
    is_perturbed = snapshot.details.get("rule_version") == OUTSIDE_RULE_VERSION
    settings = snapshot.origin.settings.get("profile", {})
    profile: Mapping[str, Any] = settings if isinstance(settings, Mapping) else {}
    # Snapshots that do not say from how many adults an area has figures tell the reader no bound by it.
    population = 0 if is_perturbed else int(profile.get("minimum_population", 10**9))
    return Release(
        id=snapshot.id,
        date=snapshot.as_of.isoformat(),
        inputs=tuple(snapshot.origin.inputs),
        values=lake.path(snapshot, "values"),
        areas=lake.path(snapshot, "areas"),
        coverage=lake.path(snapshot, "coverage"),
        indicators={one.id: _indicator(one) for one in known if not one.is_of_things},
        minimum_cell=int(profile.get("minimum_cell", snapshot.details["minimum_cell"])),
        minimum_population=population,
        noise=OUTSIDE.noise if is_perturbed else None,
        nestings=NESTINGS,
    )


def _indicator(one: Definition) -> Indicator:
    whole = one.disclosure.whole
    return Indicator(
        id=one.id,
        digest=one.digest(),
        is_rate=one.kind is Kind.RATE,
        is_of_one_source=set(one.sources) == {Source.SID} and "links" not in one.fields,
        whole=whole if whole and "." not in whole else None,
    )
