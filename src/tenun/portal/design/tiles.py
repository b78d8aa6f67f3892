"""A map without boundaries: every area one tile of equal size, grouped by what it lies in.

Equal tiles, so that a village counts as a village and not as its hectares. Rates fill the tile (five
classes); absolute numbers are circles on it, since a shaded area reads as a density. Colour is never
alone: a class has its number or its size, a state its pattern and its sign, everything its words.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tenun.disclosure.state import ValueState
from tenun.indicators import wording
from tenun.indicators.definition import Definition
from tenun.indicators.results import Value
from tenun.portal import words
from tenun.portal.design.links import link
from tenun.portal.figures import Release

CLASSES = 5


@dataclass(frozen=True)
class Size:
    width: int
    height: int
    columns_max: int
    has_label: bool = False


# Never below the 24 pixels of WCAG 2.5.8; seven and six columns fit a phone of 360.
SMALL = Size(34, 34, 7)
LARGE = Size(44, 44, 6)
LABELLED = Size(148, 64, 1, has_label=True)
GAP = 3
ICON = 16


@dataclass(frozen=True)
class Mark:
    """How one value is drawn."""

    fill: str
    """CSS class or, for a state, the name of its pattern."""
    is_pattern: bool
    sign: str
    sign_class: str
    radius: float = 0
    icon: str = ""
    """A drawn sign, where the character is missing from many devices' typefaces."""


@dataclass(frozen=True)
class Tile:
    x: int
    y: int
    width: int
    height: int
    mark: Mark
    address: str
    label: str
    name: str
    shown: str

    @property
    def middle_x(self) -> float:
        return self.x + self.width / 2

    @property
    def middle_y(self) -> float:
        return self.y + self.height / 2

    @property
    def icon_x(self) -> float:
        return self.middle_x - ICON / 2

    @property
    def icon_y(self) -> float:
        return self.middle_y - ICON / 2


@dataclass(frozen=True)
class Block:
    name: str
    address: str
    width: int
    height: int
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class LegendEntry:
    mark: Mark
    text: str
    count: int


@dataclass(frozen=True)
class Picture:
    sentence: str
    blocks: tuple[Block, ...]
    legend: tuple[LegendEntry, ...]
    has_circles: bool
    has_labels: bool


