"""Icons as inline SVG, so that they take the colour of the text and cost no request."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe

FOLDER = Path(__file__).parent / "icons"


@cache
def shapes(name: str) -> SafeString:
    """The outlines of one of the files in `icons/`, without the empty square that they stand on."""
    drawing = (FOLDER / f"{name}.svg").read_text()
    return mark_safe("".join(re.findall(r"<path d=.*?/>", drawing, re.DOTALL)))  # noqa: S308 - our own file


@cache
def icon(name: str) -> SafeString:
    """One of the files in `icons/`. Decoration: the words beside it say what it means."""
    return mark_safe(  # noqa: S308 - our own file
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        f"{shapes(name)}</svg>"
    )
