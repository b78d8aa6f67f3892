"""Real outlines, once officials have loaded them (`tenun reference load boundary`). For looking at, not for law.

An area without an outline is counted and named, never dropped: the tiles and the table have it anyway.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tenun.indicators.areas import Level
from tenun.indicators.definition import Definition
from tenun.indicators.results import Value
from tenun.node.home import reference_folder
from tenun.portal import words
from tenun.portal.design import tiles
from tenun.portal.design.links import link
from tenun.portal.figures import Release
from tenun.registry.reference.shelf import Holding, Shelf
from tenun.registry.reference.shelf import Kind as HoldingKind

WIDTH = 900
# Points nearer than this on the screen add bytes and nothing that can be seen.
STEP_MIN = 1.2

Ring = list[tuple[float, float]]


@dataclass(frozen=True)
class Shape:
    path: str
    mark: tiles.Mark
    x: float
    y: float
    address: str
    label: str

    @property
    def icon_x(self) -> float:
        return self.x - tiles.ICON / 2

    @property
    def icon_y(self) -> float:
        return self.y - tiles.ICON / 2


@dataclass(frozen=True)
class Shapes:
    width: int
    height: int
    shapes: tuple[Shape, ...]
    without: tuple[str, ...]
    """Names of areas that have no outline."""
    source: str
    licence: str
    edition: str


def picture(
    values: Sequence[Value], definition: Definition, *, within: str, level: Level, release: Release
) -> Shapes | None:
    """The outlines of these areas, or null when none of them was loaded."""
    wanted = {value.area_code for value in values}
    for holding in _holdings(level):
        known = _outlines(reference_folder(), _mark(holding))
        outlines = {code: rings for code, rings in known.items() if code in wanted}
        if outlines:
            return _draw(values, definition, outlines, holding, release)
    return None


def _holdings(level: Level) -> list[Holding]:
    """Outlines of that level in use, the newest edition first."""
    found = [holding for holding in Shelf(reference_folder()).holdings(HoldingKind.BOUNDARY) if holding.level == level]
    return sorted(found, key=lambda holding: holding.edition, reverse=True)


def _mark(holding: Holding) -> tuple[str, str]:
    return holding.shelf_mark, holding.sha256


@lru_cache(maxsize=8)
def _outlines(folder: Path, mark: tuple[str, str]) -> dict[str, list[Ring]]:
    """Rings by area code, read once a version (its digest is part of the key)."""
    shelf = Shelf(folder)
    holding = next(one for one in shelf.holdings(HoldingKind.BOUNDARY) if _mark(one) == mark)
    table = shelf.table(holding).select(["code", "geometry"]).to_pylist()
    return {row["code"]: list(_rings(json.loads(row["geometry"]))) for row in table}


def _rings(geometry: dict[str, Any]) -> Iterator[Ring]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        for ring in polygon:
            yield [(float(point[0]), float(point[1])) for point in ring]


def _draw(
    values: Sequence[Value],
    definition: Definition,
    outlines: dict[str, list[Ring]],
    holding: Holding,
    release: Release,
) -> Shapes:
    points = [point for rings in outlines.values() for ring in rings for point in ring]
    west, east = min(x for x, _y in points), max(x for x, _y in points)
    south, north = min(y for _x, y in points), max(y for _x, y in points)
    # A degree of longitude is shorter away from the equator; without this a map of Sumatra looks wide.
    narrow = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / max((east - west) * narrow, (north - south) * 0.9, 1e-9)

    def on_screen(ring: Ring) -> Ring:
        return _thinned([((x - west) * narrow * scale, (north - y) * scale) for x, y in ring])

    classes = tiles.scale_of(values)
    has_circles = definition.is_sum
    shapes = []
    for value in values:
        if value.area_code not in outlines:
            continue
        rings = [on_screen(ring) for ring in outlines[value.area_code]]
        x, y = _middle(max(rings, key=lambda ring: abs(_area(ring))))
        title = words.area_title(value.area_code, value.area_name)
        shapes.append(
            Shape(
                path="".join(_path(ring) for ring in rings if len(ring) > 2),
                mark=tiles.mark_of(value, classes, has_circles=has_circles),
                x=round(x, 1),
                y=round(y, 1),
                address=link(release, "area", value.area_code),
                label=f"{title}: {words.say(value, minimum_cell=release.minimum_cell)}",
            )
        )
    return Shapes(
        width=round((east - west) * narrow * scale),
        height=round((north - south) * scale),
        shapes=tuple(shapes),
        without=tuple(value.area_name for value in values if value.area_code not in outlines),
        source=holding.source,
        licence=holding.licence,
        edition=holding.edition,
    )


def _path(ring: Ring) -> str:
    return f"M{' '.join(f'{x:.1f},{y:.1f}' for x, y in ring)}Z"


def _thinned(ring: Ring) -> Ring:
    kept = ring[:1]
    for point in ring[1:]:
        if math.dist(point, kept[-1]) >= STEP_MIN:
            kept.append(point)
    return kept


def _area(ring: Ring) -> float:
    following = ring[1:] + ring[:1]
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, following, strict=True)) / 2


def _middle(ring: Ring) -> tuple[float, float]:
    """The centre of gravity of a ring."""
    area = _area(ring)
    if abs(area) < 1e-6:
        return ring[0]
    following = ring[1:] + ring[:1]
    cross = [(a, b, a[0] * b[1] - b[0] * a[1]) for a, b in zip(ring, following, strict=True)]
    return (
        sum((a[0] + b[0]) * weight for a, b, weight in cross) / (6 * area),
        sum((a[1] + b[1]) * weight for a, b, weight in cross) / (6 * area),
    )
