"""`tenun link …` as an officer and as a script call it, between two nodes with an agreement in force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tenun.agreement import signing
from tenun.agreement.vocabulary import Party
from tenun.cli import main
from tenun.node.home import NodeHome, Role
from tenun.registry.siapkerja.tables import SEEKERS_DATASET
from tenun.registry.sid.tables import DATASET
from tests.lib import invented_people, linked_nodes
from tests.lib.invented_people import People
from tests.lib.linked_nodes import AGREEMENT


@pytest.fixture(scope="module")
def people() -> People:
    return invented_people.invent(3_000, seed=41)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, people: People) -> Path:
    """Both nodes below one folder, with keys of their own: ids are made with these, as ingest makes them."""
    folder = tmp_path_factory.mktemp("homes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENUN_HOME", str(folder))
        homes = {role: NodeHome.of(role) for role in Role}
        signing.enter_into_force(
            AGREEMENT, {Party(role.value): (one.agreement, one.folder / "keys") for role, one in homes.items()}
        )
        ours = invented_people.invent(
            3_000, seed=41, desa_keys=homes[Role.DESA].keys, naker_keys=homes[Role.NAKER].keys
        )
        for one in homes.values():
            for village in ours.villages():
                linked_nodes.publish(one.lake, DATASET, village, ours.resident_tables(village))
        linked_nodes.publish(homes[Role.NAKER].lake, SEEKERS_DATASET, "00", ours.seeker_tables())
        pq.write_table(ours.truth_table(), folder / "truth.parquet")
    return folder


@pytest.fixture
def tenun(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("TENUN_HOME", str(home))

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["tenun", "link", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def test_run_and_evaluate_print_one_json_object(tenun: Any, home: Path, people: People) -> None:
    status, out, err = tenun("run", "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert {"linked", "persons", "seekers", "seconds", "model"} <= set(answer)
    assert answer["seekers"] == len(people.seekers)
    assert answer["invented"] is True
    status, out, err = tenun("evaluate", "--truth", str(home / "truth.parquet"), "--json")
    assert (status, err) == (0, "")
    measured = json.loads(out)
    assert measured["precision"] >= 0.99
    assert measured["f1"] >= 0.96
    assert set(measured["by_class"]) == {"nik", "probable", "review"}


def test_run_tells_a_person_the_same_and_that_the_people_are_invented(tenun: Any) -> None:
    status, out, _ = tenun("run")
    assert status == 0
    assert "DATA BUATAN" in out
    assert "probable" in out


def test_run_names_the_command_that_makes_its_report_or_makes_it(tenun: Any, tmp_path: Path) -> None:
    _, out, _ = tenun("run")
    assert "tenun link report --out" in out
    folder = tmp_path / "report"
    status, out, err = tenun("run", "--report", str(folder), "--json")
    assert (status, err) == (0, "")
    files = json.loads(out)["report_files"]
    assert {"report.json", "report.id.html", "report.id.pdf", "report.en.html", "report.en.pdf"} == set(files)
    assert (folder / "report.id.pdf").read_bytes().startswith(b"%PDF-")
    assert json.loads((folder / "report.json").read_bytes())["sections"]


def test_evaluate_shows_a_table(tenun: Any, home: Path) -> None:
    tenun("run", "--json")
    status, out, _ = tenun("evaluate", "--truth", str(home / "truth.parquet"))
    assert status == 0
    assert "precision" in out


def test_train_writes_a_model_that_run_takes(tenun: Any, tmp_path: Path) -> None:
    path = tmp_path / "ours.json"
    status, out, err = tenun("train", "--output", str(path), "--json")
    assert (status, err) == (0, "")
    trained = json.loads(out)
    assert trained["provenance"]["invented"] is True
    assert all(reference.startswith("core/") for reference in trained["provenance"]["trained_on"])
    status, out, _ = tenun("run", "--model", str(path), "--json")
    assert status == 0
    answer = json.loads(out)
    assert answer["model"] == trained["model"]
    assert answer["linked"]["probable"] > 0


def test_a_refusal_is_json_too_and_status_one(tenun: Any, tmp_path: Path) -> None:
    status, out, _ = tenun("run", "--model", str(tmp_path / "none.json"), "--json")
    assert status == 1
    assert json.loads(out)["error"]["code"] == "linkage.model_unfit"


def test_wrong_usage_is_status_two(tenun: Any, tmp_path: Path) -> None:
    status, _, err = tenun("evaluate", "--truth", str(tmp_path / "none.parquet"))
    assert status == 2
    assert "none.parquet" in err


def test_without_an_agreement_nothing_is_linked(tenun: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path))
    status, out, _ = tenun("run", "--json")
    assert status == 1
    assert json.loads(out)["error"]["code"].startswith("agreement.")
