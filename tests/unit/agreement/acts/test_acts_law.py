"""The law of acts, row by row: every kind, signed by every set of keys, in every state of the agreement.

What is expected is written here anew from the signed text, and not taken from the table under test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations
from typing import Any

import pytest

from tenun.agreement import party_jwk, party_keys
from tenun.agreement.acts import act as acts
from tenun.agreement.acts import judgement, state
from tenun.agreement.acts.kinds import Kind, Part
from tenun.agreement.acts.law import LAW
from tenun.agreement.acts.ledger import Ledger
from tenun.agreement.acts.refusals import (
    ActAfterTheEnd,
    ActError,
    ActNotSigned,
    ActSignatureSurplus,
    AlreadyInForce,
)
from tenun.agreement.agreed import Agreement
from tenun.agreement.document import load
from tenun.agreement.vocabulary import KeyUse, Party
from tests.lib.agreement_acts import BODIES, NOW, REFERENCES, new_key
from tests.lib.agreement_drafts import InForce, draft, in_force, put, value_of

DESA, NAKER = Party.DESA, Party.NAKER
Signer = tuple[Party, KeyUse]
SIGNERS: tuple[Signer, ...] = tuple((party, use) for party in Party for use in (KeyUse.AGREEMENT, KeyUse.MESSAGE))
SIGNER_SETS = tuple(chain.from_iterable(combinations(SIGNERS, count) for count in range(len(SIGNERS) + 1)))

# Pasal by Pasal: by one party (o) or both (b), also by the message key (m), also after the end (a), may be dated (d).
EXPECTED = {
    Kind.ENTER_INTO_FORCE: ("14", "b d"),
    Kind.ADDENDUM: ("13", "b d"),
    Kind.EXTEND: ("6(1)", "b"),
    Kind.END: ("6(1)", "b d"),
    Kind.END_NONCONFORMITY: ("6(3)", "o d"),
    Kind.NOTICE: ("6(2)", "o a"),
    Kind.CONTACT_CHANGE: ("10(2)", "o a"),
    Kind.KEY_CHANGE: ("14", "o a d"),
    Kind.SHUT_OFF: ("7(4)", "o m a"),
    Kind.REINSTATE: ("7(4)", "o a"),
    Kind.INCIDENT_REPORT: ("7(4)", "o m a"),
    Kind.FORCE_MAJEURE_REPORT: ("11(2)", "o a"),
    Kind.ME_REPORT: ("9(2)", "o a"),
    Kind.DISPUTE_OPEN: ("12(2)", "o a"),
    Kind.DISPUTE_SETTLED: ("12(2)", "b a"),
    Kind.THIRD_PARTY_CONSENT: ("7(2)", "b a"),
}
STATES = ("not yet in force", "in force", "shut off", "ended")
AFTER = datetime(2028, 7, 22, 17, 0, tzinfo=UTC)


@dataclass
class World:
    """An agreement with keys, and a ledger in each state. By *desa*: notices, a dispute, a shut-off."""

    homes: InForce
    revision: Agreement
    ledgers: dict[str, Ledger]
    dispute: str
    shut_off: str

    def key(self, signer: Signer) -> party_jwk.Key:
        return party_keys.private(self.homes.keys(signer[0]), signer[1])

    def moment(self, where: str) -> datetime:
        return AFTER if where == "ended" else NOW + timedelta(minutes=1)

    def body(self, kind: Kind) -> dict[str, Any]:
        special: dict[Kind, dict[str, Any]] = {
            Kind.ADDENDUM: {"rev": self.revision.rev, "summary": "Batas sel."},
            Kind.KEY_CHANGE: {"reason": "rotation", "old": self.kid(DESA, KeyUse.AGREEMENT), "key": _key_of(NEW)},
            Kind.REINSTATE: {"opens": [self.shut_off], "reason": "Bersih."},
            Kind.DISPUTE_SETTLED: {"dispute": self.dispute, "outcome": "Mufakat."},
        }
        return special.get(kind) or BODIES[kind]

    def kid(self, party: Party, use: KeyUse) -> str:
        return party_keys.public(self.homes.keys(party)).kid(use)

    def draft(self, kind: Kind, where: str, **more: Any) -> acts.SignedAct:
        ledger = self.ledgers[where]
        return acts.compose(
            kind,
            agreement=ledger.base.id,
            rev=ledger.base.rev,
            by=DESA,
            previous=ledger.heads,
            made_at=self.moment(where),
            body=self.body(kind),
            reference=REFERENCES.get(kind),
            **more,
        )

    def signed(self, draft: acts.SignedAct, signers: tuple[Signer, ...]) -> acts.SignedAct:
        for signer in signers:
            draft = acts.sign(draft, self.key(signer), at=draft.act.made_at)
        if draft.kind is Kind.KEY_CHANGE:
            draft = acts.sign(draft, NEW[0], at=draft.act.made_at)
        return draft

    def admit(self, where: str, signed: acts.SignedAct) -> Ledger:
        return judgement.admit(
            self.ledgers[where], signed, revision=self.revision if signed.kind is Kind.ADDENDUM else None
        )


NEW = new_key()


def _key_of(new: tuple[party_jwk.Key, dict[str, str]]) -> dict[str, Any]:
    return {"use": "agreement", "jwk": new[1]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    homes = in_force(tmp_path_factory.mktemp("law"))
    folder = draft(tmp_path_factory.mktemp("revision") / "draft")
    value = value_of(homes.folder(DESA))
    value["disclosure"]["minimum_cell"] += 1
    made = World(homes, load(put(folder, value)), {}, "", "")
    base = Ledger(homes.agreement)

    def add(ledger: Ledger, kind: Kind, body: dict[str, Any], *signers: Party) -> Ledger:
        made.ledgers["now"] = ledger
        drawn = acts.compose(
            kind,
            agreement=base.base.id,
            rev=base.base.rev,
            by=DESA,
            previous=ledger.heads,
            made_at=NOW,
            body=body,
        )
        return made.admit("now", made.signed(drawn, tuple((party, KeyUse.AGREEMENT) for party in signers)))

    for subject in ("extend", "end"):
        base = add(base, Kind.NOTICE, {"subject": subject, "text": "Maksud."}, DESA)
    base = add(base, Kind.DISPUTE_OPEN, BODIES[Kind.DISPUTE_OPEN], DESA)
    made.dispute = base.heads[0]
    scope = {"kind": "dataset", "name": "sid-warga"}
    base = add(base, Kind.SHUT_OFF, {**BODIES[Kind.SHUT_OFF], "scope": scope}, DESA)
    made.shut_off = base.heads[0]
    running = add(base, Kind.ENTER_INTO_FORCE, {}, DESA, NAKER)
    closed = add(running, Kind.SHUT_OFF, BODIES[Kind.SHUT_OFF], DESA)
    made.ledgers = dict(zip(STATES, (base, running, closed, running), strict=True))
    return made


def _is_signed_right(kind: Kind, signers: tuple[Signer, ...]) -> bool:
    words = EXPECTED[kind][1].split()
    good = {((DESA, KeyUse.AGREEMENT),)}
    if "m" in words:
        good.add(((DESA, KeyUse.MESSAGE),))
    if "b" in words:
        good = {((DESA, KeyUse.AGREEMENT), (NAKER, KeyUse.AGREEMENT))}
    return signers in good


@pytest.mark.pasal("6(1)")
@pytest.mark.pasal("6(2)")
@pytest.mark.pasal("6(3)")
@pytest.mark.pasal("7(2)")
@pytest.mark.pasal("7(4)")
@pytest.mark.pasal("9(2)")
@pytest.mark.pasal("11(2)")
@pytest.mark.pasal("12(2)")
@pytest.mark.pasal("13")
@pytest.mark.pasal("14")
@pytest.mark.parametrize("where", STATES)
@pytest.mark.parametrize("kind", Kind)
def test_an_act_stands_exactly_when_the_right_keys_signed_it_and_its_time_has_not_passed(
    world: World, kind: Kind, where: str
) -> None:
    is_possible = (where != "ended" or "a" in EXPECTED[kind][1].split()) and not (
        kind is Kind.ENTER_INTO_FORCE and where != "not yet in force"
    )
    drawn = world.draft(kind, where)
    for signers in SIGNER_SETS:
        signed = world.signed(drawn, signers)
        if is_possible and _is_signed_right(kind, signers):
            assert signed.hash in world.admit(where, signed).entries
            continue
        with pytest.raises(ActError) as refused:
            world.admit(where, signed)
        if is_possible:
            assert isinstance(refused.value, ActNotSigned | ActSignatureSurplus), signers
        else:
            assert isinstance(refused.value, ActAfterTheEnd | AlreadyInForce)


@pytest.mark.parametrize("kind", Kind)
def test_the_table_says_what_the_signed_text_says(world: World, kind: Kind) -> None:
    clause, words = EXPECTED[kind]
    rule = LAW[kind]
    assert rule.clause == clause
    assert clause in world.homes.agreement.clauses
    assert rule.after_the_end == ("a" in words.split())


def test_the_table_has_every_kind_once() -> None:
    assert set(LAW) == set(Kind) == set(EXPECTED)


@pytest.mark.parametrize("kind", Kind)
def test_the_moment_of_effect_can_be_chosen_only_where_the_law_lets_it(world: World, kind: Kind) -> None:
    where = "not yet in force" if kind is Kind.ENTER_INTO_FORCE else "in force"
    later = world.moment(where) + timedelta(days=30)
    signers = tuple((party, KeyUse.AGREEMENT) for party in Party)[: 2 if "b" in EXPECTED[kind][1] else 1]
    signed = world.signed(world.draft(kind, where, effective_at=later), signers)
    if "d" in EXPECTED[kind][1].split():
        assert world.admit(where, signed).entries[signed.hash].takes_effect == later
    else:
        with pytest.raises(ActError) as refused:
            world.admit(where, signed)
        assert refused.value.code == "agreement.act.effect_not_chosen"


@pytest.mark.parametrize("kind", Kind)
def test_an_act_changes_that_part_of_the_state_and_no_other(world: World, kind: Kind) -> None:
    where = "not yet in force" if kind is Kind.ENTER_INTO_FORCE else "in force"
    signers = tuple((party, KeyUse.AGREEMENT) for party in Party)[: 2 if "b" in EXPECTED[kind][1] else 1]
    signed = world.signed(world.draft(kind, where), signers)
    # Seen from afterwards, so that its effect has come; and before the end, which some acts move.
    moment = world.moment(where) + timedelta(days=1)
    before = state.fold(world.ledgers[where].view(moment))
    after = state.fold(world.admit(where, signed).view(moment))
    changed = {part for part in Part if before.part(part) != after.part(part)}
    assert changed == LAW[kind].changes


def _forms() -> Iterator[Any]:
    for lost in (False, True):
        for use in (KeyUse.AGREEMENT, KeyUse.MESSAGE, KeyUse.LOG, KeyUse.CLIENT):
            yield pytest.param(lost, use, id=f"{'lost' if lost else 'rotation'}-{use}")


@pytest.mark.pasal("14")
@pytest.mark.parametrize(("lost", "use"), _forms())
def test_a_key_changes_by_its_own_signature_or_by_both_parties_and_never_without_the_new_one(
    world: World, lost: bool, use: KeyUse
) -> None:
    key, jwk = new_key()
    ledger = world.ledgers["in force"]
    drawn = acts.compose(
        Kind.KEY_CHANGE,
        agreement=ledger.base.id,
        rev=ledger.base.rev,
        by=DESA,
        previous=ledger.heads,
        made_at=NOW,
        body={
            "reason": "lost" if lost else "rotation",
            "old": world.kid(DESA, use),
            "key": {"use": use.value, "jwk": jwk},
        },
    )
    agreement, message = (DESA, KeyUse.AGREEMENT), (DESA, KeyUse.MESSAGE)
    others = (NAKER, KeyUse.AGREEMENT)
    if not lost:
        good = {frozenset({agreement, (DESA, use)})}
    elif use is KeyUse.AGREEMENT:
        good = {frozenset({message, others})}
    elif use is KeyUse.MESSAGE:
        good = {frozenset({agreement, others})}
    else:
        good = {frozenset({agreement, others}), frozenset({message, others})}
    signers = (*SIGNERS, (DESA, KeyUse.LOG), (DESA, KeyUse.CLIENT))
    for chosen in chain.from_iterable(combinations(signers, count) for count in range(4)):
        signed = drawn
        for signer in chosen:
            signed = acts.sign(signed, world.key(signer), at=NOW)
        with pytest.raises(ActError):  # without the new key's own signature, never
            judgement.admit(ledger, signed)
        proven = acts.sign(signed, key, at=NOW)
        if frozenset(chosen) in good:
            after = state.fold(judgement.admit(ledger, proven).view(NOW))
            assert state.kids(after.keys, DESA, use) == {key.thumbprint()}
        else:
            with pytest.raises(ActError):
                judgement.admit(ledger, proven)
