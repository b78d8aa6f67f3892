"""The protocol page on acts names every kind, member and rule, and shows an act that really reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from tenun.agreement.acts import act as acts
from tenun.agreement.acts import kinds
from tenun.agreement.acts.act import Act
from tenun.agreement.acts.bodies import BODIES
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.law import LAW, Effect, Signers

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "protocols" / "agreement-acts.md").read_text("utf-8")


def _row(heading: str, kind: Kind) -> list[str]:
    part = PAGE.split(f"## {heading}")[1].split("\n## ")[0]
    (row,) = [line for line in part.splitlines() if line.startswith(f"| `{kind}` |")]
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.parametrize("kind", Kind)
def test_the_table_on_the_page_is_the_law(kind: Kind) -> None:
    rule = LAW[kind]
    _, clause, signers, effect, after, changes = _row("The law", kind)
    assert clause == rule.clause
    assert signers.startswith("both" if rule.signers is Signers.BOTH else "one")
    assert ("**m**" in signers) == (len(rule.keys) > 1)
    assert ("notice (6(2))" in signers) == (rule.needs_notice is not None)
    assert ("letter" in signers) == rule.needs_reference
    assert effect.split(";")[0] == {Effect.AT_ONCE: "at once", Effect.CHOSEN: "chosen"}.get(rule.effect, effect)
    assert after == ("yes" if rule.after_the_end else "no")
    assert changes == ", ".join(sorted(part.value for part in rule.changes))


@pytest.mark.parametrize("kind", Kind)
def test_every_member_of_a_body_stands_on_the_page(kind: Kind) -> None:
    row = _row("The bodies", kind)[1]
    fields = BODIES[kind].model_fields
    assert [name for name, field in fields.items() if f"`{field.alias or name}`" not in row] == []


def test_every_member_of_an_act_stands_on_the_page() -> None:
    assert issubclass(Act, BaseModel)
    assert [name for name in Act.model_fields if f"| `{name}` |" not in PAGE] == []


@pytest.mark.parametrize("words", [kinds.ScopeKind, kinds.NoticeSubject, kinds.KeyLoss])
def test_every_word_stands_on_the_page(words: type[kinds.StrEnum]) -> None:
    assert [word.value for word in words if f"`{word.value}`" not in PAGE] == []


def test_the_worked_example_reads() -> None:
    (example,) = re.findall(r"```json\n(.+?)\n```", PAGE, re.DOTALL)
    assert acts.parse(example.encode()).kind is Kind.SHUT_OFF
