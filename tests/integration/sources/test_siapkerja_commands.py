"""`tenun ingest seekers | vacancies | trainings | certificates | placements | idm | sdgs`, as typed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tenun.cli import ingest
from tenun.kernel.errors import TenunError
from tenun.node.home import NodeHome, Role
from tests.lib.employment_files import IDM_REFUSAL, idm_answer, page, sdgs_answer, sdgs_csv, seeker, vacancy, write_csv

KEYS = {"format", "rows", "accepted", "rejected", "duplicates", "warnings", "rejects_file", "snapshot"}
BRIDGE = "kode_bps,nama_bps,kode_kemendagri,nama_kemendagri\n5201080010,SENTELUK,52.01.14.2005,SENTELUK\n"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path / "home"))
    return tmp_path


def run(*words: Any) -> Result:
    return CliRunner().invoke(ingest.app, [str(word) for word in words])


def told(*words: Any) -> dict[str, Any]:
    """What the command prints with --json: one object and nothing else."""
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    assert answer.keys() >= KEYS
    return answer


def file(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def load_bridge(folder: Path) -> None:
    from tenun.cli import reference

    words: Sequence[str] = (
        "load", "bridge", str(file(folder, "jembatan.csv", BRIDGE)), "--system", "bps", "--edition", "2021",
        "--source", "BPS", "--licence", "terbuka",
    )  # fmt: skip
    result = CliRunner().invoke(reference.app, list(words))
    assert result.exit_code == 0, result.output


def test_every_command_prints_the_same_keys_and_its_own_counts(own_home: Path) -> None:
    load_bridge(own_home)
    course = {"id_pelatihan": "PL-1", "judul": "Las", "kode_kab_kota": "52.01"}
    certificate = {"id_sertifikat": "SR-1", "id_pencaker": "PK-0001"}
    placement = {"id_penempatan": "PN-1", "id_pencaker": "PK-0001"}
    answers = {
        "seekers": told("seekers", write_csv(own_home / "a.csv", [seeker()]), "--as-of", "2026-11-24"),
        "vacancies": told("vacancies", file(own_home, "b.json", page(vacancy()))),
        "trainings": told("trainings", write_csv(own_home / "c.csv", [course])),
        "certificates": told("certificates", write_csv(own_home / "d.csv", [certificate])),
        "placements": told("placements", write_csv(own_home / "e.csv", [placement])),
        "idm": told("idm", file(own_home, "f.json", idm_answer())),
        "sdgs": told("sdgs", file(own_home, "g.csv", sdgs_csv({"5201080010": 50}))),
    }
    assert {name: (answer["rows"], answer["accepted"]) for name, answer in answers.items()} == dict.fromkeys(
        answers, (1, 1)
    )
    for name in ("seekers", "vacancies", "trainings", "certificates", "placements"):
        assert answers[name][name] == 1
        assert answers[name]["snapshot"].startswith(f"core/siapkerja__{name}/00/")
    assert answers["idm"]["snapshot"][0].startswith("core/sid__village_index/52.01/2024-12-31-")
    assert answers["sdgs"]["snapshot"][0].startswith("core/sid__village_sdgs/52.01/")


def test_sides_keep_to_their_own_node(own_home: Path) -> None:
    told("seekers", write_csv(own_home / "a.csv", [seeker()]))
    told("idm", file(own_home, "f.json", idm_answer()))
    naker, desa = NodeHome.of(Role.NAKER), NodeHome.of(Role.DESA)
    assert (naker.lake.root / "core" / "siapkerja__seekers").is_dir()
    assert (desa.lake.root / "core" / "sid__village_index").is_dir()
    assert not (desa.lake.root / "core" / "siapkerja__seekers").exists()


def test_without_json_a_person_reads_words(own_home: Path) -> None:
    result = run("seekers", write_csv(own_home / "a.csv", [seeker(umur="99")]))
    assert result.exit_code == 0
    assert "Pencari kerja / job seekers" in result.stdout
    assert "Umur berbeda" in result.stdout


def test_nothing_accepted_is_a_refusal_with_status_1(own_home: Path) -> None:
    result = run("idm", file(own_home, "x.json", IDM_REFUSAL), "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (answer["accepted"], answer["rejected"], answer["snapshot"]) == (0, 1, None)
    in_words = run("idm", own_home / "x.json")
    assert in_words.exit_code == 1
    assert "nothing was accepted" in in_words.output
    assert "already" not in in_words.output


def test_a_file_that_is_refused_whole_raises_what_the_command_line_says_in_words(own_home: Path) -> None:
    result = run("vacancies", file(own_home, "x.json", {"code": 403, "message": "Forbidden"}), "--json")
    assert isinstance(result.exception, TenunError)
    assert result.exception.code == "sources.error_answer"
    assert result.exception.message("id")
    assert result.exception.remedy("en")


@pytest.mark.parametrize(
    "words",
    [("--as-of", "kemarin"), ("--as-of", "2999-01-01")],
)
def test_wrong_usage_is_status_2(words: tuple[str, ...], own_home: Path) -> None:
    assert run("seekers", write_csv(own_home / "a.csv", [seeker()]), *words).exit_code == 2


def test_an_area_is_a_typed_code_and_never_a_bare_number(own_home: Path) -> None:
    path = write_csv(own_home / "a.csv", [seeker()])
    assert told("seekers", path, "--area", "52.01")["snapshot"].startswith("core/siapkerja__seekers/52.01/")
    refused = run("seekers", path, "--area", "5201")
    assert isinstance(refused.exception, TenunError)
    assert refused.exception.code == "reference.region_system_unclear"


def test_the_bps_code_of_an_answer_is_given_by_option_or_by_a_list(own_home: Path) -> None:
    load_bridge(own_home)
    answer = file(own_home, "jawaban.json", sdgs_answer())
    assert told("sdgs", answer, "--bps", "5201080010")["villages"] == 1
    listed = file(own_home, "daftar.csv", "berkas,kode_bps\njawaban.json,5201080010\n")
    assert told("sdgs", answer, "--codes", listed)["villages"] == 1
    assert run("sdgs", answer, "--bps", "52.01.14.2005").exit_code == 2
    assert run("sdgs", answer, "--codes", file(own_home, "x.csv", "a,b\n1,2\n")).exit_code == 2
    assert run("sdgs", answer, "--codes", file(own_home, "y.csv", "berkas,kode_bps\njawaban.json,1\n")).exit_code == 2
