"""The gate against a model of it, and the page against every byte that could go wrong."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tenun.agreement.vocabulary import Party
from tenun.exchange import gate as pages
from tenun.exchange.gate import GateClosed, MappedGate, PageMalformed, PageState, Reason, Scope, Slot, answer_from
from tenun.node import page as writing
from tenun.node.gate import Closure, Gatekeeper
from tenun.node.guard import Guard
from tests.lib.gates import NOW

AGREEMENTS = ("urn:tenun:agreement:sid-siapkerja", "urn:tenun:agreement:lain")
DATASETS = ("sid-warga", "hasil-desa")
CLIENTS = ("naker", "desa")
QUESTIONS = [
    {"agreement": agreement, "dataset": dataset, "client": client}
    for agreement in AGREEMENTS
    for dataset in (*DATASETS, None)
    for client in (*CLIENTS, None)
]
scopes = st.one_of(
    st.just(Scope.all()),
    st.sampled_from(AGREEMENTS).map(Scope.of_agreement),
    st.builds(Scope.of_dataset, st.sampled_from(AGREEMENTS), st.sampled_from(DATASETS)),
    st.builds(Scope.of_client, st.sampled_from(AGREEMENTS), st.sampled_from(CLIENTS)),
)
reasons = st.sampled_from([Reason.LEAK, Reason.MALWARE, Reason.HACK, Reason.OTHER])


class GateMachine(RuleBasedStateMachine):
    """Shut-offs and reinstatements of both parties, the sentinel, restarts and lost pages, in any order."""

    @initialize()
    def begin(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name) / "gate"
        self.keeper = Gatekeeper(self.folder, Party.DESA)
        self.keeper.establish()
        self.guard = Guard(self.keeper, is_first=True)
        self.closed: set[tuple[Party, Scope]] = set()
        self.epochs = {Scope.all(): self.keeper.read().number}
        self.acts: set[str] = set()
        self.settle()

    def teardown(self) -> None:
        if hasattr(self, "place"):
            self.guard.stop()
            self.place.cleanup()

    def settle(self) -> None:
        for _ in range(2):
            self.guard.tick()
        self.gate = MappedGate.open(self.folder)

    def touch(self, scope: Scope) -> None:
        number = self.keeper.read().number
        assert number > max(self.epochs.values())
        self.epochs[scope] = number

    @rule(scope=scopes, reason=reasons)
    def close(self, scope: Scope, reason: Reason) -> None:
        self.keeper.close(scope, reason=reason)
        if (Party.DESA, scope) not in self.closed:
            self.closed.add((Party.DESA, scope))
            self.touch(scope)

    @precondition(lambda self: any(by is Party.DESA for by, _ in self.closed))
    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        own = sorted(scope for by, scope in self.closed if by is Party.DESA)
        scope = data.draw(st.sampled_from(own))
        self.keeper.reopen(scope)
        self.closed.remove((Party.DESA, scope))
        self.touch(scope)

    @rule(theirs=st.sets(scopes, max_size=3))
    def hear_of_the_acts(self, theirs: set[Scope]) -> None:
        before = self.keeper.read().epochs
        acts = {scope: f"act of {scope}" for scope in theirs}
        self.acts |= set(acts.values())
        heard = [Closure(scope, Party.NAKER, NOW, Reason.HACK, act=act) for scope, act in acts.items()]
        self.keeper.reconcile(heard, known=self.acts)
        was = {scope for by, scope in self.closed if by is Party.NAKER}
        self.closed = {(by, scope) for by, scope in self.closed if by is Party.DESA}
        self.closed |= {(Party.NAKER, scope) for scope in theirs}
        after = self.keeper.read().epochs
        for scope in was ^ theirs:
            assert after[scope] > before.get(scope, 0)
            self.epochs[scope] = after[scope]

    @rule()
    def lose_the_chain(self) -> None:
        self.keeper.reconcile([], known=[])

    @rule()
    def touch_the_sentinel(self) -> None:
        self.keeper.sentinel.touch()
        self.settle()
        if (Party.DESA, Scope.all()) not in self.closed:
            self.closed.add((Party.DESA, Scope.all()))
            self.touch(Scope.all())

    @rule()
    def restart_the_guard(self) -> None:
        self.guard.stop()
        self.guard = Guard(self.keeper)
        self.settle()

    @rule()
    def lose_the_page(self) -> None:
        (self.folder / pages.PAGE).unlink()
        self.settle()

    @invariant()
    def the_gate_says_what_the_model_says(self) -> None:
        if not hasattr(self, "closed"):
            return
        for question in QUESTIONS:
            expected = self.expected(question)
            assert self.ask(question) == expected, question

    def ask(self, question: dict[str, Any]) -> str | None:
        try:
            return self.gate.epoch(**question)
        except GateClosed:
            return None

    def expected(self, question: dict[str, Any]) -> str | None:
        """The epoch, or None for closed, worked out without the page's code."""
        fitting = [scope for scope in {*self.epochs, *(one for _, one in self.closed)} if fits(scope, question)]
        if any((party, scope) in self.closed for party in Party for scope in fitting):
            return None
        return str(max(self.epochs[scope] for scope in fitting))


