"""The durable record of what is closed, and who may change it how."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenun.agreement.vocabulary import Party
from tenun.exchange.gate import GateClosed, MappedGate, Reason, Scope
from tenun.node import gate as gates
from tenun.node.gate import Closure, Effect, Gatekeeper, NotShutOff, Record, RecordUnreadable, RecordUnwritable, Source
from tests.lib.gates import AGREEMENT, NOW, RESIDENTS, GateUnderTest

DATASET = Scope.of_dataset(AGREEMENT, "sid-warga")
OTHER = {**RESIDENTS, "dataset": "hasil-desa"}


@pytest.fixture
def under_test(tmp_path: Path) -> Iterator[GateUnderTest]:
    made = GateUnderTest(tmp_path)
    yield made
    made.guard.stop()


def theirs(scope: Scope, act: str) -> Closure:
    return Closure(scope, Party.NAKER, NOW, Reason.HACK, act=act)


def ours(scope: Scope, act: str) -> Closure:
    return Closure(scope, Party.DESA, NOW, Reason.HACK, act=act)


# --- closing and opening -----------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
def test_when_closing_returns_it_is_on_disk_and_no_worker_lets_pass(under_test: GateUnderTest) -> None:
    closure, effect = under_test.keeper.close(DATASET, reason=Reason.LEAK)
    assert effect is Effect.PAGE
    assert not under_test.is_open()
    assert under_test.gate.is_open(**OTHER)
    assert Record.decode(under_test.keeper.record_file.read_bytes()).closures == (closure,)


def test_every_closing_and_opening_gives_an_epoch_that_never_was(under_test: GateUnderTest) -> None:
    seen = [under_test.epoch()]
    for scope in (DATASET, Scope.all(), Scope.of_client(AGREEMENT, "naker"), DATASET):
        closure, _ = under_test.keeper.close(scope, reason=Reason.LEAK)
        under_test.keeper.reopen(scope)
        assert int(under_test.epoch()) > closure.number
        seen.append(under_test.epoch())
    assert sorted(set(seen), key=int) == seen


def test_an_epoch_goes_on_over_a_record_that_was_lost_and_made_anew(under_test: GateUnderTest) -> None:
    under_test.keeper.close(DATASET, reason=Reason.LEAK)
    under_test.keeper.reopen(DATASET)
    before = int(under_test.epoch())
    under_test.keeper.record_file.unlink()
    under_test.keeper.close(DATASET, reason=Reason.LEAK)
    for scope in (Scope.all(), DATASET):
        under_test.keeper.reopen(scope)
    assert int(under_test.epoch()) > before


def test_closing_what_is_closed_changes_nothing(under_test: GateUnderTest) -> None:
    first, _ = under_test.keeper.close(DATASET, reason=Reason.LEAK)
    second, _ = under_test.keeper.close(DATASET, reason=Reason.HACK)
    assert second == first


def test_both_parties_must_open_what_both_have_closed(under_test: GateUnderTest) -> None:
    under_test.keeper.close(DATASET, reason=Reason.LEAK)
    under_test.keeper.reconcile([theirs(DATASET, "act-1")], known=["act-1"])
    under_test.keeper.reopen(DATASET)
    assert not under_test.is_open()
    under_test.keeper.reconcile([], known=["act-1", "act-2"])
    assert under_test.is_open()


@pytest.mark.pasal("7(4)")
def test_only_who_closed_can_open(under_test: GateUnderTest) -> None:
    under_test.keeper.reconcile([theirs(DATASET, "act-1")], known=["act-1"])
    with pytest.raises(NotShutOff):
        under_test.keeper.reopen(DATASET)
    assert not under_test.is_open()


def test_a_narrow_opening_does_not_open_the_wide_closing(under_test: GateUnderTest) -> None:
    under_test.keeper.close(Scope.all(), reason=Reason.LEAK)
    under_test.keeper.close(DATASET, reason=Reason.LEAK)
    under_test.keeper.reopen(DATASET)
    assert not under_test.is_open()


# --- the acts ----------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
def test_the_peers_act_closes_here_and_its_reinstatement_opens(under_test: GateUnderTest) -> None:
    assert under_test.keeper.reconcile([theirs(DATASET, "act-1")], known=["act-1"])
    assert not under_test.is_open()
    assert not under_test.keeper.reconcile([theirs(DATASET, "act-1")], known=["act-1"])
    assert under_test.keeper.reconcile([], known=["act-1", "act-2"])
    assert under_test.is_open()


def test_a_chain_that_was_lost_opens_nothing(under_test: GateUnderTest) -> None:
    under_test.keeper.reconcile([theirs(DATASET, "act-1")], known=["act-1"])
    assert not under_test.keeper.reconcile([], known=[])
    assert not under_test.is_open()


def test_our_own_act_closes_again_what_the_record_has_lost(under_test: GateUnderTest) -> None:
    assert under_test.keeper.reconcile([ours(DATASET, "act-1")], known=["act-1"])
    assert not under_test.is_open()


def test_a_closing_that_waits_for_its_act_stays(under_test: GateUnderTest) -> None:
    under_test.keeper.close(DATASET, reason=Reason.LEAK)
    assert not under_test.keeper.reconcile([], known=["another act"])
    assert not under_test.is_open()


def test_the_act_of_closing_everything_is_not_a_second_closing(under_test: GateUnderTest) -> None:
    under_test.keeper.close(Scope.all(), reason=Reason.LEAK)
    under_test.keeper.reconcile([ours(Scope.of_agreement(AGREEMENT), "act-1")], known=["act-1"])
    (closure,) = under_test.keeper.read().closures
    assert (closure.scope, closure.act) == (Scope.all(), "act-1")


def test_what_one_act_closed_opens_together(under_test: GateUnderTest) -> None:
    under_test.keeper.reconcile([ours(Scope.of_agreement(AGREEMENT), "act-1")], known=["act-1"])
    under_test.keeper.close(Scope.all(), reason=Reason.LEAK)
    under_test.keeper.reopen(Scope.all(), acts=["act-1"])
    assert under_test.is_open()


def test_a_reconciliation_does_not_touch_the_epochs_of_others(under_test: GateUnderTest) -> None:
    before = under_test.gate.epoch(**OTHER)
    under_test.keeper.reconcile([theirs(DATASET, "act-1")], known=["act-1"])
    assert under_test.gate.epoch(**OTHER) == before


# --- a record that cannot be believed ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text('{"version": 2}'),
        lambda path: alter(path, lambda record: record.update(version=2)),
        lambda path: alter(path, lambda record: record.update(epochs=[])),
        lambda path: alter(path, lambda record: record.update(number=5)),
        lambda path: alter(path, lambda record: record.pop("closures")),
        lambda path: alter(path, lambda record: record["closures"].append({"kind": "everything"})),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_a_record_that_cannot_be_read_closes_everything(under_test: GateUnderTest, damage: object) -> None:
    damage(under_test.keeper.record_file)  # type: ignore[operator]
    with pytest.raises(RecordUnreadable):
        under_test.keeper.read()
    under_test.tick()
    with pytest.raises(GateClosed) as refused:
        under_test.epoch()
    assert refused.value.reason is Reason.RECORD_UNREADABLE


def alter(path: Path, change: object) -> None:
    record = json.loads(path.read_bytes())
    change(record)  # type: ignore[operator]
    path.write_text(json.dumps(record))


def test_a_record_put_back_from_a_copy_closes_everything(under_test: GateUnderTest) -> None:
    copy = under_test.keeper.record_file.read_bytes()
    under_test.keeper.close(DATASET, reason=Reason.LEAK)
    under_test.keeper.record_file.write_bytes(copy)
    under_test.tick()
    assert not under_test.gate.is_open(**OTHER)


def test_closing_with_an_unreadable_record_closes_everything_and_keeps_the_old_one(under_test: GateUnderTest) -> None:
    under_test.keeper.record_file.write_text("?")
    under_test.keeper.close(DATASET, reason=Reason.LEAK)
    closed = {closure.scope: closure.source for closure in under_test.keeper.read().closures}
    assert closed == {Scope.all(): Source.RECORD_LOST, DATASET: Source.COMMAND}
    assert [path.read_text() for path in under_test.folder.glob("record.json.damaged-*")] == ["?"]


def test_a_record_that_came_right_again_opens(under_test: GateUnderTest) -> None:
    content = under_test.keeper.record_file.read_bytes()
    under_test.keeper.record_file.write_text("?")
    under_test.tick()
    assert not under_test.is_open()
    under_test.keeper.record_file.write_bytes(content)
    under_test.tick()
    assert under_test.is_open()


def test_establishing_leaves_a_record_that_is_there(under_test: GateUnderTest) -> None:
    under_test.keeper.close(DATASET, reason=Reason.LEAK)
    under_test.keeper.establish()
    assert not under_test.is_open()


# --- a disk that does not take it --------------------------------------------------------------------------


def test_with_a_full_disk_the_sentinel_holds_the_closing(
    under_test: GateUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "write_durably", full)
    under_test.keeper.close(DATASET, reason=Reason.LEAK)
    assert under_test.keeper.sentinel.exists()
    under_test.tick()
    assert not under_test.is_open()


def test_a_closing_that_cannot_be_kept_is_said_to_be_so_and_holds_for_now(
    under_test: GateUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "write_durably", full)
    monkeypatch.setattr(Path, "touch", full)
    with pytest.raises(RecordUnwritable):
        under_test.keeper.close(DATASET, reason=Reason.LEAK)
    assert not under_test.is_open()


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


# --- the sentinel ------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
@pytest.mark.parametrize(
    "make",
    [lambda path: path.touch(), lambda path: path.mkdir(), lambda path: path.symlink_to("nowhere")],
)
def test_a_sentinel_of_any_kind_closes_everything(under_test: GateUnderTest, make: object) -> None:
    make(under_test.keeper.sentinel)  # type: ignore[operator]
    under_test.tick()
    assert not under_test.is_open()
    (closure,) = under_test.keeper.read().closures
    assert (closure.scope, closure.source, closure.by) == (Scope.all(), Source.SENTINEL, Party.DESA)


def test_removing_the_sentinel_by_hand_opens_nothing(under_test: GateUnderTest) -> None:
    under_test.keeper.sentinel.touch()
    under_test.tick()
    under_test.keeper.sentinel.unlink()
    under_test.tick()
    assert not under_test.is_open()


def test_opening_everything_takes_the_sentinel_away(under_test: GateUnderTest) -> None:
    under_test.keeper.sentinel.touch()
    under_test.tick()
    before = under_test.keeper.read().number
    under_test.keeper.reopen(Scope.all())
    under_test.tick()
    assert not under_test.keeper.has_sentinel()
    assert int(under_test.epoch()) > before


def test_a_sentinel_closes_although_the_record_cannot_be_written(
    under_test: GateUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "write_durably", full)
    under_test.keeper.sentinel.touch()
    under_test.tick()
    with pytest.raises(GateClosed) as refused:
        under_test.epoch()
    assert refused.value.reason is Reason.SENTINEL


def test_a_narrow_change_while_a_sentinel_waits_opens_nothing(under_test: GateUnderTest) -> None:
    under_test.keeper.close(DATASET, reason=Reason.LEAK)
    under_test.keeper.sentinel.touch()
    under_test.keeper.reopen(DATASET)
    assert not under_test.is_open()


# --- the page ----------------------------------------------------------------------------------------------


def test_a_page_that_is_removed_is_made_anew(under_test: GateUnderTest) -> None:
    under_test.keeper.page_file.unlink()
    under_test.tick()
    assert MappedGate.open(under_test.folder).is_open(**RESIDENTS)


def test_a_page_that_is_cut_short_is_made_anew(under_test: GateUnderTest) -> None:
    under_test.gate = MappedGate(under_test.folder)  # holds no page: one that is cut short ends who reads it
    shutil.copy(under_test.keeper.page_file, under_test.folder / "copy")
    with (under_test.folder / "copy").open("r+b") as handle:
        handle.truncate(100)
    (under_test.folder / "copy").replace(under_test.keeper.page_file)
    under_test.tick()
    assert MappedGate.open(under_test.folder).is_open(**RESIDENTS)


def test_a_guard_that_does_not_get_the_lock_stops_beating(
    under_test: GateUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenun.node.guard.LOCK_SECONDS_MAX", 0.0)
    monkeypatch.setattr("tenun.node.guard.BEAT_SECONDS", 0.0)
    with under_test.keeper.locked():
        under_test.keeper.record_file.write_bytes(under_test.keeper.record_file.read_bytes())
        under_test.tick()
        before = under_test.keeper.page_file.read_bytes()
        under_test.tick()
        assert under_test.keeper.page_file.read_bytes() == before
    under_test.tick()
    assert under_test.keeper.page_file.read_bytes() != before


def test_stopping_the_guard_closes_at_once(under_test: GateUnderTest) -> None:
    assert under_test.is_open()
    under_test.guard.stop()
    assert not under_test.is_open()


def test_a_keeper_without_a_guard_says_that_the_workers_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "EFFECT_SECONDS_MAX", 0.05)
    keeper = Gatekeeper(tmp_path, Party.DESA)
    _, effect = keeper.close(DATASET, reason=Reason.LEAK)
    assert effect is Effect.GUARD_SILENT


def test_the_record_survives_a_round_trip(under_test: GateUnderTest) -> None:
    under_test.keeper.close(DATASET, reason=Reason.MALWARE)
    under_test.keeper.reconcile([theirs(Scope.of_client(AGREEMENT, "desa"), "act-1")], known=["act-1"])
    record = under_test.keeper.read()
    assert Record.decode(record.encode()) == record
