"""The table of figures: one row a figure, by area, and within an area in the order of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tenun.disclosure.profile import RULE_VERSION
from tenun.disclosure.state import ValueState
from tenun.indicators.areas import LEVELS
from tenun.indicators.cube import NEVER, Cube
from tenun.indicators.definition import Kind
from tenun.indicators.judgement import REASON, REASONS, SHOWN, STATE, STATES, Flags, Judgements, Numbers
from tenun.indicators.tables import VALUES

AMOUNTS = ("value", "numerator", "denominator", "low", "high")
Amounts = npt.NDArray[np.float64]


def figures_table(built: Mapping[str, Cube], judged: Mapping[str, Judgements]) -> tuple[pa.Table, Mapping[str, int]]:
    """The rows to publish, hidden numbers null in them, and how many there are of each state."""
    cubes = list(built.values())
    if not cubes:
        return VALUES.schema().empty_table(), {}
    places = cubes[0].places
    # What figures there are depends on the level alone, so the place of every row follows from its area.
    offers = [(cube, column) for cube in cubes for column in range(len(cube.measured.slots))]
    is_made = np.array(
        [[level in cube.definition.levels and cube.measured.slots[column] in cube.definition.slots(level)
          for cube, column in offers] for level in LEVELS], bool
    )  # fmt: skip
    within = np.cumsum(is_made, axis=1) - is_made
    starts = np.concatenate([[0], np.cumsum(is_made.sum(axis=1)[places.rank])])
    total = int(starts[-1])
    state, reason = np.zeros(total, np.int8), np.zeros(total, np.int8)
    amounts = {name: np.full(total, np.nan) for name in AMOUNTS}
    offer, area = np.zeros(total, np.int32), np.zeros(total, np.int32)
    sid_as_of = np.full(total, NEVER, np.int32)
    for number, (cube, column) in enumerate(offers):
        at = np.flatnonzero(is_made[places.rank, number])
        row = starts[at] + within[places.rank[at], number]
        offer[row], area[row] = number, at
        sid_as_of[row] = cube.sid_as_of[at]
        states, reasons = _dated(cube, judged[cube.definition.id], column)
        state[row], reason[row] = states[at], reasons[at]
        for name, one in _amounts(cube, column, SHOWN[states]).items():
            amounts[name][row] = one[at]
    columns = {
        "indicator": _words([cube.definition.id for cube, _ in offers], offer),
        "version": pa.array(np.array([cube.definition.version for cube, _ in offers], np.int32)[offer]),
        "level": _words([str(level) for level in LEVELS], places.rank[area]),
        "area_code": _words(places.codes, area),
        "breakdown": _words([cube.measured.slots[column][0] for cube, column in offers], offer),
        "category": _words([cube.measured.slots[column][1] for cube, column in offers], offer),
        "state": _words([str(one) for one in STATES], state),
        **{name: pa.array(one, mask=np.isnan(one)) for name, one in amounts.items()},
        "unit": _words([str(cube.definition.unit) for cube, _ in offers], offer),
        "reason": _words(REASONS, reason),
        "sid_as_of": pa.array(sid_as_of, mask=sid_as_of == NEVER).cast(pa.date32()),
        "siapkerja_as_of": _days([cube.siapkerja_as_of for cube, _ in offers], offer),
        "rule_version": _words([RULE_VERSION], np.zeros(total, np.int8)),
    }
    tally = np.bincount(state, minlength=len(STATES))
    schema = VALUES.schema()
    return (
        pa.Table.from_arrays([columns[field.name] for field in schema], schema=schema),
        {str(one): int(count) for one, count in zip(STATES, tally, strict=True) if count},
    )


def _dated(cube: Cube, judged: Judgements, column: int) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    """State and reason, with what the age of the data adds to them."""
    state, reason = judged.state[:, column].copy(), judged.reason[:, column].copy()
    shown = SHOWN[state]
    reason[shown & cube.is_partly_stale] = REASON["some_stale"]
    reason[shown & cube.is_partial] = REASON["partial"]
    is_old = shown & cube.is_stale
    state[is_old], reason[is_old] = STATE[ValueState.STALE], REASON["stale"]
    return state, reason


def _amounts(cube: Cube, column: int, shown: Flags) -> Mapping[str, Amounts]:
    """Numbers of one column, nothing where it is hidden."""
    counts, definition = cube.measured, cube.definition
    part = counts.numerator[:, column]
    numerator = np.where(shown, part, np.nan)
    if definition.is_sum:
        return {name: numerator for name in AMOUNTS if name != "denominator"}
    whole, unknown = counts.denominator[:, column], counts.unknown[:, column]
    if definition.kind is Kind.MEDIAN:
        told = dict.fromkeys(("value", "low", "high"), numerator)
        return {**told, "denominator": np.where(shown, whole, np.nan)}
    return {
        "value": rates(part, whole, shown, definition.scale),
        "numerator": numerator,
        "denominator": np.where(shown, whole, np.nan),
        "low": rates(part, whole + unknown, shown, definition.scale),
        "high": rates(part + unknown, whole + unknown, shown, definition.scale),
    }


def rates(part: Numbers, whole: Numbers, shown: Flags, scale: int) -> Amounts:
    """In one, a hundred or a thousand with one decimal, halves away from zero, the same on every machine."""
    divisor = np.where(whole > 0, 2 * whole, 1)
    return np.where(shown, (20 * scale * part + whole) // divisor / 10, np.nan)


def _words(words: Sequence[str | None], code: npt.NDArray[Any]) -> pa.Array[Any]:
    """Words by their codes; None is null."""
    return pa.array(words, pa.string()).take(pa.array(code))


def _days(days: Sequence[date | None], code: npt.NDArray[Any]) -> pa.Array[Any]:
    return pa.array(days, pa.date32()).take(pa.array(code))
