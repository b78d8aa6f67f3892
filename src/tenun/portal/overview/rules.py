"""The rules of the overview, as one table: what each looks for. Their words stand in `wording`, their numbers in
`thresholds`.

A rule gives findings, one for each line of its list; the alert's number is the number of lines, so count, page and
file cannot differ. Only shown figures are compared: a hidden one neither raises an alert nor keeps one away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tenun.agreement.acts.kinds import Kind as ActKind
from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Level
from tenun.indicators.definition import Definition, Kind, Unit
from tenun.indicators.results import Value
from tenun.kernel.clock import JAKARTA
from tenun.portal import words
from tenun.portal.overview import wording
from tenun.portal.overview.seen import Seen
from tenun.portal.overview.thresholds import Thresholds

# The figures to look at first (portal study, section 1.2). The match rate has rules of its own.
MAIN = ("A1", "B2", "B4", "B6", "B10", "B13", "C1", "C3", "D3", "E1", "F2")
ADULTS, SEEKERS, PLACES, MATCH = "A1", "C1", "D1", "G1"
# Below so many villages with both figures the share of the whole area is no measure for one of them.
VILLAGES_LEAST = 5


@dataclass(frozen=True)
class Finding:
    """One line of an alert's list."""

    code: str
    """Of the area; empty where it is about the exchange or the agreement as a whole."""
    title: str
    """The area, or what else it is about."""
    since: date | None
    """None: from the beginning."""
    indicator: str = ""
    before: str = ""
    now: str = ""
    detail: str = ""


