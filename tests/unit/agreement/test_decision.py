"""Decisions, beyond what the officials' scenarios say in words."""

from __future__ import annotations

import copy
import dataclasses
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement import reason_texts
from tenun.agreement.acts.kinds import Kind, ScopeKind
from tenun.agreement.acts.state import Closure, Ending
from tenun.agreement.acts.state import of_document as state_of_document
from tenun.agreement.decision import (
    Denial,
    MomentWithoutZone,
    Operation,
    Party,
    Permit,
    PermitForged,
    Purpose,
    Use,
    allowed_fields,
    decide,
    decide_on_held,
)
from tenun.agreement.document import load
from tenun.agreement.terms import RowCondition
from tenun.agreement.vocabulary import RowOperator, SecurityEvent
from tenun.kernel.authorisation import Authorisation, FieldsNotAuthorised, require
from tests.lib.agreement_drafts import SHIPPED

AGREEMENT = load(SHIPPED)
WITHIN = datetime(2026, 3, 2, 2, tzinfo=UTC)


def a_use(**changes: Any) -> Use:
    use = Use(
        dataset="sid-warga",
        purpose=Purpose.LINKAGE,
        operation=Operation.FILE,
        fields=frozenset({"person_id", "nik"}),
        by=Party.NAKER,
        moment=WITHIN,
    )
    return dataclasses.replace(use, **changes)


def permitted(use: Use) -> Permit:
    decision = decide(AGREEMENT, use)
    assert isinstance(decision, Permit)
    return decision


def denied(use: Use) -> Denial:
    decision = decide(AGREEMENT, use)
    assert isinstance(decision, Denial)
    return decision


def codes(use: Use) -> list[str]:
    return [reason.code.removeprefix("agreement.") for reason in denied(use).reasons]


def test_a_permit_is_true_and_a_denial_is_false() -> None:
    assert permitted(a_use())
    assert not denied(a_use(by=Party.DESA))


def test_a_permit_says_what_was_asked_and_under_which_revision() -> None:
    permit = permitted(a_use())
    assert (permit.dataset, permit.purpose, permit.operation, permit.by) == (
        "sid-warga",
        Purpose.LINKAGE,
        Operation.FILE,
        Party.NAKER,
    )
    assert permit.fields == {"person_id", "nik"}
    assert (permit.agreement_id, permit.agreement_rev) == (AGREEMENT.id, AGREEMENT.rev)
    assert permit.decided_at == WITHIN
    assert permit.row_scope == AGREEMENT.datasets["sid-warga"].row_scope


def test_a_permit_is_what_the_lake_asks_to_be_shown() -> None:
    permit = permitted(a_use())
    assert isinstance(permit, Authorisation)
    require(permit, fields={"nik"})
    with pytest.raises(FieldsNotAuthorised):
        require(permit, fields={"nik", "full_name"})


def test_a_permit_cannot_be_made_or_widened_by_hand() -> None:
    permit = permitted(a_use())
    parts = {field.name: getattr(permit, field.name) for field in dataclasses.fields(permit)}
    with pytest.raises(PermitForged):
        Permit(seal=object(), **parts)
    with pytest.raises(ValueError, match="seal"):
        dataclasses.replace(permit, fields=frozenset({"disability"}))
    with pytest.raises(dataclasses.FrozenInstanceError):
        permit.fields = frozenset({"disability"})  # type: ignore[misc]


def test_the_same_use_has_the_same_decision_id() -> None:
    assert permitted(a_use()).decision_id == permitted(copy.deepcopy(a_use())).decision_id
    assert len(permitted(a_use()).decision_id) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"fields": frozenset({"person_id"})},
        {"purpose": Purpose.VILLAGE_STATISTICS},
        {"operation": Operation.USE},
        {"by": Party.DESA},
        {"dataset": "hasil-desa"},
        {"moment": WITHIN + timedelta(microseconds=1)},
        {"earlier": (WITHIN - timedelta(days=9),)},
    ],
)
def test_another_use_has_another_decision_id(change: dict[str, Any]) -> None:
    assert decide(AGREEMENT, a_use(**change)).decision_id != decide(AGREEMENT, a_use()).decision_id


def test_the_same_moment_in_another_zone_is_the_same_use() -> None:
    from tenun.kernel.clock import JAKARTA

    assert permitted(a_use(moment=WITHIN.astimezone(JAKARTA))).decision_id == permitted(a_use()).decision_id


def test_a_moment_must_say_its_zone() -> None:
    with pytest.raises(MomentWithoutZone):
        a_use(moment=datetime(2026, 3, 2))


