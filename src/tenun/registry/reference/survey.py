"""Official rates of BPS's labour force survey (Sakernas), as reference lines beside figures of the registers.

They stand on the shelf of reference files and in no lake: nothing that computes figures can read them, and they are
never added to, divided by or compared with a figure of ours. A rate says its round, its source and its licence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tenun.registry.reference.shelf import Holding, Kind, Shelf

ROUND = re.compile(r"(20\d\d)-(02|08)")
"""Year and month: the survey is held in February and August; rates of regencies come from August's."""
MONTHS: Mapping[str, tuple[str, str]] = {"02": ("Februari", "February"), "08": ("Agustus", "August")}
RATES: Mapping[str, tuple[str, str]] = {
    "TPT": ("Tingkat pengangguran terbuka", "Open unemployment rate"),
    "TPAK": ("Tingkat partisipasi angkatan kerja", "Labour force participation rate"),
}
"""The rates that may be loaded, with BPS's names. All are percentages of people of 15 years and over."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One official rate of one regency or province."""

    indicator: str
    value: float
    """Percent, as published."""
    round: str
    """`2025-08`."""
    source: str
    licence: str
    loaded_on: str

    def name(self, language: str) -> str:
        return RATES[self.indicator][0 if language == "id" else 1]

    def round_name(self, language: str) -> str:
        """`Agustus 2025`."""
        year, _, month = self.round.partition("-")
        return f"{MONTHS[month][0 if language == 'id' else 1]} {year}"


def rates(folder: Path, code: str) -> list[Rate]:
    """The official rates of an area (dotted Kemendagri code), the newest round first; none below the regency.

    `folder` is where reference files lie.
    """
    shelf = Shelf(folder)
    found = [rate for holding in shelf.holdings(Kind.SURVEY) for rate in _of(shelf, holding, code)]
    return sorted(found, key=lambda rate: (rate.round, rate.indicator), reverse=True)


def _of(shelf: Shelf, holding: Holding, code: str) -> list[Rate]:
    return [
        Rate(row["indicator"], row["value"], holding.edition, holding.source, holding.licence, holding.loaded_on)
        for row in shelf.table(holding).to_pylist()
        if row["code"] == code
    ]
