"""The ODRL test suite's cases, for the words that our profile shares with ODRL: party, action, target, dateTime.

Each policy of the suite becomes the rules of an agreement, each request a use, and the activation that
the suite's report expects must be what we decide. ODRL operators that the profile leaves out must
make the document refuse to load, never be ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.decision import Denial, Operation, Use, decide
from tenun.agreement.document import UnknownTerm, load
from tenun.kernel.clock import JAKARTA
from tests.lib.agreement_drafts import edited
from tests.lib.shared_data import ROOT, shared

SUITE = ROOT / "vectors" / "odrl-evaluator"
PARTIES = {"alice": "naker", "bob": "desa"}
DATASETS = {"x": "sid-indeks-desa", "y": "sid-sdgs-desa"}
SCOPES = {"sid-indeks-desa": "semua-tahun", "sid-sdgs-desa": "semua-tujuan"}
# In ODRL, `use` includes read and write; `sell` is a transfer of ownership and not a use.
ACTIONS = {"read": ["use"], "write": ["file"], "sell": ["publish"], "use": ["use", "file"], None: list(Operation)}
SHARED_OPERATORS = {"lt", "gteq"}


@dataclass(frozen=True)
class Block:
    """The statements about one subject of a Turtle file."""

    subject: str
    text: str

    def one(self, name: str) -> str | None:
        match = re.search(rf"{name} (?:[a-z]+:(\w+)|<([^>]+)>|\"([^\"]*)\")", self.text)
        return next(filter(None, match.groups())) if match else None


def _blocks(path: Path) -> list[Block]:
    text = re.sub(r"^@prefix.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
    starts = [
        (match.start(), match[1])
        for match in re.finditer(r"^(<[^>]+>|ex:\w+|temp:\w+) (?=a |odrl:|dct:)", text, re.MULTILINE)
    ]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    return [Block(subject, text[start:end]) for (start, subject), end in zip(starts, ends, strict=True)]


def _by_uid(folder: str) -> dict[str, list[Block]]:
    return {
        blocks[0].subject.strip("<>"): blocks
        for path in sorted((SUITE / folder).glob("*.ttl"))
        if (blocks := _blocks(path))
    }


def _rule(policy: list[Block]) -> Block | None:
    """The policy's only rule, when it is one that our profile can express."""
    rules = [block for block in policy if re.search(r"a odrl:(Permission|Prohibition)\b", block.text)]
    whole = "".join(block.text for block in policy)
    if len(rules) != 1 or re.search(r"Collection|odrl:duty|odrl:and|odrl:or\b", whole):
        return None
    return rules[0]


def _constraint(policy: list[Block]) -> tuple[str, datetime] | None:
    for block in policy:
        if (operator := block.one("odrl:operator")) and (moment := block.one("odrl:rightOperand")):
            return operator, datetime.fromisoformat(moment)
    return None


POLICIES = _by_uid("policies") if SUITE.exists() else {}
REQUESTS = _by_uid("requests") if SUITE.exists() else {}
CASES = sorted((SUITE / "test_cases").glob("*.ttl")) if SUITE.exists() else []


def _policy_of(case: list[Block]) -> list[Block]:
    return POLICIES[str(case[0].one("ex:policy"))]


def _is_shared(path: Path) -> bool:
    policy = _policy_of(_blocks(path))
    constraint = _constraint(policy)
    return _rule(policy) is not None and (constraint is None or constraint[0] in SHARED_OPERATORS)


