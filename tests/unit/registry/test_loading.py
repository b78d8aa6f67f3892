"""A reference file is loaded whole or refused whole, with file, row, column and rule."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from tenun.registry.reference.boundaries import Boundaries
from tenun.registry.reference.loading import (
    ReferenceFileRefused,
    ReferenceFileUnreadable,
    load_boundary,
    load_bridge,
    load_region,
)
from tenun.registry.reference.queue import Queue
from tenun.registry.reference.region import Level, System
from tenun.registry.reference.shelf import Kind, Shelf

DAY = date(2026, 1, 2)
TOLD = {"edition": "2020", "source": "Contoh", "licence": "MIT", "on": DAY}
REGIONS = "kode,nama,tingkat,induk\n52,NTB,provinsi,\n52.01,KAB. X,kabkota,52\n52.01.01,A,kecamatan,52.01\n"
PAIRS = "kode_bps,nama_bps,kode_kemendagri,nama_kemendagri\n5201,X,52.01,KAB. X\n5202,Y,-,-\n"


def write(folder: Path, text: str, name: str = "berkas.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def region(folder: Path, text: str, **more: object) -> tuple:
    told = {"system": System.KEMENDAGRI, **TOLD, **more}
    return load_region(folder / "acuan", write(folder, text), **told)  # type: ignore[arg-type]


def polygon(code: str, at: float = 116.0) -> dict:
    ring = [[at, -8.0], [at + 0.1, -8.0], [at + 0.1, -8.1], [at, -8.0]]
    return {
        "type": "Feature",
        "properties": {"kode": code, "nama": f"Desa {code}"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def collection(*features: dict) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def test_a_region_file_is_kept_with_source_licence_edition_digest_and_rows(tmp_path: Path) -> None:
    holding, is_new = region(tmp_path, REGIONS)
    assert is_new
    assert (holding.kind, holding.system, holding.edition, holding.source, holding.licence, holding.rows) == (
        Kind.REGION, "kemendagri", "2020", "Contoh", "MIT", 3,
    )  # fmt: skip
    assert len(holding.sha256) == 64
    assert holding.loaded_on == "2026-01-02"
    assert holding.details["rows_by_level"] == {"provinsi": 1, "kabupaten": 1, "kecamatan": 1}
    assert Shelf(tmp_path / "acuan").holdings() == [holding]


def test_loading_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    first, _ = region(tmp_path, REGIONS)
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "acuan").rglob("*"))
    again, is_new = region(tmp_path, REGIONS, on=date(2026, 5, 5))
    assert (again, is_new) == (first, False)
    assert sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "acuan").rglob("*")) == before


def test_another_file_of_the_same_edition_comes_into_use_and_the_old_one_stays_on_disk(tmp_path: Path) -> None:
    region(tmp_path, REGIONS)
    holding, is_new = region(tmp_path, REGIONS + "52.01.02,B,kecamatan,52.01\n")
    assert is_new
    assert Shelf(tmp_path / "acuan").holdings() == [holding]
    assert len(list((tmp_path / "acuan").rglob("table.parquet"))) == 2


def test_gzip_a_byte_order_mark_semicolons_and_undotted_codes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "acuan.csv.gz"
    path.write_bytes(gzip.compress("\ufeffKode;Nama\n52;NTB\n5201;Kab. X\n".encode()))
    holding, _ = load_region(tmp_path / "acuan", path, system=System.KEMENDAGRI, **TOLD)  # type: ignore[arg-type]
    assert Shelf(tmp_path / "acuan").table(holding)["code"].to_pylist() == ["52", "52.01"]


def test_a_bps_edition_has_codes_of_its_own_form(tmp_path: Path) -> None:
    text = "kode,nama\n52,NTB\n5201,X\n5201080,Y\n5201080010,Z\n"
    holding, _ = region(tmp_path, text, system=System.BPS, edition="2021")
    assert holding.system == "bps"
    with pytest.raises(ReferenceFileRefused):
        region(tmp_path, REGIONS, system=System.BPS)


REFUSED = [
    ("52.1,X,,\n", 5, "kode", "code_form"),
    ("5.01,X,,\n", 5, "kode", "code_form"),
    ("52.01,Lagi,kabkota,52\n", 5, "kode", "code_twice"),
    ("52.02,,kabkota,52\n", 5, "nama", "name_empty"),
    ("52.02,Y,desa,52\n", 5, "tingkat", "level_differs"),
    ("52.02,Y,entah,52\n", 5, "tingkat", "level_differs"),
    ("52.02,Y,kabkota,53\n", 5, "induk", "parent_differs"),
    ("53.01,Y,kabkota,53\n", 5, "kode", "parent_missing"),
]


@pytest.mark.parametrize(("row", "number", "column", "rule"), REFUSED)
def test_one_bad_row_refuses_the_file_and_is_named(
    tmp_path: Path, row: str, number: int, column: str, rule: str
) -> None:
    with pytest.raises(ReferenceFileRefused) as problem:
        region(tmp_path, REGIONS + row)
    parts = problem.value.parts
    assert (parts["file"], parts["row"], parts["column"], parts["rule"]) == ("berkas.csv", number, column, rule)
    assert parts["problems"] == [f"{number}:{column}:{rule}"]
    assert f"baris {number}" in problem.value.message("id")
    assert f"row {number}" in problem.value.message("en")
    assert Shelf(tmp_path / "acuan").holdings() == []


def test_every_problem_is_counted(tmp_path: Path) -> None:
    with pytest.raises(ReferenceFileRefused) as problem:
        region(tmp_path, REGIONS + "x,A,,\ny,B,,\n52.09,,,\n")
    assert problem.value.parts["count"] == 3


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "columns missing"),
        (b"code,title\n1,2\n", "columns missing"),
        (b"kode,nama\n", "no rows"),
        (b"kode,nama\n52,\xff\xfe\n", "UTF-8"),
        (b"\x1f\x8bnonsense", "gzip"),
        (b"PK\x03\x04\x00\xff", "UTF-8"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_the_reason(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "lain.csv"
    path.write_bytes(content)
    with pytest.raises(ReferenceFileUnreadable) as problem:
        load_region(tmp_path / "acuan", path, system=System.KEMENDAGRI, **TOLD)  # type: ignore[arg-type]
    assert word in problem.value.message("en")
    assert "lain.csv" in problem.value.message("id")


def test_a_file_that_is_not_there_is_said_not_to_be(tmp_path: Path) -> None:
    with pytest.raises(ReferenceFileUnreadable):
        load_bridge(tmp_path / "acuan", tmp_path / "tidak-ada.csv", **TOLD)  # type: ignore[arg-type]
    with pytest.raises(ReferenceFileUnreadable):
        load_bridge(tmp_path / "acuan", tmp_path, **TOLD)  # type: ignore[arg-type]


def test_a_bridge_is_kept_by_level_and_a_dash_is_no_counterpart(tmp_path: Path) -> None:
    holding, _ = load_bridge(tmp_path / "acuan", write(tmp_path, PAIRS), **TOLD)  # type: ignore[arg-type]
    assert (holding.system, holding.level, holding.rows) == ("bps-kemendagri", "kabupaten", 2)
    assert Shelf(tmp_path / "acuan").table(holding)["kemendagri"].to_pylist() == ["52.01", None]


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        ("52010,Z,52.03,Z\n", "kode_bps", "code_form"),
        ("5203,Z,52.3,Z\n", "kode_kemendagri", "code_form"),
        ("5203,Z,52.01.01,Z\n", "kode_kemendagri", "levels_mixed"),
        ("52,Z,52,Z\n", "kode_bps", "levels_mixed"),
        ("5201,X,52.01,KAB. X\n", "kode_bps", "code_twice"),
    ],
)
def test_a_pair_of_the_wrong_form_refuses_the_bridge(tmp_path: Path, row: str, column: str, rule: str) -> None:
    with pytest.raises(ReferenceFileRefused) as problem:
        load_bridge(tmp_path / "acuan", write(tmp_path, PAIRS + row), **TOLD)  # type: ignore[arg-type]
    assert (problem.value.parts["column"], problem.value.parts["rule"]) == (column, rule)


def test_the_headings_of_bps_own_service_are_read_too(tmp_path: Path) -> None:
    text = "kode_bps,nama_bps,kode_dagri,nama_dagri\n5201,X,52.01,KAB. X\n"
    assert load_bridge(tmp_path / "acuan", write(tmp_path, text), **TOLD)[0].rows == 1  # type: ignore[arg-type]


def test_boundaries_come_out_by_level_and_parent_with_source_and_licence(tmp_path: Path) -> None:
    folder = tmp_path / "acuan"
    text = collection(polygon("52.01.01.2001"), polygon("52.01.02.2001"), polygon("52.02.01.2001"))
    holding, _ = load_boundary(folder, write(tmp_path, text, "batas.geojson"), **TOLD)  # type: ignore[arg-type]
    assert (holding.level, holding.scope, holding.rows) == ("desa", "52", 3)
    boundaries = Boundaries.load(folder)
    assert boundaries.levels() == (Level.VILLAGE,)
    found = boundaries.polygons(Level.VILLAGE, "52.01")
    assert [feature["id"] for feature in found["features"]] == ["52.01.01.2001", "52.01.02.2001"]
    assert found["features"][0]["properties"] == {
        "code": "52.01.01.2001", "name": "Desa 52.01.01.2001", "edition": "2020", "source": "Contoh", "licence": "MIT",
    }  # fmt: skip
    assert len(boundaries.polygons(Level.VILLAGE)["features"]) == 3
    assert boundaries.polygons(Level.VILLAGE, "53")["features"] == []
    assert boundaries.polygons(Level.DISTRICT, "52")["features"] == []


def test_boundaries_of_two_parts_of_the_country_stand_side_by_side(tmp_path: Path) -> None:
    for province, at in (("52", 116.0), ("53", 120.0)):
        text = collection(polygon(f"{province}.01.01", at), polygon(f"{province}.02.01", at))
        load_boundary(tmp_path / "acuan", write(tmp_path, text, f"{province}.geojson"), **TOLD)  # type: ignore[arg-type]
    found = Boundaries.load(tmp_path / "acuan").polygons(Level.DISTRICT)
    assert [feature["id"] for feature in found["features"]] == ["52.01.01", "52.02.01", "53.01.01", "53.02.01"]


def test_codes_of_another_edition_are_counted_and_not_refused(tmp_path: Path) -> None:
    path = write(tmp_path, collection(polygon("52.01"), polygon("52.99")), "batas.geojson")
    holding, _ = load_boundary(tmp_path / "acuan", path, is_known={"52.01"}.__contains__, **TOLD)  # type: ignore[arg-type]
    assert holding.details == {"not_in_current_edition": 1}


@pytest.mark.parametrize(
    ("feature", "rule"),
    [
        ({**polygon("52.01"), "properties": {"nama": "tanpa kode"}}, "code_form"),
        (polygon("52.01.01"), "level_differs"),
        (polygon("52"), "level_differs"),
        ({**polygon("52.02"), "geometry": None}, "geometry_kind"),
        ({**polygon("52.02"), "geometry": {"type": "Point", "coordinates": [116, -8]}}, "geometry_kind"),
        ({**polygon("52.02"), "geometry": {"type": "Polygon", "coordinates": []}}, "not_wgs84"),
        ({**polygon("52.02"), "geometry": {"type": "Polygon", "coordinates": [[[-8, 116]]]}}, "not_wgs84"),
        (polygon("52.01"), "code_twice"),
    ],
)
def test_a_feature_that_is_no_region_of_indonesia_refuses_the_file(tmp_path: Path, feature: dict, rule: str) -> None:
    path = write(tmp_path, collection(polygon("52.01"), feature), "batas.geojson")
    with pytest.raises(ReferenceFileRefused) as problem:
        load_boundary(tmp_path / "acuan", path, **TOLD)  # type: ignore[arg-type]
    assert (problem.value.parts["row"], problem.value.parts["rule"]) == (2, rule)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"features": []}', '{"features": [1]}', "kode,nama\n52,X\n"])
def test_what_is_no_feature_collection_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReferenceFileUnreadable):
        load_boundary(tmp_path / "acuan", write(tmp_path, text, "batas.geojson"), **TOLD)  # type: ignore[arg-type]


def test_the_queue_keeps_a_code_once_with_the_day_it_came(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    assert queue.entries() == []
    assert queue.add([("bps", "5203", "Z"), ("bps", "5202", "Y")], asked_by="ingest sdgs", on=DAY) == 2
    assert queue.add([("bps", "5202", "Y")], asked_by="reference load bridge", on=date(2026, 9, 9)) == 0
    assert [(entry.code, entry.since, entry.asked_by) for entry in Queue(tmp_path).entries()] == [
        ("5202", "2026-01-02", "ingest sdgs"),
        ("5203", "2026-01-02", "ingest sdgs"),
    ]
