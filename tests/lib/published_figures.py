"""A node's out layer with figures in every state, for whoever tests what is shown of them.

Two regencies of one province, so that an account's area has an inside and an outside. The numbers are
invented here; nothing is computed and nothing is hidden by rule. What the rules do is tested elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa

from tenun.disclosure.state import ValueState
from tenun.indicators import definition as definitions
from tenun.indicators.areas import NATIONAL, Area, Level, parent_of, upwards
from tenun.indicators.definition import CATEGORIES, Definition, Kind
from tenun.indicators.tables import AREAS, COVERAGE, DATASET, DEFINITIONS, SCOPE, VALUES
from tenun.kernel import canonical_json
from tenun.lake.snapshot import Layer, Origin, Snapshot
from tenun.lake.store import Lake
from tenun.registry.reference import edition

REGENCY = "52.08"
OTHER_REGENCY = "52.07"
AS_OF = date(2026, 11, 1)
SID_AS_OF = date(2026, 10, 12)
SIAPKERJA_AS_OF = date(2026, 10, 30)
AGREEMENT = "PKS SID–SIAPKerja, 23 Juli 2025"

# What stands in the place of a village's figure, by the place of the village in its regency.
STATES = {
    3: (ValueState.LT, "small_count"),
    7: (ValueState.SUP, "protects_others"),
    11: (ValueState.NS, "not_delivered"),
    12: (ValueState.NS, "not_delivered"),
    15: (ValueState.NA, "match_rate_low"),
    19: (ValueState.ZERO, None),
    23: (ValueState.NC, "field_not_collected"),
    27: (ValueState.STALE, "stale"),
}


def publish(lake: Lake, *, as_of: date = AS_OF, is_invented: bool = True, seed: int = 7) -> Snapshot:
    """Publish the figures and give the snapshot."""
    areas = _areas()
    known = definitions.load_all()
    chance = random.Random(seed)
    size = {area.code: chance.randint(900, 4200) for area in areas if area.level is Level.VILLAGE}
    rows = [row for one in known.values() for row in _rows(one, areas, size, random.Random(f"{seed}{one.id}"))]
    return lake.publish(
        layer=Layer.OUT,
        dataset=DATASET,
        scope=SCOPE,
        as_of=as_of,
        origin=Origin(recipe="published-figures/1", settings={"seed": seed, "invented": is_invented}),
        tables={
            "values": _table(VALUES, rows),
            "coverage": _table(COVERAGE, [_coverage(code, at) for at, code in enumerate(size)]),
            "definitions": _table(
                DEFINITIONS,
                [
                    {
                        "indicator": one.id,
                        "version": one.version,
                        "definition": canonical_json.dumps(one.as_json()).decode(),
                    }
                    for one in known.values()
                ],
            ),
            "areas": _table(
                AREAS,
                [
                    {"area_code": one.code, "level": str(one.level), "parent": one.parent, "name": one.name}
                    for one in areas
                ],
            ),
        },
        details={
            "invented": is_invented,
            "not_invented": [],
            "agreement": "sid-siapkerja",
            "agreement_rev": "0123456789abcdef" * 4,
            "agreement_number": AGREEMENT,
            "rule_version": "sdc-1",
            "minimum_cell": 5,
        },
    )


def _areas() -> list[Area]:
    current = edition.current()
    villages = [
        village.code
        for regency in (REGENCY, OTHER_REGENCY)
        for district in current.children(regency)
        for village in current.children(district.code)
    ]
    codes = sorted({around for code in villages for around in upwards(code)} - {NATIONAL})
    return [Area(NATIONAL, "Indonesia"), *(Area(code, current.names[code]) for code in codes)]


def _rows(one: Definition, areas: list[Area], size: dict[str, int], chance: random.Random) -> Iterator[dict[str, Any]]:
    exact: dict[str, tuple[float, float]] = {}
    for code, adults in size.items():
        if one.is_share:
            exact[code] = (round(adults * chance.uniform(0.45, 0.9)), adults)
        else:
            exact[code] = (adults if one.id == "A1" else chance.randint(6, 90), 1)
    for area in areas:
        if area.level not in one.levels:
            continue
        inside = [code for code in size if area.code in upwards(code)]
        count, whole = (sum(exact[code][at] for code in inside) for at in (0, 1))
        state, reason = ValueState.OK, None
        if area.level is Level.VILLAGE:
            state, reason = STATES.get(list(size).index(area.code) % 31, (ValueState.OK, None))
        yield _row(one, area, "", "", state, reason, count, whole)
        for dimension in one.breakdowns.get(area.level, ()):
            left = count
            for category in CATEGORIES[dimension]:
                part = 0 if category == "missing" else left if category in ("female", "60+") else round(count * 0.4)
                left -= part
                yield _row(one, area, str(dimension), category, state, reason, part, whole)


def _row(
    one: Definition, area: Area, breakdown: str, category: str, state: ValueState, reason: str | None, count: float,
    whole: float,
) -> dict[str, Any]:  # fmt: skip
    is_rate, is_middle = one.is_quotient, one.kind is Kind.MEDIAN
    amount = float(count if one.is_sum else round(count / whole, 0 if is_middle else 1))
    if one.is_share:
        amount = round(100 * count / whole, 1)
    if state is ValueState.OK and not amount:
        state = ValueState.ZERO
    if state is ValueState.ZERO:
        amount = count = 0.0
    shown = state.has_value
    return {
        "indicator": one.id,
        "version": one.version,
        "level": str(area.level),
        "area_code": area.code,
        "breakdown": breakdown,
        "category": category,
        "state": str(state),
        "value": amount if shown else None,
        "numerator": float(count) if shown and is_rate else None,
        "denominator": float(whole) if shown and not one.is_sum else None,
        "low": round(max(amount - 3, 0), 1) if shown and one.is_share else amount if shown else None,
        "high": round(min(amount + 4, 100), 1) if shown and one.is_share else amount if shown else None,
        "unit": str(one.unit),
        "reason": reason,
        "sid_as_of": None if state is ValueState.NS else SID_AS_OF,
        "siapkerja_as_of": SIAPKERJA_AS_OF if "siapkerja" in one.sources else None,
        "rule_version": "sdc-1",
    }


def _coverage(code: str, at: int) -> dict[str, Any]:
    has_delivered = STATES.get(at % 31, (ValueState.OK, None))[0] is not ValueState.NS
    return {
        "village_code": code,
        "persons_state": str(ValueState.OK if has_delivered else ValueState.NS),
        "persons": 1500 + at if has_delivered else None,
        "sid_snapshot": "2026-10-12-000000000000" if has_delivered else None,
        "sid_as_of": SID_AS_OF if has_delivered else None,
        "linked_state": str(ValueState.OK if has_delivered else ValueState.NS),
        "linked": 40 if has_delivered else None,
        "seekers": 44,
    }


def _table(promise: Any, rows: list[dict[str, Any]]) -> pa.Table:
    schema = promise if isinstance(promise, pa.Schema) else promise.schema()
    return pa.Table.from_pylist(rows, schema=schema)


def district_of(code: str) -> str:
    return str(parent_of(code))