Find = Callable[[Seen], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    id: str
    """In addresses and files; never changes."""
    find: Find
    needs: frozenset[str] = frozenset()
    """Indicators without which it cannot be asked."""
    limits: tuple[str, ...] = ()
    """Members of `Thresholds` that it uses."""
    is_about_figures: bool = True
    """Whether the same snapshots always give the same findings; else it is about the exchange at this moment."""
    page: str = "area"
    """Route of the page where a finding is seen from near: of the area, or of the exchange."""

    def applies(self, seen: Seen) -> bool:
        return seen.has(*self.needs) and (self.is_about_figures or seen.exchange is not None)


# --- the exchange, and what both parties have agreed --------------------------------------------------


def _shut_off(seen: Seen) -> Iterator[Finding]:
    assert seen.exchange is not None
    for one in seen.exchange.closures:
        since = one.since.astimezone(JAKARTA).date()
        yield Finding("", wording.scope_name(one), since, detail=wording.shut_off_by(one))
    if not seen.exchange.is_record_readable:
        yield Finding("", wording.everything(), seen.today, detail=wording.record_unreadable())


def _agreement_unreadable(seen: Seen) -> Iterator[Finding]:
    assert seen.exchange is not None
    if seen.exchange.problem is not None:
        yield Finding("", wording.agreement(), seen.today, detail=seen.exchange.problem.message(words.language()))


def _agreement_ends(seen: Seen) -> Iterator[Finding]:
    assert seen.exchange is not None
    ends = seen.exchange.ends
    if ends is None:
        return
    since = ends - timedelta(days=seen.thresholds.days_before_end)
    if seen.today >= since:
        number = seen.figures.release.agreement_number
        yield Finding("", number, since, now=words.day(ends), detail=wording.ends(is_over=seen.today >= ends))


def _evaluation_due(seen: Seen) -> Iterator[Finding]:
    """Pasal 9(1): at least so many times a year since the signing, counted from the last period reported on."""
    assert seen.exchange is not None
    position = seen.exchange.position
    if position is None or not position.state.is_in_force:
        return
    every = timedelta(days=365 // position.agreement.document.monitoring.at_least_per_year)
    reported = [one.last_day or one.first_day for one in position.state.reports if one.kind is ActKind.ME_REPORT]
    due = max([position.state.begins.astimezone(JAKARTA).date(), *reported]) + every
    since = due - timedelta(days=seen.thresholds.days_before_report)
    if seen.today >= since:
        last = max(reported) if reported else None
        yield Finding(
            "", wording.evaluation(), since, before=words.day(last) if last else "", now=words.day(due),
            detail=wording.due(is_over=seen.today > due),
        )  # fmt: skip


def _thresholds_unusable(seen: Seen) -> Iterator[Finding]:
    if seen.thresholds_problem is not None:
        problem = seen.thresholds_problem
        yield Finding("", "alerts.json", seen.today, detail=problem.message(words.language()))


# --- data that is missing or old ----------------------------------------------------------------------


def _not_delivered(seen: Seen) -> Iterator[Finding]:
    for village in seen.figures.villages(seen.area.code):
        if not village.has_delivered:
            yield Finding(village.village_code, _title(seen, village.village_code), None)


def _without_new_data(seen: Seen) -> Iterator[Finding]:
    allowed = seen.thresholds.days_without_data
    for village in seen.figures.villages(seen.area.code):
        if village.sid_as_of is not None and (seen.today - village.sid_as_of).days > allowed:
            yield Finding(
                village.village_code,
                _title(seen, village.village_code),
                village.sid_as_of + timedelta(days=allowed + 1),
                now=words.day(village.sid_as_of),
                detail=wording.days((seen.today - village.sid_as_of).days),
            )


# --- how well the two registers are linked -----------------------------------------------------------


def _match_fell(seen: Seen) -> Iterator[Finding]:
    for before, now in _pairs(seen, MATCH):
        if round(before.value - now.value, 6) >= seen.thresholds.match_rate_drop:  # type: ignore[operator]
            yield _changed(seen, before, now, detail=wording.points(now.value - before.value))  # type: ignore[operator]


def _match_low(seen: Seen) -> Iterator[Finding]:
    for value in seen.villages(MATCH):
        if value.value is not None and value.value < seen.thresholds.match_rate_min:
            yield _of_value(seen, value)


# --- figures that moved, or stand out ------------------------------------------------------------------


def _figure_changed(seen: Seen) -> Iterator[Finding]:
    for indicator in MAIN:
        if indicator in seen.figures.definitions:
            for before, now in _pairs(seen, indicator):
                detail = change(before, now, seen.figures.definitions[indicator], seen.thresholds)
                if detail:
                    yield _changed(seen, before, now, detail=detail)


def change(before: Value, now: Value, definition: Definition, limits: Thresholds) -> str:
    """The change in words where it is larger than the threshold; empty where it is not."""
    if before.value is None or now.value is None:
        return ""
    moved = now.value - before.value
    if definition.kind is Kind.RATE and definition.unit is Unit.PERCENT:
        return wording.points(moved) if abs(round(moved, 6)) > limits.change_points else ""
    if definition.kind is not Kind.RATE and before.value < limits.change_least:
        return ""
    share = _percent(before.value, now.value)
    return wording.percent_moved(share) if share is not None and abs(share) > limits.change_percent else ""


def _seekers_rose(seen: Seen) -> Iterator[Finding]:
    if seen.long_before is None or SEEKERS not in seen.long_before.definitions:
        return
    old = {one.area_code: one for one in seen.long_before.ranking(SEEKERS, Level.VILLAGE, within=seen.area.code)}
    limits = seen.thresholds
    for now in seen.villages(SEEKERS):
        before = old.get(now.area_code)
        if before is None or before.version != now.version or before.value is None or now.value is None:
            continue
        share = _percent(before.value, now.value)
        if share is not None and share > limits.seekers_rise_percent and now.value >= limits.seekers_rise_least:
            yield _changed(seen, before, now, detail=wording.percent_moved(share))


def _many_seekers(seen: Seen) -> Iterator[Finding]:
    adults = {value.area_code: value.value for value in seen.villages(ADULTS)}
    pairs = [
        (value, value.value, here)
        for value in seen.villages(SEEKERS)
        if value.value is not None and (here := adults.get(value.area_code))
    ]
    if len(pairs) < VILLAGES_LEAST:
        return
    whole = sum(seekers for _value, seekers, _here in pairs) / sum(here for _value, _seekers, here in pairs)
    limit = seen.thresholds.seekers_times * whole
    for value, seekers, here in sorted(pairs, key=lambda one: (-one[1] / one[2], one[0].area_code)):
        if whole and seekers / here >= limit:
            yield _of_value(seen, value, detail=wording.per_thousand(1000 * seekers / here, 1000 * whole))


def _seekers_without_places(seen: Seen) -> Iterator[Finding]:
    """Places are counted by regency, so that is where they can be missing."""
    places = {one.area_code: one for one in seen.figures.ranking(PLACES, Level.REGENCY, within=seen.area.code)}
    for value in seen.figures.ranking(SEEKERS, Level.REGENCY, within=seen.area.code):
        here = places.get(value.area_code)
        is_none = here is not None and here.state is ValueState.ZERO
        if is_none and value.value is not None and value.value >= seen.thresholds.seekers_without_places:
            yield _of_value(seen, value)


def _not_computed(seen: Seen) -> Iterator[Finding]:
    is_wide = seen.area.level in (Level.NATIONAL, Level.PROVINCE)
    for indicator in (*MAIN, MATCH):
        if indicator in seen.figures.definitions:
            for value in seen.parts(indicator) if is_wide else seen.villages(indicator):
                if value.state is ValueState.NA:
                    yield _of_value(seen, value, detail=words.why(value, seen.figures.definitions[indicator]))


RULES: tuple[Rule, ...] = (
    Rule("akses-diputus", _shut_off, is_about_figures=False, page="exchange"),
    Rule("perjanjian-tidak-terbaca", _agreement_unreadable, is_about_figures=False, page="exchange"),
    Rule("perjanjian-berakhir", _agreement_ends, limits=("days_before_end",), is_about_figures=False, page="exchange"),
    Rule(
        "evaluasi-jatuh-tempo",
        _evaluation_due,
        limits=("days_before_report",),
        is_about_figures=False,
        page="exchange",
    ),
    Rule("padanan-turun", _match_fell, frozenset({MATCH}), ("match_rate_drop",)),
    Rule("belum-mengirim", _not_delivered),
    Rule("data-lama", _without_new_data, limits=("days_without_data",)),
    Rule("padanan-rendah", _match_low, frozenset({MATCH}), ("match_rate_min",)),
    Rule(
        "pencari-kerja-naik",
        _seekers_rose,
        frozenset({SEEKERS}),
        ("seekers_rise_percent", "seekers_rise_days", "seekers_rise_least"),
    ),
    Rule("tanpa-lowongan", _seekers_without_places, frozenset({SEEKERS, PLACES}), ("seekers_without_places",)),
    Rule("pencari-kerja-banyak", _many_seekers, frozenset({ADULTS, SEEKERS}), ("seekers_times",)),
    Rule("angka-berubah", _figure_changed, limits=("change_percent", "change_points", "change_least")),
    Rule("tidak-dapat-dihitung", _not_computed),
    Rule("ambang-tidak-terbaca", _thresholds_unusable, is_about_figures=False, page="exchange"),
)
"""In the order in which the overview tells of them: what stops everything first."""

BY_ID = {rule.id: rule for rule in RULES}


# --- below the surface ------------------------------------------------------------------------------------


def _pairs(seen: Seen, indicator: str) -> Iterator[tuple[Value, Value]]:
    """Figures of the area and its parts, before and now, where both are shown and were made by the same formula."""
    if seen.before is None or indicator not in seen.before.definitions:
        return
    old = {value.area_code: value for value in seen.parts(indicator, seen.before)}
    for now in seen.parts(indicator):
        before = old.get(now.area_code)
        if before is None or before.version != now.version or before.value is None or now.value is None:
            continue
        yield before, now


def _percent(before: float, now: float) -> float | None:
    return 100 * (now - before) / before if before else None


def _title(seen: Seen, code: str) -> str:
    return words.area_title(code, seen.figures.area(code).name)


def _of_value(seen: Seen, value: Value, *, detail: str = "") -> Finding:
    return Finding(
        value.area_code,
        words.area_title(value.area_code, value.area_name),
        seen.figures.release.reference_date,
        indicator=value.indicator,
        now=_said(seen, value),
        detail=detail,
    )


def _changed(seen: Seen, before: Value, now: Value, *, detail: str) -> Finding:
    return Finding(
        now.area_code,
        words.area_title(now.area_code, now.area_name),
        seen.figures.release.reference_date,
        indicator=now.indicator,
        before=_said(seen, before),
        now=_said(seen, now),
        detail=detail,
    )


def _said(seen: Seen, value: Value) -> str:
    return words.say(value, minimum_cell=seen.figures.release.minimum_cell)


def shown(found: Sequence[Finding]) -> frozenset[str]:
    """Which columns of a list hold anything."""
    return frozenset(
        name for name in ("indicator", "before", "now", "detail") if any(getattr(one, name) for one in found)
    )
