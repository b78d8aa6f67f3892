"""The page that workers read: scopes, epochs, and what every doubt means."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tenun.agreement.vocabulary import SecurityEvent
from tenun.exchange import gate as pages
from tenun.exchange.gate import (
    GateClosed,
    MappedGate,
    OpenGate,
    PageMalformed,
    PageState,
    Passage,
    Reason,
    Scope,
    ScopeKind,
    Slot,
)
from tenun.node import page as writing
from tests.lib.gates import GateUnderTest

AGREEMENT = "urn:tenun:agreement:sid-siapkerja"
ASKED = {"agreement": AGREEMENT, "dataset": "sid-warga", "client": "naker"}
SINCE = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SINCE_MS = int(SINCE.timestamp() * 1_000)
ALL = Scope.all()


def state(*closed: Scope, number: int = 10, touched: dict[Scope, int] | None = None) -> PageState:
    slots = {ALL.key: Slot(1)}
    slots |= {scope.key: Slot(epoch) for scope, epoch in (touched or {}).items()}
    slots |= {scope.key: Slot(number, True, SINCE_MS, Reason.LEAK) for scope in closed}
    return PageState(number, slots)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A folder with a fresh page in which nothing is closed, and a heart that has just beaten."""
    beating(tmp_path, state())
    return tmp_path


def beating(folder: Path, what: PageState) -> None:
    made = writing.create(folder / pages.PAGE, what)
    writing.beat(made)


# --- scopes ------------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        (Scope.all(), {"same": False, "other dataset": False, "other client": False, "other agreement": False}),
        (
            Scope.of_agreement(AGREEMENT),
            {"same": False, "other dataset": False, "other client": False, "other agreement": True},
        ),
        (
            Scope.of_dataset(AGREEMENT, "sid-warga"),
            {"same": False, "other dataset": True, "other client": False, "other agreement": True},
        ),
        (
            Scope.of_client(AGREEMENT, "naker"),
            {"same": False, "other dataset": False, "other client": True, "other agreement": True},
        ),
    ],
)
def test_a_closure_closes_its_scope_and_nothing_beside_it(
    tmp_path: Path, closed: Scope, expected: dict[str, bool]
) -> None:
    beating(tmp_path, state(closed))
    gate = MappedGate.open(tmp_path)
    asked = {
        "same": ASKED,
        "other dataset": {**ASKED, "dataset": "hasil-desa"},
        "other client": {**ASKED, "client": "desa"},
        "other agreement": {**ASKED, "agreement": "urn:tenun:agreement:lain"},
    }
    assert {name: gate.is_open(**question) for name, question in asked.items()} == expected
    with pytest.raises(GateClosed) as refused:
        gate.epoch(**ASKED)
    assert refused.value.parts == {
        "scope": str(closed),
        "reason": "kebocoran-data",
        "since": "2026-11-24T03:00:00Z",
    }


def test_an_agreement_is_the_same_scope_by_its_urn_and_by_its_last_segment() -> None:
    assert Scope.of_dataset(AGREEMENT, "sid-warga") == Scope.of_dataset("sid-siapkerja", "sid-warga")


def test_scopes_of_different_kinds_and_names_have_different_keys() -> None:
    scopes = [
        ALL,
        Scope.of_agreement("a"),
        Scope.of_agreement("b"),
        Scope.of_dataset("a", "b"),
        Scope.of_client("a", "b"),
        Scope.of_dataset("b", "a"),
    ]
    assert len({scope.key for scope in scopes}) == len(scopes)


@pytest.mark.parametrize(
    ("kind", "agreement", "name"),
    [
        (ScopeKind.ALL, "a", ""),
        (ScopeKind.AGREEMENT, "", ""),
        (ScopeKind.AGREEMENT, "urn:", ""),
        (ScopeKind.AGREEMENT, "a", "b"),
        (ScopeKind.DATASET, "a", ""),
        (ScopeKind.CLIENT, "", "b"),
        (ScopeKind.DATASET, "a", "b\0c"),
    ],
)
def test_a_scope_has_the_parts_of_its_kind_and_no_others(kind: ScopeKind, agreement: str, name: str) -> None:
    with pytest.raises(ValueError):
        Scope(kind, agreement, name)


@pytest.mark.parametrize(
    "asked",
    [{"agreement": ""}, {"agreement": "urn:x:"}, {**ASKED, "dataset": ""}, {**ASKED, "client": "a\0b"},
     {**ASKED, "dataset": "\ud800"}],
)  # fmt: skip
def test_words_that_can_name_nothing_find_the_gate_closed(page: Path, asked: dict[str, str]) -> None:
    assert not MappedGate.open(page).is_open(**asked)


# --- epochs ------------------------------------------------------------------------------------------------


