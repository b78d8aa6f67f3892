"""What the two ministries found in the rows: the feedback on data quality, as counts by village and rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.conf import settings

from tenun.exchange.binding import binding_of
from tenun.exchange.serving import feedback
from tenun.indicators.areas import upwards
from tenun.lake.store import Lake
from tenun.portal.access import Scope

SHOWN = "ok"


@dataclass(frozen=True)
class Finding:
    """One rule at one village. `rows` and `share` are None where the count is too small to be told."""

    village_code: str
    rule: str
    field: str
    severity: str
    rows: int | None
    share: float | None
    as_of: date


@dataclass(frozen=True)
class Findings:
    """The feedback in force at this node, as far as the account may see it."""

    as_of: date
    all: Sequence[Finding]


@dataclass(frozen=True)
class RuleCount:
    """One rule over an area. The number of findings is the number of lines of its list."""

    rule: str
    findings: int
    villages: int
    rows: int
    """Rows of the findings whose count may be told."""
    hidden: int
    """Findings whose count may not."""


def current(scope: Scope) -> Findings | None:
    """The latest feedback that this node composed or pulled; None where there is none yet."""
    lake: Lake = settings.NODE.lake
    binding = binding_of(feedback.DATASET)
    held = lake.all_current(layer=binding.layer, dataset=binding.lake_dataset)
    if not held:
        return None
    # Composed here it is one table of the whole country; pulled it may have come place by place.
    told = [one for snapshot in held for name in snapshot.tables for one in _read(lake.path(snapshot, name))]
    return Findings(
        max(snapshot.as_of for snapshot in held), tuple(one for one in told if scope.covers(one.village_code))
    )


def within(found: Findings, area_code: str) -> list[Finding]:
    return [one for one in found.all if area_code in upwards(one.village_code)]


def by_rule(found: Sequence[Finding]) -> list[RuleCount]:
    """Counts by rule, what strikes most villages first."""
    grouped: dict[str, list[Finding]] = {}
    for one in found:
        grouped.setdefault(one.rule, []).append(one)
    counts = [
        RuleCount(
            rule=rule,
            findings=len(each),
            villages=len({one.village_code for one in each}),
            rows=sum(one.rows or 0 for one in each),
            hidden=sum(one.rows is None for one in each),
        )
        for rule, each in grouped.items()
    ]
    return sorted(counts, key=lambda one: (-one.villages, one.rule))


def of_rule(found: Sequence[Finding], rule: str | None) -> list[Finding]:
    return [one for one in found if rule is None or one.rule == rule]


@lru_cache(maxsize=64)
def _read(file: Path) -> tuple[Finding, ...]:
    """A snapshot's file never changes, so it is read once."""
    names = list(Finding.__dataclass_fields__)
    return tuple(_finding(row) for row in pq.read_table(file, columns=[*names, "state"]).to_pylist())


def _finding(row: dict[str, Any]) -> Finding:
    told = {name: row[name] for name in Finding.__dataclass_fields__}
    if row["state"] != SHOWN:
        told |= {"rows": None, "share": None}
    return Finding(**told)
