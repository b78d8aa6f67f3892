"""The sentence that answers a page's question, in the reader's language. The rule is `indicators.sentences`."""

from __future__ import annotations

from collections.abc import Mapping

from tenun.indicators import sentences
from tenun.indicators.areas import Area
from tenun.indicators.results import Value
from tenun.portal import words


def of_area(area: Area, values: Mapping[str, Value], minimum_cell: int) -> str:
    """About work in an area: adults, seekers, who is recorded as working, places within reach."""
    return sentences.of_area(area, values, words.language(), minimum_cell=minimum_cell)
