"""The nine things that can stand in the place of a figure. Missing is not zero."""

from __future__ import annotations

from enum import StrEnum


class ValueState(StrEnum):
    """The same code in the table, the page, the file and the words for a screen reader. Spellings never change."""

    OK = "ok"
    ZERO = "zero"
    """A true zero: the source is complete and has none."""
    LT = "lt"
    """Fewer than the least number that may be shown."""
    SUP = "sup"
    """Kept back so that another hidden figure cannot be computed from it."""
    NC = "nc"
    """The source never asked."""
    NS = "ns"
    """The source has not delivered yet."""
    NA = "na"
    """Cannot be computed; the reason says why."""
    STALE = "stale"
    """A figure older than its rhythm: shown with its date."""
    CUT = "cut"
    """Access shut off under Pasal 7(4)."""

    @property
    def has_value(self) -> bool:
        return self in (ValueState.OK, ValueState.ZERO, ValueState.STALE)
