"""Polygons of regions, where officials loaded some: for maps, never for deciding where somebody lives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tenun.registry.reference.region import Level
from tenun.registry.reference.shelf import Holding, Kind, Shelf


class Boundaries:
    """The loaded boundary files below one folder."""

    def __init__(self, shelf: Shelf, holdings: list[Holding]) -> None:
        self._shelf = shelf
        # Oldest edition first, and a file for a part of the country after one for the whole: the later one counts.
        self._holdings = sorted(holdings, key=lambda each: (each.edition, each.scope != "00", each.scope))

    @classmethod
    def load(cls, folder: Path) -> Boundaries:
        shelf = Shelf(folder)
        return cls(shelf, shelf.holdings(Kind.BOUNDARY))

    def levels(self) -> tuple[Level, ...]:
        """Levels for which polygons are at hand, for the country or a part of it."""
        at_hand = {holding.level for holding in self._holdings}
        return tuple(level for level in Level if str(level) in at_hand)

    def polygons(self, level: Level, parent: str | None = None) -> dict[str, Any]:
        """A GeoJSON FeatureCollection of the regions of one level below `parent` (null = the country).

        Coordinates are longitude and latitude, WGS84. A feature's id is the dotted Kemendagri code;
        its properties are `code`, `name`, `edition`, `source`, `licence`. Empty where none are loaded.
        """
        features: dict[str, dict[str, Any]] = {}
        for holding in self._holdings:
            if holding.level == str(level) and _may_hold(holding.scope, parent):
                features.update(self._features(holding, parent))
        return {"type": "FeatureCollection", "features": [features[code] for code in sorted(features)]}

    def _features(self, holding: Holding, parent: str | None) -> dict[str, dict[str, Any]]:
        table = self._shelf.table(holding, below=parent)
        columns = (table[name].to_pylist() for name in ("code", "name", "geometry"))
        return {
            code: {
                "type": "Feature",
                "id": code,
                "geometry": json.loads(geometry),
                "properties": {
                    "code": code,
                    "name": name,
                    "edition": holding.edition,
                    "source": holding.source,
                    "licence": holding.licence,
                },
            }
            for code, name, geometry in zip(*columns, strict=True)
        }


def _may_hold(scope: str, parent: str | None) -> bool:
    if parent is None or scope == "00" or scope == parent:
        return True
    return scope.startswith(f"{parent}.") or parent.startswith(f"{scope}.")
