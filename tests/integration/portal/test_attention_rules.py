"""The rules of the overview, one by one, on figures small enough to judge by eye: just below and just above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tenun.agreement.acts.kinds import Kind
from tenun.disclosure.state import ValueState
from tenun.indicators import definition as definitions
from tenun.indicators.areas import Area, Level, level_of
from tenun.indicators.results import Coverage, Value
from tenun.kernel.clock import JAKARTA
from tenun.portal.overview import rules, wording
from tenun.portal.overview.rules import BY_ID, RULES, Finding
from tenun.portal.overview.seen import Earlier, Exchange, Seen
from tenun.portal.overview.thresholds import Thresholds, ThresholdsMalformed

pytestmark = [pytest.mark.xdist_group("portal"), pytest.mark.usefixtures("node")]

DEFINITIONS = definitions.load_all()
TODAY = date(2026, 11, 1)
REGENCY, DISTRICT = "52.08", "52.08.01"
VILLAGES = tuple(f"52.08.01.200{number}" for number in range(1, 7))
Amounts = Mapping[str, float | None]


@dataclass
class Told:
    """Figures that say what the test says, and nothing of what it leaves out."""

    amounts: Mapping[str, Amounts]
    """Indicator -> area -> figure; None is a figure that cannot be computed."""
    coverage: Sequence[Coverage] = ()
    version: int = 1
    definitions: Mapping[str, Any] = field(default_factory=lambda: DEFINITIONS)
    zero: frozenset[str] = frozenset()
    release: Any = field(
        default_factory=lambda: SimpleNamespace(
            reference_date=TODAY, minimum_cell=5, agreement_number="PKS 1", snapshot="s", pinned=""
        )
    )

    def ranking(self, indicator: str, level: Level, *, within: str) -> list[Value]:
        return [
            self.value(indicator, code)
            for code in self.amounts.get(indicator, {})
            if level_of(code) is level and (code == within or code.startswith(f"{within}."))
        ]

    def value(self, indicator: str, code: str) -> Value:
        amount = self.amounts.get(indicator, {}).get(code)
        is_zero = amount == 0
        state = ValueState.ZERO if is_zero else ValueState.OK if amount is not None else ValueState.NA
        return Value(
            indicator=indicator, version=self.version, level=level_of(code), area_code=code, area_name=code,
            breakdown="", category="", state=state, value=amount, numerator=None, denominator=None, low=amount,
            high=amount, unit=str(DEFINITIONS[indicator].unit), reason=None if amount is not None else "match_rate_low",
            sid_as_of=TODAY, siapkerja_as_of=None, rule_version="sdc-1",
        )  # fmt: skip

    def villages(self, _area: str) -> Sequence[Coverage]:
        return self.coverage

    def area(self, code: str) -> Area:
        return Area(code, code)


def look(now: Told, before: Told | None = None, **changes: Any) -> Seen:
    earlier = Earlier("before", lambda: before) if before is not None else None  # type: ignore[arg-type,return-value]
    made = Seen(
        figures=now,  # type: ignore[arg-type]
        area=Area(REGENCY, "Lombok Utara"),
        thresholds=Thresholds(),
        thresholds_problem=None,
        today=TODAY,
        earlier=earlier,
        long_ago=earlier,
        exchange=None,
    )
    return replace(made, **changes)


def found(rule: str, of: Seen) -> list[Finding]:
    return list(BY_ID[rule].find(of))


def codes(rule: str, of: Seen) -> list[str]:
    return [one.code for one in found(rule, of)]


def delivered(code: str, as_of: date | None) -> Coverage:
    return Coverage(code, ValueState.OK, 100, None, as_of, ValueState.OK, 10, 12)


def test_every_rule_has_its_words_and_uses_thresholds_that_there_are() -> None:
    assert len(BY_ID) == len(RULES)
    for rule in RULES:
        assert wording.what(rule.id, 3)
        assert wording.remedy(rule.id)
        said = wording.condition(rule.id, Thresholds())
        assert "%(" not in said
        for name in rule.limits:
            assert name in Thresholds.model_fields
            other = Thresholds().model_copy(update={name: 77})
            assert wording.condition(rule.id, other) != said, name
        assert rule.needs <= set(DEFINITIONS)


def test_villages_that_never_delivered_are_found_and_none_else() -> None:
    told = Told({}, [delivered(VILLAGES[0], TODAY), delivered(VILLAGES[1], None)])
    assert [(one.code, one.since) for one in found("belum-mengirim", look(told))] == [(VILLAGES[1], None)]


def test_data_is_old_from_the_day_after_the_last_that_is_allowed() -> None:
    allowed = Thresholds().days_without_data
    told = Told(
        {},
        [
            delivered(VILLAGES[0], TODAY - timedelta(days=allowed)),
            delivered(VILLAGES[1], TODAY - timedelta(days=allowed + 1)),
            delivered(VILLAGES[2], None),
        ],
    )
    one = found("data-lama", look(told))
    assert [(each.code, each.since) for each in one] == [(VILLAGES[1], TODAY)]


@pytest.mark.parametrize(("before", "now", "is_found"), [(90, 88.1, False), (90, 88, True), (90.1, 88.1, True)])
def test_a_match_rate_fell_from_two_points_on(before: float, now: float, is_found: bool) -> None:
    told = look(Told({"G1": {REGENCY: 80, DISTRICT: now}}), Told({"G1": {REGENCY: 80, DISTRICT: before}}))
    assert codes("padanan-turun", told) == ([DISTRICT] if is_found else [])


def test_a_change_is_told_only_of_two_shown_figures_of_one_formula() -> None:
    old = Told({"G1": {DISTRICT: 90}})
    assert codes("padanan-turun", look(Told({"G1": {DISTRICT: None}}), old)) == []
    assert codes("padanan-turun", look(Told({"G1": {DISTRICT: 50}}, version=2), old)) == []
    assert codes("padanan-turun", look(Told({"G1": {DISTRICT: 50}}), Told({"G1": {DISTRICT: None}}))) == []
    assert codes("padanan-turun", look(Told({"G1": {DISTRICT: 50}}), None)) == []
    assert codes("padanan-turun", look(Told({"G1": {DISTRICT: 50}}), old)) == [DISTRICT]


def test_a_village_with_few_links_is_found_below_the_threshold_and_a_hidden_one_never() -> None:
    told = Told({"G1": {VILLAGES[0]: 69.9, VILLAGES[1]: 70, VILLAGES[2]: None}})
    assert codes("padanan-rendah", look(told)) == [VILLAGES[0]]


@pytest.mark.parametrize(
    ("before", "now", "is_found"),
    [(20, 30, False), (20, 31, True), (13, 20, True), (13, 19, False), (0, 40, False), (None, 40, False)],
)
def test_seekers_rose_steeply_by_more_than_half_and_to_no_small_number(
    before: float | None, now: float, is_found: bool
) -> None:
    told = look(Told({"C1": {VILLAGES[0]: now}}), Told({"C1": {VILLAGES[0]: before}}))
    assert codes("pencari-kerja-naik", told) == ([VILLAGES[0]] if is_found else [])


def test_a_village_stands_out_by_its_share_of_seekers_against_the_whole_area() -> None:
    adults = dict.fromkeys(VILLAGES, 1000.0)
    seekers = {**dict.fromkeys(VILLAGES, 10.0), VILLAGES[3]: 30.0}
    assert codes("pencari-kerja-banyak", look(Told({"A1": adults, "C1": seekers}))) == [VILLAGES[3]]
    few = {code: seekers[code] for code in VILLAGES[2:6]}
    assert codes("pencari-kerja-banyak", look(Told({"A1": adults, "C1": few}))) == []
    none = dict.fromkeys(VILLAGES, 0.0)
    assert codes("pencari-kerja-banyak", look(Told({"A1": adults, "C1": none}))) == []


@pytest.mark.parametrize(
    ("places", "seekers", "is_found"), [(0, 100, True), (0, 99, False), (1, 500, False), (None, 500, False)]
)
def test_many_seekers_without_a_place_are_found_where_none_is_told_to_be_open(
    places: float | None, seekers: float, is_found: bool
) -> None:
    told = look(Told({"D1": {REGENCY: places}, "C1": {REGENCY: seekers}}))
    assert codes("tanpa-lowongan", told) == ([REGENCY] if is_found else [])


@pytest.mark.parametrize(
    ("indicator", "before", "now", "is_found"),
    [
        ("A1", 100, 125, False),
        ("A1", 100, 126, True),
        ("A1", 100, 74, True),
        ("A1", 49, 90, False),
        ("B2", 50, 60, False),
        ("B2", 50, 60.1, True),
        ("B2", 50, 39.9, True),
        ("B2", 50, None, False),
    ],
)
def test_a_main_figure_changed_by_points_or_by_a_share(
    indicator: str, before: float, now: float | None, is_found: bool
) -> None:
    told = look(Told({indicator: {DISTRICT: now}}), Told({indicator: {DISTRICT: before}}))
    assert [(one.code, one.indicator) for one in found("angka-berubah", told)] == (
        [(DISTRICT, indicator)] if is_found else []
    )


def test_a_figure_that_cannot_be_computed_is_one_line_with_its_reason() -> None:
    told = look(Told({"B4": {VILLAGES[0]: None, VILLAGES[1]: 5}, "A1": {VILLAGES[0]: None}}))
    listed = found("tidak-dapat-dihitung", told)
    assert [(one.code, one.indicator) for one in listed] == [(VILLAGES[0], "A1"), (VILLAGES[0], "B4")]
    assert all(one.detail for one in listed)


# --- the exchange and the agreement ---------------------------------------------------------------------


def position(*, ends: date, begins: date = date(2025, 7, 23), reported: date | None = None) -> Any:
    def moment(day: date) -> datetime:
        return datetime.combine(day, time(), JAKARTA)

    reports = (SimpleNamespace(kind=Kind.ME_REPORT, first_day=reported, last_day=reported),) if reported else ()
    state = SimpleNamespace(begins=moment(begins), ends=moment(ends), is_in_force=True, reports=reports)
    monitoring = SimpleNamespace(at_least_per_year=1)
    return SimpleNamespace(state=state, agreement=SimpleNamespace(document=SimpleNamespace(monitoring=monitoring)))


def of_exchange(position_: Any = None, **changes: Any) -> Seen:
    made = Exchange(position_, None, (), is_record_readable=True)
    return look(Told({}), exchange=replace(made, **changes))


@pytest.mark.pasal("6(1)")
@pytest.mark.parametrize(("days", "is_found"), [(181, False), (180, True), (0, True), (-10, True)])
def test_the_end_of_the_agreement_is_told_half_a_year_before(days: int, is_found: bool) -> None:
    ends = TODAY + timedelta(days=days)
    listed = found("perjanjian-berakhir", of_exchange(position(ends=ends)))
    assert [one.since for one in listed] == ([ends - timedelta(days=180)] if is_found else [])


@pytest.mark.pasal("9(1)")
@pytest.mark.parametrize(
    ("last", "is_found"),
    [
        (None, True),
        (TODAY - timedelta(days=334), False),
        (TODAY - timedelta(days=335), True),
        (TODAY - timedelta(days=1), False),
    ],
)
def test_an_evaluation_is_due_a_year_after_the_last_period_reported_on_or_after_the_signing(
    last: date | None, is_found: bool
) -> None:
    listed = found("evaluasi-jatuh-tempo", of_exchange(position(ends=date(2028, 7, 23), reported=last)))
    assert bool(listed) is is_found


@pytest.mark.pasal("7(4)")
def test_a_shut_off_and_a_record_that_cannot_be_read_are_told() -> None:
    assert found("akses-diputus", of_exchange()) == []
    assert len(found("akses-diputus", of_exchange(is_record_readable=False))) == 1


def test_an_agreement_that_cannot_be_read_is_told_and_not_taken_for_a_good_sign() -> None:
    problem = ThresholdsMalformed(member="-")
    assert len(found("perjanjian-tidak-terbaca", of_exchange(problem=problem))) == 1
    assert found("perjanjian-tidak-terbaca", of_exchange(position(ends=date(2028, 7, 23)))) == []
    assert found("perjanjian-berakhir", of_exchange(problem=problem)) == []


def test_of_an_earlier_snapshot_nothing_is_said_about_the_exchange_of_now() -> None:
    told = look(Told({}))
    assert {rule.id for rule in RULES if not rule.applies(told) and rule.needs <= set(DEFINITIONS)} == {
        rule.id for rule in RULES if not rule.is_about_figures
    }


def test_the_parts_of_an_area_are_one_level_down_and_regencies_of_whatever_is_wider() -> None:
    levels = {"00": Level.REGENCY, "52": Level.REGENCY, "52.08": Level.DISTRICT, DISTRICT: Level.VILLAGE}
    assert {code: look(Told({}), area=Area(code, code)).parts_level for code in levels} == levels
    assert rules.shown([Finding("", "x", None, now="1")]) == {"now"}
