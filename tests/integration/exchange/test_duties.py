"""Duties on data that was handed over: the use gate, orders about it, deletion with an attestation, the register."""

from __future__ import annotations

import dataclasses
import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.decision import Denial, Operation, Permit
from tenun.agreement.delivered import HOLD, HoldKind
from tenun.agreement.standing import Position, Standing
from tenun.agreement.vocabulary import Party
from tenun.exchange import duties, pack, signature, unpack
from tenun.exchange.duties import DutyState, Facts, NoSuchAct, NothingOrdered, Order
from tenun.exchange.journal import Journal
from tenun.exchange.refusals import RegisterDamaged
from tenun.exchange.station import pinned_log_keys, pinned_message_keys
from tenun.indicators import inputs as figure_inputs
from tenun.indicators import permits as figure_permits
from tenun.lake.snapshot import Layer, Snapshot
from tenun.linkage import inputs as link_inputs
from tenun.linkage import permits as link_permits
from tenun.registry.sid.tables import DATASET
from tenun.transparency_log import proof
from tests.lib.two_nodes import VILLAGES, Nodes

ADDENDUM = "d" * 64


class Receiver:
    """Node *naker* with a delivery for each purpose wanted."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.station = nodes.naker
        self.chains = {
            party: Chain(
                nodes.of(party).acts,
                agreement=nodes.of(party).agreement,
                own_keys=nodes.of(party).keys,
                clock=nodes.clock,
            )
            for party in Party
        }
        self.standing = Standing(self.station.agreement, self.station.acts, own_keys=self.station.keys)

    def deliver(self, purpose: str, area: str | None = None) -> None:
        packed = pack.build(self.nodes.desa, dataset="sid-warga", purpose=purpose, area=area)
        unpack.accept(self.station, packed.file)

    @property
    def position(self) -> Position:
        return self.standing.at(self.nodes.clock.now())

    @property
    def facts(self) -> Facts:
        return duties.facts_of(self.position.state, addenda=[ADDENDUM])

    def act(self, party: Party, kind: Kind, body: dict[str, Any]) -> str:
        entry = self.chains[party].act(kind, by=party, keys=self.nodes.of(party).keys, body=body)
        self.chains[party.other].take(entry.signed.content)
        return entry.hash

    def shut_off(self, party: Party = Party.DESA, *, dataset: str | None = None) -> str:
        scope = {"kind": "agreement"} if dataset is None else {"kind": "dataset", "name": dataset}
        body = {"scope": scope, "event": "malware", "reason": "Sistem terserang."}
        return self.act(party, Kind.SHUT_OFF, body)

    def reinstate(self, act: str, party: Party = Party.DESA) -> None:
        self.act(party, Kind.REINSTATE, {"opens": [act], "reason": "Bersih."})

    def order(self, kind: HoldKind, act: str, **other: Any) -> list[str]:
        wanted = Order(act, kind, **{"dataset": "sid-warga", "since": self.nodes.clock.now(), **other})
        return duties.order(self.station, wanted, self.facts, agreement=self.nodes.agreement)

    def held(self) -> list[Snapshot]:
        return self.station.lake.all_current(layer=Layer.CORE, dataset=DATASET)

    def may_use(self, purpose: str, snapshot: Snapshot) -> Permit | Denial:
        return duties.may_use(
            self.station,
            snapshot,
            purpose=purpose,
            operation=Operation.USE,
            moment=self.nodes.clock.now(),
            agreement=self.position.agreement,
            state=self.position.state,
        )

    def register(self) -> dict[str, duties.Duty]:
        found = duties.register(self.station, self.nodes.agreement, self.facts, moment=self.nodes.clock.now())
        assert len({one.id for one in found}) == len(found)
        return {one.id: one for one in found}

    def ask_to_link(self) -> link_permits.Permits:
        moment, state = self.nodes.clock.now(), self.position.state
        lake = self.station.lake
        return link_permits.ask(self.nodes.agreement, by=Party.NAKER, moment=moment, lake=lake, state=state)

    def ask_for_figures(self) -> Permit:
        moment, state = self.nodes.clock.now(), self.position.state
        lake = self.station.lake
        return figure_permits.ask(self.nodes.agreement, by=Party.NAKER, moment=moment, lake=lake, state=state)


@pytest.fixture
def receiver(nodes: Nodes) -> Receiver:
    return Receiver(nodes)


def codes(decision: Permit | Denial) -> list[str]:
    return [] if isinstance(decision, Permit) else [one.code.removeprefix("agreement.") for one in decision.reasons]


# --- the use gate where rows are read ----------------------------------------------------------------------


@pytest.mark.pasal("7(1)")
def test_what_was_given_for_linkage_is_linked_and_counted_and_what_was_given_for_figures_is_counted_alone(
    receiver: Receiver,
) -> None:
    receiver.deliver("pemadanan", VILLAGES[0])
    receiver.deliver("statistik-desa", VILLAGES[1])
    by_scope = {one.scope: one for one in receiver.held()}
    for scope, purpose, is_allowed in (
        (VILLAGES[0], "pemadanan", True),
        (VILLAGES[0], "statistik-desa", True),
        (VILLAGES[0], "sosialisasi", False),
        (VILLAGES[1], "pemadanan", False),
        (VILLAGES[1], "statistik-desa", True),
        (VILLAGES[1], "penempatan-pelatihan", False),
    ):
        assert bool(receiver.may_use(purpose, by_scope[scope])) is is_allowed, (scope, purpose)


@pytest.mark.pasal("7(1)")
def test_linkage_leaves_out_a_village_that_delivered_for_figures_and_says_why(receiver: Receiver) -> None:
    receiver.deliver("pemadanan", VILLAGES[0])
    receiver.deliver("statistik-desa", VILLAGES[1])
    residents = receiver.ask_to_link().residents
    found = link_inputs.snapshots(receiver.station.lake, link_inputs.RESIDENTS, residents)
    assert [one.scope for one in found] == [VILLAGES[0]]
    assert link_inputs.left_out(receiver.station.lake, link_inputs.RESIDENTS, residents) == {
        VILLAGES[1]: ["agreement.delivered_for_other_purpose"]
    }
    assert receiver.ask_for_figures()


@pytest.mark.pasal("7(1)")
def test_figures_leave_out_the_villages_that_are_held_and_name_the_reason(receiver: Receiver) -> None:
    receiver.deliver("pemadanan", VILLAGES[0])
    receiver.order(HoldKind.QUARANTINE, receiver.shut_off(dataset="sid-indeks-desa"))
    receiver.nodes.later(hours=1)
    receiver.deliver("statistik-desa", VILLAGES[1])
    found = figure_inputs.read(receiver.station.lake, permit=receiver.ask_for_figures())
    assert found.left_out == {VILLAGES[0]: ["agreement.quarantined"]}
    assert set(found.deliveries) == {VILLAGES[1]}
    assert set(found.persons.column("village_code").to_pylist()) == {VILLAGES[1]}


@pytest.mark.pasal("7(1)")
def test_where_only_figures_were_agreed_nothing_is_linked(receiver: Receiver) -> None:
    receiver.deliver("statistik-desa", VILLAGES[1])
    with pytest.raises(link_permits.LinkageNotPermitted) as refused:
        receiver.ask_to_link()
    assert codes(refused.value.denial) == ["delivered_for_other_purpose"]


def test_a_label_that_was_taken_away_takes_the_use_away(receiver: Receiver) -> None:
    receiver.deliver("pemadanan", VILLAGES[0])
    (snapshot,) = receiver.held()
    details = {name: value for name, value in snapshot.details.items() if name != "label"}
    assert codes(receiver.may_use("pemadanan", dataclasses.replace(snapshot, details=details))) == ["label_lost"]


# --- orders ------------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
def test_a_shut_off_alone_leaves_delivered_data_to_the_surviving_duties(receiver: Receiver) -> None:
    receiver.deliver("pemadanan", VILLAGES[0])
    receiver.shut_off()
    (snapshot,) = receiver.held()
    assert receiver.may_use("pemadanan", snapshot)


@pytest.mark.pasal("7(4)")
def test_quarantine_holds_everywhere_until_the_shut_off_is_lifted(receiver: Receiver) -> None:
    receiver.deliver("pemadanan")
    act = receiver.shut_off()
    held = receiver.order(HoldKind.QUARANTINE, act)
    assert len(held) == len(VILLAGES)
    assert all(codes(receiver.may_use("pemadanan", one)) == ["quarantined"] for one in receiver.held())
    with pytest.raises(link_permits.LinkageNotPermitted):
        receiver.ask_to_link()
    with pytest.raises(figure_permits.FiguresNotPermitted) as refused:
        receiver.ask_for_figures()
    assert codes(refused.value.denial) == ["quarantined"]
    receiver.nodes.later(hours=1)
    receiver.reinstate(act)
    assert duties.apply_orders(receiver.station, receiver.facts) == []
    assert receiver.ask_to_link()
    assert receiver.register()[f"order:{act}"].state is DutyState.DONE


def test_a_quarantine_does_not_hold_what_comes_after_it(receiver: Receiver) -> None:
    receiver.deliver("pemadanan", VILLAGES[0])
    act = receiver.shut_off(dataset="sid-indeks-desa")
    receiver.order(HoldKind.QUARANTINE, act)
    receiver.nodes.later(days=1)
    receiver.deliver("pemadanan", VILLAGES[1])
    duties.apply_orders(receiver.station, receiver.facts)
    assert {one.scope: bool(receiver.may_use("pemadanan", one)) for one in receiver.held()} == {
        VILLAGES[0]: False, VILLAGES[1]: True,
    }  # fmt: skip


@pytest.mark.parametrize("kind", list(HoldKind))
def test_no_order_without_an_act_of_its_kind(receiver: Receiver, kind: HoldKind) -> None:
    act = receiver.shut_off()
    wrong = ADDENDUM if kind is HoldKind.QUARANTINE else act
    for cited in ("0" * 64, wrong, "3201010101010001"):
        with pytest.raises(NoSuchAct) as refused:
            receiver.order(kind, cited)
        assert "3201010101010001" not in json.dumps(refused.value.as_dict())
    assert duties.orders(receiver.station) == []


def test_an_order_that_cannot_be_read_is_not_overlooked(receiver: Receiver) -> None:
    act = receiver.shut_off()
    receiver.order(HoldKind.QUARANTINE, act)
    (receiver.station.exchange / "orders" / f"{act}.json").write_bytes(b"{}")
    with pytest.raises(RegisterDamaged):
        duties.apply_orders(receiver.station, receiver.facts)


@pytest.mark.pasal("13")
def test_what_an_addendum_orders_to_be_deleted_is_not_used_is_deleted_and_attested(receiver: Receiver) -> None:
    receiver.deliver("pemadanan", VILLAGES[0])
    receiver.deliver("pemadanan", VILLAGES[0])  # an older delivery is not forgotten
    due = receiver.nodes.clock.now() + timedelta(days=20)
    rows = sum(one.rows for _, one, _ in duties.deliveries(receiver.station))
    assert len(receiver.order(HoldKind.DELETION, ADDENDUM, due=due)) == 2
    (snapshot,) = receiver.held()
    assert codes(receiver.may_use("pemadanan", snapshot)) == ["deletion_ordered"]
    assert receiver.register()[f"order:{ADDENDUM}"].state is DutyState.DUE

    done = duties.attest(receiver.station, ADDENDUM, agreement=receiver.nodes.agreement)
    assert (done.snapshots, done.rows) == (2, rows)
    assert list(duties.deliveries(receiver.station)) == []
    assert not list((receiver.station.lake.root / "core" / DATASET).rglob("*.parquet*"))
    assert receiver.register()[f"order:{ADDENDUM}"].state is DutyState.DONE

    # The other party can check it with the keys of the agreement alone.
    keys = pinned_message_keys(receiver.nodes.agreement, Party.NAKER)
    payload, _ = signature.verify(done.file.read_text(), keys=keys, typ=duties.ATTESTATION)
    told = json.loads(payload)
    assert (told["act"], told["snapshots"], told["party"]) == (ADDENDUM, 2, "naker")
    shown, _ = proof.verify(
        told["proof"], entry=told["entry"].encode(), verifiers=pinned_log_keys(receiver.nodes.agreement, Party.NAKER)
    )
    assert shown.index == done.log_index


def test_a_deletion_that_was_killed_half_way_is_ended_and_attested_whole(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.deliver("pemadanan")
    receiver.order(HoldKind.DELETION, ADDENDUM)
    calls: list[Any] = []

    class Killed(BaseException):
        pass

    def dies(path: Any, *more: Any, **other: Any) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise Killed
        removed(path, *more, **other)

    removed = shutil.rmtree
    with monkeypatch.context() as patched:
        patched.setattr("tenun.lake.store.shutil.rmtree", dies)
        with pytest.raises(Killed):
            duties.attest(receiver.station, ADDENDUM, agreement=receiver.nodes.agreement)
    done = duties.attest(receiver.station, ADDENDUM, agreement=receiver.nodes.agreement)
    assert done.snapshots == len(VILLAGES)
    assert not list((receiver.station.lake.root / "core" / DATASET).rglob("*.parquet*"))


def test_without_an_order_nothing_is_deleted(receiver: Receiver) -> None:
    receiver.deliver("pemadanan", VILLAGES[0])
    act = receiver.shut_off()
    receiver.order(HoldKind.QUARANTINE, act)
    for cited in (act, ADDENDUM):
        with pytest.raises(NothingOrdered):
            duties.attest(receiver.station, cited, agreement=receiver.nodes.agreement)
    assert len(list(duties.deliveries(receiver.station))) == 1


def test_deletion_outlasts_a_quarantine_that_is_lifted(receiver: Receiver) -> None:
    receiver.deliver("pemadanan", VILLAGES[0])
    act = receiver.shut_off()
    receiver.order(HoldKind.QUARANTINE, act)
    receiver.order(HoldKind.DELETION, ADDENDUM)
    receiver.nodes.later(hours=1)
    receiver.reinstate(act)
    duties.apply_orders(receiver.station, receiver.facts)
    (snapshot,) = receiver.held()
    assert codes(receiver.may_use("pemadanan", snapshot)) == ["deletion_ordered"]


def test_orders_are_in_the_log_before_anything_changes(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.deliver("pemadanan", VILLAGES[0])
    act = receiver.shut_off()
    monkeypatch.setattr(Journal, "write", lambda *entry, **members: (_ for _ in ()).throw(OSError))
    with pytest.raises(OSError):
        receiver.order(HoldKind.QUARANTINE, act)
    monkeypatch.undo()
    (snapshot,) = receiver.held()
    assert not (snapshot.folder / HOLD).exists()
    assert duties.orders(receiver.station) == []


# --- the register --------------------------------------------------------------------------------------------


def at(receiver: Receiver, *when: int) -> None:
    receiver.nodes.clock.moment = datetime(*when, tzinfo=UTC)


@pytest.mark.pasal("7(3)")
def test_after_the_term_the_duties_that_survive_it_stay_and_the_others_go(receiver: Receiver) -> None:
    within = {one.id for one in receiver.register().values() if one.id.startswith("duty:")}
    at(receiver, 2030, 1, 1)
    after = {one.id for one in receiver.register().values() if one.id.startswith("duty:")}
    survives = {f"duty:{one.uid}" for one in receiver.nodes.agreement.duties.values() if one.survives_term}
    assert {"duty:kerahasiaan", "duty:hanya-tujuan", "duty:tidak-diteruskan"} <= survives == after
    assert after < within


@pytest.mark.pasal("9(1)")
def test_a_report_is_due_in_every_year_from_the_signature(receiver: Receiver) -> None:
    at(receiver, 2026, 6, 1)
    first = receiver.register()["report:1"]
    assert (first.due, first.state) == (datetime(2026, 7, 22, 17, tzinfo=UTC), DutyState.OPEN)
    assert "report:2" not in receiver.register()
    at(receiver, 2026, 7, 1)
    assert receiver.register()["report:1"].state is DutyState.DUE
    at(receiver, 2026, 11, 24)
    assert receiver.register()["report:1"].state is DutyState.OVERDUE
    assert receiver.register()["report:2"].state is DutyState.OPEN
    report = {"period_from": "2026-01-01", "period_until": "2026-06-30", "sha256": "a" * 64, "summary": "Laporan."}
    receiver.act(Party.NAKER, Kind.ME_REPORT, report)
    assert receiver.register()["report:2"].state is DutyState.DONE
    at(receiver, 2031, 1, 1)
    assert [one for one in receiver.register() if one.startswith("report:")] == ["report:1", "report:2", "report:3"]


@pytest.mark.pasal("7(1)")
def test_the_end_of_the_data_life_is_one_duty_for_a_delivery(receiver: Receiver) -> None:
    receiver.deliver("pemadanan")
    received = receiver.nodes.clock.now()
    (life,) = [one for one in receiver.register().values() if one.kind == "data-life"]
    assert (life.due, life.about["places"]) == (received + timedelta(days=365), len(VILLAGES))
    receiver.nodes.later(days=340)
    assert receiver.register()[life.id].is_pressing
    receiver.nodes.later(days=25)
    assert receiver.register()[life.id].state is DutyState.DONE


@pytest.mark.pasal("7(4)")
def test_after_a_shut_off_its_incident_is_to_be_reported_within_three_days(receiver: Receiver) -> None:
    act = receiver.shut_off(Party.NAKER)
    due = receiver.register()[f"incident:{act}"]
    assert (due.due, due.state) == (receiver.nodes.clock.now() + timedelta(hours=72), DutyState.DUE)
    body = {
        "event": "malware", "detected_at": "2026-11-24T01:00:00Z", "datasets": ["sid-warga"], "text": "Terserang.",
        "shut_off": act,
    }  # fmt: skip
    receiver.act(Party.NAKER, Kind.INCIDENT_REPORT, body)
    assert receiver.register()[f"incident:{act}"].state is DutyState.DONE
    assert not [one for one in receiver.register() if one.startswith("incident:") and one != f"incident:{act}"]


def test_a_receipt_that_has_not_come_is_owed_by_the_receiver(nodes: Nodes) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area=VILLAGES[0])
    facts = Facts(end=nodes.agreement.term.end)
    found = duties.register(nodes.desa, nodes.agreement, facts, moment=nodes.clock.now())
    (owed,) = [one for one in found if one.kind == "return-receipt" and one.due is None and "pack" in one.about]
    assert (owed.party, owed.about["pack"]) == (Party.NAKER, packed.manifest.pack)


def test_the_register_is_in_the_order_of_its_dates(receiver: Receiver) -> None:
    receiver.deliver("pemadanan")
    receiver.shut_off(Party.NAKER)
    found = duties.register(
        receiver.station, receiver.nodes.agreement, receiver.facts, moment=receiver.nodes.clock.now()
    )
    dates = [one.due for one in found if one.due]
    assert dates == sorted(dates)
    assert [one.due is None for one in found] == sorted(one.due is None for one in found)
    assert json.dumps([one.as_dict() for one in found])
