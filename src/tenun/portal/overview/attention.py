"""What needs attention: found by rules that are printed beside what they found, never by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Level
from tenun.portal import words
from tenun.portal.design.links import link
from tenun.portal.figures import Figures

WARNINGS_MAX = 7
# A village is named when its share of seekers is at least this many times that of the whole area.
MANY_TIMES = 2.0
MATCH_RATE_MIN = 70.0


@dataclass(frozen=True)
class Warning:
    text: str
    rule: str
    address: str


def find(figures: Figures, area_code: str) -> list[Warning]:
    """At most seven, the widest first."""
    rules = (_not_delivered, _low_match, _many_seekers, _not_computed)
    return [warning for rule in rules for warning in rule(figures, area_code)][:WARNINGS_MAX]


def _not_delivered(figures: Figures, area_code: str) -> Iterator[Warning]:
    count = sum(1 for village in figures.villages(area_code) if not village.has_delivered)
    if count:
        text = ngettext(
            "%(count)s village has not been synced yet", "%(count)s villages have not been synced yet", count
        )
        yield Warning(
            text % {"count": words.number(count)},
            _("Rule: no file of the village register has arrived."),
            _map(figures, "A1", area_code, state=ValueState.NS),
        )


def _low_match(figures: Figures, area_code: str) -> Iterator[Warning]:
    if "G1" not in figures.definitions:
        return
    low = [
        value
        for value in figures.ranking("G1", Level.VILLAGE, within=area_code)
        if value.value is not None and value.value < MATCH_RATE_MIN
    ]
    if low:
        text = ngettext(
            "In %(count)s village few accounts could be linked",
            "In %(count)s villages few accounts could be linked",
            len(low),
        )
        yield Warning(
            text % {"count": words.number(len(low))},
            _("Rule: match rate below %(rate)s.") % {"rate": words.percent(MATCH_RATE_MIN)},
            _map(figures, "G1", area_code, sort="nilai", order="naik"),
        )


def _many_seekers(figures: Figures, area_code: str) -> Iterator[Warning]:
    if not {"A1", "C1"} <= set(figures.definitions):
        return
    adults = {value.area_code: value for value in figures.ranking("A1", Level.VILLAGE, within=area_code)}
    seekers = figures.ranking("C1", Level.VILLAGE, within=area_code)
    pairs = [
        (value, value.value / adults[value.area_code].value)
        for value in seekers
        if value.value is not None and adults[value.area_code].value
    ]
    if len(pairs) < 5:
        return
    all_adults = sum(adults[value.area_code].value or 0 for value, _share in pairs)
    whole = sum(value.value or 0 for value, _share in pairs) / all_adults
    many = sorted((pair for pair in pairs if pair[1] >= MANY_TIMES * whole), key=lambda pair: -pair[1])
    for value, share in many[:3]:
        yield Warning(
            _("%(area)s: many people are looking for work")
            % {"area": words.area_title(value.area_code, value.area_name)},
            _("Rule: %(share)s active job seekers per 1,000 adults, at least twice the %(whole)s of this whole area.")
            % {"share": words.number(share * 1000), "whole": words.number(whole * 1000)},
            link(figures.release, "area", value.area_code),
        )


def _not_computed(figures: Figures, area_code: str) -> Iterator[Warning]:
    for indicator, definition in figures.definitions.items():
        by_reason: dict[str, int] = {}
        for value in figures.ranking(indicator, Level.VILLAGE, within=area_code):
            if value.state is ValueState.NA:
                why = words.why(value)
                by_reason[why] = by_reason.get(why, 0) + 1
        for why, count in by_reason.items():
            text = ngettext(
                "%(name)s cannot be computed for %(count)s village",
                "%(name)s cannot be computed for %(count)s villages",
                count,
            )
            yield Warning(
                text % {"name": definition.names.said(words.language()), "count": words.number(count)},
                _("Rule: %(why)s") % {"why": why},
                _map(figures, indicator, area_code, state=ValueState.NA),
            )


def _map(figures: Figures, indicator: str, area_code: str, **more: str) -> str:
    names = {"sort": "urut", "order": "arah", "state": "keadaan"}
    query = {names[key]: value for key, value in more.items()}
    return link(figures.release, "map", indikator=indicator, wilayah=area_code, tingkat="desa", **query)
