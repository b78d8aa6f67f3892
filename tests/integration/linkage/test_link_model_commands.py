"""`tenun link train|drift|model …`: a model is signed with the node's key, and an altered one links nobody."""

from __future__ import annotations

import functools
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tenun.cli import main
from tenun.linkage import exposure
from tests.lib import reported_nodes

pytestmark = pytest.mark.xdist_group("link model commands")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    reported_nodes.open_home(folder, residents=3_000, seed=53)
    return folder


def called(home: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """What `tenun link WORDS --json` ends with and prints."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setenv("TENUN_HOME", str(home))
        patch.setattr("sys.argv", ["tenun", "link", *words, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0), json.loads(printed.getvalue())


@pytest.fixture
def tenun(home: Path) -> Any:
    return functools.partial(called, home)


@pytest.fixture(scope="module")
def training(home: Path) -> tuple[Path, dict[str, Any]]:
    """The file that `tenun link train` wrote, and what it printed: trained once, whichever test comes first."""
    path = home / "ours.json"
    status, answer = called(home, "train", "--output", str(path))
    assert status == 0, answer
    return path, answer


@pytest.fixture
def trained(training: tuple[Path, dict[str, Any]]) -> Path:
    return training[0]


def test_training_signs_the_file_and_says_where_it_comes_from(
    tenun: Any, training: tuple[Path, dict[str, Any]]
) -> None:
    trained, answer = training
    assert answer["format"] == "tenun-link-model/1"
    assert answer["signature"]["party"] == "naker"
    assert answer["provenance"]["m_from"] == "expectation maximisation"
    assert answer["provenance"]["refit_of"] != answer["model"]
    status, checked = tenun("model", "verify", str(trained))
    assert (status, checked["is_valid"], checked["model"]) == (0, True, answer["model"])


def test_training_again_gives_the_same_file(tenun: Any, trained: Path, tmp_path: Path) -> None:
    tenun("train", "--output", str(tmp_path / "again.json"))
    assert (tmp_path / "again.json").read_bytes() == trained.read_bytes()


def test_a_signed_model_links_and_the_crosswalk_names_it(tenun: Any, trained: Path) -> None:
    status, answer = tenun("run", "--model", str(trained))
    assert status == 0
    assert answer["model"] == json.loads(trained.read_bytes())["id"]
    assert answer["linked"]["nik"] > 100


def test_an_altered_model_links_nobody(tenun: Any, trained: Path, tmp_path: Path) -> None:
    document = json.loads(trained.read_bytes())
    document["provenance"]["seekers"] = 1
    altered = tmp_path / "altered.json"
    altered.write_text(json.dumps(document))
    for words in (("run", "--model", str(altered)), ("model", "verify", str(altered))):
        status, answer = tenun(*words)
        assert (status, answer["error"]["code"]) == (1, "exchange.signature_invalid")


def test_an_unsigned_model_links_nobody(tenun: Any, tmp_path: Path) -> None:
    path = tmp_path / "unsigned.json"
    assert tenun("train", "--output", str(path), "--no-sign")[0] == 0
    status, answer = tenun("run", "--model", str(path))
    assert (status, answer["error"]["code"]) == (1, "linkage.model_not_signed")


def test_models_are_compared_level_by_level(tenun: Any, trained: Path) -> None:
    status, answer = tenun("model", "compare", str(trained))
    assert status == 0
    assert answer["now"] == json.loads(trained.read_bytes())["id"]
    levels = {level["code"]: level for field in answer["fields"] for level in field["levels"]}
    assert levels["sex_equal"]["m"][0] != levels["sex_equal"]["m"][1]
    status, same = tenun("model", "compare", str(trained), str(trained))
    assert (status, same["advice"]) == (0, "keep")


def test_the_shipped_model_is_shown(tenun: Any) -> None:
    status, answer = tenun("model", "show")
    assert status == 0
    assert answer["levels"]["nik"]["nik_equal"]["weight"] > 10
    assert answer["provenance"]["m_from"] == "known truth"


def test_drift_is_told_with_advice_and_saves_nothing(tenun: Any, home: Path) -> None:
    before = sorted(path.name for path in home.iterdir())
    status, answer = tenun("drift")
    assert status == 0
    assert answer["advice"] in {"keep", "watch", "refit"}
    assert answer["advice_id"]
    assert {field["field"] for field in answer["fields"]} == {"nik", "name", "birth_date", "sex", "village", "address"}
    assert sorted(path.name for path in home.iterdir()) == before


def test_the_self_test_is_one_json_object(tenun: Any) -> None:
    status, answer = tenun("self-test", "--hide", "300")
    assert status == 0
    assert answer["overall"]["hidden"] == 300
    assert answer["overall"]["recall"]["low"] < answer["overall"]["recall"]["value"]


def test_the_report_is_written_as_page_paper_and_data(tenun: Any, tmp_path: Path) -> None:
    assert tenun("run")[0] == 0
    status, answer = tenun("report", "--hide", "300", "--out", str(tmp_path / "report"))
    assert status == 0
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == sorted(answer["files"]) == [
        "report.en.html", "report.en.pdf", "report.id.html", "report.id.pdf", "report.json",
    ]  # fmt: skip
    told = json.loads((tmp_path / "report" / "report.json").read_bytes())
    assert told == {name: value for name, value in answer.items() if name != "files"}


@pytest.mark.pasal("7(1)")
def test_links_are_exported_for_what_the_agreement_names_and_for_nothing_else(tenun: Any, tmp_path: Path) -> None:
    ran = tenun("run")[1]
    out = tmp_path / "links.parquet"
    status, answer = tenun("export", "--purpose", "penempatan-pelatihan", "--out", str(out))
    assert (status, answer["links"]) == (0, ran["accepted"])
    assert set(pq.read_schema(out).names) == set(exposure.SCHEMA.names)
    status, answer = tenun("export", "--purpose", "sosialisasi", "--out", str(tmp_path / "none.parquet"))
    assert (status, answer["error"]["code"]) == (1, "linkage.not_permitted")
    assert not (tmp_path / "none.parquet").exists()
