"""The protocol page names every word that an agreement may use, and shows a rule that really loads."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path

import pytest

from tenun.agreement import vocabulary
from tenun.agreement.terms import Document, Permission
from tenun.registry.table import Classification

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "protocols" / "agreement-document.md").read_text("utf-8")
ENUMS = [
    one
    for one in vars(vocabulary).values()
    if isinstance(one, type) and issubclass(one, StrEnum) and one is not StrEnum
]


@pytest.mark.parametrize("words", [*ENUMS, Classification], ids=lambda words: words.__name__)
def test_every_word_stands_on_the_protocol_page(words: type[StrEnum]) -> None:
    assert [word.value for word in words if f"`{word.value}`" not in PAGE and f" {word.value}`" not in PAGE] == []


def test_every_member_of_the_document_stands_on_the_protocol_page() -> None:
    assert [name for name in Document.model_fields if f"`{name}`" not in PAGE] == []


def test_the_rule_of_the_worked_example_is_of_the_right_shape() -> None:
    (example,) = re.findall(r"```json\n(.+?)```", PAGE, re.DOTALL)
    assert Permission.model_validate_json(json.dumps(json.loads(example))).clause == "3(1)a"
