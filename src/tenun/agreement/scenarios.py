"""Runs the scenarios that officials wrote beside an agreement: a use in plain words, and what must come of it.

    - name: Statistik desa tidak pernah memerlukan NIK
      en: Village statistics never justify reading a NIK
      at: "2026-03-01T09:00:00+07:00"
      use: {by: naker, dataset: sid-warga, purpose: statistik-desa, operation: file, fields: [nik]}
      expect: {deny: ["7(1)"]}

`fields: granted` stands for every field that the agreement grants for that use; `and: [x]` names more besides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Permit, Use, allowed_fields, decide
from tenun.agreement.refusals import pointer_to
from tenun.agreement.terms import RowCondition
from tenun.agreement.vocabulary import Operation
from tenun.kernel.errors import TenunError


class ScenarioNotUnderstood(TenunError):
    """A scenario has a word that the runner does not know: it would else pass without having been tried."""

    code = "agreement.scenario_not_understood"
    text_id = "Skenario dalam {file} tidak dapat dipakai pada {pointer}."
    text_en = "A scenario in {file} cannot be used, at {pointer}."
    remedy_id = "Ikuti bentuk skenario lain dalam folder itu."
    remedy_en = "Follow the form of the other scenarios in that folder."


class _Terms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScenarioUse(_Terms):
    by: str
    dataset: str
    purpose: str
    operation: Operation
    fields_: tuple[str, ...] | Literal["granted"] = ()
    and_: tuple[str, ...] = ()
    rows: tuple[RowCondition, ...] | None = None
    earlier: tuple[AwareDatetime, ...] = ()
    held_since: AwareDatetime | None = None

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=lambda name: name.rstrip("_"), populate_by_name=False
    )


class Expectation(_Terms):
    permit: tuple[str, ...] | None = None
    deny: tuple[str, ...] | None = None
    because: tuple[str, ...] | None = None


class Scenario(_Terms):
    name: str
    en: str
    at: AwareDatetime
    use: ScenarioUse
    expect: Expectation


@dataclass(frozen=True)
class Outcome:
    file: str
    scenario: Scenario
    decision: Permit | Denial
    passed: bool

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "name": self.scenario.name,
            "en": self.scenario.en,
            "passed": self.passed,
            "expected": self.scenario.expect.model_dump(exclude_none=True),
            "permit": bool(self.decision),
            "clauses": list(self.decision.clauses),
            "reasons": [] if isinstance(self.decision, Permit) else [one.code for one in self.decision.reasons],
        }


def read(folder: Path) -> Iterator[tuple[str, Scenario]]:
    """Every scenario of an agreement's folder, by file name."""
    for path in sorted((folder / "scenarios").glob("*.yaml")):
        try:
            values = yaml.safe_load(path.read_text("utf-8"))
        except yaml.YAMLError as problem:
            raise ScenarioNotUnderstood(file=path.name, pointer="/") from problem
        if not isinstance(values, list):
            raise ScenarioNotUnderstood(file=path.name, pointer="/")
        for number, value in enumerate(values):
            try:
                yield path.name, Scenario.model_validate_json(json.dumps(value, default=str))
            except ValidationError as problem:
                place = pointer_to((number, *problem.errors(include_input=False)[0]["loc"]))
                raise ScenarioNotUnderstood(file=path.name, pointer=place) from None


def run(agreement: Agreement, folder: Path) -> list[Outcome]:
    """Decide every scenario and compare. A refusal must cite exactly the clauses that were expected."""
    return [_outcome(agreement, file, scenario) for file, scenario in read(folder)]


def _outcome(agreement: Agreement, file: str, scenario: Scenario) -> Outcome:
    wanted = scenario.use
    granted = allowed_fields(
        agreement, dataset=wanted.dataset, purpose=wanted.purpose, operation=wanted.operation, by=wanted.by
    )
    named = granted if wanted.fields_ == "granted" else frozenset(wanted.fields_)
    decision = decide(
        agreement,
        Use(
            dataset=wanted.dataset,
            purpose=wanted.purpose,
            operation=wanted.operation,
            fields=named | frozenset(wanted.and_),
            by=wanted.by,
            moment=scenario.at,
            rows=wanted.rows,
            earlier=wanted.earlier,
            held_since=wanted.held_since,
        ),
    )
    return Outcome(file, scenario, decision, passed=_meets(decision, scenario.expect))


def _meets(decision: Permit | Denial, expect: Expectation) -> bool:
    if (expect.permit is None) == (expect.deny is None):
        return False
    if isinstance(decision, Permit):
        return expect.permit is not None and set(expect.permit) <= set(decision.clauses)
    if expect.deny is None or set(expect.deny) != set(decision.clauses):
        return False
    codes = {reason.code.removeprefix("agreement.") for reason in decision.reasons}
    return expect.because is None or set(expect.because) == codes
