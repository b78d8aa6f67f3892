"""What holds for every decision, checked against the document itself and not against the code that reads it."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenun.agreement.decision import Denial, Operation, Permit, Use, decide
from tenun.agreement.document import load
from tests.lib.agreement_drafts import SHIPPED

pytestmark = pytest.mark.pasal("7(1)")

AGREEMENT = load(SHIPPED)
VALUE: dict[str, Any] = json.loads((SHIPPED / "agreement.json").read_text("utf-8"))
CLASS_OF = {
    dataset["id"]: {field["name"]: field["classification"] for field in dataset["fields"]}
    for dataset in VALUE["datasets"]
}
START, END = (datetime.fromisoformat(VALUE["term"][name]) for name in ("start", "end"))

moments = st.one_of(
    st.sampled_from([START, END, START - timedelta(seconds=1), END - timedelta(seconds=1), END + timedelta(days=900)]),
    st.integers(0, int((END - START).total_seconds()) - 1).map(lambda seconds: START + timedelta(seconds=seconds)),
)


@st.composite
def uses(draw: st.DrawFn) -> Use:
    dataset = draw(st.sampled_from([*CLASS_OF, "sid-kesehatan"]))
    known = sorted(CLASS_OF.get(dataset, {"person_id": ""}))
    granted = [
        constraint["rightOperand"]
        for permission in VALUE["permissions"]
        if permission["target"] == dataset
        for constraint in permission["constraint"]
        if constraint["leftOperand"] == "field"
    ]
    fields = draw(
        st.one_of(
            st.frozensets(st.sampled_from([*known, "shoe_size"]), max_size=8),
            *(st.frozensets(st.sampled_from(one), min_size=1) for one in granted),
        )
    )
    return Use(
        dataset=dataset,
        purpose=draw(st.sampled_from([*(purpose["id"] for purpose in VALUE["purposes"]), "penagihan"])),
        operation=draw(st.sampled_from(Operation)),
        fields=fields,
        by=draw(st.sampled_from(["desa", "naker", "bps"])),
        moment=draw(moments),
    )


def _granting(use: Use) -> list[dict[str, Any]]:
    """The permissions of the document that cover the use, read anew from its JSON."""
    found = []
    for permission in VALUE["permissions"]:
        right = {(one["leftOperand"], one["operator"]): one["rightOperand"] for one in permission["constraint"]}
        purposes = right.get(("purpose", "isAnyOf")) or [right["purpose", "eq"]]
        if (
            permission["target"] == use.dataset
            and use.operation in permission["action"]
            and use.by in permission["assignee"]
            and use.purpose in purposes
            and use.fields
            and use.fields <= set(right["field", "isAnyOf"])
            and use.moment >= START
            and (("dateTime", "lt") not in right or use.moment < END)
        ):
            found.append(permission)
    return found


@settings(max_examples=600, deadline=None)
@given(use=uses())
def test_a_use_is_permitted_exactly_when_the_document_grants_it(use: Use) -> None:
    classes = {CLASS_OF[use.dataset].get(name) for name in use.fields} if use.dataset in CLASS_OF else set()
    prohibited = (
        use.operation is Operation.PUBLISH
        or "specific" in classes
        or ("identifier" in classes and use.purpose != "pemadanan")
    )
    assert bool(decide(AGREEMENT, use)) == (bool(_granting(use)) and not prohibited)


@settings(max_examples=400, deadline=None)
@given(use=uses())
def test_a_permit_never_covers_a_field_that_its_permission_lacks(use: Use) -> None:
    decision = decide(AGREEMENT, use)
    if isinstance(decision, Permit):
        (permission,) = [one for one in VALUE["permissions"] if one["uid"] == decision.rule]
        (granted,) = [one["rightOperand"] for one in permission["constraint"] if one["leftOperand"] == "field"]
        assert decision.fields == use.fields
        assert decision.fields <= set(granted)
    else:
        assert isinstance(decision, Denial)
        assert decision.reasons


@st.composite
def granted_uses(draw: st.DrawFn) -> Use:
    permission = draw(st.sampled_from(VALUE["permissions"]))
    right = {(one["leftOperand"], one["operator"]): one["rightOperand"] for one in permission["constraint"]}
    return Use(
        dataset=permission["target"],
        purpose=draw(st.sampled_from(right.get(("purpose", "isAnyOf")) or [right["purpose", "eq"]])),
        operation=Operation(draw(st.sampled_from(permission["action"]))),
        fields=draw(st.frozensets(st.sampled_from(right["field", "isAnyOf"]), min_size=1)),
        by=draw(st.sampled_from(permission["assignee"])),
        moment=START + timedelta(days=draw(st.integers(0, 1000))),
    )


@settings(max_examples=200, deadline=None)
@given(use=granted_uses(), data=st.data())
def test_asking_for_less_is_never_refused(use: Use, data: st.DataObject) -> None:
    assert decide(AGREEMENT, use)
    fewer = data.draw(st.frozensets(st.sampled_from(sorted(use.fields)), min_size=1))
    assert decide(AGREEMENT, dataclasses.replace(use, fields=fewer))


@settings(max_examples=200, deadline=None)
@given(use=uses())
def test_a_decision_can_be_recomputed(use: Use) -> None:
    assert decide(AGREEMENT, use).as_dict() == decide(load(SHIPPED), use).as_dict()
