"""What acts make of the agreement, at which moment."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement import party_jwk, party_keys
from tenun.agreement.acts import act as acts
from tenun.agreement.acts import refusals, rotation
from tenun.agreement.acts import state as states
from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind, ScopeKind
from tenun.agreement.acts.state import State
from tenun.agreement.signing import KeyNotOurs
from tenun.agreement.standing import Standing
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.kernel.clock import JAKARTA
from tests.lib.agreement_acts import BODIES, DESA, NAKER, NOW, Nodes, new_key, open_nodes, revised
from tests.lib.agreement_drafts import InForce, in_force

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> InForce:
    return in_force(tmp_path_factory.mktemp("homes"))


@pytest.fixture
def nodes(homes: InForce, tmp_path: Path) -> Nodes:
    return open_nodes(tmp_path / "nodes", of=homes)


def state(nodes: Nodes, moment: datetime | None = None) -> State:
    return nodes.chains[DESA].state(moment)


def in_force_around(nodes: Nodes, moment: datetime) -> list[bool]:
    return [state(nodes, moment + offset).is_in_force for offset in (-SECOND, timedelta(), SECOND)]


# --- beginning and end -------------------------------------------------------------------------------------------


@pytest.mark.pasal("6(1)")
def test_the_document_alone_is_in_force_from_its_start_until_its_end(nodes: Nodes) -> None:
    term = nodes.agreement.term
    assert in_force_around(nodes, term.start) == [False, True, True]
    assert in_force_around(nodes, term.end) == [True, False, False]
    assert term.end.astimezone(JAKARTA) == datetime(2028, 7, 23, tzinfo=JAKARTA)


@pytest.mark.pasal("14")
def test_entering_into_force_begins_it_at_the_chosen_midnight_in_jakarta(nodes: Nodes) -> None:
    midnight = datetime(2026, 12, 1, tzinfo=JAKARTA)
    nodes.agree(DESA, Kind.ENTER_INTO_FORCE, effective_at=midnight.astimezone(UTC))
    assert in_force_around(nodes, midnight) == [False, True, True]
    # Nor was it in force before the act was made.
    assert not state(nodes, NOW - timedelta(days=100)).is_in_force


@pytest.mark.pasal("6(1)")
def test_an_act_of_both_counts_when_the_second_party_has_signed_and_not_before(nodes: Nodes) -> None:
    proposed = nodes.chains[DESA].propose(Kind.ENTER_INTO_FORCE, by=DESA, keys=nodes.keys(DESA), body={})
    signed_at = nodes.later(days=3)
    nodes.chains[NAKER].countersign(proposed.content, by=NAKER, keys=nodes.keys(NAKER))
    nodes.deliver()
    assert in_force_around(nodes, signed_at) == [False, True, True]


@pytest.mark.pasal("6(1)")
@pytest.mark.pasal("6(2)")
def test_an_extension_moves_the_end_and_was_not_known_before_it_was_made(nodes: Nodes) -> None:
    nodes.act(NAKER, Kind.NOTICE, {"subject": "extend", "text": "Maksud memperpanjang."})
    nodes.deliver()
    made = nodes.later(days=1)
    until = datetime(2031, 7, 23, tzinfo=JAKARTA)
    nodes.agree(DESA, Kind.EXTEND, {"until": "2031-07-22T17:00:00Z"})
    assert in_force_around(nodes, nodes.agreement.term.end) == [True, True, True]
    assert in_force_around(nodes, until) == [True, False, False]
    assert state(nodes, made - SECOND).ends == nodes.agreement.term.end
    assert state(nodes, made).ends == until


@pytest.mark.pasal("6(1)")
def test_an_extension_may_end_on_a_leap_day(nodes: Nodes) -> None:
    nodes.act(NAKER, Kind.NOTICE, {"subject": "extend", "text": "Maksud memperpanjang."})
    nodes.deliver()
    leap = datetime(2032, 2, 29, tzinfo=JAKARTA)
    nodes.agree(NAKER, Kind.EXTEND, {"until": leap.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")})
    assert in_force_around(nodes, leap) == [True, False, False]


@pytest.mark.pasal("6(1)")
def test_ending_by_both_ends_at_the_chosen_moment(nodes: Nodes) -> None:
    nodes.act(DESA, Kind.NOTICE, {"subject": "end", "text": "Maksud mengakhiri."})
    nodes.deliver()
    end = datetime(2027, 1, 1, tzinfo=JAKARTA)
    nodes.agree(NAKER, Kind.END, effective_at=end.astimezone(UTC))
    assert in_force_around(nodes, end) == [True, False, False]
    ending = state(nodes, NOW).ending  # known beforehand
    assert ending is not None
    assert (ending.kind, ending.at, ending.clause) == (Kind.END, end, "6(1)")


@pytest.mark.pasal("6(3)")
def test_where_both_end_alone_without_seeing_each_other_the_earlier_end_counts(nodes: Nodes) -> None:
    for party in Party:
        nodes.act(party, Kind.NOTICE, {"subject": "end", "text": "Maksud mengakhiri."})
    ends = {DESA: datetime(2027, 3, 1, tzinfo=UTC), NAKER: datetime(2027, 2, 1, tzinfo=UTC)}
    for party in Party:
        nodes.act(party, Kind.END_NONCONFORMITY, effective_at=ends[party])
    nodes.deliver()
    for party in Party:
        found = nodes.chains[party].state()
        assert found.ends == ends[NAKER]
        assert found.ending is not None
        assert found.ending.clause == "6(3)"


@pytest.mark.pasal("7(1)")
@pytest.mark.pasal("7(3)")
def test_after_the_end_the_agreement_still_answers_and_acts_go_on(nodes: Nodes) -> None:
    nodes.clock.moment = datetime(2030, 1, 1, tzinfo=UTC)
    nodes.act(DESA, Kind.INCIDENT_REPORT)
    nodes.act(DESA, Kind.SHUT_OFF)
    position = nodes.standing(DESA).at(nodes.clock.moment)
    assert position.agreement.duties
    assert not position.state.is_in_force
    assert position.state.is_closed()


# --- addenda -----------------------------------------------------------------------------------------------------


@pytest.mark.pasal("13")
def test_yesterdays_agreement_answers_questions_about_yesterday(nodes: Nodes, tmp_path: Path) -> None:
    before = nodes.agreement
    rev = revised(nodes, tmp_path / "draft", lambda value: value["disclosure"].update(minimum_cell=12))
    day = datetime(2027, 1, 1, tzinfo=JAKARTA)
    nodes.agree(DESA, Kind.ADDENDUM, {"rev": rev, "summary": "Batas sel."}, effective_at=day.astimezone(UTC))
    for party in Party:
        standing = nodes.standing(party)
        old, new = standing.at(day - SECOND), standing.at(day)
        assert (old.agreement.rev, old.state.rev) == (before.rev, before.rev)
        assert (new.agreement.rev, new.state.rev, new.state.rev_since) == (rev, rev, day)
        assert (old.agreement.document.disclosure.minimum_cell, new.agreement.document.disclosure.minimum_cell) == (
            before.document.disclosure.minimum_cell,
            12,
        )
        assert new.agreement.parties[DESA].keys == before.parties[DESA].keys


@pytest.mark.pasal("13")
def test_an_addendum_builds_on_the_one_before(nodes: Nodes, tmp_path: Path) -> None:
    revs = []
    for number in (12, 13):
        rev = revised(nodes, tmp_path / str(number), lambda value, n=number: value["disclosure"].update(minimum_cell=n))
        entry = nodes.agree(NAKER, Kind.ADDENDUM, {"rev": rev, "summary": "Batas sel."})
        revs.append((entry.signed.act.rev, rev))
        nodes.later(days=1)
    assert revs[1][0] == revs[0][1]
    assert state(nodes).rev == revs[1][1]


@pytest.mark.pasal("13")
def test_a_revision_that_is_not_what_its_name_says_stops_the_node(nodes: Nodes, tmp_path: Path) -> None:
    rev = revised(nodes, tmp_path / "draft", lambda value: value["disclosure"].update(minimum_cell=12))
    nodes.agree(DESA, Kind.ADDENDUM, {"rev": rev, "summary": "Batas sel."})
    revisions = nodes.chains[NAKER].revisions
    file = revisions.path(rev) / "agreement.json"
    file.write_bytes(file.read_bytes().replace(b'"minimum_cell":12', b'"minimum_cell":2'))
    with pytest.raises(refusals.RevisionDamaged):
        nodes.standing(NAKER).at(NOW)
    with pytest.raises(refusals.RevisionDamaged):
        revisions.take(b'{"type":"tenun-revision/1","rev":"x","files":{"../agreement.json":"{}"}}')


# --- shut-off ----------------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
def test_each_party_closes_alone_and_opens_its_own_only(nodes: Nodes) -> None:
    ours, theirs = nodes.act(DESA, Kind.SHUT_OFF), nodes.act(NAKER, Kind.SHUT_OFF)
    nodes.later(hours=1)
    nodes.act(DESA, Kind.REINSTATE, {"opens": [ours.hash], "reason": "Bersih."})
    assert not state(nodes).is_closed()  # the other's act is not known here yet
    nodes.deliver()
    assert [one.act for one in state(nodes).closures[NAKER]] == [theirs.hash]
    assert state(nodes).is_closed()
    assert state(nodes, NOW + timedelta(minutes=59)).closures[DESA]
    nodes.act(NAKER, Kind.REINSTATE, {"opens": [theirs.hash], "reason": "Bersih."})
    nodes.deliver()
    assert not state(nodes).is_closed()


@pytest.mark.pasal("7(4)")
def test_a_scope_closes_what_it_names_and_no_more(nodes: Nodes) -> None:
    for scope in ({"kind": "dataset", "name": "sid-warga"}, {"kind": "client", "name": "naker"}):
        nodes.act(DESA, Kind.SHUT_OFF, {**BODIES[Kind.SHUT_OFF], "scope": scope})
    found = state(nodes)
    assert [
        found.is_closed(dataset=dataset, client=client)
        for dataset, client in (
            ("sid-warga", "desa"),
            ("sid-warga", "naker"),
            ("hasil-desa", "desa"),
            ("hasil-desa", "naker"),
            ("hasil-desa", None),
            (None, None),
        )
    ] == [True, True, False, True, False, False]
    closure = found.closure(dataset="sid-warga")
    assert closure is not None
    assert (closure.scope, closure.name, closure.party) == (ScopeKind.DATASET, "sid-warga", DESA)


# --- contacts ----------------------------------------------------------------------------------------------------


@pytest.mark.pasal("10(2)")
@pytest.mark.parametrize(
    ("changed_on", "is_late"),
    [
        # 14 working days after it end on 23 and 24 November 2026; the notice is given on the 24th.
        ("2026-11-03", True),
        ("2026-11-04", False),
    ],
)
def test_a_change_of_address_is_late_after_fourteen_working_days(nodes: Nodes, changed_on: str, is_late: bool) -> None:
    nodes.act(DESA, Kind.CONTACT_CHANGE, {**BODIES[Kind.CONTACT_CHANGE], "changed_on": changed_on})
    contact = state(nodes).contacts[DESA]
    assert contact.due is not None
    assert contact.due.last_day == date.fromisoformat(changed_on) + timedelta(days=20)
    assert contact.due.is_certain
    assert contact.is_late == is_late


@pytest.mark.pasal("10(1)")
def test_a_new_address_holds_from_its_day_and_the_old_one_until_then(nodes: Nodes) -> None:
    nodes.act(NAKER, Kind.CONTACT_CHANGE, {**BODIES[Kind.CONTACT_CHANGE], "changed_on": "2026-12-01"})
    nodes.deliver()
    day = datetime(2026, 12, 1, tzinfo=JAKARTA)
    old = nodes.agreement.parties[NAKER].contact
    assert state(nodes, day - SECOND).contacts[NAKER].email == old.email
    assert state(nodes, day).contacts[NAKER].email == "pusat@contoh.go.id"
    standing = nodes.standing(DESA)
    assert standing.at(day).agreement.parties[NAKER].contact.email == "pusat@contoh.go.id"
    assert standing.at(day).agreement.parties[DESA] == nodes.agreement.parties[DESA]
    assert not state(nodes, day).contacts[NAKER].is_late


# --- keys --------------------------------------------------------------------------------------------------------


def rotate(nodes: Nodes, party: Party, use: KeyUse, **more: Any) -> tuple[party_jwk.Key, str]:
    key, jwk = new_key("P-256" if use is KeyUse.MESSAGE else "Ed25519")
    old = party_keys.public(nodes.keys(party)).kid(use)
    nodes.act(
        party,
        Kind.KEY_CHANGE,
        {"reason": "rotation", "old": old, "key": {"use": use.value, "jwk": jwk}},
        new_key=key,
        **more,
    )
    return key, old


@pytest.mark.pasal("14")
@pytest.mark.parametrize("use", [KeyUse.MESSAGE, KeyUse.LOG, KeyUse.CLIENT, KeyUse.AGREEMENT])
def test_a_changed_key_takes_the_place_of_the_old_one_everywhere(nodes: Nodes, use: KeyUse) -> None:
    day = NOW + timedelta(days=7)
    key, old = rotate(nodes, DESA, use, effective_at=day)
    nodes.deliver()
    for party in Party:
        standing = nodes.standing(party)
        before, after = standing.at(day - SECOND).agreement, standing.at(day).agreement
        assert [one["kid"] for one in before.parties[DESA].keys_for(use)] == [old]
        assert [one["kid"] for one in after.parties[DESA].keys_for(use)] == [key.thumbprint()]
        assert after.rev == nodes.agreement.rev
        assert after.parties[NAKER].keys == before.parties[NAKER].keys


@pytest.mark.pasal("14")
def test_after_its_agreement_key_has_changed_a_node_still_knows_the_agreement_as_its_own(
    nodes: Nodes, tmp_path: Path
) -> None:
    key, _ = rotate(nodes, DESA, KeyUse.AGREEMENT)
    chain = nodes.chains[DESA]
    stranger, _ = new_key()
    with pytest.raises(refusals.ActKeyNotOurs):
        rotation.install(nodes.keys(DESA), KeyUse.AGREEMENT, stranger, party=DESA, state=chain.state())
    assert rotation.install(nodes.keys(DESA), KeyUse.AGREEMENT, key, party=DESA, state=chain.state())
    assert not rotation.install(nodes.keys(DESA), KeyUse.AGREEMENT, key, party=DESA, state=chain.state())
    home = nodes.homes.homes[DESA]
    again = Chain(home / "acts", agreement=home / "agreement", own_keys=home / "keys", clock=nodes.clock)
    again.act(Kind.NOTICE, by=DESA, keys=nodes.keys(DESA), body=BODIES[Kind.NOTICE])
    nodes.deliver()
    assert nodes.standing(DESA).at(NOW).agreement.rev == nodes.agreement.rev
    # The chain taken away, nothing shows that the agreement is this node's.
    bare = Standing(home / "agreement", tmp_path / "none", own_keys=home / "keys")
    with pytest.raises(KeyNotOurs):
        bare.at(NOW)


@pytest.mark.pasal("14")
def test_what_a_lost_key_signed_without_following_the_report_of_its_loss_is_void(nodes: Nodes) -> None:
    """A finder of the key signs a notice as if it were still the day before; the shut-off he signs still closes."""
    lost = party_keys.private(nodes.keys(DESA), KeyUse.AGREEMENT)
    honest = nodes.act(DESA, Kind.NOTICE)
    nodes.deliver()
    key, jwk = new_key()
    body = {"reason": "lost", "old": lost.thumbprint(), "key": {"use": "agreement", "jwk": jwk}}
    change = nodes.chains[DESA].propose(Kind.KEY_CHANGE, by=DESA, keys=nodes.keys(DESA), body=body, new_key=key)
    assert len(change.signatures) == 2  # the message key vouches for the new one
    finder = []
    for kind in (Kind.NOTICE, Kind.SHUT_OFF):
        drawn = acts.compose(
            kind,
            agreement=nodes.agreement.id,
            rev=nodes.agreement.rev,
            by=DESA,
            previous=[finder[-1].hash if finder else honest.hash],
            made_at=NOW,
            body=BODIES[kind],
        )
        finder.append(acts.sign(drawn, lost, at=NOW))
        nodes.chains[NAKER].take(finder[-1].content)
    assert len(nodes.chains[NAKER].state().notices) == 2
    nodes.chains[NAKER].countersign(change.content, by=NAKER, keys=nodes.keys(NAKER))
    nodes.deliver()
    for party in Party:
        found = nodes.chains[party].state()
        assert found.void == (finder[0].hash,)
        assert [one.act for one in found.notices] == [honest.hash]
        assert [one.act for one in found.closures[DESA]] == [finder[1].hash]
        assert states.kids(found.keys, DESA, KeyUse.AGREEMENT) == {key.thumbprint()}
    with pytest.raises(refusals.ActKeyNotOurs):
        nodes.act(DESA, Kind.NOTICE)


def test_files_are_encrypted_to_the_new_recipient_once_it_has_changed(nodes: Nodes, tmp_path: Path) -> None:
    new = party_keys.create(tmp_path / "new").age_recipient
    old = party_keys.public(nodes.keys(DESA)).age_recipient
    nodes.act(DESA, Kind.KEY_CHANGE, {"reason": "rotation", "old": old, "age_recipient": new})
    assert nodes.standing(DESA).at(NOW).agreement.parties[DESA].age_recipient == new


# --- the rest ----------------------------------------------------------------------------------------------------


@pytest.mark.pasal("12(2)")
def test_a_dispute_is_opened_by_one_and_settled_by_both(nodes: Nodes) -> None:
    opened = nodes.act(DESA, Kind.DISPUTE_OPEN)
    nodes.deliver()
    assert [one.act for one in state(nodes).open_disputes] == [opened.hash]
    settled = nodes.agree(NAKER, Kind.DISPUTE_SETTLED, {"dispute": opened.hash, "outcome": "Mufakat."})
    (dispute,) = state(nodes).disputes
    assert (dispute.settled_by, dispute.settled_at) == (settled.hash, settled.takes_effect)
    assert state(nodes).open_disputes == ()


@pytest.mark.pasal("7(4)")
def test_an_incident_report_starts_the_clock_of_three_times_twenty_four_hours(nodes: Nodes) -> None:
    closed = nodes.act(NAKER, Kind.SHUT_OFF)
    nodes.act(NAKER, Kind.INCIDENT_REPORT, {**BODIES[Kind.INCIDENT_REPORT], "shut_off": closed.hash})
    nodes.deliver()
    (incident,) = state(nodes).incidents
    assert incident.due == datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
    assert incident.shut_off == closed.hash


@pytest.mark.pasal("9(2)")
@pytest.mark.pasal("11(2)")
def test_reports_are_kept_with_the_digests_of_what_they_rest_on(nodes: Nodes) -> None:
    nodes.act(DESA, Kind.FORCE_MAJEURE_REPORT)
    nodes.act(NAKER, Kind.ME_REPORT)
    nodes.deliver()
    reports = state(nodes).reports
    assert [(one.kind, one.by, one.sha256) for one in reports] == [
        (Kind.FORCE_MAJEURE_REPORT, DESA, ("ab" * 32,)),
        (Kind.ME_REPORT, NAKER, ("ab" * 32,)),
    ]
    assert reports[0].subject == "banjir besar"


def test_the_state_is_json_without_a_gap(nodes: Nodes) -> None:
    nodes.act(DESA, Kind.CONTACT_CHANGE)
    nodes.act(DESA, Kind.SHUT_OFF)
    nodes.act(DESA, Kind.INCIDENT_REPORT)
    nodes.act(DESA, Kind.DISPUTE_OPEN)
    nodes.deliver()
    nodes.agree(DESA, Kind.THIRD_PARTY_CONSENT)
    value = state(nodes).as_dict()
    assert value["consents"][0]["fields"] == ["area_code", "value"]
    assert value["contacts"]["desa"]["due"]["last_day"] == "2026-12-10"
    assert value["closures"]["desa"][0]["scope"] == "agreement"
    assert set(value["keys"]) == {"desa", "naker"}
    assert json.loads(json.dumps(value)) == value


def test_an_old_decision_is_judged_by_what_was_known_then(nodes: Nodes) -> None:
    """A shut-off counts a little before its own time; with the heads of then, the old answer comes out again."""
    nodes.act(DESA, Kind.NOTICE)
    heads = nodes.chains[DESA].heads()
    moment = nodes.clock.moment
    nodes.later(seconds=30)
    nodes.act(DESA, Kind.SHUT_OFF)
    standing = nodes.standing(DESA)
    assert standing.at(moment).state.is_closed()
    assert not standing.at(moment, heads=heads).state.is_closed()
    assert standing.at(moment, heads=heads).state.heads == heads
