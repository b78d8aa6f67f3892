"""Shutting off and reinstating a node, with everything else in every state of being down."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange import outbox
from tenun.exchange.gate import GateClosed, MappedGate, Reason, Scope, ScopeKind
from tenun.exchange.journal import Journal
from tenun.node import chain, shutoff
from tenun.node.gate import Source
from tenun.node.guard import Guard
from tenun.node.home import NodeHome
from tenun.node.shutoff import ClosedByOther, Step
from tests.lib.online_nodes import OnlineNodes, open_online_nodes

AGREEMENT = "urn:tenun:agreement:sid-siapkerja"
DATASET = Scope.of_dataset(AGREEMENT, "sid-warga")
OF_A_SHUT_OFF = ["agreement.shutoff", "incident.opened"]
"""What the peer is told of one."""


class NodeUnderTest:
    """*desa* with its gate, a guard in this process, and *naker* as its peer."""

    def __init__(self, nodes: OnlineNodes) -> None:
        self.nodes = nodes
        self.home = nodes.home(Party.DESA)
        self.peer_home = nodes.home(Party.NAKER)
        self.keeper = shutoff.keeper_of(self.home)
        self.keeper.establish()
        self.guard = Guard(self.keeper, is_first=True)
        self.tick()
        self.gate = MappedGate.open(self.keeper.folder)

    def tick(self) -> None:
        self.guard.tick()
        self.guard.tick()

    def is_open(self, **asked: Any) -> bool:
        return self.gate.is_open(**{"agreement": AGREEMENT, "dataset": "sid-warga", "client": "naker", **asked})

    def acts(self, home: NodeHome | None = None) -> list[Kind]:
        return [entry.kind for entry in chain.chain_of(home or self.home).all()]

    def entries(self, kind: str) -> list[dict[str, Any]]:
        return [entry for _, entry in Journal(self.home.station).entries(0) if entry["type"] == kind]

    def events(self) -> list[str]:
        """Types of those that wait for the peer, in the order in which they are sent."""
        waiting = sorted((self.home.station.exchange / outbox.FOLDER).glob("*/[0-9]*.json"))
        return [json.loads(path.read_bytes())["type"] for path in waiting]


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> OnlineNodes:
    return open_online_nodes(tmp_path_factory.mktemp("nodes"), villages=())


@pytest.fixture
def node(signed: OnlineNodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NodeUnderTest]:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path / "nodes"))
    # A server that others run, and that is down: what a node in production sees.
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    shutil.copytree(signed.folder, tmp_path / "nodes")
    made = NodeUnderTest(OnlineNodes(tmp_path / "nodes", signed.agreement, signed.desa, signed.naker))
    yield made
    made.guard.stop()


def give_to_peer(node: NodeUnderTest) -> None:
    """What the outbox would carry over: every act of ours, to the peer's chain."""
    theirs = chain.chain_of(node.peer_home)
    theirs.take_all(entry.signed.content for entry in chain.chain_of(node.home).all())


# --- the table of the specification --------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
@pytest.mark.parametrize("kind", list(ScopeKind))
def test_a_shut_off_closes_signs_logs_and_tells(node: NodeUnderTest, kind: ScopeKind) -> None:
    scope = {
        ScopeKind.ALL: Scope.all(),
        ScopeKind.AGREEMENT: Scope.of_agreement(AGREEMENT),
        ScopeKind.DATASET: DATASET,
        ScopeKind.CLIENT: Scope.of_client(AGREEMENT, "naker"),
    }[kind]
    change = shutoff.shut_off(node.home, scope, reason=Reason.LEAK, note="catatan")
    assert not node.is_open()
    assert change.failed == {Step.NOTIFY: "OperationalError"}
    assert set(change.done) == set(Step)
    assert node.acts() == [Kind.SHUT_OFF]
    (entry,) = node.entries(shutoff.SHUT)
    assert (entry["scope"], entry["reason"], entry["act"]) == (str(scope), "kebocoran-data", change.done[Step.ACT])
    (taken,) = node.entries(chain.ACT_TAKEN)
    assert taken["act"]["sha256"] == change.done[Step.ACT]
    assert node.events() == OF_A_SHUT_OFF
    assert shutoff.waiting(node.home) == []


@pytest.mark.pasal("7(4)")
def test_the_act_is_signed_with_the_message_key_and_the_note_goes_nowhere_else(node: NodeUnderTest) -> None:
    (node.home.folder / "keys" / "agreement.jwk").unlink()
    shutoff.shut_off(node.home, DATASET, reason=Reason.HACK, note="rahasia-kami")
    (entry,) = chain.chain_of(node.home).all()
    (signature,) = entry.signed.signatures
    terms = node.nodes.agreement.parties[Party.DESA]
    assert signature.kid in {jwk["kid"] for jwk in terms.keys_for(KeyUse.MESSAGE)}
    assert b"rahasia-kami" in entry.signed.content
    for path in node.keeper.folder.rglob("*"):
        assert path.is_dir() or b"rahasia-kami" not in path.read_bytes()
    log = (path for path in node.home.log.rglob("*") if path.is_file())
    assert not any(b"rahasia-kami" in path.read_bytes() for path in log)


