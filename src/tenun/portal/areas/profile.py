"""What stands on the page of one area, put together from figures that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Area, Level
from tenun.indicators.definition import CATEGORIES, Breakdown, Definition, Kind
from tenun.indicators.results import Coverage, Value
from tenun.portal.figures import Figures

# Below it a joined figure says little of a village (rule of the catalogue: not computed under 60 %).
GOOD_MATCH_PERCENT = 85.0
FAIR_MATCH_PERCENT = 70.0


@dataclass(frozen=True)
class BreakdownTable:
    """Figures by the categories of one dimension, a column each, with their totals."""

    dimension: Breakdown
    definitions: Sequence[Definition]
    rows: Sequence[tuple[str, Sequence[Value]]]
    totals: Sequence[Value]


@dataclass(frozen=True)
class Card:
    """A figure, and the one of the area above in case it has none itself."""

    value: Value
    definition: Definition
    above: Value | None


# Why a rate is hidden whose rest is below the minimum cell: of the least denominator, that is still four in five
# linked. It may be more, and that it is must not be told.
NEARLY_ALL = "small_rest"


@dataclass(frozen=True)
class Quality:
    """How far the figures of an area can be believed, in one word and its reasons."""

    tone: str
    word: str
    match: Value | None
    delivered: int
    villages: int


def cards(figures: Figures, area: Area) -> list[Card]:
    around = figures.around(area.code)
    above = {value.indicator: value for value in figures.totals(around[-1].code)} if around else {}
    return [
        Card(
            value=value,
            definition=figures.definitions[value.indicator],
            above=_instead(value, figures.definitions[value.indicator], above.get(value.indicator)),
        )
        for value in figures.totals(area.code)
    ]


def _instead(value: Value, definition: Definition, above: Value | None) -> Value | None:
    """The rate around an area that has none: a rate may stand for its parts, a number may not."""
    if value.state.has_value or definition.kind is not Kind.RATE or above is None or not above.state.has_value:
        return None
    return above


def breakdown_tables(figures: Figures, area: Area) -> list[BreakdownTable]:
    return [table for dimension in Breakdown if (table := _by(dimension, figures, area)) is not None]


def _by(dimension: Breakdown, figures: Figures, area: Area) -> BreakdownTable | None:
    columns = [one for one in figures.definitions.values() if dimension in one.breakdowns.get(area.level, ())]
    if not columns:
        return None
    found = {
        (one.id, value.category): value for one in columns for value in figures.categories(one.id, area.code, dimension)
    }
    rows = [
        (category, [found[one.id, category] for one in columns])
        for category in CATEGORIES[dimension]
        if all((one.id, category) in found for one in columns)
        # "Not known" is a row of its own only where somebody is, or may be, in it.
        and not (category == "missing" and all(found[one.id, category].state is ValueState.ZERO for one in columns))
    ]
    return BreakdownTable(dimension, columns, rows, [figures.value(one.id, area.code) for one in columns])


# Of these there is nothing to compare: no column of them stands in a table of areas.
NOTHING_THERE = frozenset({ValueState.NC, ValueState.NS})


def children(figures: Figures, area: Area) -> list[tuple[Area, list[tuple[Definition, Value]]]]:
    """The areas inside, each with the figures that at least one of them has something of."""
    found = [(child, figures.totals(child.code)) for child in figures.children(area.code)]
    told = {one.indicator for _, values in found for one in values if one.state not in NOTHING_THERE}
    return [
        (child, [(figures.definitions[one.indicator], one) for one in values if one.indicator in told])
        for child, values in found
    ]


def quality(figures: Figures, area: Area) -> Quality:
    match = figures.value("G1", area.code) if "G1" in figures.definitions else None
    villages = figures.villages(area.code)
    delivered = sum(1 for village in villages if village.has_delivered)
    tone, word = _verdict(match, delivered, len(villages))
    return Quality(tone, word, match, delivered, len(villages))


def _verdict(match: Value | None, delivered: int, villages: int) -> tuple[str, str]:
    if not delivered:
        return "bad", _("no data yet")
    if match is not None and match.reason == NEARLY_ALL:
        return "warn", _("fair")
    if match is None or match.value is None:
        return "warn", _("cannot be judged")
    if match.value >= GOOD_MATCH_PERCENT and delivered == villages:
        return "good", _("good")
    if match.value >= FAIR_MATCH_PERCENT:
        return "warn", _("fair")
    return "bad", _("weak")


def coverage_of(figures: Figures, area: Area) -> Coverage | None:
    """What the village delivered; null for wider areas."""
    return next(iter(figures.villages(area.code)), None) if area.level is Level.VILLAGE else None
