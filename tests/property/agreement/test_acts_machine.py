"""Acts and decisions against a model that knows the rules in a few lines and none of our code."""

from __future__ import annotations

import functools
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tenun.agreement import party_jwk, party_keys
from tenun.agreement.acts import act as acts
from tenun.agreement.acts import judgement, state
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.ledger import Ledger
from tenun.agreement.acts.refusals import ActError
from tenun.agreement.decision import Denial, Operation, Permit, Use, decide
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.kernel.clock import JAKARTA, rfc3339
from tests.lib.agreement_acts import BODIES, NOW
from tests.lib.agreement_drafts import InForce, in_force

SECOND = timedelta(seconds=1)
START = datetime(2025, 7, 23, tzinfo=JAKARTA)
END = datetime(2028, 7, 23, tzinfo=JAKARTA)
# Two flows that the shipped agreement grants, one each way.
FLOWS = {
    "sid-warga": ("pemadanan", frozenset({"person_id", "village_code"}), "naker"),
    "hasil-desa": ("statistik-desa", frozenset({"area_code", "value"}), "desa"),
}


@functools.cache
def homes() -> InForce:
    return in_force(Path(tempfile.mkdtemp()))


@functools.cache
def key(party: Party) -> party_jwk.Key:
    return party_keys.private(homes().keys(party), KeyUse.AGREEMENT)


class Model:
    """What the parties would write on a sheet of paper."""

    def __init__(self) -> None:
        self.now = NOW.replace(microsecond=0)
        self.begins: datetime = START
        self.has_entered = False
        self.ends: datetime = END
        self.is_ending = False
        self.has_noticed: set[str] = set()
        self.noticed_by: dict[str, set[Party]] = {"extend": set(), "end": set()}
        self.shut: dict[str, tuple[Party, dict[str, str], datetime]] = {}
        self.open_again: dict[str, datetime] = {}
        self.consents: list[tuple[str, frozenset[str], datetime, datetime]] = []

    def is_over(self) -> bool:
        return self.now >= self.ends

    def closes(self, dataset: str, client: str, moment: datetime) -> bool:
        for name, (_, scope, since) in self.shut.items():
            # A shut-off counts a minute before its own clock: that clock may be ahead.
            is_shut = since - timedelta(seconds=60) <= moment
            is_open = name in self.open_again and self.open_again[name] <= moment
            is_meant = scope.get("name") in (None, dataset if scope["kind"] == "dataset" else client)
            if is_shut and not is_open and is_meant:
                return True
        return False


