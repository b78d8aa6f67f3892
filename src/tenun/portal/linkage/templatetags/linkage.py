from __future__ import annotations

from django import template

from tenun.linkage.reasons import Words
from tenun.linkage.report.document import Cell, number, say
from tenun.linkage.report.document import said as said_in
from tenun.portal import words

register = template.Library()


@register.filter
def told(text: Words | None) -> str:
    """Words of a report in the reader's language."""
    return "" if text is None else said_in(text, words.language())


@register.filter
def cell(value: Cell) -> str:
    """A cell as the report on paper says it."""
    return say(value, words.language())


@register.filter
def bits(value: float) -> str:
    """`+2,41`."""
    return say(number(value), words.language())