def fits(scope: Scope, question: dict[str, Any]) -> bool:
    name = {"dataset": question["dataset"], "client": question["client"]}.get(scope.kind, scope.name)
    is_agreement = not scope.agreement or question["agreement"].endswith(f":{scope.agreement}")
    return is_agreement and scope.name == (name or "") and (scope.kind in ("all", "agreement") or name is not None)


GateMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
TestTheGateIsItsModel = GateMachine.TestCase


# --- bytes that go wrong -----------------------------------------------------------------------------------

states = st.builds(
    lambda number, slots, is_all_closed: PageState(
        number,
        {Scope.all().key: Slot(number, is_all_closed), **{scope.key: slot for scope, slot in slots.items()}},
    ),
    st.integers(1, 2**63),
    st.dictionaries(
        scopes.filter(lambda scope: scope != Scope.all()),
        st.builds(Slot, st.integers(1, 2**63), st.booleans(), st.integers(0, 2**42), reasons),
        max_size=6,
    ),
    st.booleans(),
)


def encoded(state: PageState) -> bytearray:
    header, content = pages.encode(state, area=0)
    page = bytearray(pages.PAGE_SIZE)
    page[: len(header)] = header
    page[pages.area_at(0) : pages.area_at(0) + len(content)] = content
    return page


@given(states)
def test_what_is_written_is_read(state: PageState) -> None:
    assert pages.read_page(bytes(encoded(state)))[1] == state


@given(states, states, st.data())
def test_a_mixture_of_two_states_is_one_of_them_or_nothing(
    first: PageState, second: PageState, data: st.DataObject
) -> None:
    """Whatever part of the bytes has arrived: a reader sees the state before, the state after, or refuses."""
    before, after = encoded(first), encoded(second)
    cuts = sorted(data.draw(st.lists(st.integers(0, 4_400), min_size=1, max_size=4)))
    mixed, is_new, start = bytearray(before), True, 0
    for cut in [*cuts, len(mixed)]:
        if is_new:
            mixed[start:cut] = after[start:cut]
        is_new, start = not is_new, cut
    try:
        found = pages.read_page(bytes(mixed))[1]
    except PageMalformed:
        return
    assert found in (first, second)


@given(states, st.integers(0, 4_400), st.integers(1, 255))
def test_no_altered_byte_opens_what_is_closed(state: PageState, place: int, change: int) -> None:
    page = encoded(state)
    page[place] ^= change
    try:
        found = pages.read_page(bytes(page))[1]
    except PageMalformed:
        return
    for question in QUESTIONS:
        told, true = (answer_from(one, *question.values()) for one in (found, state))
        assert isinstance(told, GateClosed) == isinstance(true, GateClosed)


@given(states, states)
def test_a_writer_that_dies_before_the_header_leaves_the_state_before(first: PageState, second: PageState) -> None:
    with tempfile.TemporaryDirectory() as place:
        page = writing.create(Path(place) / pages.PAGE, first)
        header = bytes(page[: pages.HEARTBEAT_AT])
        writing.write(page, second)
        page[: pages.HEARTBEAT_AT] = header
        assert pages.read_page(page)[1] == first
