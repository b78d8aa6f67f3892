"""The list of what to correct: where, which rule, what to do; and never the value."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tenun.sources import residents, rules
from tenun.sources.problems import COLUMNS, Problems
from tenun.sources.residents.rules import NAME_MISSING, PERSON_TWICE, TWO_HEADS
from tenun.sources.rules import Severity

assert residents  # its rules are in the register


def some_problems(*, file: str = "a.xlsx") -> Problems:
    problems = Problems()
    problems.add(TWO_HEADS, file=file, sheet="S", row=2, field="kk_level")
    problems.add(NAME_MISSING, file=file, sheet="S", row=9, field="nama")
    problems.add(PERSON_TWICE, file=file, sheet="S", row=5, field="nik")
    problems.add(TWO_HEADS, file=file, sheet="S", row=1, field="kk_level")
    return problems


def read(path: Path | None) -> list[dict[str, str]]:
    assert path is not None
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_rejected_rows_come_first_and_the_same_problems_give_the_same_bytes(tmp_path: Path) -> None:
    first = some_problems().write(tmp_path, "list")
    lines = read(first)
    assert [(line["severity"], line["row"]) for line in lines] == [
        ("reject", "9"), ("duplicate", "5"), ("warn", "1"), ("warn", "2"),
    ]  # fmt: skip
    assert tuple(lines[0]) == COLUMNS
    assert first is not None
    before = first.read_bytes()
    assert some_problems().write(tmp_path, "list") == first
    assert first.read_bytes() == before


def test_no_problems_make_no_file(tmp_path: Path) -> None:
    assert Problems().write(tmp_path, "list") is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_name_that_is_a_formula_stays_text(tmp_path: Path) -> None:
    lines = read(some_problems(file='=HYPERLINK("x")').write(tmp_path, "list"))
    assert lines[0]["file"] == '\'=HYPERLINK("x")'


def test_counts_are_by_rule_and_severity() -> None:
    assert some_problems().counts(Severity.WARN) == {"family.second_head": 2}
    assert some_problems().counts(Severity.REJECT) == {"name.missing": 1}


@pytest.mark.parametrize("rule", list(rules.every()), ids=lambda rule: rule.code)
def test_every_rule_speaks_both_languages_and_says_what_to_do(rule: rules.Rule) -> None:
    for text in (rule.text_id, rule.text_en, rule.remedy_id, rule.remedy_en):
        assert text.strip()
        assert text.strip()[-1] == "."
        assert "{" not in text
    assert rule.text_id != rule.text_en


def test_a_code_is_given_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        rules.define("name.missing", Severity.WARN, text_id="a.", text_en="b.", remedy_id="c.", remedy_en="d.")
