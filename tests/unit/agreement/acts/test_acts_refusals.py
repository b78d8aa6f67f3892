"""What the law refuses, each with its own error, at two nodes with chains on disk."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement import party_keys
from tenun.agreement.acts import act as acts
from tenun.agreement.acts import refusals
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.refusals import ActError
from tenun.agreement.vocabulary import KeyUse, Party
from tests.lib.agreement_acts import BODIES, DESA, NAKER, NOW, SHA, Nodes, new_key, open_nodes, revised
from tests.lib.agreement_drafts import InForce, in_force, put, value_of


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> InForce:
    return in_force(tmp_path_factory.mktemp("homes"))


@pytest.fixture
def nodes(homes: InForce, tmp_path: Path) -> Nodes:
    return open_nodes(tmp_path / "nodes", of=homes)


def refused(nodes: Nodes, kind: Kind, by: Party = DESA, **body: Any) -> ActError:
    """The error with which a body, changed in these members, is refused."""
    with pytest.raises(ActError) as found:
        nodes.act(by, kind, {**BODIES.get(kind, {}), **body})
    return found.value


def proposal_refused(nodes: Nodes, kind: Kind, body: dict[str, Any], **more: Any) -> ActError:
    with pytest.raises(ActError) as found:
        nodes.agree(DESA, kind, body, **more)
    return found.value


@pytest.mark.pasal("6(1)")
@pytest.mark.pasal("6(2)")
def test_extending_and_ending_need_a_notice_first(nodes: Nodes) -> None:
    for kind in (Kind.EXTEND, Kind.END):
        assert isinstance(proposal_refused(nodes, kind, BODIES[kind]), refusals.NoticeMissing)
    nodes.act(NAKER, Kind.NOTICE, {"subject": "extend", "text": "Maksud memperpanjang."})
    nodes.deliver()
    assert isinstance(proposal_refused(nodes, Kind.END, BODIES[Kind.END]), refusals.NoticeMissing)
    nodes.agree(DESA, Kind.EXTEND)
    # One notice serves one extension.
    again = {"until": "2031-07-22T17:00:00Z"}
    assert isinstance(proposal_refused(nodes, Kind.EXTEND, again), refusals.NoticeMissing)


@pytest.mark.pasal("6(3)")
def test_a_party_that_ends_alone_must_have_given_notice_itself(nodes: Nodes) -> None:
    nodes.act(NAKER, Kind.NOTICE, {"subject": "end", "text": "Maksud mengakhiri."})
    nodes.deliver()
    assert isinstance(refused(nodes, Kind.END_NONCONFORMITY), refusals.NoticeMissing)
    nodes.act(DESA, Kind.NOTICE, {"subject": "end", "text": "Maksud mengakhiri."})
    assert isinstance(refused(nodes, Kind.END_NONCONFORMITY, clause="3(9)"), refusals.ClauseUnknown)
    nodes.act(DESA, Kind.END_NONCONFORMITY)


@pytest.mark.pasal("6(1)")
def test_the_end_moves_only_the_way_the_act_says(nodes: Nodes) -> None:
    for subject in ("extend", "end"):
        nodes.act(DESA, Kind.NOTICE, {"subject": subject, "text": "Maksud."})
    nodes.deliver()
    same = {"until": "2028-07-22T17:00:00Z"}
    assert isinstance(proposal_refused(nodes, Kind.EXTEND, same), refusals.TermNotExtended)
    late = datetime(2029, 1, 1, tzinfo=UTC)
    error = proposal_refused(nodes, Kind.END, BODIES[Kind.END], effective_at=late)
    assert isinstance(error, refusals.TermNotShortened)
    early = proposal_refused(nodes, Kind.END, BODIES[Kind.END], effective_at=NOW - timedelta(days=1))
    assert isinstance(early, refusals.EffectTooEarly)
    nodes.agree(DESA, Kind.END, effective_at=NOW + timedelta(days=30))
    assert isinstance(proposal_refused(nodes, Kind.EXTEND, BODIES[Kind.EXTEND]), refusals.EndingStands)


def test_an_agreement_enters_into_force_once(nodes: Nodes) -> None:
    nodes.agree(DESA, Kind.ENTER_INTO_FORCE)
    assert isinstance(proposal_refused(nodes, Kind.ENTER_INTO_FORCE, {}), refusals.AlreadyInForce)


@pytest.mark.pasal("7(4)")
def test_only_the_party_that_shut_off_opens_again_and_only_once(nodes: Nodes) -> None:
    closed = nodes.act(DESA, Kind.SHUT_OFF)
    assert isinstance(refused(nodes, Kind.REINSTATE, NAKER, opens=[closed.hash], reason="x"), refusals.NoSuchShutOff)
    nodes.deliver()
    error = refused(nodes, Kind.REINSTATE, NAKER, opens=[closed.hash], reason="x")
    assert isinstance(error, refusals.ShutOffOfOther)
    assert error.parts == {"party": "desa"}
    nodes.act(DESA, Kind.REINSTATE, {"opens": [closed.hash], "reason": "Bersih."})
    error = refused(nodes, Kind.REINSTATE, opens=[closed.hash], reason="x")
    assert isinstance(error, refusals.AlreadyOpened)


@pytest.mark.pasal("7(4)")
def test_a_shut_off_names_what_the_agreement_has(nodes: Nodes) -> None:
    scope = {"kind": "dataset", "name": "sid-kesehatan"}
    assert isinstance(refused(nodes, Kind.SHUT_OFF, scope=scope), refusals.DatasetUnknown)


def test_reports_name_what_the_agreement_has(nodes: Nodes) -> None:
    assert isinstance(refused(nodes, Kind.INCIDENT_REPORT, datasets=["sid-kesehatan"]), refusals.DatasetUnknown)
    assert isinstance(refused(nodes, Kind.INCIDENT_REPORT, shut_off=SHA), refusals.NoSuchShutOff)
    future = "2026-11-25T00:00:00Z"
    assert isinstance(refused(nodes, Kind.INCIDENT_REPORT, detected_at=future), refusals.ActOutOfOrder)
    assert isinstance(refused(nodes, Kind.FORCE_MAJEURE_REPORT, duties=["tidur"]), refusals.DutyUnknown)
    assert isinstance(refused(nodes, Kind.FORCE_MAJEURE_REPORT, ended_on="2026-11-19"), refusals.DatesReversed)
    assert isinstance(refused(nodes, Kind.ME_REPORT, period_until="2025-01-01"), refusals.DatesReversed)
    assert isinstance(refused(nodes, Kind.DISPUTE_OPEN, clause="15"), refusals.ActNotUnderstood)
    assert isinstance(refused(nodes, Kind.DISPUTE_OPEN, clause="12(3)"), refusals.ClauseUnknown)


@pytest.mark.pasal("12(2)")
def test_a_dispute_is_settled_once(nodes: Nodes) -> None:
    settled = {"dispute": SHA, "outcome": "Mufakat."}
    assert isinstance(proposal_refused(nodes, Kind.DISPUTE_SETTLED, settled), refusals.NoSuchDispute)
    opened = nodes.act(NAKER, Kind.DISPUTE_OPEN)
    nodes.deliver()
    settled["dispute"] = opened.hash
    nodes.agree(DESA, Kind.DISPUTE_SETTLED, settled)
    assert isinstance(proposal_refused(nodes, Kind.DISPUTE_SETTLED, settled), refusals.AlreadySettled)


@pytest.mark.pasal("7(2)")
def test_consent_needs_a_letter_and_is_never_on_data_of_persons(nodes: Nodes) -> None:
    body = BODIES[Kind.THIRD_PARTY_CONSENT]
    error = proposal_refused(nodes, Kind.THIRD_PARTY_CONSENT, body, reference=None)
    assert isinstance(error, refusals.ReferenceMissing)
    reference = {"number": "B-1/2026"}

    def with_(**changes: Any) -> ActError:
        return proposal_refused(nodes, Kind.THIRD_PARTY_CONSENT, {**body, **changes}, reference=reference)

    persons = with_(dataset="sid-warga", fields=["sex"])
    assert isinstance(persons, refusals.ConsentOnPersons)
    assert isinstance(with_(dataset="sid-kesehatan"), refusals.DatasetUnknown)
    assert isinstance(with_(fields=["nik"]), refusals.FieldUnknown)
    assert isinstance(with_(valid_until="2026-11-23"), refusals.DatesReversed)


@pytest.mark.pasal("14")
def test_a_key_that_is_not_there_or_was_there_before_does_not_change(nodes: Nodes) -> None:
    key, jwk = new_key()
    own = party_keys.public(nodes.keys(DESA))
    others = party_keys.public(nodes.keys(NAKER))

    def error(**body: Any) -> ActError:
        with pytest.raises(ActError) as found:
            nodes.act(DESA, Kind.KEY_CHANGE, {"reason": "rotation", **body}, new_key=key)
        return found.value

    change = {"use": "message", "jwk": jwk}
    assert isinstance(error(old=others.kid(KeyUse.MESSAGE), key=change), refusals.KeyNotPinned)
    assert isinstance(error(old=own.kid(KeyUse.LOG), key=change), refusals.KeyNotPinned)
    again = {"use": "message", "jwk": next(one["jwk"] for one in others.keys if one["use"] == "log")}
    assert isinstance(error(old=own.kid(KeyUse.MESSAGE), key=again), refusals.KeyUsedBefore)
    p256 = {"use": "log", "jwk": new_key("P-256")[1]}
    assert isinstance(error(old=own.kid(KeyUse.LOG), key=p256), refusals.ActNotUnderstood)
    assert isinstance(error(old=own.age_recipient, age_recipient=own.age_recipient), refusals.KeyUsedBefore)
    assert isinstance(error(old=others.age_recipient, age_recipient=own.age_recipient), refusals.KeyNotPinned)


@pytest.mark.pasal("13")
@pytest.mark.parametrize(
    ("edit", "pointer"),
    [
        (lambda value: value.update(id="urn:tenun:agreement:lain"), "/id"),
        (lambda value: value["term"].update(years=4, end="2029-07-23T00:00:00+07:00"), "/term"),
    ],
)
def test_an_addendum_changes_neither_whose_agreement_it_is_nor_its_term(
    nodes: Nodes, tmp_path: Path, edit: Any, pointer: str
) -> None:
    rev = revised(nodes, tmp_path / "draft", edit)
    error = proposal_refused(nodes, Kind.ADDENDUM, {"rev": rev, "summary": "x"})
    assert isinstance(error, refusals.RevisionForbidden)
    assert error.parts["pointer"] == pointer


@pytest.mark.pasal("13")
def test_an_addendum_brings_no_key_of_its_own(nodes: Nodes, tmp_path: Path) -> None:
    stranger = party_keys.create(tmp_path / "stranger")
    revisions = nodes.chains[DESA].revisions
    rev = revised(nodes, tmp_path / "draft", lambda value: value["disclosure"].update(minimum_cell=7))
    shutil.copytree(revisions.path(rev), tmp_path / "forged")
    value = value_of(tmp_path / "forged")
    value["parties"][1]["keys"] = [dict(one) for one in stranger.keys]
    forged = revisions.add(put(tmp_path / "forged", value)).rev
    error = proposal_refused(nodes, Kind.ADDENDUM, {"rev": forged, "summary": "x"})
    assert isinstance(error, refusals.RevisionForbidden)
    assert error.parts["pointer"] == "/parties/1/keys"


@pytest.mark.pasal("13")
def test_an_addendum_replaces_the_last_revision_and_no_older_one(nodes: Nodes, tmp_path: Path) -> None:
    first = revised(nodes, tmp_path / "first", lambda value: value["disclosure"].update(minimum_cell=7))
    second = revised(nodes, tmp_path / "second", lambda value: value["disclosure"].update(minimum_cell=8))
    proposed = nodes.chains[DESA].propose(
        Kind.ADDENDUM, by=DESA, keys=nodes.keys(DESA), body={"rev": second, "summary": "x"}
    )
    nodes.agree(NAKER, Kind.ADDENDUM, {"rev": first, "summary": "x"})
    with pytest.raises(refusals.RevisionStale):  # what was lawful when proposed is so no more
        nodes.chains[NAKER].countersign(proposed.content, by=NAKER, keys=nodes.keys(NAKER))
    again = proposal_refused(nodes, Kind.ADDENDUM, {"rev": first, "summary": "x"})
    assert isinstance(again, refusals.RevisionStale)
    missing = proposal_refused(nodes, Kind.ADDENDUM, {"rev": SHA, "summary": "x"})
    assert isinstance(missing, refusals.RevisionMissing)


def test_a_chosen_day_that_has_passed_is_not_countersigned_any_more(nodes: Nodes) -> None:
    proposed = nodes.chains[DESA].propose(
        Kind.ENTER_INTO_FORCE, by=DESA, keys=nodes.keys(DESA), body={}, effective_at=NOW + timedelta(days=1)
    )
    nodes.later(days=2)
    with pytest.raises(refusals.EffectTooEarly):
        nodes.chains[NAKER].countersign(proposed.content, by=NAKER, keys=nodes.keys(NAKER))


def test_an_act_is_not_signed_with_keys_that_are_not_the_partys(nodes: Nodes) -> None:
    with pytest.raises(refusals.ActKeyNotOurs):
        nodes.chains[DESA].act(Kind.NOTICE, by=DESA, keys=nodes.keys(NAKER), body=BODIES[Kind.NOTICE])


def test_an_act_of_another_agreement_or_revision_is_refused(nodes: Nodes) -> None:
    base = nodes.agreement
    for agreement, rev, expected in (
        ("urn:tenun:agreement:lain", base.rev, refusals.ActOfAnotherAgreement),
        (base.id, SHA, refusals.RevisionUnknown),
    ):
        drawn = acts.compose(
            Kind.NOTICE,
            agreement=agreement,
            rev=rev,
            by=DESA,
            previous=[base.rev],
            made_at=NOW,
            body=BODIES[Kind.NOTICE],
        )
        signed = acts.sign(drawn, party_keys.private(nodes.keys(DESA), KeyUse.AGREEMENT), at=NOW)
        with pytest.raises(expected):
            nodes.chains[NAKER].take(signed.content)


def test_every_error_says_what_to_do_in_both_languages() -> None:
    errors = [one for one in vars(refusals).values() if isinstance(one, type) and issubclass(one, ActError)]
    codes = [one.code for one in errors]
    assert len(set(codes)) == len(codes)
    for error in errors:
        if error is not ActError:
            assert error.code.startswith("agreement.act.")
            assert all((error.text_id, error.text_en, error.remedy_id, error.remedy_en)), error
