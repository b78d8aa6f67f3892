"""Where each area lies among all areas of its level around it: one line of ticks with the letters below.

Drawn on the server. An area without a figure has no place on the line: it stands beneath it as a box with the
pattern and the sign of its state. The words of the picture say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenun.indicators import wording
from tenun.indicators.definition import Kind
from tenun.indicators.results import Value
from tenun.portal import words
from tenun.portal.compare.choice import LETTERS
from tenun.portal.compare.table import Row
from tenun.portal.design.tiles import Mark, state_mark

WIDTH = 320
EDGE = 12
BINS = 74
TICKS_HEIGHT = 26
LABEL = 18
"""Side of the box that bears a letter, and the least distance between two of them in one lane."""
BOX_STEP = 46
# As on the ranking: linked figures whose match rate is known to be below are set beside nothing (portal study, P3).
MATCH_RATE_MIN = 70.0


@dataclass(frozen=True)
class Place:
    letter: str
    x: float
    lane: int

    @property
    def y(self) -> int:
        return TICKS_HEIGHT + 7 + self.lane * (LABEL + 2)

    @property
    def box_x(self) -> float:
        return round(self.x - LABEL / 2, 1)

    @property
    def text_y(self) -> float:
        return self.y + LABEL / 2


@dataclass(frozen=True)
class Box:
    """An area without a figure."""

    letter: str
    x: int
    mark: Mark

    @property
    def letter_x(self) -> int:
        return self.x + LABEL + 10


@dataclass(frozen=True)
class Strip:
    ticks: str
    """Path of the areas around, higher where there are more of them."""
    places: tuple[Place, ...]
    boxes: tuple[Box, ...]
    boxes_y: int
    height: int
    reference_x: float | None
    low: str
    high: str
    finding: str
    """What the picture shows of the first area: its title."""
    text: str
    """All that it shows, for whoever cannot see it."""

    @property
    def boxes_text_y(self) -> float:
        return self.boxes_y + LABEL / 2

    @property
    def width(self) -> int:
        return WIDTH


def usable(values: Sequence[Value], matches: Sequence[Value], *, is_linked: bool) -> list[float]:
    """The figures of the areas around that may be set beside one another."""
    low = {one.area_code for one in matches if one.value is not None and one.value < MATCH_RATE_MIN}
    return [one.value for one in values if one.value is not None and not (is_linked and one.area_code in low)]


def draw(row: Row, around: Sequence[float], *, minimum_cell: int) -> Strip:
    """The strip of one row. `around`: the figures of all areas of the level, these among them."""
    shown = [(LETTERS[at], cell.value.value) for at, cell in enumerate(row.cells) if cell.value.value is not None]
    # The number of a whole regency is no place on a line of villages.
    reference = row.reference.value if row.reference is not None and row.definition.kind is Kind.RATE else None
    everything = [*around, *(amount for _letter, amount in shown), *([reference] if reference is not None else [])]
    low, high = (min(everything), max(everything)) if everything else (0.0, 0.0)
    places = _places([(letter, _x(amount, low, high)) for letter, amount in shown])
    lanes = max((place.lane for place in places), default=-1) + 1
    boxes_y = TICKS_HEIGHT + 9 + lanes * (LABEL + 2)
    boxes = tuple(
        Box(LETTERS[at], EDGE + number * BOX_STEP, state_mark(cell.value.state))
        for number, (at, cell) in enumerate((at, cell) for at, cell in enumerate(row.cells) if cell.value.value is None)
    )
    unit, language = row.definition.unit, words.language()
    return Strip(
        ticks=_ticks([_x(amount, low, high) for amount in around]),
        places=places,
        boxes=boxes,
        boxes_y=boxes_y,
        height=boxes_y + (LABEL + 4 if boxes else 0),
        reference_x=_x(reference, low, high) if reference is not None else None,
        low=wording.number(low, unit, language) if everything else "",
        high=wording.number(high, unit, language) if everything else "",
        finding=_finding(row, around, minimum_cell),
        text=_text(row, around, minimum_cell),
    )


def _x(amount: float, low: float, high: float) -> float:
    """Its place on the line; in the middle where all are equal."""
    share = (amount - low) / (high - low) if high > low else 0.5
    return round(EDGE + share * (WIDTH - 2 * EDGE), 1)


def _ticks(found: Sequence[float]) -> str:
    step = (WIDTH - 2 * EDGE) / BINS
    counts = [0] * (BINS + 1)
    for x in found:
        counts[round((x - EDGE) / step)] += 1
    highest = max(counts)
    return "".join(
        f"M{EDGE + at * step:.1f} {TICKS_HEIGHT}v-{6 + (TICKS_HEIGHT - 8) * count / highest:.1f}"
        for at, count in enumerate(counts)
        if count
    )


def _places(found: Sequence[tuple[str, float]]) -> tuple[Place, ...]:
    """Each letter under its tick, in the first lane where it covers no other."""
    lanes: list[float] = []
    places = []
    for letter, x in sorted(found, key=lambda one: (one[1], one[0])):
        lane = next((at for at, last in enumerate(lanes) if x - last >= LABEL + 1), len(lanes))
        lanes[lane : lane + 1] = [x]
        places.append(Place(letter, x, lane))
    return tuple(places)


def _finding(row: Row, around: Sequence[float], minimum_cell: int) -> str:
    first = row.cells[0]
    title = words.area_title(first.area.code, first.area.name)
    if first.value.value is None:
        return _("%(area)s: %(shown)s") % {"area": title, "shown": words.say(first.value, minimum_cell=minimum_cell)}
    return _("%(area)s: higher than %(lower)s of %(all)s") % {
        "area": title,
        "lower": words.number(sum(1 for amount in around if amount < first.value.value)),
        "all": words.number(len(around)),
    }


def _text(row: Row, around: Sequence[float], minimum_cell: int) -> str:
    name = row.definition.names.said(words.language())
    parts = [
        f"{LETTERS[at]}, {words.area_title(cell.area.code, cell.area.name)}: "
        f"{words.say(cell.value, minimum_cell=minimum_cell)}"
        for at, cell in enumerate(row.cells)
    ]
    if row.reference is not None:
        title = words.area_title(row.reference.area_code, row.reference.area_name)
        parts.append(f"{title}: {words.say(row.reference, minimum_cell=minimum_cell)}")
    if not around:
        spread = _("No area around has a figure.")
    else:
        ends = [wording.number(end(around), row.definition.unit, words.language()) for end in (min, max)]
        spread = ngettext(
            "%(count)s area around has a figure, of %(low)s.",
            "%(count)s areas around have a figure, from %(low)s to %(high)s.",
            len(around),
        ) % {"count": words.number(len(around)), "low": ends[0], "high": ends[1]}
    return f"{name}. {spread} {'; '.join(parts)}."
