"""The mark of a figure that its village objects to: on every page, in every file, as long as it must be there.

A mark is about the figure of a whole village, not about its categories. It says that and since when a figure is
disputed, never what the village says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from tenun.indicators import wording
from tenun.indicators.definition import Source
from tenun.portal.access import Scope

LABELS = {
    "open": ("disanggah", "disputed"),
    "accepted": ("sedang diperbaiki", "being put right"),
}
SENTENCES = {
    "open": (
        "Disanggah desa sejak {day}; belum dijawab.",
        "Disputed by the village since {day}; not answered yet.",
    ),
    "accepted": (
        "Keberatan desa diterima pada {day}; data yang sudah diperbaiki belum masuk.",
        "The village's objection was accepted on {day}; the corrected data is not in yet.",
    ),
}


@dataclass(frozen=True)
class Mark:
    """One objection to one figure that is open, or was accepted."""

    number: int
    """Of the correction."""
    indicator: str
    area: str
    source: Source
    """Whose data is said, or was found, to be wrong."""
    snapshot: str
    """The one that the village objected to."""
    filed_on: date
    accepted_on: date | None

    @property
    def state(self) -> str:
        """`open` or `accepted`: as programs read it."""
        return "open" if self.accepted_on is None else "accepted"

    def is_on(self, snapshot: str, *, sid_as_of: date | None, siapkerja_as_of: date | None) -> bool:
        """Whether the figure of that snapshot, made of data of these days, bears it.

        What is older than the objected one does not. An accepted objection stays on the figure that was objected to,
        and on newer ones until the source has delivered data of a later day than the answer: made anew from the
        same file it is as wrong as before.
        """
        if _day_of(snapshot) < _day_of(self.snapshot):
            return False
        if self.accepted_on is None or snapshot == self.snapshot:
            return True
        as_of = sid_as_of if self.source is Source.SID else siapkerja_as_of
        return as_of is None or as_of <= self.accepted_on


Finder = Callable[[Scope, date | None], Sequence[Mark]]
"""The marks in an area. Of accepted ones those suffice that were accepted on that day or later: the oldest day of any
source in the snapshot, before which nothing accepted can still be on a newer figure."""


def none(_scope: Scope, _oldest: date | None) -> Sequence[Mark]:
    """Where no corrections are kept."""
    return ()


def label(mark: Mark, language: str) -> str:
    """A word or two beside the figure."""
    return LABELS[mark.state][0 if language == "id" else 1]


def sentence(mark: Mark, language: str) -> str:
    """What a note says of it."""
    told = SENTENCES[mark.state][0 if language == "id" else 1]
    return told.format(day=wording.day(mark.accepted_on or mark.filed_on, language))


def _day_of(snapshot: str) -> str:
    """A snapshot's name begins with its day."""
    return snapshot[:10]
