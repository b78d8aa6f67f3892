"""Areas in order of one figure. Position is for areas with a figure; the others follow, named by their state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tenun.disclosure.state import ValueState
from tenun.indicators.results import Value

# Per cent. The portal study's rule for rankings (P3); the catalogue's own floor for a figure is lower.
MATCH_RATE_MIN = 70.0


class Sort(StrEnum):
    VALUE = "nilai"
    NAME = "nama"
    MATCH = "padanan"


class Order(StrEnum):
    UP = "naik"
    DOWN = "turun"

    @property
    def other(self) -> Order:
        return Order.UP if self is Order.DOWN else Order.DOWN


@dataclass(frozen=True)
class Line:
    value: Value
    position: int | None
    """1 for the highest figure; equal figures share one. None where there is no figure, or one too doubtful."""
    match: Value | None
    is_doubtful: bool = False
    """It has a figure, and too few of its accounts could be linked to set it beside others."""


def lines(
    values: Sequence[Value], matches: Sequence[Value], *, sort: Sort, order: Order, is_linked: bool
) -> list[Line]:
    """`is_linked`: the figure comes from linked records, so a position asks for a match rate of some height."""
    match_of = {value.area_code: value for value in matches}
    doubtful = {value.area_code for value in values if is_linked and _is_low(match_of.get(value.area_code))}
    amounts = sorted(
        (value.value for value in values if value.value is not None and value.area_code not in doubtful), reverse=True
    )
    found = [
        Line(
            value=value,
            position=amounts.index(value.value) + 1
            if value.value is not None and value.area_code not in doubtful
            else None,
            match=match_of.get(value.area_code),
            is_doubtful=value.value is not None and value.area_code in doubtful,
        )
        for value in values
    ]
    is_down = order is Order.DOWN
    if sort is Sort.NAME:
        return sorted(found, key=lambda line: (line.value.area_name.casefold(), line.value.area_code), reverse=is_down)
    amount_of = {Sort.VALUE: lambda line: line.value, Sort.MATCH: lambda line: line.match or line.value}[sort]

    def rank(line: Line) -> tuple[bool, float, str]:
        amount = amount_of(line).value
        has_none = amount is None or (sort is Sort.MATCH and line.match is None)
        # Whatever the direction, areas without a figure come last: missing is neither high nor low.
        return has_none, 0 if has_none else (-amount if is_down else amount), line.value.area_code

    return sorted(found, key=rank)


def _is_low(match: Value | None) -> bool:
    """Told to be low. A hidden match rate is not: often it is hidden because nearly all could be linked, and a
    figure whose match rate is under the catalogue's floor has been withheld before it came here."""
    return match is not None and match.value is not None and match.value < MATCH_RATE_MIN


def only(found: Sequence[Line], state: ValueState | None) -> list[Line]:
    return [line for line in found if state is None or line.value.state is state]