@pytest.mark.pasal("6(1)")
@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (AGREEMENT.term.start - timedelta(seconds=1), ["not_yet_in_force"]),
        (AGREEMENT.term.start, []),
        (AGREEMENT.term.end - timedelta(seconds=1), []),
        (AGREEMENT.term.end - timedelta(microseconds=1), []),
        (AGREEMENT.term.end, ["term_over"]),
        (AGREEMENT.term.end + timedelta(seconds=1), ["term_over"]),
    ],
)
def test_the_term_is_kept_to_the_second(moment: datetime, expected: list[str]) -> None:
    decision = decide(AGREEMENT, a_use(moment=moment))
    assert [reason.code.removeprefix("agreement.") for reason in getattr(decision, "reasons", ())] == expected
    assert bool(decision) == (not expected)


PLAIN = state_of_document(AGREEMENT, WITHIN)
ENDED = dataclasses.replace(PLAIN, ends=WITHIN, ending=Ending(Kind.END, "ab" * 32, WITHIN, "6(1)"))
SHUT = dataclasses.replace(
    PLAIN,
    closures={
        Party.DESA: (
            Closure(Party.DESA, ScopeKind.AGREEMENT, None, WITHIN, SecurityEvent.MALWARE, "Terserang.", "ab" * 32),
        )
    },
)


@pytest.mark.pasal("7(1)")
def test_every_reason_says_its_clause_and_what_would_make_it_allowed() -> None:
    uses = [
        a_use(by=Party.DESA),
        a_use(by="bps"),
        a_use(dataset="sid-kesehatan"),
        a_use(purpose="penagihan"),
        a_use(purpose=Purpose.OUTREACH),
        a_use(operation=Operation.PUBLISH),
        a_use(fields=frozenset()),
        a_use(fields=frozenset({"shoe-size"})),
        a_use(fields=frozenset({"disability", "family_card"})),
        a_use(purpose=Purpose.VILLAGE_STATISTICS),
        a_use(moment=AGREEMENT.term.end),
        a_use(moment=AGREEMENT.term.start - timedelta(days=1)),
        a_use(earlier=tuple(WITHIN - timedelta(minutes=minute) for minute in range(24))),
        a_use(rows=()),
        a_use(operation=Operation.USE, held_since=WITHIN - timedelta(days=365)),
        a_use(dataset="siapkerja-pencari-kerja", fields=frozenset({"seeker_id"})),
    ]
    seen = set()
    refused = [reason for use in uses for reason in denied(use).reasons]
    for state in (ENDED, SHUT):
        decision = decide(AGREEMENT, a_use(operation=Operation.BULK), state=state)
        assert isinstance(decision, Denial)
        refused += decision.reasons
    for reason in refused:
        seen.add(reason.code)
        assert reason.clause in AGREEMENT.clauses
        assert all((reason.text_id, reason.text_en, reason.remedy_id, reason.remedy_en))
    written = set(re.findall(r'code="(agreement\.[a-z_]+)"', Path(reason_texts.__file__).read_text("utf-8")))
    assert seen == written | {f"agreement.prohibited.{rule.uid}" for rule in AGREEMENT.prohibitions}


def test_refused_fields_are_named_and_the_granted_ones_are_not() -> None:
    (reason,) = denied(a_use(fields=frozenset({"nik", "family_card", "mother_name"}))).reasons
    assert reason.parts["fields"] == ["family_card", "mother_name"]
    assert "nik" not in reason.text_id


def test_a_wrong_purpose_names_the_purposes_that_are_allowed() -> None:
    (reason,) = denied(a_use(purpose=Purpose.OUTREACH, fields=frozenset({"person_id"}))).reasons
    assert reason.parts["allowed"] == ["pemadanan", "statistik-desa"]


@pytest.mark.pasal("7(1)")
def test_what_someone_typed_does_not_come_back_when_it_is_no_name_of_ours() -> None:
    number = "5201140107850001"
    denial = denied(a_use(dataset=number, purpose=number, by=number, fields=frozenset({number, "Budi Santoso"})))
    assert number not in str(denial.as_dict())
    assert "Budi" not in str(denial.as_dict())
    assert number not in str(denied(a_use(fields=frozenset({number}))).as_dict())


# Twenty-four times within a day is what the example agreement allows.
DAYFUL = tuple(timedelta(hours=hour, minutes=30) for hour in range(24))


@pytest.mark.parametrize(
    ("earlier", "is_allowed"),
    [
        ((), True),
        (DAYFUL[:-1], True),
        (DAYFUL, False),
        (tuple(ago + timedelta(days=1) for ago in DAYFUL), True),
        ((timedelta(days=2), timedelta(days=9)), True),
        ((timedelta(hours=-1),), True),
        ((timedelta(days=2), *DAYFUL), False),
    ],
)
def test_the_same_rows_go_at_most_as_often_as_agreed(earlier: tuple[timedelta, ...], is_allowed: bool) -> None:
    assert bool(decide(AGREEMENT, a_use(earlier=tuple(WITHIN - ago for ago in earlier)))) is is_allowed


