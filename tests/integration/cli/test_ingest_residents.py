"""`tenun ingest residents` and `tenun lake` as a data officer and a program meet them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tenun.cli import main
from tests.lib.shared_data import shared
from tests.lib.village_files import VILLAGE, somebody, table, write_xlsx


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


class Tenun:
    """Runs the command line in this process and keeps what it said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *words: str | Path) -> tuple[int, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["tenun", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()  # typer leaves in every case, with status 0 too
        said = self.capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    def json(self, *words: str | Path, status: int = 0) -> dict[str, Any]:
        code, out, _ = self(*words, "--json")
        assert code == status, out
        assert out.count("\n") == 1, "one JSON object and nothing else"
        found: dict[str, Any] = json.loads(out)
        return found


@pytest.fixture
def tenun(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tenun:
    return Tenun(monkeypatch, capsys)


def a_file(tmp_path: Path) -> Path:
    people = [somebody(1), somebody(1), somebody(2, nama=""), somebody(3, sex="2", pekerjaan_id="2", tanggallahir="")]
    return write_xlsx(tmp_path / "penduduk.xlsx", {"Sheet1": table(people)})


def test_the_json_report_has_the_promised_keys(tenun: Tenun, tmp_path: Path) -> None:
    report = tenun.json("ingest", "residents", a_file(tmp_path), "--village", VILLAGE, "--as-of", "2026-01-31")
    told = {key: report[key] for key in ("format", "rows", "persons", "families", "accepted", "rejected", "duplicates")}
    assert told == {
        "format": "opensid-2024-01", "rows": 4, "persons": 2, "families": 2, "accepted": 3, "rejected": 1,
        "duplicates": 1,
    }  # fmt: skip
    assert report["warnings"]["birth_date.missing"] == 1
    assert Path(report["rejects_file"]).exists()
    assert report["snapshot"].startswith(f"core/sid__residents/{VILLAGE}/2026-01-31-")


def test_describe_counts_every_promised_value(tenun: Tenun, tmp_path: Path) -> None:
    report = tenun.json("ingest", "residents", a_file(tmp_path), "--village", VILLAGE, "--as-of", "2026-01-31")
    said = tenun.json("lake", "describe", "residents", "--village", VILLAGE)
    assert said["snapshot"] == report["snapshot"]
    assert (said["rows"], said["as_of"], said["invented"]) == (2, "2026-01-31", False)
    assert said["path"] == "Desa Senteluk, Kec. Batu Layar, Kabupaten Lombok Barat, Nusa Tenggara Barat"
    assert said["sex"] == {"female": 1, "male": 1}
    assert said["age_group"] == {"25-59": 1, "missing": 1}
    assert said["education"] == {"upper_secondary": 2}
    assert said["occupation"] == {"farmer": 1, "housekeeping": 1}
    assert said["marital_status"] == {"married": 2}
    assert said["life_status"] == {"alive": 2}


def test_list_shows_what_the_node_holds(tenun: Tenun, tmp_path: Path) -> None:
    tenun.json("ingest", "residents", a_file(tmp_path), "--village", VILLAGE, "--invented")
    said = tenun.json("lake", "list", "--node", "desa")
    assert {(each["layer"], each["dataset"], each["invented"]) for each in said["snapshots"]} == {
        ("raw", "sid__residents", False), ("core", "sid__residents", True),
    }  # fmt: skip


def test_words_for_a_person_are_indonesian_first(tenun: Tenun, tmp_path: Path) -> None:
    code, out, _ = tenun("ingest", "residents", a_file(tmp_path), "--village", VILLAGE)
    assert code == 0
    assert "Desa Senteluk" in out
    assert "Baris ditolak / rejected" in out
    assert "Yang perlu diperiksa" in out


@pytest.mark.parametrize(
    ("village", "code"),
    [("5201142005", "reference.region_system_unclear"), ("52.01.14", "reference.not_a_village"),
     ("99.01.14.2005", "reference.unknown_region")],
)  # fmt: skip
def test_a_village_code_that_is_not_certain_is_refused(village: str, code: str, tenun: Tenun, tmp_path: Path) -> None:
    said = tenun.json("ingest", "residents", a_file(tmp_path), "--village", village, status=1)
    assert said["error"]["code"] == code


@pytest.mark.parametrize("words", [("--as-of", "2999-01-01"), ("--as-of", "kemarin"), ("--format", "excel")])
def test_wrong_usage_leaves_with_status_2(words: tuple[str, str], tenun: Tenun, tmp_path: Path) -> None:
    code, out, _ = tenun("ingest", "residents", a_file(tmp_path), "--village", VILLAGE, *words)
    assert (code, out) == (2, "")


def test_a_refused_file_leaves_with_status_1_and_says_why(tenun: Tenun, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"%PDF-1.7")
    said = tenun.json("ingest", "residents", tmp_path / "a.xlsx", "--village", VILLAGE, status=1)
    assert said["error"]["code"] == "sources.file_unreadable"
    assert said["error"]["message"]["id"]
    assert said["error"]["remedy"]["en"]


def test_describing_what_is_not_there_is_refused(tenun: Tenun) -> None:
    said = tenun.json("lake", "describe", "residents", "--village", VILLAGE, status=1)
    assert said["error"]["code"] == "lake.snapshot_missing"


def test_the_real_demo_file_goes_through_the_command_line(tenun: Tenun) -> None:
    file = shared("opensid/penduduk/contoh_penduduk_2024-09_43kolom.xlsx")
    report = tenun.json("ingest", "residents", file, "--village", VILLAGE)
    assert (report["persons"], report["families"], report["warnings"]) == (97, 37, {"nik.birth_date_mismatch": 97})
    said = tenun.json("lake", "describe", "residents", "--village", VILLAGE)
    assert said["occupation"]["self_employed"] == 31


def test_describe_tells_job_seekers_of_one_village_out_of_the_national_extract(tenun: Tenun, tmp_path: Path) -> None:
    heading = "id_pencaker,nik,jenis_kelamin,kelurahan,kecamatan,kab_kota,provinsi"
    here = "SENTELUK,BATU LAYAR,LOMBOK BARAT,NUSA TENGGARA BARAT"
    (tmp_path / "s.csv").write_text(f"{heading}\nA-1,5201140503809001,Laki-laki,{here}\nA-2,0,Perempuan,,,,\n")
    tenun.json("ingest", "seekers", tmp_path / "s.csv")
    assert tenun.json("lake", "describe", "seekers")["sex"] == {"female": 1, "male": 1}
    assert tenun.json("lake", "describe", "seekers", "--village", VILLAGE)["sex"] == {"male": 1}
    assert tenun.json("lake", "describe", "seekers", "--village", "52.01")["rows"] == 1