@pytest.mark.pasal("7(4)")
def test_the_peers_gate_closes_with_our_act_and_opens_with_our_reinstatement(node: NodeUnderTest) -> None:
    shutoff.shut_off(node.home, DATASET, reason=Reason.LEAK)
    give_to_peer(node)
    theirs = shutoff.keeper_of(node.peer_home)
    theirs.establish()
    reading = chain.Reading(node.peer_home)
    said = reading()
    theirs.reconcile(said.closures, known=said.known)
    (closure,) = theirs.read().closures
    assert (closure.scope, closure.by, closure.source) == (DATASET, Party.DESA, Source.ACT)
    with pytest.raises(ClosedByOther):
        shutoff.reinstate(node.peer_home, DATASET)
    shutoff.reinstate(node.home, DATASET)
    give_to_peer(node)
    said = reading()
    theirs.reconcile(said.closures, known=said.known)
    assert theirs.read().closures == ()


@pytest.mark.pasal("7(4)")
def test_a_reinstatement_needs_the_agreement_key_and_without_it_all_stays_closed(node: NodeUnderTest) -> None:
    shutoff.shut_off(node.home, DATASET, reason=Reason.LEAK)
    (node.home.folder / "keys" / "agreement.jwk").unlink()
    with pytest.raises(Exception, match="key"):
        shutoff.reinstate(node.home, DATASET)
    assert not node.is_open()
    assert node.acts() == [Kind.SHUT_OFF]


@pytest.mark.pasal("7(4)")
def test_a_reinstatement_is_signed_logged_told_and_begins_a_new_epoch(node: NodeUnderTest) -> None:
    asked = {"agreement": AGREEMENT, "dataset": "sid-warga"}
    before = node.gate.epoch(**asked)
    shutoff.shut_off(node.home, DATASET, reason=Reason.LEAK)
    change = shutoff.reinstate(node.home, DATASET, note="sudah diperiksa")
    assert node.gate.epoch(**asked) != before
    assert node.acts() == [Kind.SHUT_OFF, Kind.REINSTATE]
    (entry,) = node.entries(shutoff.REINSTATED)
    assert entry["act"] == change.done[Step.ACT]
    assert node.events() == [
        "agreement.shutoff",
        "agreement.reinstated",
        "incident.opened",
        "incident.closed",
    ]
    assert shutoff.waiting(node.home) == []


@pytest.mark.pasal("7(4)")
def test_shut_off_and_reinstatement_can_follow_one_another_for_ever(node: NodeUnderTest) -> None:
    for _ in range(3):
        for scope in (Scope.all(), DATASET):
            shutoff.shut_off(node.home, scope, reason=Reason.MALWARE)
            assert not node.is_open()
        for scope in (DATASET, Scope.all()):
            shutoff.reinstate(node.home, scope)
        assert node.is_open()
        node.tick()
    assert node.acts().count(Kind.SHUT_OFF) == node.acts().count(Kind.REINSTATE) == 6


def test_finished_exports_of_the_scope_are_removed(node: NodeUnderTest) -> None:
    change = shutoff.shut_off(node.home, DATASET, reason=Reason.LEAK)
    assert change.done[Step.JOBS] == "0"


# --- things that are down ------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
def test_without_a_guard_a_shut_off_is_kept_and_told(node: NodeUnderTest) -> None:
    node.guard.stop()
    change = shutoff.shut_off(node.home, DATASET, reason=Reason.LEAK)
    assert change.closure.scope == DATASET
    assert not node.is_open()
    assert node.acts() == [Kind.SHUT_OFF]
    guard = Guard(node.keeper)
    guard.tick()
    assert not node.is_open()
    assert node.is_open(dataset="hasil-desa")
    guard.stop()


def test_without_an_agreement_a_shut_off_closes_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path))
    monkeypatch.setattr("tenun.node.gate.EFFECT_SECONDS_MAX", 0.0)
    home = NodeHome.of(Party.DESA)  # type: ignore[arg-type]
    change = shutoff.shut_off(home, Scope.all(), reason=Reason.LEAK)
    assert Step.LOG in change.failed
    assert shutoff.keeper_of(home).read().closures[0].scope == Scope.all()


