"""Thresholds from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenun.linkage import settings
from tenun.linkage.settings import SettingsUnreadable


def test_the_shipped_settings_load() -> None:
    found = settings.load()
    assert found.probable_weight_min > found.review_weight_min
    assert 0 < found.prior_expected_share < 1
    assert 0 < found.probable_probability_min < 1
    assert found.second_account_bits > 0
    assert found.blocking_shared_max > found.nik_shared_max > 1


@pytest.mark.parametrize(
    ("content", "name", "value"),
    [
        ("[probable]\nprobability_min = 0.9\n", "probable_probability_min", 0.9),
        ("[stranger]\nweight_min = 8\n", "stranger_weight_min", 8.0),
        ("[second]\naccount_bits = 6\n", "second_account_bits", 6.0),
        ("[blocking]\nshared_max = 50\n", "blocking_shared_max", 50),
        ("[nik]\nshared_max = 2\n", "nik_shared_max", 2),
    ],
)
def test_every_threshold_can_be_set_and_is_part_of_the_origin(
    tmp_path: Path, content: str, name: str, value: float
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(content)
    found = settings.load(path).as_origin()
    assert found[name] == value
    assert found == {**settings.load().as_origin(), name: value}


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "strict.toml"
    path.write_text("[probable]\nweight_min = 9\n")
    found, shipped = settings.load(path), settings.load()
    assert found.probable_weight_min == 9.0
    assert found.as_origin() == {**shipped.as_origin(), "probable_weight_min": 9.0}


@pytest.mark.parametrize(
    "content",
    ["[probable]\nweight = 9\n", "[unknown]\nx = 1\n", "probable = 3\n", "[probable]\nweight_min = 'nine'\n",
     "[probable]\nweight_min = true\n", "[probable]\nweight_min = nan\n", "not toml"],
)  # fmt: skip
def test_a_file_that_says_something_unknown_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(content)
    with pytest.raises(SettingsUnreadable):
        settings.load(path)


@pytest.mark.parametrize("memory", ["", "lots", "4", "-1GB", "4GB; DROP TABLE x"])
def test_memory_is_a_number_with_a_unit(memory: str) -> None:
    with pytest.raises(SettingsUnreadable):
        settings.load(memory=memory)


def test_threads_and_memory_are_no_part_of_the_result() -> None:
    assert settings.load(threads=1).as_origin() == settings.load(threads=8, memory="1GB").as_origin()
