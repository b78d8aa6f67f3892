"""Areas in order of one figure. Position is for areas with a figure; the others follow, named by their state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tenun.disclosure.state import ValueState
from tenun.indicators.results import Value


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
    """1 for the highest figure; equal figures share one. None where there is no figure."""
    match: Value | None


def lines(values: Sequence[Value], matches: Sequence[Value], *, sort: Sort, order: Order) -> list[Line]:
    amounts = sorted((value.value for value in values if value.value is not None), reverse=True)
    match_of = {value.area_code: value for value in matches}
    found = [
        Line(
            value=value,
            position=amounts.index(value.value) + 1 if value.value is not None else None,
            match=match_of.get(value.area_code),
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


def only(found: Sequence[Line], state: ValueState | None) -> list[Line]:
    return [line for line in found if state is None or line.value.state is state]
