"""What templates say and draw. No figure is computed here."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.safestring import SafeString

from tenun.disclosure.state import ValueState
from tenun.indicators import wording
from tenun.indicators.areas import Level
from tenun.indicators.definition import Definition, Lines, Words
from tenun.indicators.results import Value
from tenun.portal import marks, words
from tenun.portal.design import icons, links
from tenun.portal.marks import Mark

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    return icons.icon(name)


@register.simple_tag
def icon_shapes(name: str) -> SafeString:
    """The same without its frame, for inside another drawing."""
    return icons.shapes(name)


@register.filter
def said(words_: Words | Lines | None) -> Any:
    """A text of a definition in the reader's language."""
    return words_.said(words.language()) if words_ is not None else ""


@register.simple_tag(takes_context=True)
def figure_text(context: template.Context, value: Value) -> str:
    return words.say(value, minimum_cell=context["release"].minimum_cell)


@register.simple_tag(takes_context=True)
def mark_of(context: template.Context, value: Value) -> Mark | None:
    """The objection that a figure bears."""
    figures = getattr(context.get("request"), "figures", None)
    return figures.mark_of(value) if figures is not None else None


@register.filter
def mark_label(mark: Mark) -> str:
    return marks.label(mark, words.language())


@register.filter
def mark_sentence(mark: Mark) -> str:
    return marks.sentence(mark, words.language())


@register.filter
def has_value(value: Value) -> bool:
    return value.state.has_value


@register.filter
def is_small_or_shown(value: Value) -> bool:
    """Whether what stands on the screen is a number (`1.842`, `<5`) rather than words."""
    return value.state.has_value or value.state is ValueState.LT


@register.filter
def why(value: Value, definition: Definition | None = None) -> str:
    return words.why(value, definition)


@register.filter
def sign(value: Value) -> str | SafeString:
    """The sign before the words of a state; none where the words are a sign themselves (`0`, `<5`)."""
    return "" if value.state in (ValueState.OK, ValueState.ZERO, ValueState.LT) else state_sign(value.state)


@register.filter
def unit(definition: Definition) -> str:
    return wording.named(wording.UNITS, definition.unit, words.language())


@register.filter
def band(value: Value) -> str:
    return wording.band(value, words.language())


@register.filter
def state_name(state: str) -> str:
    return words.state_name(state)


@register.filter
def state_sign(state: str) -> str | SafeString:
    drawn = words.DRAWN_SIGNS.get(ValueState(state))
    return icons.icon(drawn) if drawn else words.state_sign(state)


@register.filter
def state_sentence(state: str) -> str:
    return words.state_sentence(state)


@register.filter
def category_name(code: str) -> str:
    return wording.named(wording.CATEGORIES, code, words.language())


@register.filter
def breakdown_name(code: str) -> str:
    return wording.named(wording.BREAKDOWNS, code, words.language())


@register.filter
def level_label(level: Level | str) -> str:
    return wording.named(wording.LEVELS, str(level), words.language())


@register.filter
def area_title(area: Any) -> str:
    return words.area_title(area.code, area.name)


@register.simple_tag
def area_name(value: Value) -> str:
    return words.area_title(value.area_code, value.area_name)


@register.filter
def day(value: date | None) -> str:
    return words.day(value)


@register.filter
def amount(value: float) -> str:
    return words.number(value)


@register.filter
def published(value: float | None, decimals: int) -> str:
    """A number of somebody else, with the decimals it is shown with; a dash where the publisher has none."""
    return "–" if value is None else words.decimal(value, decimals)


@register.filter
def percent(value: float) -> str:
    return words.percent(value)


@register.simple_tag(takes_context=True)
def link(context: template.Context, route: str, *arguments: str, **query: Any) -> str:
    """An address that keeps to the snapshot the reader is looking at."""
    return links.link(context.get("release"), route, *arguments, **query)


@register.simple_tag(takes_context=True)
def here(context: template.Context, **changes: Any) -> str:
    """This address with some parts of its query changed; an empty value takes a part out."""
    query = dict(context["request"].GET.items())
    query.update({key: str(value) for key, value in changes.items()})
    kept = {key: value for key, value in query.items() if value}
    return f"?{urlencode(kept)}" if kept else "?"
