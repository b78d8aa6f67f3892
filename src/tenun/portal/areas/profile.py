"""What stands on the page of one area, put together from figures that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tenun.indicators.areas import Area, Level
from tenun.indicators.definition import CATEGORIES, Breakdown, Definition
from tenun.indicators.results import Coverage, Value
from tenun.portal.figures import Figures

# Below it a joined figure says little of a village (rule of the catalogue: not computed under 60 %).
GOOD_MATCH_PERCENT = 85.0
FAIR_MATCH_PERCENT = 70.0


@dataclass(frozen=True)
class BreakdownTable:
    """One figure by the categories of one dimension, with its total."""

    definition: Definition
    dimension: Breakdown
    rows: Sequence[Value]
    total: Value


@dataclass(frozen=True)
class Quality:
    """How far the figures of an area can be believed, in one word and its reasons."""

    tone: str
    word: str
    match: Value | None
    delivered: int
    villages: int


def breakdown_tables(figures: Figures, area: Area) -> list[BreakdownTable]:
    tables = []
    for definition in figures.definitions.values():
        for dimension in definition.breakdowns.get(area.level, ()):
            found = {value.category: value for value in figures.categories(definition.id, area.code, dimension)}
            rows = [found[category] for category in CATEGORIES[dimension] if category in found]
            # "Not known" is a row of its own only where somebody is in it.
            rows = [value for value in rows if value.category != "missing" or value.value]
            if rows:
                tables.append(BreakdownTable(definition, dimension, rows, figures.value(definition.id, area.code)))
    return tables


def quality(figures: Figures, area: Area) -> Quality:
    match = figures.value("G1", area.code) if "G1" in figures.definitions else None
    villages = figures.villages(area.code)
    delivered = sum(1 for village in villages if village.has_delivered)
    tone, word = _verdict(match, delivered, len(villages))
    return Quality(tone, word, match, delivered, len(villages))


def _verdict(match: Value | None, delivered: int, villages: int) -> tuple[str, str]:
    if not delivered:
        return "bad", _("no data yet")
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
