"""The officials' scenarios come out as they wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenun.agreement import scenarios
from tenun.agreement.document import load
from tenun.agreement.scenarios import Outcome, ScenarioNotUnderstood
from tests.lib.agreement_drafts import SHIPPED

OUTCOMES = scenarios.run(load(SHIPPED), SHIPPED)


def test_there_are_scenarios_for_both_answers() -> None:
    assert len(OUTCOMES) >= 25
    assert {bool(outcome.decision) for outcome in OUTCOMES} == {True, False}


@pytest.mark.pasal("7(1)")
@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.scenario.en)
def test_scenario(outcome: Outcome) -> None:
    assert outcome.passed, outcome.as_dict()


SCENARIO = """
- name: Coba
  en: Try
  at: "2026-03-02T09:00:00+07:00"
  use: {by: naker, dataset: sid-warga, purpose: pemadanan, operation: file, fields: [nik]}
  expect: {permit: ["3(1)a"]}
"""


def _run(folder: Path, text: str) -> list[Outcome]:
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "coba.yaml").write_text(text, "utf-8")
    return scenarios.run(load(SHIPPED), folder)


def test_a_scenario_that_expects_something_else_fails(tmp_path: Path) -> None:
    assert [outcome.passed for outcome in _run(tmp_path, SCENARIO)] == [True]


@pytest.mark.parametrize(
    "expect", ['{deny: ["3(1)a"]}', '{permit: ["7(2)"]}', "{}", '{permit: ["3(1)a"], deny: ["3(1)a"]}']
)
def test_an_expectation_that_is_not_met_fails(tmp_path: Path, expect: str) -> None:
    text = SCENARIO.replace('{permit: ["3(1)a"]}', expect)
    assert [outcome.passed for outcome in _run(tmp_path, text)] == [False]


@pytest.mark.parametrize("text", [SCENARIO.replace("expect:", "expects:"), "satu: dua", SCENARIO + "  - ["])
def test_a_scenario_with_an_unknown_word_is_refused_and_not_skipped(tmp_path: Path, text: str) -> None:
    with pytest.raises(ScenarioNotUnderstood):
        _run(tmp_path, text)
