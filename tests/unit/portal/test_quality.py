from datetime import date

import pytest

from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Level
from tenun.indicators.results import Value
from tenun.portal.areas.profile import _verdict


def match_rate(amount: float | None, state: ValueState = ValueState.OK, reason: str | None = None) -> Value:
    return Value(
        indicator="G1", version=1, level=Level.VILLAGE, area_code="99.01.01.2001", area_name="Contoh", breakdown="",
        category="", state=state, value=amount, numerator=None, denominator=None, low=None, high=None, unit="%",
        reason=reason, sid_as_of=date(2026, 10, 1), siapkerja_as_of=date(2026, 10, 1), rule_version="sdc-1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("match", "delivered", "villages", "tone"),
    [
        (match_rate(97.0), 0, 1, "bad"),
        (match_rate(97.0), 1, 1, "good"),
        (match_rate(97.0), 1, 2, "warn"),
        (match_rate(75.0), 1, 1, "warn"),
        (match_rate(50.0), 1, 1, "bad"),
        (match_rate(None, ValueState.SUP, "small_rest"), 1, 1, "warn"),
        (match_rate(None, ValueState.NA, "denominator_small"), 1, 1, "warn"),
        (None, 1, 1, "warn"),
    ],
)
def test_quality_follows_match_rate_and_coverage(
    match: Value | None, delivered: int, villages: int, tone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenun.portal.areas.profile._", str)
    assert _verdict(match, delivered, villages)[0] == tone


def test_nearly_all_linked_is_not_said_to_be_unjudgeable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenun.portal.areas.profile._", str)
    assert _verdict(match_rate(None, ValueState.SUP, "small_rest"), 1, 1)[1] == "fair"
    assert _verdict(match_rate(None, ValueState.NA, "denominator_small"), 1, 1)[1] == "cannot be judged"
