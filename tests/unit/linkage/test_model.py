"""Model files: what is read of them, and what is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tenun.engine.duckdb import connect
from tenun.linkage import model
from tenun.linkage.comparisons import COMPARISONS
from tenun.linkage.model import ModelUnfit
from tests.lib import standard_tables
from tests.lib.invented_people import People


def shipped() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(files("tenun.linkage").joinpath("models", model.SHIPPED).read_text())
    return content


def test_the_shipped_model_fits_this_version_and_says_what_it_was_trained_on() -> None:
    found = model.load()
    assert found.provenance["invented"] is True
    assert found.provenance["persons"] > 100_000
    assert set(found.probabilities) == {comparison.field for comparison in COMPARISONS}


@pytest.mark.parametrize(
    ("field", "better", "worse"),
    [
        ("nik", "nik_equal", "nik_one_digit"),
        ("nik", "nik_one_digit", "nik_differs"),
        ("name", "name_equal", "name_shortened"),
        ("name", "name_similar", "name_differs"),
        ("birth_date", "birth_date_equal", "birth_date_swapped"),
        ("birth_date", "birth_date_swapped", "birth_date_near"),
        ("sex", "sex_equal", "sex_differs"),
        ("address", "address_equal", "address_differs"),
    ],
)
def test_better_outcomes_weigh_more(field: str, better: str, worse: str) -> None:
    found = model.load()
    assert found.weight(field, better) > found.weight(field, worse) + 1


def test_a_model_is_saved_and_read_back_as_it_was(tmp_path: Path) -> None:
    before = model.load()
    model.save(before, tmp_path / "model.json")
    after = model.load(tmp_path / "model.json")
    assert after == before
    assert (tmp_path / "model.json").read_text() == files("tenun.linkage").joinpath("models", model.SHIPPED).read_text()


def other_condition(document: dict[str, Any]) -> None:
    document["splink"]["comparisons"][0]["comparison_levels"][1]["sql_condition"] = "true"


def other_number(document: dict[str, Any]) -> None:
    document["splink"]["comparisons"][0]["comparison_levels"][1]["m_probability"] = 0.5


def without_a_level(document: dict[str, Any]) -> None:
    document["splink"]["comparisons"][1]["comparison_levels"].pop()


def without_settings(document: dict[str, Any]) -> None:
    del document["splink"]


def a_word_for_a_number(document: dict[str, Any]) -> None:
    document["splink"]["comparisons"][0]["comparison_levels"][1]["m_probability"] = "level not observed"


@pytest.mark.parametrize(
    "change", [other_condition, other_number, without_a_level, without_settings, a_word_for_a_number]
)
def test_a_changed_model_file_is_refused(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    document = shipped()
    change(document)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ModelUnfit) as refused:
        model.load(path)
    assert refused.value.parts["file"] == "model.json"


def test_a_model_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnfit):
        model.load(tmp_path / "none.json")


def test_the_chance_of_one_village_is_counted_and_not_learnt() -> None:
    here = [("52.01.01.2001", "male"), ("52.01.01.2002", "male"), ("52.01.02.2001", "female"), (None, None)]
    people = People()
    people.residents = [
        {"person_id": f"p{number}", "is_kept": True, "village_code": village, "regency_code": "52.01", "sex": sex}
        for number, (village, sex) in enumerate(here)
    ]
    people.seekers = [
        {
            "seeker_id": f"s{number}",
            "village_code": village,
            "regency_code": village[:5] if village else "52.01",
            "sex": sex,
        }
        for number, (village, sex) in enumerate([*here, ("52.02.01.2001", "male")])
    ]
    connection = connect(threads=1)
    fitted = standard_tables.prepare(connection, people).model
    connection.close()
    shares = {code: u for code, (_, u) in fitted.probabilities["village"].items()}
    # 3 residents with a village x 3 accounts with one here, and 3 x 1 from another regency
    assert shares["village_equal"] == pytest.approx(3 / 12)
    assert shares["village_differs"] == pytest.approx(2 / 12)
    assert shares["district_differs"] == pytest.approx(4 / 12)
    assert shares["regency_differs"] == pytest.approx(3 / 12)
    assert fitted.probabilities["sex"]["sex_equal"][1] == pytest.approx((2 * 3 + 1) / 12)


def test_the_prior_is_kept_within_bounds() -> None:
    assert model.load().with_prior(0.0).prior_weight == pytest.approx(math.log2(1e-12), abs=0.01)
    assert model.load().with_prior(5.0).prior == 0.5
