"""The rules that rows are held against: every one with its words and its remedy, in one register.

A rule rejects a row only where nothing could be done with it; everything else warns and keeps the
person, because a person left out of a register is the worse fault. Codes never change: they stand in
snapshots (`warnings`) and in reports that villages keep.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    REJECT = "reject"
    """The row does not enter the core."""
    WARN = "warn"
    """The row enters; the field named is left empty or marked."""
    DUPLICATE = "duplicate"
    """The row is dropped because the same person stands in another row that counts."""


@dataclass(frozen=True)
class Rule:
    code: str
    severity: Severity
    text_id: str
    text_en: str
    remedy_id: str
    remedy_en: str


_REGISTER: dict[str, Rule] = {}


def define(code: str, severity: Severity, *, text_id: str, text_en: str, remedy_id: str, remedy_en: str) -> Rule:
    """Put a rule into the register. A code is given once."""
    if code in _REGISTER:
        raise ValueError(f"rule {code} is defined twice")
    rule = Rule(code, severity, text_id, text_en, remedy_id, remedy_en)
    _REGISTER[code] = rule
    return rule


def find(code: str) -> Rule:
    return _REGISTER[code]


def every() -> Iterator[Rule]:
    """All rules, by code."""
    yield from (rule for _, rule in sorted(_REGISTER.items()))