def test_the_epoch_is_the_latest_of_the_scopes_that_cover_the_question(tmp_path: Path) -> None:
    touched = {
        Scope.of_agreement(AGREEMENT): 5,
        Scope.of_dataset(AGREEMENT, "sid-warga"): 7,
        Scope.of_client(AGREEMENT, "naker"): 6,
        Scope.of_dataset(AGREEMENT, "hasil-desa"): 9,
    }
    beating(tmp_path, state(touched=touched))
    gate = MappedGate.open(tmp_path)
    assert gate.epoch(**ASKED) == "7"
    assert gate.epoch(agreement=AGREEMENT, dataset="lain") == "5"
    assert gate.epoch(agreement=AGREEMENT, client="naker") == "6"
    assert gate.epoch(agreement="urn:tenun:agreement:lain") == "1"


@pytest.mark.pasal("7(4)")
def test_a_passage_does_not_outlive_a_closing_that_was_opened_again(tmp_path: Path) -> None:
    made = writing.create(tmp_path / pages.PAGE, state())
    writing.beat(made)
    passage = Passage.enter(MappedGate.open(tmp_path), **ASKED)
    passage.require()
    writing.write(made, state(Scope.of_dataset(AGREEMENT, "sid-warga"), number=11))
    assert not passage.is_valid
    writing.write(made, state(number=12, touched={Scope.of_dataset(AGREEMENT, "sid-warga"): 12}))
    assert passage.gate.is_open(**ASKED)
    with pytest.raises(GateClosed) as refused:
        passage.require()
    assert refused.value.reason is Reason.EPOCH_PASSED


def test_a_passage_goes_on_when_something_else_is_closed(tmp_path: Path) -> None:
    made = writing.create(tmp_path / pages.PAGE, state())
    writing.beat(made)
    passage = Passage.enter(MappedGate.open(tmp_path), **ASKED)
    writing.write(made, state(Scope.of_dataset(AGREEMENT, "hasil-desa"), number=11))
    assert passage.is_valid


# --- doubt means closed ------------------------------------------------------------------------------------


def refusal(folder: Path) -> Reason | None:
    try:
        MappedGate.open(folder).epoch(**ASKED)
    except GateClosed as problem:
        return problem.reason
    return None


def test_a_page_with_a_beating_heart_lets_pass(page: Path) -> None:
    assert refusal(page) is None


def test_without_a_page_the_gate_is_closed(tmp_path: Path) -> None:
    assert refusal(tmp_path) is Reason.PAGE_UNREADABLE


def test_a_page_of_the_wrong_size_closes(page: Path) -> None:
    with (page / pages.PAGE).open("ab") as handle:
        handle.write(b"\0")
    assert refusal(page) is Reason.PAGE_UNREADABLE


def test_a_page_of_another_version_closes(page: Path) -> None:
    content = bytearray((page / pages.PAGE).read_bytes())
    content[8] += 1
    (page / pages.PAGE).write_bytes(content)
    assert refusal(page) is Reason.PAGE_UNREADABLE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_page_that_may_not_be_read_closes(page: Path) -> None:
    (page / pages.PAGE).chmod(0)
    assert refusal(page) is Reason.PAGE_UNREADABLE


@pytest.mark.parametrize(
    ("beaten_ns_ago", "expected"),
    [
        (0, None),
        (1_500_000_000, None),
        (2_100_000_000, Reason.GUARD_SILENT),
        (10**15, Reason.GUARD_SILENT),
        (-(10**12), Reason.GUARD_SILENT),
    ],
)
def test_a_heartbeat_counts_for_two_seconds_and_never_from_the_future(
    page: Path, monkeypatch: pytest.MonkeyPatch, beaten_ns_ago: int, expected: Reason | None
) -> None:
    made = pages.map_page(page / pages.PAGE, is_writable=True)
    assert made is not None
    now = 10**18
    made[pages.HEARTBEAT_AT : pages.HEARTBEAT_AT + 8] = (now - beaten_ns_ago).to_bytes(8, "little")
    monkeypatch.setattr(time, "monotonic_ns", lambda: now)
    assert refusal(page) is expected


def test_a_heart_that_was_stopped_closes_at_once(page: Path) -> None:
    made = pages.map_page(page / pages.PAGE, is_writable=True)
    assert made is not None
    writing.stop_heart(made)
    assert refusal(page) is Reason.GUARD_SILENT


def test_a_page_that_lacks_the_scope_of_everything_closes(tmp_path: Path) -> None:
    beating(tmp_path, PageState(1, {}))
    assert refusal(tmp_path) is Reason.RECORD_UNREADABLE


def test_more_closures_than_fit_close_everything(tmp_path: Path) -> None:
    many = {Scope.of_dataset(AGREEMENT, f"d{number}"): 2 for number in range(pages.SLOTS_MAX)}
    beating(tmp_path, state(touched=many))
    assert refusal(tmp_path) is Reason.RECORD_UNREADABLE


def test_as_many_scopes_as_fit_are_told_apart(tmp_path: Path) -> None:
    many = {Scope.of_dataset(AGREEMENT, f"d{number}"): number for number in range(1, pages.SLOTS_MAX - 1)}
    beating(tmp_path, state(Scope.of_dataset(AGREEMENT, "d0"), touched=many, number=pages.SLOTS_MAX))
    gate = MappedGate.open(tmp_path)
    assert not gate.is_open(agreement=AGREEMENT, dataset="d0")
    assert gate.epoch(agreement=AGREEMENT, dataset="d998") == "998"


