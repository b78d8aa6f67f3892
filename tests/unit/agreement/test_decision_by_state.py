"""What acts make of a decision: ended, extended, not yet in force, shut off, consented to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.acts.kinds import Kind
from tenun.agreement.decision import Denial, Operation, Permit, Use, decide, decide_on_held
from tenun.agreement.vocabulary import Party
from tenun.kernel.clock import JAKARTA
from tests.lib.agreement_acts import BODIES, DESA, NAKER, NOW, Nodes, open_nodes, revised
from tests.lib.agreement_drafts import InForce, in_force

SECOND = timedelta(seconds=1)
TRANSFERS = (Operation.FILE, Operation.BULK, Operation.DELTA)
PULL = {
    "dataset": "sid-warga",
    "purpose": "pemadanan",
    "operation": Operation.BULK,
    "fields": frozenset({"person_id", "village_code"}),
    "by": "naker",
}
RESULTS = {
    "dataset": "hasil-desa",
    "purpose": "sosialisasi",
    "operation": Operation.PUBLISH,
    "fields": frozenset({"area_code", "value"}),
    "by": "desa",
    "audience": "publik",
}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> InForce:
    return in_force(tmp_path_factory.mktemp("homes"))


@pytest.fixture
def nodes(homes: InForce, tmp_path: Path) -> Nodes:
    return open_nodes(tmp_path / "nodes", of=homes)


def decided(nodes: Nodes, moment: datetime, at: Party = DESA, **use: Any) -> Permit | Denial:
    position = nodes.standing(at).at(moment)
    return decide(position.agreement, Use(**{**PULL, **use, "moment": moment}), state=position.state)


def codes(decision: Permit | Denial) -> list[str]:
    reasons = () if isinstance(decision, Permit) else decision.reasons
    return [reason.code.removeprefix("agreement.") for reason in reasons]


def test_without_acts_the_decision_is_that_of_the_document(nodes: Nodes) -> None:
    use = Use(**PULL, moment=NOW)  # type: ignore[arg-type]
    assert decided(nodes, NOW) == decide(nodes.agreement, use)
    assert decided(nodes, NOW).decision_id == decide(nodes.agreement, use).decision_id


@pytest.mark.pasal("6(1)")
@pytest.mark.parametrize("operation", TRANSFERS)
def test_the_extended_term_is_kept_to_the_second(nodes: Nodes, operation: Operation) -> None:
    nodes.act(NAKER, Kind.NOTICE, {"subject": "extend", "text": "Maksud memperpanjang."})
    nodes.deliver()
    nodes.agree(DESA, Kind.EXTEND, {"until": "2032-02-28T17:00:00Z"})
    end = datetime(2032, 2, 29, tzinfo=JAKARTA)
    assert decided(nodes, nodes.agreement.term.end, operation=operation)
    assert decided(nodes, end - SECOND, operation=operation)
    assert codes(decided(nodes, end, operation=operation)) == ["term_over"]
    assert codes(decided(nodes, end + SECOND, operation=operation)) == ["term_over"]


@pytest.mark.pasal("6(3)")
def test_an_early_end_is_kept_to_the_second_and_named(nodes: Nodes) -> None:
    nodes.act(DESA, Kind.NOTICE, {"subject": "end", "text": "Maksud mengakhiri."})
    end = datetime(2027, 1, 1, tzinfo=JAKARTA)
    act = nodes.act(DESA, Kind.END_NONCONFORMITY, effective_at=end.astimezone(UTC))
    assert decided(nodes, end - SECOND)
    denial = decided(nodes, end)
    assert codes(denial) == ["ended"]
    assert denial.clauses == ("6(3)",)
    assert isinstance(denial, Denial)
    assert denial.reasons[0].parts["act"] == act.hash


@pytest.mark.pasal("7(1)")
def test_the_end_closes_every_way_of_handing_over_also_where_a_permission_has_no_end(nodes: Nodes) -> None:
    """`siapkerja-lowongan` may be used after the term, but nothing is handed over any more."""
    end = nodes.agreement.term.end
    for permission in nodes.agreement.permissions:
        for operation in set(permission.action) - {Operation.USE, Operation.PUBLISH}:
            granted = next(one for one in permission.constraint if one.left == "field")
            purpose = next(one for one in permission.constraint if one.left == "purpose")
            use = {
                "dataset": permission.target,
                "purpose": purpose.values[0],
                "operation": operation,
                "fields": frozenset(granted.values),
                "by": permission.assignee[0].value,
            }
            assert decided(nodes, end - SECOND, **use), permission.uid
            assert codes(decided(nodes, end, **use)) == ["term_over"], permission.uid


@pytest.mark.pasal("14")
def test_before_it_is_taken_into_force_nothing_is_handed_over(nodes: Nodes) -> None:
    day = datetime(2026, 12, 1, tzinfo=JAKARTA)
    nodes.agree(DESA, Kind.ENTER_INTO_FORCE, effective_at=day.astimezone(UTC))
    assert codes(decided(nodes, day - SECOND)) == ["not_yet_in_force"]
    assert decided(nodes, day)


@pytest.mark.pasal("13")
def test_an_addendum_decides_from_its_second_on(nodes: Nodes, tmp_path: Path) -> None:
    def take_away(value: dict[str, Any]) -> None:
        for permission in value["permissions"]:
            for constraint in permission["constraint"]:
                if permission["target"] == "sid-warga" and constraint["leftOperand"] == "field":
                    constraint["rightOperand"] = [one for one in constraint["rightOperand"] if one != "village_code"]

    rev = revised(nodes, tmp_path / "draft", take_away)
    day = datetime(2027, 1, 1, tzinfo=JAKARTA)
    nodes.agree(NAKER, Kind.ADDENDUM, {"rev": rev, "summary": "Tanpa kode desa."}, effective_at=day.astimezone(UTC))
    for party in Party:
        assert decided(nodes, day - SECOND, party)
        denial = decided(nodes, day, party)
        assert codes(denial) == ["field_not_permitted"]
        assert denial.agreement_rev == rev


@pytest.mark.pasal("7(4)")
def test_a_shut_off_refuses_handing_over_and_says_who_closed_what(nodes: Nodes) -> None:
    scope = {"kind": "dataset", "name": "sid-warga"}
    closed = nodes.act(DESA, Kind.SHUT_OFF, {**BODIES[Kind.SHUT_OFF], "scope": scope})
    nodes.deliver()
    for party in Party:  # the other node refuses its own calls too
        denial = decided(nodes, NOW, party)
        assert isinstance(denial, Denial)
        assert (codes(denial), denial.clauses) == (["shut_off"], ("7(4)",))
        assert denial.reasons[0].parts == {
            "scope": "dataset",
            "name": "sid-warga",
            "party": "desa",
            "since": "2026-11-24T03:00:00+00:00",
            "act": closed.hash,
        }
        assert BODIES[Kind.SHUT_OFF]["reason"] not in str(denial.as_dict())
    other = {
        "dataset": "hasil-desa",
        "purpose": "statistik-desa",
        "operation": Operation.BULK,
        "fields": frozenset({"area_code"}),
        "by": "desa",
    }
    assert decided(nodes, NOW, **other)
    nodes.later(hours=1)
    nodes.act(DESA, Kind.REINSTATE, {"opens": [closed.hash], "reason": "Bersih."})
    assert decided(nodes, NOW + timedelta(hours=1))
    assert codes(decided(nodes, NOW + timedelta(hours=1) - SECOND)) == ["shut_off"]


@pytest.mark.pasal("7(4)")
def test_a_client_that_is_shut_off_is_the_receiving_party(nodes: Nodes) -> None:
    nodes.act(DESA, Kind.SHUT_OFF, {**BODIES[Kind.SHUT_OFF], "scope": {"kind": "client", "name": "naker"}})
    assert codes(decided(nodes, NOW)) == ["shut_off"]


@pytest.mark.pasal("7(4)")
def test_data_that_is_there_may_be_used_while_access_is_shut_off(nodes: Nodes) -> None:
    nodes.act(DESA, Kind.SHUT_OFF)
    use = {"operation": Operation.USE, "purpose": "pemadanan"}
    assert decided(nodes, NOW, **use)
    position = nodes.standing(DESA).at(NOW)
    held = decide_on_held(
        position.agreement,
        Use(**{**PULL, **use, "moment": NOW}),  # type: ignore[arg-type]
        [NOW - timedelta(days=1)],
        state=position.state,
    )
    assert held


# --- consent -----------------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(2)")
def test_consent_lifts_the_ban_for_exactly_what_it_names(nodes: Nodes) -> None:
    assert codes(decided(nodes, NOW, **RESULTS)) == ["prohibited.tidak-kepada-pihak-lain"]
    consent = nodes.agree(DESA, Kind.THIRD_PARTY_CONSENT)
    permit = decided(nodes, NOW, **RESULTS)
    assert isinstance(permit, Permit)
    assert (permit.rule, permit.clauses[0]) == ("third-party-consent", "7(2)")
    assert permit.heads == (consent.hash,)
    for changed in (
        {"audience": "bappenas"},
        {"audience": None},
        {"dataset": "sid-indeks-desa", "fields": frozenset({"village_code"})},
        {"fields": frozenset({"area_code", "value", "indicator"})},
    ):
        assert codes(decided(nodes, NOW, **{**RESULTS, **changed})) == ["prohibited.tidak-kepada-pihak-lain"], changed
    assert codes(decided(nodes, NOW, **{**RESULTS, "fields": frozenset()})) == ["no_fields"]
    assert codes(decided(nodes, NOW, **{**RESULTS, "by": "bps"})) == ["not_a_party"]
    assert codes(decided(nodes, NOW, **{**RESULTS, "purpose": "penagihan"})) == ["purpose_unknown"]


@pytest.mark.pasal("7(2)")
def test_consent_is_kept_to_its_days_in_jakarta(nodes: Nodes) -> None:
    nodes.agree(DESA, Kind.THIRD_PARTY_CONSENT, {**BODIES[Kind.THIRD_PARTY_CONSENT], "valid_from": "2026-12-01"})
    first, after = datetime(2026, 12, 1, tzinfo=JAKARTA), datetime(2027, 1, 1, tzinfo=JAKARTA)
    assert [bool(decided(nodes, moment, **RESULTS)) for moment in (first - SECOND, first)] == [False, True]
    assert [bool(decided(nodes, moment, **RESULTS)) for moment in (after - SECOND, after)] == [True, False]


@pytest.mark.pasal("7(2)")
def test_consent_allows_giving_to_others_and_nothing_else(nodes: Nodes) -> None:
    nodes.agree(DESA, Kind.THIRD_PARTY_CONSENT)
    assert codes(decided(nodes, NOW, **{**RESULTS, "operation": Operation.FILE, "by": "naker"})) == [
        "operation_not_permitted"
    ]
    assert codes(decided(nodes, NOW, operation=Operation.PUBLISH, audience="publik")) == [
        "prohibited.tidak-kepada-pihak-lain"
    ]


# --- the id ------------------------------------------------------------------------------------------------------


def test_the_decision_names_the_acts_it_rests_on_and_can_be_made_again(nodes: Nodes) -> None:
    before = decided(nodes, NOW)
    entry = nodes.act(DESA, Kind.NOTICE)
    after = decided(nodes, NOW)
    assert before.decision_id != after.decision_id
    assert after.heads == (entry.hash,)
    assert after.as_dict()["acts"] == [entry.hash]
    nodes.act(DESA, Kind.SHUT_OFF)
    position = nodes.standing(DESA).at(NOW, heads=after.heads)
    again = decide(position.agreement, Use(**PULL, moment=NOW), state=position.state)  # type: ignore[arg-type]
    assert again.as_dict() == after.as_dict()


def test_the_audience_is_part_of_the_question(nodes: Nodes) -> None:
    use = Use(**RESULTS, moment=NOW)  # type: ignore[arg-type]
    other = replace(use, audience="bappenas")
    assert decide(nodes.agreement, use).decision_id != decide(nodes.agreement, other).decision_id
