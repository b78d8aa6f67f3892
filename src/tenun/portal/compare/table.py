"""The comparison itself: one row an indicator, one cell an area, and what may be said of the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tenun.indicators.areas import Area
from tenun.indicators.definition import Definition, Kind
from tenun.indicators.results import Value
from tenun.portal.compare.choice import Choice
from tenun.portal.figures import Figures

# The twelve to look at first, of the portal study (section 1.2), in the order of the catalogue.
MAIN = ("A1", "B2", "B4", "B6", "B10", "B13", "C1", "C3", "D3", "E1", "F2", "G1")


class Verdict(StrEnum):
    """How a rate stands to that of the reference. Only a rate has one: a number of people grows with the area."""

    ABOVE = "above"
    BELOW = "below"
    SAME = "same"
    """The completeness bands overlap: empty fields alone could explain the difference."""


@dataclass(frozen=True)
class Cell:
    area: Area
    value: Value
    verdict: Verdict | None
    """None where one of the two has no figure, or where there is nothing to measure against."""


@dataclass(frozen=True)
class Row:
    definition: Definition
    cells: tuple[Cell, ...]
    reference: Value | None


def rows(figures: Figures, choice: Choice, reference: Area | None, *, is_whole: bool) -> tuple[Row, ...]:
    """A row for each of the main indicators, or of all, that is made at the level of the areas."""
    if choice.level is None:
        return ()
    of_area = [(area, _totals(figures, area)) for area in choice.areas]
    of_reference = _totals(figures, reference) if reference is not None else {}
    wanted = [
        one for one in figures.definitions.values() if choice.level in one.levels and (is_whole or one.id in MAIN)
    ]
    return tuple(_row(definition, of_area, of_reference.get(definition.id)) for definition in wanted)


def verdict(value: Value, reference: Value | None, definition: Definition) -> Verdict | None:
    """Above or below only where the whole completeness band lies outside that of the reference."""
    if definition.kind is not Kind.RATE or reference is None:
        return None
    if value.low is None or value.high is None or reference.low is None or reference.high is None:
        return None
    if value.low > reference.high:
        return Verdict.ABOVE
    return Verdict.BELOW if value.high < reference.low else Verdict.SAME


def beyond(row: Row) -> Verdict | None:
    """Whether the rate of the first area lies above, or below, those of all the others that have one."""
    if len(row.cells) < 2:
        return None
    first, *others = row.cells
    found = {verdict(first.value, other.value, row.definition) for other in others} - {None}
    return found.pop() if len(found) == 1 and found != {Verdict.SAME} else None


def _totals(figures: Figures, area: Area) -> Mapping[str, Value]:
    return {value.indicator: value for value in figures.totals(area.code)}


def _row(definition: Definition, of_area: Sequence[tuple[Area, Mapping[str, Value]]], reference: Value | None) -> Row:
    cells = tuple(
        Cell(area, found[definition.id], verdict(found[definition.id], reference, definition))
        for area, found in of_area
    )
    return Row(definition, cells, reference)