def test_every_byte_of_the_header_and_of_the_slots_is_covered_by_a_check(page: Path) -> None:
    whole = (page / pages.PAGE).read_bytes()
    covered = [*range(pages.HEARTBEAT_AT - 4), *range(pages.area_at(0), pages.area_at(0) + 40)]
    for place in covered:
        altered = bytearray(whole)
        altered[place] ^= 1
        with pytest.raises(PageMalformed):
            pages.read_page(bytes(altered))


def test_questions_that_callers_invent_do_not_fill_the_memory(page: Path) -> None:
    gate = MappedGate.open(page)
    for number in range(5_000):
        assert gate.is_open(agreement=AGREEMENT, dataset=f"d{number}")
    assert len(gate._view.answers) < 5_000


# --- a page that is replaced -------------------------------------------------------------------------------


def test_a_page_that_comes_later_is_found(tmp_path: Path) -> None:
    gate = MappedGate.open(tmp_path)
    assert not gate.is_open(**ASKED)
    beating(tmp_path, state())
    time.sleep(0.06)  # a worker looks for another page twenty times a second, not more
    assert gate.is_open(**ASKED)


def test_a_new_page_is_found_once_the_old_one_is_silent(page: Path) -> None:
    gate = MappedGate.open(page)
    old = pages.map_page(page / pages.PAGE, is_writable=True)
    assert old is not None
    beating(page, state(ALL))
    assert gate.is_open(**ASKED)
    writing.stop_heart(old)
    time.sleep(0.06)
    with pytest.raises(GateClosed) as refused:
        gate.epoch(**ASKED)
    assert refused.value.reason is Reason.LEAK


def test_a_page_that_was_removed_goes_on_only_as_long_as_its_heart(page: Path) -> None:
    gate = MappedGate.open(page)
    made = pages.map_page(page / pages.PAGE, is_writable=True)
    assert made is not None
    shutil.rmtree(page)
    assert gate.is_open(**ASKED)
    writing.stop_heart(made)
    assert not gate.is_open(**ASKED)


# --- writing -----------------------------------------------------------------------------------------------


def test_a_state_is_written_where_no_reader_looks(tmp_path: Path) -> None:
    made = writing.create(tmp_path / pages.PAGE, state())
    before = bytes(made)
    writing.write(made, state(ALL, number=11))
    assert bytes(made)[pages.area_at(0) : pages.area_at(1)] == before[pages.area_at(0) : pages.area_at(1)]
    assert pages.read_page(made)[1].slots[ALL.key].is_closed


def test_the_same_state_again_writes_nothing(tmp_path: Path) -> None:
    made = writing.create(tmp_path / pages.PAGE, state())
    before = bytes(made)
    writing.write(made, state())
    assert bytes(made) == before


def test_writing_repairs_a_page_that_a_dead_writer_left_torn(page: Path) -> None:
    made = pages.map_page(page / pages.PAGE, is_writable=True)
    assert made is not None
    made[16] ^= 255
    assert refusal(page) is Reason.PAGE_UNREADABLE
    writing.write(made, state())
    assert refusal(page) is None


def test_a_new_page_belongs_to_its_owner_alone(page: Path) -> None:
    assert (page / pages.PAGE).stat().st_mode & 0o777 == 0o600


# --- words -------------------------------------------------------------------------------------------------


def test_every_security_event_of_the_agreement_is_a_reason() -> None:
    assert {Reason.of(event).event for event in SecurityEvent} == set(SecurityEvent)


def test_the_refusal_says_since_when_in_both_languages() -> None:
    refused = GateClosed(scope="all", reason=Reason.HACK, since=SINCE)
    for language in ("id", "en"):
        assert "2026-11-24T03:00:00Z" in refused.message(language)
        assert refused.remedy(language)


def test_the_open_gate_is_always_open() -> None:
    assert OpenGate().is_open(**ASKED)
    assert OpenGate().epoch(**ASKED) == "0"


@pytest.mark.pasal("7(4)")
@pytest.mark.parametrize("client", ["desa", "naker"])
def test_own_calls_stop_whichever_partys_access_was_shut_off(tmp_path: Path, client: str) -> None:
    keeper = GateUnderTest(tmp_path)
    outgoing = pages.OutgoingGate(keeper.gate)
    before = outgoing.epoch(agreement=AGREEMENT, dataset="sid-warga")
    keeper.keeper.close(Scope.of_client(AGREEMENT, client), reason=Reason.HACK)
    assert not outgoing.is_open(agreement=AGREEMENT, dataset="sid-warga")
    with pytest.raises(GateClosed):
        outgoing.epoch(agreement=AGREEMENT, dataset="sid-warga")
    keeper.keeper.reopen(Scope.of_client(AGREEMENT, client))
    assert outgoing.epoch(agreement=AGREEMENT, dataset="sid-warga") != before