class Scale:
    """Five classes with about as many areas in each; fewer where there are fewer different values."""

    def __init__(self, amounts: Sequence[float]) -> None:
        ordered = sorted(amounts)
        self._lowest = sorted({ordered[len(ordered) * step // CLASSES] for step in range(CLASSES)}) if ordered else []
        self._highest = [max(amount for amount in ordered if self.class_of(amount) == at) for at in self.classes]

    @property
    def classes(self) -> range:
        return range(1, len(self._lowest) + 1)

    def class_of(self, amount: float) -> int:
        """1 for the lowest class."""
        return bisect_right(self._lowest, amount)

    def limits(self, class_: int) -> tuple[float, float]:
        return self._lowest[class_ - 1], self._highest[class_ - 1]


def picture(
    values: Sequence[Value],
    definition: Definition,
    *,
    names: Mapping[str, str],
    release: Release,
    size: Size = LARGE,
) -> Picture:
    """The tile map of one indicator. `names` are of the areas that tiles are grouped by; none, one group."""
    has_circles = definition.is_sum and not size.has_label
    scale = scale_of(values)
    groups: dict[str, list[Value]] = {}
    for value in values:
        parent = value.area_code.rpartition(".")[0]
        groups.setdefault(parent if parent in names else "", []).append(value)
    if size.has_label:
        # Tiles that bear their name are laid out by the page, which knows how wide it is: one block each.
        groups = {value.area_code: [value] for value in values}
    blocks = tuple(
        _block("" if size.has_label else names.get(code, ""), code, group, scale, size, has_circles, release)
        for code, group in sorted(groups.items())
    )
    return Picture(
        sentence=_sentence(values, definition),
        blocks=blocks,
        legend=_legend(values, definition, scale, has_circles),
        has_circles=has_circles,
        has_labels=size.has_label,
    )


def scale_of(values: Sequence[Value]) -> Scale:
    """Classes of the figures there are. Zero is a state with a sign of its own, and in no class."""
    return Scale([value.value for value in values if value.value is not None and value.state is not ValueState.ZERO])


def _block(
    name: str, code: str, values: list[Value], scale: Scale, size: Size, has_circles: bool, release: Release
) -> Block:
    columns = min(size.columns_max, max(3, math.ceil(math.sqrt(len(values) * 1.6))))
    tiles = []
    for at, value in enumerate(values):
        shown = words.say(value, minimum_cell=release.minimum_cell)
        title = words.area_title(value.area_code, value.area_name)
        tiles.append(
            Tile(
                x=at % columns * (size.width + GAP),
                y=at // columns * (size.height + GAP),
                width=size.width,
                height=size.height,
                mark=mark_of(value, scale, has_circles=has_circles, size=size),
                address=link(release, "area", value.area_code),
                label=f"{title}: {shown}",
                name=_short(value.area_name, 15) if size.has_label else "",
                shown=_short(shown, 18),
            )
        )
    rows = math.ceil(len(values) / columns)
    return Block(
        name=words.area_title(code, name) if name else "",
        address=link(release, "area", code) if name else "",
        width=min(columns, len(values)) * (size.width + GAP) - GAP,
        height=rows * (size.height + GAP) - GAP,
        tiles=tuple(tiles),
    )


def mark_of(value: Value, scale: Scale, *, has_circles: bool, size: Size = LARGE) -> Mark:
    if value.value is None or not value.state.has_value:
        return state_mark(value.state)
    if value.state is ValueState.ZERO:
        return Mark("class-none", is_pattern=False, sign="0", sign_class="on-none")
    class_ = scale.class_of(value.value)
    if has_circles:
        largest = min(size.width, size.height) / 2 - 2
        radius = largest * math.sqrt(class_ / max(len(scale.classes), 1))
        return Mark("class-none", is_pattern=False, sign="", sign_class="on-none", radius=round(radius, 1))
    step = _step(class_, len(scale.classes))
    return Mark(f"class-{step}", is_pattern=False, sign=str(class_), sign_class="on-light" if step <= 3 else "on-dark")


def state_mark(state: ValueState) -> Mark:
    icon = words.DRAWN_SIGNS.get(state, "")
    sign = "" if icon else wording.SIGNS[state]
    return Mark(f"p-{state}", is_pattern=True, sign=sign, sign_class="on-none", icon=icon)


def _step(class_: int, classes: int) -> int:
    """The colour of a class: the ends of the scale are used however few classes there are."""
    return class_ if classes >= CLASSES else round(1 + (class_ - 1) * (CLASSES - 1) / max(classes - 1, 1))


def _legend(
    values: Sequence[Value], definition: Definition, scale: Scale, has_circles: bool
) -> tuple[LegendEntry, ...]:
    entries = []
    with_value = [value for value in values if value.value is not None and value.state.has_value]
    zeros = [value for value in with_value if value.state is ValueState.ZERO]
    for class_ in scale.classes:
        members = [
            value
            for value in with_value
            if value.state is not ValueState.ZERO and scale.class_of(value.value or 0) == class_
        ]
        if members:
            mark = mark_of(members[0], scale, has_circles=has_circles, size=SMALL)
            entries.append(LegendEntry(mark, _range(*scale.limits(class_), definition), len(members)))
    if zeros:
        mark = mark_of(zeros[0], scale, has_circles=has_circles)
        entries.append(LegendEntry(mark, words.state_name(ValueState.ZERO), len(zeros)))
    states = Counter(value.state for value in values if not value.state.has_value)
    for state in ValueState:
        if states[state]:
            entries.append(LegendEntry(state_mark(state), words.state_name(state), states[state]))
    return tuple(entries)


def _range(low: float, high: float, definition: Definition) -> str:
    def said(amount: float) -> str:
        return wording.number(amount, definition.unit, words.language())

    return said(low) if said(low) == said(high) else f"{said(low)} – {said(high)}"


def _sentence(values: Sequence[Value], definition: Definition) -> str:
    """What the picture shows, for whoever cannot see it."""
    with_value = [value for value in values if value.value is not None]
    name = definition.names.said(words.language())
    if not with_value:
        return _("%(name)s: none of the %(count)s areas has a figure.") % {
            "name": name,
            "count": words.number(len(values)),
        }
    top = max(with_value, key=lambda value: value.value or 0)
    low = min(with_value, key=lambda value: value.value or 0)
    sentence = _(
        "%(name)s: highest in %(top)s (%(top_value)s), lowest in %(low)s (%(low_value)s); "
        "%(with)s of %(all)s areas have a figure."
    )
    return sentence % {
        "name": name,
        "top": top.area_name,
        "top_value": wording.number(top.value or 0, definition.unit, words.language()),
        "low": low.area_name,
        "low_value": wording.number(low.value or 0, definition.unit, words.language()),
        "with": words.number(len(with_value)),
        "all": words.number(len(values)),
    }


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
