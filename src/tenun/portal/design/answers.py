"""The sentence that answers a page's question, made by rule from the figures. What is hidden is said in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Area
from tenun.indicators.results import Value
from tenun.portal import words


def of_area(area: Area, values: Mapping[str, Value], minimum_cell: int) -> str:
    """About work in an area: adults, seekers, who is recorded as working, places within reach."""
    adults, seekers = values.get("A1"), values.get("C1")
    if adults is None or not adults.state.has_value:
        return _not_known(area, adults)
    parts = {
        "area": words.area_title(area.code, area.name),
        "adults": words.number(adults.value or 0),
        "seekers": _people(seekers, minimum_cell) if seekers else "",
    }
    if seekers is None or not (seekers.state.has_value or seekers.state is ValueState.LT):
        first = _("%(area)s has %(adults)s people of working age; how many are looking for work cannot be said.")
    elif seekers.state is ValueState.ZERO:
        first = _("Of %(adults)s people of working age in %(area)s nobody is registered as looking for work.")
    else:
        first = _("Of %(adults)s people of working age in %(area)s, %(seekers)s are looking for work.")
    return " ".join(sentence for sentence in (first % parts, _working(values), _reach(values)) if sentence)


def _not_known(area: Area, adults: Value | None) -> str:
    name = words.area_title(area.code, area.name)
    if adults is None or adults.state is ValueState.NS:
        return _("%(area)s has not sent its village register yet, so there is nothing to say about work there.") % {
            "area": name
        }
    return _("How work is in %(area)s cannot be said. %(why)s") % {"area": name, "why": words.why(adults)}


def _people(value: Value, minimum_cell: int) -> str:
    if value.state is ValueState.LT:
        return _("fewer than %(number)s") % {"number": minimum_cell}
    return words.number(value.value or 0)


def _working(values: Mapping[str, Value]) -> str:
    working = values.get("B1")
    if working is None or working.value is None:
        return ""
    return _("%(share)s are recorded as working.") % {"share": words.percent(working.value)}


def _reach(values: Mapping[str, Value]) -> str:
    places = values.get("D1")
    if places is None or places.value is None:
        return ""
    if places.state is ValueState.ZERO:
        return _("No open vacancy lies within reach.")
    return _("Open vacancies within reach offer %(places)s places.") % {"places": words.number(places.value)}
