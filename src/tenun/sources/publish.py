"""From rows to snapshots: raw sealed, core beside it, each exactly once.

A delivery is known by what went in (the files' hashes, the recipe, the settings), not by the hour. So
the same file again finds its snapshot and changes nothing; a run that was killed between raw and core
finds raw and goes on; a newer file becomes a new snapshot, and the old one stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from tenun.lake.snapshot import Layer, Origin, Snapshot, SourceFile
from tenun.lake.store import Lake

RAW_RECIPE = "rows/1"
RAW_TABLE = "rows"


@dataclass(frozen=True)
class Delivery:
    """Files that came in together for one dataset and scope."""

    dataset: str
    scope: str
    recipe: str
    """Name and version of the code that harmonises, such as `residents/1`."""
    sources: tuple[SourceFile, ...]
    editions: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def origin(self) -> Origin:
        return Origin(recipe=self.recipe, sources=self.sources, editions=self.editions, settings=self.settings)

    def raw_origin(self) -> Origin:
        """Raw depends on the files alone: another edition of a code list does not store the rows twice."""
        return Origin(recipe=RAW_RECIPE, sources=self.sources)


def already(lake: Lake, delivery: Delivery, as_of: date | None = None) -> Snapshot | None:
    """The core snapshot of this very delivery, at that date or (without one) at the latest it has."""
    return lake.find(
        layer=Layer.CORE, dataset=delivery.dataset, scope=delivery.scope, origin=delivery.origin(), as_of=as_of
    )


def publish(
    lake: Lake,
    delivery: Delivery,
    *,
    as_of: date,
    raw: Callable[[], pa.Table],
    tables: Mapping[str, pa.Table],
    sealed_tables: tuple[str, ...] = (),
    details: Mapping[str, Any] | None = None,
) -> Snapshot:
    """Publish raw, then core. `raw` is asked for its rows only when they are not there yet."""
    raw_snapshot = lake.find(
        layer=Layer.RAW, dataset=delivery.dataset, scope=delivery.scope, origin=delivery.raw_origin(), as_of=as_of
    ) or lake.publish(
        layer=Layer.RAW,
        dataset=delivery.dataset,
        scope=delivery.scope,
        as_of=as_of,
        origin=delivery.raw_origin(),
        tables={RAW_TABLE: raw()},
    )
    return lake.publish(
        layer=Layer.CORE,
        dataset=delivery.dataset,
        scope=delivery.scope,
        as_of=as_of,
        origin=delivery.origin(),
        tables=tables,
        sealed_tables=sealed_tables,
        details={**(details or {}), "raw": raw_snapshot.reference},
    )