def test_data_life_ends_with_its_last_day() -> None:
    use = a_use(operation=Operation.USE)
    assert decide(AGREEMENT, dataclasses.replace(use, held_since=WITHIN - timedelta(days=365) + timedelta(seconds=1)))
    assert codes(dataclasses.replace(use, held_since=WITHIN - timedelta(days=365))) == ["data_life_over"]


def test_what_is_too_old_does_not_keep_the_rest_from_being_used() -> None:
    use = a_use(operation=Operation.USE)
    old, young = WITHIN - timedelta(days=366), WITHIN - timedelta(days=10)
    found = decide_on_held(AGREEMENT, use, [young, old, WITHIN])
    assert isinstance(found, Permit)
    assert [found.covers(moment) for moment in (old, young, WITHIN)] == [False, True, True]


def test_where_all_is_too_old_the_denial_says_so() -> None:
    found = decide_on_held(AGREEMENT, a_use(operation=Operation.USE), [WITHIN - timedelta(days=400)])
    assert isinstance(found, Denial)
    assert [reason.code for reason in found.reasons] == ["agreement.data_life_over"]


def test_a_permit_that_was_not_asked_about_received_data_covers_none_of_it() -> None:
    own = permitted(a_use(operation=Operation.USE))
    assert own.covers(None)
    assert not own.covers(WITHIN)


ALIVE = RowCondition(column="life_status", operator=RowOperator.IS_ANY_OF, value=["alive"])


def aged(years: int) -> RowCondition:
    return RowCondition(column="age_years", operator=RowOperator.GTEQ, value=years)


@pytest.mark.parametrize(
    ("rows", "is_allowed"),
    [
        (None, True),
        ((ALIVE, aged(15)), True),
        ((ALIVE, aged(18)), True),
        ((ALIVE, aged(14)), False),
        ((ALIVE,), False),
        ((aged(15),), False),
        ((), False),
        (
            (RowCondition(column="life_status", operator=RowOperator.IS_ANY_OF, value=["alive", "dead"]), aged(15)),
            False,
        ),
    ],
)
def test_rows_asked_for_must_lie_within_the_scope(rows: tuple[RowCondition, ...] | None, is_allowed: bool) -> None:
    assert bool(decide(AGREEMENT, a_use(rows=rows))) is is_allowed


def test_the_row_scope_filters_a_table_as_it_admits_its_cells() -> None:
    import pyarrow as pa

    table = pa.table(
        {
            "person_id": ["a", "b", "c", "d", "e"],
            "life_status": ["alive", "alive", "dead", None, "alive"],
            "age_years": [15, 14, 40, 40, None],
        }
    )
    scope = AGREEMENT.datasets["sid-warga"].row_scope
    by_cells = [
        row["person_id"]
        for row in table.to_pylist()
        if all(condition.admits(row[condition.column]) for condition in scope.conditions)
    ]
    assert table.filter(scope.expression())["person_id"].to_pylist() == by_cells == ["a"]


@pytest.mark.pasal("7(1)")
def test_what_may_be_asked_for_is_permitted_and_one_field_more_is_not() -> None:
    for permission in AGREEMENT.permissions:
        for operation in permission.action:
            for by in permission.assignee:
                purposes = [purpose for one in permission.constraint if one.left == "purpose" for purpose in one.values]
                for purpose in purposes:
                    fields = allowed_fields(
                        AGREEMENT, dataset=permission.target, purpose=purpose, operation=operation, by=by
                    )
                    use = a_use(dataset=permission.target, purpose=purpose, operation=operation, by=by, fields=fields)
                    assert decide(AGREEMENT, use)
                    for beyond in AGREEMENT.datasets[permission.target].fields.keys() - fields:
                        assert not decide(AGREEMENT, dataclasses.replace(use, fields=fields | {beyond}))


def test_nothing_may_be_asked_for_where_nothing_is_granted() -> None:
    for dataset, purpose, operation, by in (
        ("sid-kesehatan", "pemadanan", Operation.FILE, "naker"),
        ("sid-warga", "penagihan", Operation.FILE, "naker"),
        ("sid-warga", "pemadanan", Operation.PUBLISH, "naker"),
        ("sid-warga", "pemadanan", Operation.FILE, "desa"),
        ("sid-warga", "pemadanan", Operation.FILE, "bps"),
    ):
        assert not allowed_fields(AGREEMENT, dataset=dataset, purpose=purpose, operation=operation, by=by)