@pytest.mark.pasal("7(4)")
def test_with_the_agreement_unreadable_the_act_waits_and_is_made_later(node: NodeUnderTest) -> None:
    document = node.home.agreement / "agreement.json"
    content = document.read_bytes()
    document.write_bytes(content[:-10])
    change = shutoff.shut_off(node.home, DATASET, reason=Reason.LEAK, note="kelak")
    assert not node.is_open()
    assert {Step.ACT, Step.REPORT} <= set(change.failed)
    (left,) = shutoff.resume(node.home)
    assert Step.ACT in left.missing
    document.write_bytes(content)
    assert shutoff.resume(node.home) == []
    (entry,) = chain.chain_of(node.home).all()
    assert b"kelak" in entry.signed.content
    assert len(node.entries(shutoff.SHUT)) == 1


def test_with_the_log_unwritable_the_act_is_made_and_the_log_follows(node: NodeUnderTest) -> None:
    folder = node.home.log
    folder.mkdir(parents=True, exist_ok=True)
    away = folder.rename(folder.with_name("log-away"))
    folder.write_text("a file where the folder was")
    change = shutoff.shut_off(node.home, DATASET, reason=Reason.LEAK)
    assert not node.is_open()
    assert Step.LOG in change.failed
    assert [entry.kind for entry in Chain(node.home.station.acts, agreement=node.home.agreement).all()] == [
        Kind.SHUT_OFF
    ]
    folder.unlink()
    away.rename(folder)
    assert shutoff.resume(node.home) == []
    assert len(node.entries(chain.ACT_TAKEN)) == 1
    assert node.events() == OF_A_SHUT_OFF


# --- crashes -------------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
def test_a_command_killed_right_after_the_record_is_finished_by_the_worker(node: NodeUnderTest) -> None:
    node.keeper.close(DATASET, reason=Reason.LEAK)
    assert shutoff.resume(node.home) == []
    assert node.acts() == [Kind.SHUT_OFF]
    assert node.keeper.read().closures[0].is_told
    assert shutoff.resume(node.home) == []
    assert node.acts() == [Kind.SHUT_OFF]


def test_a_sentinel_becomes_an_act_too(node: NodeUnderTest) -> None:
    node.keeper.sentinel.touch()
    node.tick()
    assert shutoff.resume(node.home) == []
    assert node.acts() == [Kind.SHUT_OFF]
    shutoff.reinstate(node.home, Scope.all())
    node.tick()
    assert node.is_open()
    assert not node.keeper.has_sentinel()


@pytest.mark.parametrize("lost", ["record", "pending", "both"])
def test_an_act_is_not_made_twice_whatever_is_forgotten_of_it(node: NodeUnderTest, lost: str) -> None:
    shutoff.shut_off(node.home, DATASET, reason=Reason.LEAK)
    content = json.loads(node.keeper.record_file.read_bytes())
    if lost in ("record", "both"):
        content["closures"][0].update(act=None, is_told=False)
        node.keeper.record_file.write_text(json.dumps(content))
    if lost in ("pending", "both"):
        shutil.rmtree(node.keeper.folder / "pending", ignore_errors=True)
    said = chain.Reading(node.home)()
    node.keeper.reconcile(said.closures, known=said.known)
    shutoff.resume(node.home)
    assert node.acts() == [Kind.SHUT_OFF]


@pytest.mark.pasal("7(4)")
def test_a_reinstatement_killed_after_its_act_stays_closed_until_it_is_given_again(
    node: NodeUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutoff.shut_off(node.home, DATASET, reason=Reason.LEAK)
    with monkeypatch.context() as killed:
        killed.setattr("tenun.node.gate.Gatekeeper.reopen", end)
        with pytest.raises(KeyboardInterrupt):
            shutoff.reinstate(node.home, DATASET)
    said = chain.Reading(node.home)()
    node.keeper.reconcile(said.closures, known=said.known)
    assert not node.is_open()
    shutoff.reinstate(node.home, DATASET)
    assert node.is_open()
    assert node.acts() == [Kind.SHUT_OFF, Kind.REINSTATE]


def end(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_record_lost_with_everything_closed_can_be_reinstated(node: NodeUnderTest) -> None:
    shutoff.shut_off(node.home, DATASET, reason=Reason.LEAK)
    node.keeper.record_file.write_text("?")
    node.tick()
    with pytest.raises(GateClosed):
        node.gate.epoch(agreement=AGREEMENT)
    shutoff.shut_off(node.home, Scope.all(), reason=Reason.OTHER)
    said = chain.Reading(node.home)()
    node.keeper.reconcile(said.closures, known=said.known)
    shutoff.reinstate(node.home, Scope.all())
    assert not node.is_open()
    assert node.is_open(dataset="hasil-desa")
    shutoff.reinstate(node.home, DATASET)
    assert node.is_open()
