"""Any sequence of calls, acts, closures, losses and days: answered is what the agreement says, and both logs agree.

The provider is the API's own pipeline on a port; the caller is the node's own client. The model beside them is a dozen
lines: which scopes are closed and who knows it, when the term ends, which fields are agreed.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tenun.agreement import party_jwk, party_keys
from tenun.agreement.acts import rotation
from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange import comparison
from tenun.exchange.client.refusals import PeerUnreachable, Refused
from tenun.exchange.client.transport import Retrying
from tenun.exchange.comparison import FindingKind, Window
from tenun.exchange.gate import GateClosed, Reason, Scope
from tenun.exchange.station import Station
from tests.lib import agreement_acts
from tests.lib.agreement_acts import BODIES, revised
from tests.lib.agreement_drafts import InForce
from tests.lib.pipeline_node import PipelineNode
from tests.lib.provider_server import Exchange, serving
from tests.lib.pulling import consumer_of, entries
from tests.lib.two_nodes import Nodes, copy_of, open_nodes, person, publish_residents

VILLAGE = "53.17.01.2001"
DATASET, PURPOSE = "sid-warga", "pemadanan"
ALWAYS, OPTIONAL = ("birth_date", "person_id", "village_code"), "education"
SCOPES = ({"kind": "agreement"}, {"kind": "dataset", "name": DATASET}, {"kind": "client", "name": "naker"})
ELSEWHERE = {"kind": "dataset", "name": "sid-indeks-desa"}
END = datetime(2028, 7, 22, 17, tzinfo=UTC)
ADULT = next(
    one
    for one in (person(VILLAGE, number) for number in range(20))
    if one["nik"] and one["age_years"] >= 15 and one["life_status"] == "alive"
)
GAVE, ASKED = ("call.opened", "call.closed"), ("call.asked", "call.answered")
_TEMPLATE: list[Nodes] = []


def template() -> Nodes:
    """Two nodes with keys, agreement and a few residents. Made once: keys are dear."""
    if not _TEMPLATE:
        folder = Path(tempfile.mkdtemp(prefix="tenun-machine-"))
        made = open_nodes(folder / "nodes")
        publish_residents(made.desa.lake, VILLAGE, 20)
        _TEMPLATE.append(made)
    return _TEMPLATE[0]


class ChainGate:
    """A gate that closes as a node's chain of acts says, and has a new epoch with each change of it."""

    def __init__(self, station: Station, chain: Chain) -> None:
        self._station, self._chain = station, chain

    def epoch(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> str:
        state = self._chain.state()
        for closures in state.closures.values():
            for one in closures:
                if self._scope(agreement, one).covers(agreement=agreement, dataset=dataset, client=client):
                    raise GateClosed(scope=str(one.scope), reason=Reason.MALWARE)
        changes = (entry for entry in self._chain.all() if entry.kind in (Kind.SHUT_OFF, Kind.REINSTATE))
        return str(sum(1 for _ in changes))

    def is_open(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> bool:
        try:
            self.epoch(agreement=agreement, dataset=dataset, client=client)
        except GateClosed:
            return False
        return True

    @staticmethod
    def _scope(agreement: str, one: Any) -> Scope:
        match str(one.scope):
            case "dataset":
                return Scope.of_dataset(agreement, one.name)
            case "client":
                return Scope.of_client(agreement, one.name)
        return Scope.of_agreement(agreement)


class Deaf(PipelineNode):
    """A node to which a request may be lost on its way."""

    loses_next = False

    def answer(self, request: Any) -> Exchange:
        if self.loses_next:
            return Exchange("lost", request, None, 0, is_silent=True)  # type: ignore[arg-type]
        return super().answer(request)


class CallsAndActs(RuleBasedStateMachine):
    """Rules are calls and acts; what each must come to is computed from `closed`, `until` and `fields`."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tenun-machine-"))
        self.nodes = copy_of(template(), self.folder / "nodes")
        homes = InForce({party: self.folder / "nodes" / party for party in Party}, self.nodes.agreement)
        chains = {
            party: Chain(one.acts, agreement=one.agreement, own_keys=one.keys, clock=self.nodes.clock)
            for party, one in ((party, self.nodes.of(party)) for party in Party)
        }
        self.acts = agreement_acts.Nodes(homes, chains, self.nodes.clock)
        station = self.nodes.desa
        issuer = str(self.nodes.agreement.parties[Party.DESA].node.issuer)
        self.provider = Deaf(station, ChainGate(station, chains[Party.DESA]), issuer)
        self.server = serving(self.provider)  # type: ignore[arg-type]
        self.consumer = consumer_of(
            replace(self.nodes.naker),
            self.server.__enter__(),
            gate=ChainGate(self.nodes.naker, chains[Party.NAKER]),
            retrying=Retrying(attempts=1),
        )
        self.began = self.nodes.clock.now()
        # The model.
        self.closed: dict[str, tuple[Party, dict[str, str]]] = {}
        """By act: whose closure, of what."""
        self.heard: dict[Party, dict[str, tuple[Party, dict[str, str]]]] = {party: {} for party in Party}
        """As each node knows it: its own acts at once, the other's once they were delivered."""
        self.until, self.fields = END, {*ALWAYS, OPTIONAL}
        self.revisions = 0
        self.given: set[str] = set()
        """Calls that were answered with data."""
        self.unheard: set[str] = set()
        """Those of them whose answer was lost: the consumer has nothing in its hands to show for it."""

    def teardown(self) -> None:
        if not hasattr(self, "server"):
            return
        try:
            self._judge()
        finally:
            self.consumer.close()
            self.server.__exit__(None, None, None)
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- acts ------------------------------------------------------------------------------------

    @rule(party=st.sampled_from(list(Party)), scope=st.sampled_from([*SCOPES, ELSEWHERE]), is_told=st.booleans())
    def shut_off(self, party: Party, scope: dict[str, str], is_told: bool) -> None:
        if scope["kind"] == "client" and party is Party.NAKER:
            scope = {"kind": "client", "name": "desa"}
        made = self.acts.act(party, Kind.SHUT_OFF, {**BODIES[Kind.SHUT_OFF], "scope": scope})
        self.closed[made.hash] = self.heard[party][made.hash] = (party, scope)
        self._told(is_told)

    @precondition(lambda self: self.closed)
    @rule(data=st.data(), is_told=st.booleans())
    def reinstate(self, data: st.DataObject, is_told: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.closed)))
        party, _ = self.closed.pop(name)
        del self.heard[party][name]
        self.acts.act(party, Kind.REINSTATE, {"opens": [name], "reason": "Bersih."})
        self._told(is_told)

    @rule()
    def deliver(self) -> None:
        self._told(True)

    @precondition(lambda self: self._is_in_force())
    @rule()
    def addendum(self) -> None:
        """Takes a field away, or gives it back."""
        self._told(True)
        self.revisions += 1
        self.fields ^= {OPTIONAL}

        def edit(document: dict[str, Any]) -> None:
            document["number"]["label"] = f"Adendum {self.revisions}"
            for permission in document["permissions"]:
                for constraint in permission["constraint"]:
                    if constraint["leftOperand"] == "field" and OPTIONAL not in self.fields:
                        constraint["rightOperand"] = [one for one in constraint["rightOperand"] if one != OPTIONAL]

        rev = revised(self.acts, self.folder / f"draft-{self.revisions}", edit)
        self.acts.agree(Party.DESA, Kind.ADDENDUM, {"rev": rev, "summary": "Kolom."})
        self._told(True)

    @precondition(lambda self: self._is_in_force())
    @rule()
    def key_change(self) -> None:
        """*naker* signs its calls with another key from now on."""
        self._told(True)
        keys = self.nodes.naker.keys
        new = party_jwk.generate()
        old = party_keys.private(keys, KeyUse.MESSAGE).thumbprint()
        body = {"reason": "rotation", "old": old, "key": {"use": "message", "jwk": party_jwk.public_jwk(new)}}
        self.acts.act(Party.NAKER, Kind.KEY_CHANGE, body, new_key=new)
        state = self.acts.chains[Party.NAKER].state()
        assert rotation.install(keys, KeyUse.MESSAGE, new, party=Party.NAKER, state=state)
        self._told(True)

    @precondition(lambda self: self._is_in_force() and self.until == END)
    @rule()
    def extend(self) -> None:
        self._told(True)
        self.acts.act(Party.NAKER, Kind.NOTICE, {"subject": "extend", "text": "Maksud memperpanjang."})
        self._told(True)
        self.acts.agree(Party.DESA, Kind.EXTEND, {"until": "2029-07-22T17:00:00Z"})
        self.until = datetime(2029, 7, 22, 17, tzinfo=UTC)
        self._told(True)

    @precondition(lambda self: self._is_in_force())
    @rule()
    def end(self) -> None:
        self._told(True)
        self.acts.act(Party.DESA, Kind.NOTICE, {"subject": "end", "text": "Maksud mengakhiri."})
        self._told(True)
        self.acts.agree(Party.NAKER, Kind.END)
        self.until = self.nodes.clock.now()
        self._told(True)

    @rule(days=st.sampled_from([0.001, 0.01, 1, 300]))
    def let_time_pass(self, days: float) -> None:
        self.nodes.later(days=days)

    # --- calls -----------------------------------------------------------------------------------

    @rule(
        operation=st.sampled_from(["exists", "value", "bulk", "delta", "catalogue"]),
        extra=st.sampled_from([[], [], [OPTIONAL], ["mother_name"]]),
        fate=st.sampled_from(["arrives", "arrives", "arrives", "lost", "answer lost"]),
    )
    def call(self, operation: str, extra: list[str], fate: str) -> None:
        fields = sorted({*ALWAYS, *extra})
        expected = self._expected(operation, set(fields))
        before = len(entries(self.nodes.desa))
        self.provider.loses_next = fate == "lost"
        if fate == "answer lost":
            self.provider.changes = {step: [_silent] for step in ("query", "export", "v1-catalog")}
        try:
            came = self._ask(operation, fields)
        finally:
            self.provider.loses_next, self.provider.changes = False, {}
        allowed = expected if fate == "arrives" else {*expected, "unreachable"}
        assert came in allowed, (operation, fields, fate, came, expected)
        given = [one["call"] for one in entries(self.nodes.desa)[before:] if one["type"] == "call.opened"]
        if came == "answered" or (fate == "answer lost" and expected == {"answered"}):
            assert len(given) == 1, (operation, fate, given)
            self.given.add(given[0])
            if fate == "answer lost":
                self.unheard.add(given[0])
        else:
            assert given == [], "something was given that the model refuses"

    def _ask(self, operation: str, fields: list[str]) -> str:
        asked: dict[str, Any] = {"dataset": DATASET, "purpose": PURPOSE, "fields": fields}
        try:
            client = self.consumer.client()
            if operation == "catalogue":
                client.catalogue()
            elif operation in ("bulk", "delta"):
                since = {"since": "2026-01-01T00:00:00.000000Z"} if operation == "delta" else {}
                client.begin_export(**asked, area="53.17.01", **since)
            else:
                client.subject(**asked, person={"nik": ADULT["nik"]}, ticket="TIKET/1", mode=operation)
        except GateClosed:
            return "gate"
        except PeerUnreachable:
            return "unreachable"
        except Refused as refused:
            return str(refused.type)
        return "answered"

    # --- the model -------------------------------------------------------------------------------

    def _is_in_force(self) -> bool:
        return self.nodes.clock.now() < self.until

    def _expected(self, operation: str, fields: set[str]) -> set[str]:
        """What may come of it: one thing, but where our own gate is closed. A token may be refused before that."""
        dataset = None if operation == "catalogue" else DATASET
        there = self._expected_there(operation, dataset, fields)
        if not self._covers(self.heard[Party.NAKER], dataset, clients={"desa", "naker"}):
            return {there}
        return {"gate", there} - {"answered", "cursor-unknown"}

    def _expected_there(self, operation: str, dataset: str | None, fields: set[str]) -> str:
        if self._covers(self.heard[Party.DESA], dataset, clients={"naker"}):
            return "agreement-shut-off"
        if operation == "catalogue":
            return "answered"
        if not self._is_in_force():
            return "agreement-not-in-force"
        if "mother_name" in fields or (OPTIONAL in fields and OPTIONAL not in self.fields):
            return "field-not-permitted"
        return "cursor-unknown" if operation == "delta" else "answered"

    @staticmethod
    def _covers(closed: dict[str, tuple[Party, dict[str, str]]], dataset: str | None, *, clients: set[str]) -> bool:
        return any(
            scope["kind"] == "agreement"
            or (scope["kind"] == "dataset" and scope["name"] == dataset)
            or (scope["kind"] == "client" and scope["name"] in clients)
            for _, scope in closed.values()
        )

    def _told(self, is_told: bool) -> None:
        if is_told:
            self.acts.deliver()
            self.heard = {party: dict(self.closed) for party in Party}

    # --- the two logs ----------------------------------------------------------------------------

    def _judge(self) -> None:
        """What was given is in both logs; nothing else is found in them; what is taken out of one is named."""
        logs = {party: entries(self.nodes.of(party)) for party in Party}
        asked = {one["call"] for one in logs[Party.NAKER] if one["type"] == "call.asked"}
        assert self.given <= asked
        assert self._found(logs) == set()
        hidden = set()
        for number, call in enumerate(sorted(self.given)):
            # By turns: the provider hides that it gave, or the consumer that it asked.
            party, kinds = (Party.DESA, GAVE) if number % 2 else (Party.NAKER, ASKED)
            logs[party] = [one for one in logs[party] if not (one.get("call") == call and one["type"] in kinds)]
            if party is Party.NAKER or call not in self.unheard:
                hidden.add((call, party))
        assert self._found(logs) == hidden

    def _found(self, logs: dict[Party, list[dict[str, Any]]]) -> set[tuple[str, Party | None]]:
        later = self.nodes.clock.now() + timedelta(days=2)
        window = Window(self.began - timedelta(days=1), later, later + timedelta(days=1))
        found = comparison.compare(Party.DESA, enumerate(logs[Party.DESA]), enumerate(logs[Party.NAKER]), window)
        assert {one.kind for one in found.findings} <= {FindingKind.MISSING}, found.findings
        return {(one.key, one.lacking) for one in found.findings}


def _silent(exchange: Exchange) -> None:
    exchange.is_silent = True


TestCallsAndActs = CallsAndActs.TestCase
TestCallsAndActs.settings = settings(
    max_examples=12,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
