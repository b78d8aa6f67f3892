"""What was used once is known until it would be refused anyway, and never forgotten before."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from tenun.exchange.wire.refusals import StoreUnavailable
from tenun.exchange.wire.replay import MemoryReplay
from tenun.kernel.clock import FixedClock

NOW = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=60)


def test_a_value_is_new_once_for_each_kind() -> None:
    store = MemoryReplay(clock=FixedClock(NOW))
    assert store.remember("nonce", ["a", "b"], expires=SOON)
    assert not store.remember("nonce", ["b"], expires=SOON)
    assert not store.remember("nonce", ["c", "a"], expires=SOON)
    assert store.remember("jti", ["a"], expires=SOON)


def test_the_same_value_twice_in_one_question_is_not_new() -> None:
    assert not MemoryReplay(clock=FixedClock(NOW)).remember("nonce", ["a", "a"], expires=SOON)


def test_a_value_is_forgotten_when_it_is_over_and_not_before() -> None:
    clock = FixedClock(NOW)
    store = MemoryReplay(clock=clock)
    store.remember("nonce", ["a"], expires=SOON)
    clock.moment = SOON - timedelta(seconds=1)
    assert not store.remember("nonce", ["a"], expires=SOON - timedelta(seconds=30))
    clock.moment = SOON - timedelta(milliseconds=1)
    assert not store.remember("nonce", ["a"], expires=SOON)
    clock.moment = SOON
    assert store.remember("nonce", ["a"], expires=SOON + timedelta(seconds=60))


def test_a_full_store_refuses_rather_than_forgets() -> None:
    clock = FixedClock(NOW)
    store = MemoryReplay(capacity=3, clock=clock)
    store.remember("nonce", ["a", "b", "c"], expires=SOON)
    with pytest.raises(StoreUnavailable):
        store.remember("nonce", ["d"], expires=SOON)
    clock.moment = SOON
    assert store.remember("nonce", ["d"], expires=SOON + timedelta(seconds=60))


def test_of_many_at_once_exactly_one_is_first() -> None:
    store = MemoryReplay()
    until = datetime.now(UTC) + timedelta(hours=1)
    first: list[bool] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        for number in range(200):
            first.append(store.remember("nonce", [str(number)], expires=until))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first.count(True) == 200
