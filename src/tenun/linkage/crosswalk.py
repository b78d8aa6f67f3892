"""The crosswalk: which account is which resident, how sure, and why. Pseudonyms only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from tenun.lake.snapshot import Layer, Origin, Snapshot
from tenun.lake.store import Lake
from tenun.linkage import comparisons
from tenun.linkage.assignment import MatchClass
from tenun.linkage.comparisons import FIELDS
from tenun.linkage.standard.table import STANDARD_VERSION

DATASET = "sid__siapkerja"
SCOPE = "00"
TABLE = "crosswalk"
# The first number rises when comparisons, blocking or decisions change; the second is that of the standard forms.
RULE_VERSION = f"link/2.{STANDARD_VERSION}"
RECIPE = "crosswalk/2"

_COLUMNS: dict[str, pa.DataType] = {
    "seeker_id": pa.string(),
    "person_id": pa.string(),
    "village_code": pa.string(),
    "match_class": pa.string(),
    "weight": pa.float64(),
    "probability": pa.float64(),
    "duplicate_of": pa.string(),
    "reasons": pa.list_(pa.string()),
    "rule_version": pa.string(),
}
SCHEMA = pa.schema(list(_COLUMNS.items()))


def build(connection: duckdb.DuckDBPyConnection, *, decided: str, residents: str) -> pa.Table:
    """The crosswalk's rows from the decided accounts, in the order of seeker_id."""
    codes = ", ".join(comparisons.code_sql(field, f"d.gamma_{field}") for field in FIELDS)
    village = _village_code("coalesce(l.register_village, l.village)")
    rows: pa.Table = connection.sql(
        f"""
        SELECT d.seeker_id, d.person_id, {village} AS village_code, d.match_class, d.weight,
               d.probability, d.duplicate_of,
               list_filter([{codes}, d.held_back], lambda code: code IS NOT NULL) AS reasons,
               '{RULE_VERSION}' AS rule_version
        FROM {decided} d LEFT JOIN {residents} l ON l.unique_id = d.person_id
        ORDER BY d.seeker_id
        """
    ).to_arrow_table()
    return rows.cast(SCHEMA)


def _village_code(number: str) -> str:
    """A village's number as the dotted code of the registers, 52.01.14.2005."""
    digits = f"(({number})::VARCHAR)"
    return f"{digits}[1:2] || '.' || {digits}[3:4] || '.' || {digits}[5:6] || '.' || {digits}[7:10]"


def count(rows: pa.Table) -> dict[str, int]:
    """Accounts by match class; every class is there."""
    found = rows.group_by("match_class").aggregate([("seeker_id", "count")]).to_pydict()
    counts = dict(zip(found["match_class"], found["seeker_id_count"], strict=True))
    return {str(name): int(counts.get(str(name), 0)) for name in MatchClass}


def count_second_accounts(rows: pa.Table) -> int:
    """Linked accounts of persons whose first account is linked too."""
    return int(rows.num_rows - rows.column("duplicate_of").null_count)


def renew(lake: Lake, *, origin: Origin, as_of: date) -> Snapshot | None:
    """The crosswalk that was already made from these snapshots with these settings, made current again."""
    there = lake.find(layer=Layer.LINK, dataset=DATASET, scope=SCOPE, origin=origin, as_of=as_of)
    if there is not None:
        lake.verify(there)
        lake.prefer(there)
    return there


def publish(lake: Lake, rows: pa.Table, *, as_of: date, origin: Origin, details: Mapping[str, Any]) -> Snapshot:
    return lake.publish(
        layer=Layer.LINK,
        dataset=DATASET,
        scope=SCOPE,
        as_of=as_of,
        origin=origin,
        tables={TABLE: rows},
        details=details,
    )


def current(lake: Lake) -> Snapshot:
    """The crosswalk in use, checked against its manifest. Raises `SnapshotMissing`, `SnapshotAltered`."""
    snapshot = lake.current(layer=Layer.LINK, dataset=DATASET, scope=SCOPE)
    lake.verify(snapshot)
    return snapshot
