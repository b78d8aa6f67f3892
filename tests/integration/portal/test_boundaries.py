"""Outlines on the map, once officials have loaded them."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tenun.indicators.areas import Level
from tenun.indicators.results import Results
from tenun.node.home import NodeHome, reference_folder
from tenun.portal.access import Scope
from tenun.portal.figures import Figures
from tenun.registry.reference.loading import load_boundary

pytestmark = pytest.mark.xdist_group("portal")


@pytest.fixture
def drawn(node: NodeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Squares that we drew ourselves, for all villages of the regency but the last three."""
    monkeypatch.setenv("TENUN_HOME", str(tmp_path))
    codes = [value.area_code for value in Results.open(node.lake).level(Level.VILLAGE, parent="52.08", indicator="A1")]
    features = [
        {
            "type": "Feature",
            "properties": {"kode": code, "nama": f"Desa {at}"},
            "geometry": {"type": "Polygon", "coordinates": [_square(at % 7, at // 7)]},
        }
        for at, code in enumerate(codes[:-3])
    ]
    file = tmp_path / "batas.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    load_boundary(
        reference_folder(), file, edition="2025", source="digambar sendiri", licence="CC0", on=date(2026, 11, 1)
    )
    return codes


def _square(column: int, row: int) -> list[list[float]]:
    west, south = 116.0 + column * 0.05, -8.4 + row * 0.05
    corners = [(0, 0), (0.05, 0), (0.05, 0.05), (0, 0.05), (0, 0)]
    return [[west + x, south + y] for x, y in corners]


def test_the_map_draws_outlines_names_their_source_and_drops_nobody(sign_in: Any, drawn: list[str]) -> None:
    page = sign_in("kabupaten.desa").get("/peta/?indikator=B1").content.decode()
    figure = page.partition('<figure class="shapes">')[2].partition("</figure>")[0]
    assert re.findall(r'<a class="tile" href="/wilayah/([\d.]+)/"', figure) == drawn[:-3]
    assert "digambar sendiri" in figure
    assert "CC0" in figure
    assert "Batas bukan acuan hukum" in figure
    assert "Tanpa batas: 3" in figure
    # The tiles and the table have them all.
    assert all(page.count(f'href="/wilayah/{code}/"') >= 2 for code in drawn)


def test_absolute_numbers_are_circles_inside_their_outline(node: NodeHome, drawn: list[str]) -> None:
    from tenun.portal.maps import boundaries

    figures = Figures(Results.open(node.lake), scope=Scope("52.08"))
    shapes = boundaries.picture(
        figures.ranking("C1", Level.VILLAGE, within="52.08"),
        figures.definition("C1"),
        within="52.08",
        level=Level.VILLAGE,
        release=figures.release,
    )
    assert shapes is not None
    for shape in shapes.shapes:
        corners = [tuple(map(float, point.split(","))) for point in shape.path.strip("MZ").split(" ")]
        assert min(x for x, _y in corners) < shape.x < max(x for x, _y in corners)
        assert min(y for _x, y in corners) < shape.y < max(y for _x, y in corners)
    assert any(shape.mark.radius for shape in shapes.shapes)


def test_without_outlines_there_are_tiles(sign_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path))
    page = sign_in("kabupaten.desa").get("/peta/?indikator=B1").content.decode()
    assert 'class="shapes"' not in page
    assert page.count('class="tile"') >= 43
