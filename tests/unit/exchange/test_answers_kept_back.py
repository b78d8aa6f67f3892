"""An answer that was written down and then kept here, because the gate closed: the two logs agree about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenun.agreement.vocabulary import Party
from tenun.exchange.comparison import Comparison, FindingKind, Window, compare

NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)
CALL = {
    "call": "a" * 64,
    "time": "2026-11-24T05:00:00Z",
    "agreement": {"id": "urn:tenun:agreement:sid-siapkerja", "rev": "b" * 64},
    "operation": "subject",
    "dataset": "sid-warga",
    "purpose": "pemadanan",
    "fields": ["person_id"],
    "request": {"kid": "k", "signature_sha256": "a" * 64, "base_sha256": "c" * 64},
}
DATA = {"status": 200, "signature_sha256": "d" * 64, "content_sha256": "e" * 64, "bytes": 66}
REFUSAL = {"status": 403, "signature_sha256": "f" * 64, "content_sha256": "0" * 64, "bytes": 900}
PERMIT = {"id": "1" * 64, "is_permit": True, "clauses": ["3(1)b"]}
END = {"call": CALL["call"], "time": CALL["time"], "agreement": CALL["agreement"]}
GIVEN = [{**CALL, "type": "call.opened", "decision": PERMIT}, {**END, "type": "call.closed", "response": DATA}]


def refusal(code: str) -> dict[str, Any]:
    return {**CALL, "type": "call.refused", "code": code, "decision": PERMIT}


def compared(provider: list[dict[str, Any]], came: dict[str, Any]) -> Comparison:
    consumer = [{**CALL, "type": "call.asked"}, {**END, "type": "call.answered", "response": came}]
    later = NOON + timedelta(days=1)
    window = Window(NOON - timedelta(hours=1), NOON + timedelta(hours=1), later)
    return compare(Party.DESA, enumerate(provider), enumerate(consumer), window)


@pytest.mark.pasal("7(4)")
def test_a_refusal_in_the_place_of_an_answer_that_was_written_down_is_no_difference() -> None:
    assert compared([*GIVEN, refusal("exchange.shut_off")], REFUSAL).findings == []


def test_data_that_the_provider_says_it_kept_back_and_the_consumer_has_otherwise_is_found() -> None:
    other = {**DATA, "content_sha256": "9" * 64}
    (found,) = compared([*GIVEN, refusal("exchange.shut_off")], other).findings
    assert found.kind is FindingKind.DIFFERS


def test_without_that_second_entry_a_refusal_is_another_answer() -> None:
    (found,) = compared(GIVEN, REFUSAL).findings
    assert found.kind is FindingKind.DIFFERS


def test_a_repetition_that_was_refused_takes_nothing_back() -> None:
    replayed = [*GIVEN, refusal("exchange.message_replayed")]
    assert compared(replayed, DATA).findings == []
    (found,) = compared(replayed, REFUSAL).findings
    assert found.kind is FindingKind.DIFFERS
