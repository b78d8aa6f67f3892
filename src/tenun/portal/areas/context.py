"""What others have published of an area, set beside our figures and never mixed with them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from tenun.indicators.areas import Area, Level
from tenun.node.home import reference_folder
from tenun.registry.reference import survey
from tenun.registry.reference.survey import Rate
from tenun.sources.kemendesa import context
from tenun.sources.kemendesa.context import Context

# Older rounds and years are told by their publishers.
ROUNDS_MAX = 2


@dataclass(frozen=True)
class Line:
    """One official rate, in words for the reader."""

    name: str
    value: float
    round: str
    source: str
    licence: str


def of_village(area: Area) -> Context | None:
    """Kemendesa's index and SDGs scores, of a village only; none where this node holds nothing of it."""
    if area.level is not Level.VILLAGE:
        return None
    return context.of_village(settings.NODE.lake, area.code) or None


def official(area: Area, language: str) -> list[Line]:
    """BPS's rates for a regency or a province: the latest rounds. None for what lies below."""
    if area.level not in (Level.PROVINCE, Level.REGENCY):
        return []
    rates = survey.rates(reference_folder(), area.code)
    rounds = sorted({rate.round for rate in rates}, reverse=True)[:ROUNDS_MAX]
    return [_line(rate, language) for rate in rates if rate.round in rounds]


def _line(rate: Rate, language: str) -> Line:
    return Line(rate.name(language), rate.value, rate.round_name(language), rate.source, rate.licence)
