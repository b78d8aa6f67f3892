"""`tenun region …` and `tenun reference …`, as a person and as a program call them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tenun.cli import reference, region
from tenun.kernel.errors import TenunError

TOLD = ["--edition", "2020", "--source", "Contoh", "--licence", "MIT"]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path / "rumah"))


def ask(app: Any, *words: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


def said(app: Any, *words: str) -> str:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_region_is_shown_with_path_level_system_edition_and_daerah_tertinggal() -> None:
    shown = ask(region.app, "show", "53.17")
    assert (shown["code"], shown["level"], shown["system"], shown["edition"]) == (
        "53.17", "kabupaten", "kemendagri", "2025",
    )  # fmt: skip
    assert [each["code"] for each in shown["path"]] == ["53", "53.17"]
    assert shown["is_disadvantaged"] is True
    assert shown["disadvantaged_list"]["is_second_hand"] is True
    assert shown["is_bridge_loaded"] is False
    text = said(region.app, "show", "52.01.14.2005")
    for word in ("52.01.14.2005", "Desa Senteluk", "Kec. Batu Layar", "Nusa Tenggara Barat", "2025", "kemendagri"):
        assert word in text


def test_a_search_prints_codes_with_parents() -> None:
    found = ask(region.app, "find", "sidomuljo klaten", "--limit", "3")
    assert found["count"] == len(found["regions"]) == 3
    first = found["regions"][0]
    assert first["code"] == "33.10.16.2016"
    assert first["path_text"] == "Desa Sidomulyo, Kec. Delanggu, Kabupaten Klaten, Jawa Tengah"
    assert "Kabupaten Klaten" in said(region.app, "find", "sidomuljo klaten", "--limit", "1")
    assert ask(region.app, "find", "xxyyzz") == {"text": "xxyyzz", "edition": "2025", "count": 0, "regions": []}
    assert all(
        each["code"].startswith("33.") for each in ask(region.app, "find", "baru", "--within", "33.10")["regions"]
    )


@pytest.mark.parametrize("code", ["5201142005", "52.01.14.2099", "bps:5201061005", "desa"])
def test_a_code_that_cannot_be_read_is_an_error_and_not_a_guess(code: str) -> None:
    with pytest.raises(TenunError) as problem:
        ask(region.app, "show", code)
    assert problem.value.as_dict()["code"].startswith("reference.")  # type: ignore[union-attr, attr-defined]


def test_loading_a_bridge_shows_counterparts_and_queues_what_does_not_map(tmp_path: Path) -> None:
    pairs = write(
        tmp_path,
        "jembatan.csv",
        "kode_bps,nama_bps,kode_kemendagri,nama_kemendagri\n"
        "5201061005,SENTELUK,52.01.14.2005,SENTELUK\n"
        "5201061099,HILANG,52.01.14.2099,HILANG\n",
    )
    loaded = ask(reference.app, "load", "bridge", pairs, "--system", "bps", *TOLD)
    assert (loaded["rows"], loaded["is_new"], loaded["queued"], loaded["level"]) == (2, True, 1, "desa")
    again = ask(reference.app, "load", "bridge", pairs, "--system", "bps-kemendagri", *TOLD)
    assert (again["is_new"], again["loaded_on"], again["sha256"]) == (False, loaded["loaded_on"], loaded["sha256"])

    waiting = ask(reference.app, "queue")
    assert waiting["count"] == 1
    assert (waiting["waiting"][0]["code"], waiting["waiting"][0]["status"], waiting["waiting"][0]["asked_by"]) == (
        "5201061099", "no_counterpart", "reference load bridge",
    )  # fmt: skip
    assert "bps:5201061099" in said(reference.app, "queue")

    shown = ask(region.app, "show", "bps:5201061005")
    assert shown["code"] == "52.01.14.2005"
    assert [(each["code"], each["status"]) for each in shown["bps"]] == [("5201061005", "certain")]
    assert "pasti / certain" in said(region.app, "show", "52.01.14.2005")


def test_what_is_loaded_is_listed_with_source_licence_and_digest(tmp_path: Path) -> None:
    older = write(tmp_path, "lama.csv", "kode,nama\n91,PAPUA\n91.01,KAB. MERAUKE\n")
    ask(reference.app, "load", "region", older, "--system", "kemendagri", *TOLD)
    ring = [[116.0, -8.0], [116.1, -8.0], [116.1, -8.1], [116.0, -8.0]]
    feature = {
        "type": "Feature",
        "id": "52.01",
        "properties": {},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    lines = write(tmp_path, "batas.geojson", json.dumps({"type": "FeatureCollection", "features": [feature]}))
    ask(reference.app, "load", "boundary", lines, "--system", "kemendagri", "--level", "kabupaten", *TOLD)
    held = ask(reference.app, "list")["holdings"]
    assert [(each["kind"], each["edition"], each["is_current"]) for each in held] == [
        ("region", "2025", True), ("boundary", "2020", False), ("region", "2020", False),
    ]  # fmt: skip
    assert all(each["source"] and each["licence"] for each in held)
    assert all(len(each["sha256"]) == 64 for each in held[1:])
    assert "Contoh" in said(reference.app, "list")
    with pytest.raises(TenunError) as problem:
        ask(region.app, "show", "91.01")
    assert "93.01" in problem.value.message("id")


def test_a_bad_file_is_refused_with_file_row_column_and_rule(tmp_path: Path) -> None:
    bad = write(tmp_path, "rusak.csv", "kode,nama\n52,NTB\n52.1,X\n")
    with pytest.raises(TenunError) as problem:
        ask(reference.app, "load", "region", bad, "--system", "kemendagri", *TOLD)
    parts = problem.value.parts
    assert (parts["file"], parts["row"], parts["column"], parts["rule"]) == ("rusak.csv", 3, "kode", "code_form")


@pytest.mark.parametrize(
    "words",
    [
        ["load", "region", "x.csv", "--system", "pos", *TOLD],
        ["load", "boundary", "x.geojson", "--system", "bps", *TOLD],
        ["load", "bridge", "x.csv", "--system", "kemendagri", *TOLD],
        ["load", "region", "x.csv", "--system", "kemendagri"],
        ["load", "laut", "x.csv", "--system", "kemendagri", *TOLD],
    ],
)
def test_wrong_usage_leaves_with_status_2(words: list[str]) -> None:
    assert CliRunner().invoke(reference.app, words).exit_code == 2