class Acts(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(homes().agreement)
        self.model = Model()

    # --- making acts -----------------------------------------------------------------------------

    def make(
        self, kind: Kind, body: dict[str, Any], *parties: Party, effective_at: datetime | None = None, number: str = ""
    ) -> str | None:
        """The act's hash; none where it was refused."""
        drawn = acts.compose(
            kind,
            agreement=self.ledger.base.id,
            rev=self.ledger.base.rev,
            by=parties[0],
            previous=self.ledger.heads,
            made_at=self.model.now,
            body=body,
            effective_at=effective_at,
            reference={"number": number} if number else None,
        )
        for party in parties:
            drawn = acts.sign(drawn, key(party), at=self.model.now)
        try:
            self.ledger = judgement.admit(self.ledger, drawn)
        except ActError:
            return None
        return drawn.hash

    @initialize(is_dated=st.booleans(), enters=st.booleans())
    def enter_into_force(self, is_dated: bool, enters: bool) -> None:
        if enters:
            day = self.model.now + timedelta(days=5) if is_dated else None
            assert self.make(Kind.ENTER_INTO_FORCE, {}, Party.DESA, Party.NAKER, effective_at=day)
            self.model.begins = day or self.model.now

    @rule(seconds=st.sampled_from([1, 59, 60, 61, 3600, 86_400, 86_400 * 200, 86_400 * 400]))
    def time_passes(self, seconds: int) -> None:
        self.model.now += timedelta(seconds=seconds)

    @rule(party=st.sampled_from(Party), subject=st.sampled_from(["extend", "end"]))
    def give_notice(self, party: Party, subject: str) -> None:
        assert self.make(Kind.NOTICE, {"subject": subject, "text": "Maksud."}, party)
        self.model.noticed_by[subject].add(party)

    @rule(days=st.integers(-100, 900), party=st.sampled_from(Party))
    def extend(self, days: int, party: Party) -> None:
        until = END + timedelta(days=days)
        made = self.make(Kind.EXTEND, {"until": rfc3339(until)}, party, party.other)
        model = self.model
        is_lawful = not model.is_over() and not model.is_ending and until > model.ends
        assert bool(made) == (is_lawful and bool(model.noticed_by["extend"]))
        if made:
            model.ends = until
            model.noticed_by = {"extend": set(), "end": set()}  # a notice serves once

    @rule(days=st.one_of(st.none(), st.integers(0, 900)), party=st.sampled_from(Party), alone=st.booleans())
    def end(self, days: int | None, party: Party, alone: bool) -> None:
        model = self.model
        at = None if days is None else model.now + timedelta(days=days)
        if alone:
            made = self.make(Kind.END_NONCONFORMITY, BODIES[Kind.END_NONCONFORMITY], party, effective_at=at)
            has_notice = party in model.noticed_by["end"]
        else:
            made = self.make(Kind.END, BODIES[Kind.END], party, party.other, effective_at=at)
            has_notice = bool(model.noticed_by["end"])
        when = at or model.now
        assert bool(made) == (has_notice and not model.is_over() and when < model.ends)
        if made:
            model.ends, model.is_ending = when, True

    @rule(
        party=st.sampled_from(Party),
        scope=st.sampled_from(
            [
                {"kind": "agreement"},
                {"kind": "dataset", "name": "sid-warga"},
                {"kind": "dataset", "name": "hasil-desa"},
                {"kind": "client", "name": "naker"},
            ]
        ),
    )
    def shut_off(self, party: Party, scope: dict[str, str]) -> None:
        made = self.make(Kind.SHUT_OFF, {"scope": scope, "event": "malware", "reason": "Terserang."}, party)
        assert made is not None, "closing is always possible, also after the end"
        self.model.shut[made] = (party, scope, self.model.now)

    @rule(party=st.sampled_from(Party), data=st.data())
    def reinstate(self, party: Party, data: st.DataObject) -> None:
        if not self.model.shut:
            return
        name = data.draw(st.sampled_from(sorted(self.model.shut)))
        made = self.make(Kind.REINSTATE, {"opens": [name], "reason": "Bersih."}, party)
        is_own = self.model.shut[name][0] is party
        assert bool(made) == (is_own and name not in self.model.open_again)
        if made:
            self.model.open_again[name] = self.model.now

    @rule(party=st.sampled_from(Party), first=st.integers(-5, 5), length=st.integers(0, 400), number=st.booleans())
    def consent(self, party: Party, first: int, length: int, number: bool) -> None:
        start = (self.model.now + timedelta(days=first)).astimezone(JAKARTA).date()
        last = start + timedelta(days=length)
        body = {
            **BODIES[Kind.THIRD_PARTY_CONSENT],
            "valid_from": start.isoformat(),
            "valid_until": last.isoformat(),
        }
        made = self.make(Kind.THIRD_PARTY_CONSENT, body, party, party.other, number="B-1/2026" if number else "")
        assert bool(made) == number
        if made:
            begin = max(datetime(start.year, start.month, start.day, tzinfo=JAKARTA), self.model.now)
            end = datetime(last.year, last.month, last.day, tzinfo=JAKARTA) + timedelta(days=1)
            self.model.consents.append(("publik", frozenset(body["fields"]), begin, end))

    # --- asking ----------------------------------------------------------------------------------

    def ask(self, moment: datetime, **use: Any) -> Permit | Denial:
        found = state.fold(self.ledger.view(moment))
        return decide(homes().agreement, Use(moment=moment, **use), state=found)

    @rule(
        dataset=st.sampled_from(sorted(FLOWS)),
        operation=st.sampled_from([Operation.FILE, Operation.BULK, Operation.DELTA]),
        offset=st.sampled_from([0, 1, 30, 3600, 86_400 * 50]),
    )
    def hand_over(self, dataset: str, operation: Operation, offset: int) -> None:
        self._check_transfer(dataset, operation, self.model.now + timedelta(seconds=offset))

    @rule(
        dataset=st.sampled_from(sorted(FLOWS)),
        which=st.sampled_from(["begins", "ends"]),
        side=st.sampled_from([-1, 0, 1]),
    )
    def hand_over_at_the_edge(self, dataset: str, which: str, side: int) -> None:
        """At the beginning and the end, give or take a second, where these still lie ahead."""
        moment = getattr(self.model, which) + side * SECOND
        if moment >= self.model.now:
            self._check_transfer(dataset, Operation.BULK, moment)

    def _check_transfer(self, dataset: str, operation: Operation, moment: datetime) -> None:
        purpose, fields, by = FLOWS[dataset]
        decision = self.ask(moment, dataset=dataset, purpose=purpose, operation=operation, fields=fields, by=by)
        expected = self.model.begins <= moment < self.model.ends and not self.model.closes(dataset, by, moment)
        assert bool(decision) == expected

    @rule(
        audience=st.sampled_from(["publik", "bappenas", None]), more=st.booleans(), offset=st.integers(0, 86_400 * 30)
    )
    def publish(self, audience: str | None, more: bool, offset: int) -> None:
        moment = self.model.now + timedelta(seconds=offset)
        fields = frozenset({"area_code", "value"} | ({"indicator"} if more else set()))
        decision = self.ask(
            moment,
            dataset="hasil-desa",
            purpose="sosialisasi",
            operation=Operation.PUBLISH,
            fields=fields,
            by="desa",
            audience=audience,
        )
        expected = any(
            (audience, True) == (meant, fields <= granted) and begin <= moment < end
            for meant, granted, begin, end in self.model.consents
        )
        assert bool(decision) == expected

    @rule()
    def a_permit_rests_on_every_act(self) -> None:
        found = state.fold(self.ledger.view(self.model.now))
        assert found.heads == (() if not self.ledger.entries else self.ledger.heads)

    @invariant()
    def the_state_says_what_the_sheet_says(self) -> None:
        found = state.fold(self.ledger.view(self.model.now))
        assert (found.begins, found.ends) == (self.model.begins, self.model.ends)
        assert (found.ending is not None) == self.model.is_ending
        for party in Party:
            kept = {one.act for one in found.closures[party]}
            assert kept == {
                name
                for name, (by, _, _) in self.model.shut.items()
                if by is party and name not in self.model.open_again
            }


Acts.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestActs = pytest.mark.pasal("7(4)")(pytest.mark.pasal("6(1)")(pytest.mark.pasal("7(2)")(Acts.TestCase)))
