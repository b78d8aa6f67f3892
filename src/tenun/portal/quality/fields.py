"""How complete the entries behind each figure are: the completeness band, and where a field is missing whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tenun.disclosure.state import ValueState
from tenun.indicators import wording
from tenun.indicators.areas import Area, Level
from tenun.indicators.definition import Definition
from tenun.indicators.results import Value
from tenun.portal import words
from tenun.portal.figures import Figures


@dataclass(frozen=True)
class FieldsOfFigure:
    """One figure, the fields it needs, and what is not known of them."""

    definition: Definition
    value: Value
    fields: Sequence[str]
    """Names of the fields in the reader's language."""
    unknown_points: float | None
    """Width of the completeness band in the figure's unit: how far empty fields could move it."""
    without: int | None
    """Villages of the area where a field was not delivered at all; None where no figure is made for villages."""


def of_area(figures: Figures, area: Area) -> list[FieldsOfFigure]:
    """Figures that need a field filled, those with most unknown first."""
    found = [
        _of(figures, area, one) for one in figures.definitions.values() if one.needs_filled and area.level in one.levels
    ]
    return sorted(found, key=lambda one: (-(one.without or 0), -(one.unknown_points or 0.0), one.definition.id))


def _of(figures: Figures, area: Area, definition: Definition) -> FieldsOfFigure:
    value = figures.value(definition.id, area.code)
    has_band = value.low is not None and value.high is not None
    return FieldsOfFigure(
        definition=definition,
        value=value,
        fields=[wording.named(wording.FIELDS, name, words.language()) for name in definition.needs_filled],
        unknown_points=round(value.high - value.low, 1) if has_band else None,  # type: ignore[operator]
        without=_without(figures, area, definition),
    )


def _without(figures: Figures, area: Area, definition: Definition) -> int | None:
    if Level.VILLAGE not in definition.levels or area.level not in (Level.REGENCY, Level.DISTRICT, Level.VILLAGE):
        return None
    inside = figures.ranking(definition.id, Level.VILLAGE, within=area.code)
    return sum(one.state is ValueState.NC for one in inside)
