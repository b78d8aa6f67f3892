"""Which kabupaten are daerah tertinggal, by which list, on which day.

A status of the kabupaten, set by the President every five years. A village's own status (IDM, Indeks
Desa) has similar words and is another thing; the two are never mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

import yaml

from tenun.kernel.clause import implements


@dataclass(frozen=True)
class Listing:
    """A list of daerah tertinggal, and how well it is known."""

    id: str
    regulation: str
    first_day: date
    last_day: date
    is_second_hand: bool
    """True where the regulation's own annex was not seen."""
    source_id: str
    source_en: str
    codes: frozenset[str]
    """Dotted codes of kabupaten, of the Kemendagri edition 2025."""

    def as_dict(self) -> dict[str, object]:
        return {
            "list": self.id,
            "regulation": self.regulation,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "is_second_hand": self.is_second_hand,
            "source": {"id": self.source_id, "en": self.source_en},
        }


@cache
def listings() -> tuple[Listing, ...]:
    """Every list, oldest first."""
    path = resources.files("tenun.registry.reference").joinpath("disadvantaged.yaml")
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["lists"]
    return tuple(Listing(**{**entry, "codes": frozenset(entry["codes"])}) for entry in entries)


def listing_on(day: date) -> Listing | None:
    """The list in force on a day; null where none is known."""
    return next((each for each in listings() if each.first_day <= day <= each.last_day), None)


@implements("1(2)", control="Disadvantaged regencies are a dated list with its source.")
def is_disadvantaged(code: str, *, on: date) -> bool:
    """Does a region (dotted code of a kabupaten or anything in it) lie in a listed kabupaten on that day?"""
    listing = listing_on(on)
    return listing is not None and ".".join(code.split(".")[:2]) in listing.codes
