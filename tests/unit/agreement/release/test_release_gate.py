"""Nothing reaches others without one consent of both that covers it, and nothing after either has withdrawn it."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.acts import refusals
from tenun.agreement.acts.bodies import ReleaseScope
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.refusals import ActError
from tenun.agreement.release.gate import ReleaseGate, releases
from tenun.agreement.release.preview import Cells, preview
from tenun.agreement.release.states import RULES, Action, Actor, ReleaseState, may
from tenun.disclosure.differencing import Place
from tests.lib.agreement_acts import BODIES, DESA, NAKER, SHA, Nodes, open_nodes
from tests.lib.agreement_drafts import InForce, in_force

LETTER = {"number": "B-1/2026", "dated": "2026-11-20", "office": "Kepala Pusat Buatan"}
SCOPE = {
    "indicators": ["A1", "C1"],
    "areas": ["52.01"],
    "letters": {"desa": LETTER, "naker": {**LETTER, "number": "B-2/2026"}},
}
BODY: dict[str, Any] = {**BODIES[Kind.THIRD_PARTY_CONSENT], "audience": "pemerintah-desa", "release": SCOPE}
REFERENCE = {"number": "B-1/2026"}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> InForce:
    return in_force(tmp_path_factory.mktemp("homes"))


@pytest.fixture
def nodes(homes: InForce, tmp_path: Path) -> Nodes:
    return open_nodes(tmp_path / "nodes", of=homes)


def released(nodes: Nodes, *, at: datetime | None = None, **changed: str) -> set[bool]:
    """What the two nodes answer."""
    asked = {"indicator": "A1", "area": "52.01.14.2005", "audience": "pemerintah-desa", **changed}
    moment = at or nodes.clock.moment
    return {ReleaseGate(nodes.standing(party)).is_released(**asked, at=moment) for party in (DESA, NAKER)}


def states_of(nodes: Nodes, *, at: datetime | None = None) -> list[ReleaseState]:
    moment = at or nodes.clock.moment
    return [one.state for one in releases(nodes.chains[DESA].state(moment), at=moment)]


# --- the gate over the real chain ----------------------------------------------------------------


@pytest.mark.pasal("7(2)")
def test_without_a_release_an_outside_audience_gets_nothing(nodes: Nodes) -> None:
    for indicator, area, audience in itertools.product(
        ("A1", "C1"), ("00", "52.01"), ("publik", "pemerintah-desa", "")
    ):
        assert released(nodes, indicator=indicator, area=area, audience=audience) == {False}


@pytest.mark.pasal("7(2)")
def test_a_consent_of_both_releases_what_it_names_and_nothing_beside_it(nodes: Nodes) -> None:
    nodes.agree(DESA, Kind.THIRD_PARTY_CONSENT, BODY, reference=REFERENCE)
    assert released(nodes) == {True}
    assert released(nodes, area="52.01") == {True}
    for beside in ({"indicator": "B1"}, {"area": "52"}, {"area": "52.010"}, {"area": "00"}, {"audience": "publik"}):
        assert released(nodes, **beside) == {False}, beside


@pytest.mark.pasal("7(2)")
def test_what_one_party_alone_has_signed_releases_nothing(nodes: Nodes) -> None:
    proposed = nodes.chains[DESA].propose(
        Kind.THIRD_PARTY_CONSENT, by=DESA, keys=nodes.keys(DESA), body=BODY, reference=REFERENCE
    )
    with pytest.raises(ActError):
        nodes.chains[DESA].take(proposed.content)
    assert released(nodes) == {False}


@pytest.mark.pasal("7(2)")
@pytest.mark.parametrize("party", [DESA, NAKER])
def test_either_party_alone_revokes_at_once(nodes: Nodes, party: Any) -> None:
    consent = nodes.agree(DESA, Kind.THIRD_PARTY_CONSENT, BODY, reference=REFERENCE)
    before = nodes.clock.moment
    nodes.later(hours=1)
    nodes.act(party, Kind.NOTICE, {"subject": "other", "text": "Dicabut.", "withdraws": consent.hash})
    assert ReleaseGate(nodes.standing(party)).is_released("A1", "52.01", "pemerintah-desa", nodes.clock.moment) is False
    nodes.deliver()
    assert released(nodes) == {False}
    assert released(nodes, at=before) == {True}
    assert states_of(nodes) == [ReleaseState.REVOKED]


@pytest.mark.pasal("7(2)")
def test_a_withdrawal_names_a_consent_that_is_there(nodes: Nodes) -> None:
    with pytest.raises(refusals.NoSuchConsent):
        nodes.act(DESA, Kind.NOTICE, {"subject": "other", "text": "Dicabut.", "withdraws": SHA})


def test_a_release_begins_and_ends_on_its_days(nodes: Nodes) -> None:
    body = BODY | {"valid_from": "2026-11-26", "valid_until": "2026-11-27"}
    nodes.agree(NAKER, Kind.THIRD_PARTY_CONSENT, body, reference=REFERENCE)
    at = nodes.clock.moment
    days = [states_of(nodes, at=at + timedelta(days=days))[0] for days in (0, 2, 3, 4)]
    assert days == [
        ReleaseState.GRANTED, ReleaseState.PUBLISHED, ReleaseState.PUBLISHED, ReleaseState.EXPIRED
    ]  # fmt: skip
    assert released(nodes) == {False}
    assert released(nodes, at=at + timedelta(days=4)) == {False}


@pytest.mark.pasal("7(2)")
def test_a_consent_to_some_figures_is_none_to_the_whole_dataset(nodes: Nodes) -> None:
    nodes.agree(DESA, Kind.THIRD_PARTY_CONSENT, BODY, reference=REFERENCE)
    whole = (
        nodes.chains[DESA]
        .state()
        .consent(
            dataset=BODY["dataset"],
            audience=BODY["audience"],
            fields=frozenset(BODY["fields"]),
            moment=nodes.clock.moment,
        )
    )
    assert whole is None


def test_a_consent_to_the_whole_dataset_lacks_the_letters_of_a_release(nodes: Nodes) -> None:
    nodes.agree(DESA, Kind.THIRD_PARTY_CONSENT)
    assert released(nodes, audience="publik") == {False}


# --- the table -----------------------------------------------------------------------------------

ONE, BOTH = {Actor.SIGNER}, {Actor.SIGNER, Actor.CONSENTED}
MINISTRIES = BOTH | {Actor.OFFICER}
ALLOWED = {
    (ReleaseState.DRAFT, Action.PREVIEW): MINISTRIES,
    (ReleaseState.DRAFT, Action.DISCARD): MINISTRIES,
    (ReleaseState.PREVIEWED, Action.PREVIEW): MINISTRIES,
    (ReleaseState.PREVIEWED, Action.CONSENT): ONE,
    (ReleaseState.PREVIEWED, Action.DISCARD): MINISTRIES,
    (ReleaseState.CONSENTED_BY_ONE, Action.PREVIEW): MINISTRIES,
    (ReleaseState.CONSENTED_BY_ONE, Action.CONSENT): ONE,
    (ReleaseState.CONSENTED_BY_ONE, Action.DISCARD): BOTH,
    (ReleaseState.GRANTED, Action.REVOKE): BOTH,
    (ReleaseState.PUBLISHED, Action.REVOKE): BOTH,
    (ReleaseState.PUBLISHED, Action.READ): set(Actor),
}


@pytest.mark.parametrize(("state", "action", "actor"), itertools.product(ReleaseState, Action, Actor))
def test_only_what_is_written_here_is_allowed(state: ReleaseState, action: Action, actor: Actor) -> None:
    assert may(state, action, by=actor) is (actor in ALLOWED.get((state, action), set()))


def test_every_state_is_in_the_table_and_the_last_ones_lead_nowhere() -> None:
    assert set(RULES) == set(ReleaseState)
    assert not RULES[ReleaseState.REVOKED]
    assert not RULES[ReleaseState.EXPIRED]


# --- the preview ---------------------------------------------------------------------------------


class Drawn:
    """One regency of two villages; the second audience may see what is hidden from the first."""

    rule_version = "sdc-drawn"
    whole, left, right = ("A1", "52.01", "", ""), ("A1", "52.01.01", "", ""), ("A1", "52.01.02", "", "")

    def cells(self, scope: ReleaseScope, *, audience: str) -> Cells:
        hidden = {self.left, self.right} if audience == "publik" else {self.right, self.whole}
        return {key: None if key in hidden else count for key, count in self._counts().items()}

    def tables(self, scope: ReleaseScope) -> list[list[Place]]:
        return [[Place(self.whole, "out", "sum"), Place(self.left, "sum", "out"), Place(self.right, "sum", "out")]]

    def _counts(self) -> dict[tuple[str, ...], int]:
        return {self.whole: 100, self.left: 97, self.right: 3}


def test_a_preview_tells_what_releases_tell_together() -> None:
    scope = ReleaseScope.model_validate_json(json.dumps(SCOPE))
    alone = preview(scope, audience="publik", protection=Drawn())
    assert (alone.cells, alone.hidden, alone.findings, alone.may_be_consented_to) == (3, 2, (), True)
    both = preview(scope, audience="publik", protection=Drawn(), earlier=[("pemerintah-desa", scope)])
    assert {one.key for one in both.findings} == {Drawn.whole, Drawn.left, Drawn.right}
    assert not both.may_be_consented_to
    assert "52.01" not in str(both.as_dict())