def _agreement(policy: list[Block], *, folder: Path) -> Path:
    rule, constraint = _rule(policy), _constraint(policy)
    assert rule is not None
    assignee = rule.one("odrl:assignee")
    target = rule.one("odrl:target")
    actions = [str(action) for action in ACTIONS[rule.one("odrl:action")]]

    def edit(document: dict[str, Any]) -> None:
        moment = constraint[1].astimezone(JAKARTA) if constraint else datetime(2024, 1, 1, tzinfo=JAKARTA)
        begins = constraint is not None and constraint[0] == "gteq"
        start = moment if begins else moment.replace(year=moment.year - 10)
        end = moment if constraint and not begins else start.replace(year=start.year + 20)
        document["term"] |= {"start": start.isoformat(), "end": end.isoformat(), "years": end.year - start.year}
        document["permissions"], document["prohibitions"] = [], []
        parties = [PARTIES[assignee]] if assignee else list(PARTIES.values())
        targets = [DATASETS[target]] if target else list(DATASETS.values())
        if "a odrl:Permission" in rule.text:
            document["permissions"] = [_permission(document, dataset, actions, parties) for dataset in targets]
            if constraint and constraint[0] not in SHARED_OPERATORS:
                document["permissions"][0]["constraint"][3]["operator"] = constraint[0]
        else:
            words = {"id": "dilarang", "en": "prohibited"}
            document["prohibitions"] = [
                {"uid": "policy", "clause": "7(2)", "target": targets, "action": actions, "assignee": parties}
                | {"constraint": [], "text": words, "remedy": words}
            ]

    return edited(folder, edit)


def _permission(document: dict[str, Any], dataset: str, actions: list[str], parties: list[str]) -> dict[str, Any]:
    (terms,) = [one for one in document["datasets"] if one["id"] == dataset]
    constraint = [
        {"leftOperand": "purpose", "operator": "eq", "rightOperand": "statistik-desa"},
        {"leftOperand": "field", "operator": "isAnyOf", "rightOperand": [field["name"] for field in terms["fields"]]},
        {"leftOperand": "rowScope", "operator": "isPartOf", "rightOperand": SCOPES[dataset]},
        {"leftOperand": "dateTime", "operator": "gteq", "rightOperand": "term.start"},
        {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "term.end"},
        {"leftOperand": "frequency", "operator": "lteq", "rightOperand": "R1/P1D"},
    ]
    return {
        "uid": f"policy-{dataset}",
        "clause": "3(1)a",
        "target": dataset,
        "action": actions,
        "assigner": "desa",
        "assignee": parties,
        "constraint": constraint,
        "duty": [],
    }


@pytest.mark.parametrize("path", [path for path in CASES if _is_shared(path)], ids=lambda path: path.stem)
def test_the_suites_activation_is_our_decision(path: Path, tmp_path: Path) -> None:
    case = _blocks(path)
    report = next(block for block in case if "activationState" in block.text)
    is_active = report.one("report:activationState") == "Active"
    moment = next(created for block in case if (created := block.one("dct:created")))
    asked = next(block for block in REQUESTS[str(case[0].one("ex:request"))] if "a odrl:Permission" in block.text)
    agreement = load(_agreement(_policy_of(case), folder=tmp_path / "agreement"))
    decision = decide(
        agreement,
        Use(
            dataset=DATASETS[str(asked.one("odrl:target"))],
            purpose="statistik-desa",
            operation=Operation(ACTIONS[asked.one("odrl:action")][0]),
            fields=frozenset({"village_code"}),
            by=PARTIES[str(asked.one("odrl:assignee"))],
            moment=datetime.fromisoformat(moment),
        ),
    )
    if "PermissionReport" in report.text:
        assert bool(decision) == is_active
    else:
        assert isinstance(decision, Denial)
        assert ("agreement.prohibited.policy" in {reason.code for reason in decision.reasons}) == is_active


def test_the_suite_is_really_run() -> None:
    shared("vectors/odrl-evaluator")
    assert len([path for path in CASES if _is_shared(path)]) >= 20


@pytest.mark.parametrize("operator", ["eq", "neq", "gt", "lteq"])
def test_odrl_operators_outside_the_profile_make_the_document_refuse_to_load(operator: str, tmp_path: Path) -> None:
    shared("vectors/odrl-evaluator")
    policies = [
        policy for policy in POLICIES.values() if (_constraint(policy) or ("",))[0] == operator and _rule(policy)
    ]
    assert policies
    for number, policy in enumerate(policies):
        with pytest.raises(UnknownTerm):
            load(_agreement(policy, folder=tmp_path / str(number)))
