"""Half a minute of what `./run bench mixed` does for an hour: both logs against what passed between two nodes."""

from __future__ import annotations

import pytest
from benchmarks import mixed

from tests.integration.api.conftest import HAS_POSTGRES
from tests.lib.observing_proxy import Seen

pytestmark = pytest.mark.skipif(not HAS_POSTGRES, reason="no PostgreSQL binaries on this machine")


@pytest.mark.pasal("3(1)b", "7(1)", "7(4)")
def test_no_row_leaves_without_an_entry_and_none_after_a_shut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENUN_API_STREAM_MB_PER_SECOND", mixed.MB_PER_SECOND)
    settings = mixed.parsed(["--minutes", "0.3", "--clients", "3", "--residents", "1500", "--pace", "0.5"])
    found = mixed.run(settings)
    assert found["faults"] == []
    assert found["done"]["answers held against the log"] > 10
    assert found["reconciled"]["matched"] > 10


def judged(log: list[dict], seen: Seen) -> list[str]:
    told = mixed.Told()
    mixed._no_answer_without_entry(told, mixed.Party.DESA, log, [seen])
    return told.faults


def test_what_it_looks_for_it_would_find() -> None:
    """The judge itself: an answer without entry, one that was never closed, too many bytes, other bytes."""
    passed = Seen("GET", "/v1/catalog", "a", 1.0, is_sent_on=True, status=200, answered=2.0, passed=9, sha256="s")
    opened = {"type": "call.opened", "call": "a"}
    closed = {"type": "call.closed", "call": "a", "response": {"bytes": 9, "content_sha256": "s"}}
    assert judged([opened, closed], passed) == []
    assert "is not in the log" in judged([], passed)[0]
    assert "never closed" in judged([opened], passed)[0]
    assert "the log knows 8" in judged([opened, {**closed, "response": {"bytes": 8}}], passed)[0]
    assert "other bytes" in judged([opened, {**closed, "response": {"content_sha256": "t"}}], passed)[0]


@pytest.mark.pasal("7(4)")
@pytest.mark.parametrize(("received", "answered", "count"), [(0.9, 1.5, 0), (1.1, 1.5, 1), (1.1, 2.5, 0)])
def test_a_request_admitted_between_acknowledgement_and_reinstatement_would_be_found(
    received: float, answered: float, count: int
) -> None:
    scope = mixed.Scope.of_dataset("urn:tenun:agreement:sid-siapkerja", mixed.DATASET)
    told = mixed.Told(closed=[mixed.Closed(mixed.Party.DESA, scope, acknowledged=1.0, reopening=2.0)])
    seen = Seen("POST", "/token", None, received, is_sent_on=True, status=200, answered=answered)
    mixed._nothing_after_a_shut_off(told, mixed.Party.DESA, "urn:tenun:agreement:sid-siapkerja", [seen])
    assert len(told.faults) == count
