"""The lists that ingest wrote of a node's own files: which row, which column, which rule. Never the value.

A list goes back to whoever owns the source, so an account is shown those of its own ministry only. The counts on
the page come from the snapshot's manifest and the lines from the list; where the two do not agree, the list was
altered and nothing of it is shown.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.conf import settings

from tenun.agreement.vocabulary import Party
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import SnapshotMissing
from tenun.portal.access import Scope
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid
from tenun.sources.rules import Severity

FOLDER = "reports"

OWNERS: Mapping[str, Party] = MappingProxyType(
    {
        sid.DATASET: Party.DESA,
        siapkerja.SEEKERS_DATASET: Party.NAKER,
        siapkerja.VACANCIES_DATASET: Party.NAKER,
        siapkerja.TRAININGS_DATASET: Party.NAKER,
        siapkerja.CERTIFICATES_DATASET: Party.NAKER,
        siapkerja.PLACEMENTS_DATASET: Party.NAKER,
    }
)
"""Datasets whose files are read here with a list, and whose they are to put right."""

# A village's name for its file may hold somebody's number; dates and village codes are shorter.
_PERSONAL_NUMBER = re.compile(r"\d(?:[ .\-]?\d){10,}")
_MASK = "…"


class ListState(StrEnum):
    THERE = "ada"
    CLEAN = "bersih"
    """No rule found anything, so there is no list."""
    GONE = "hilang"
    """The list is not in this node's folder any more; the same file again makes it anew."""
    ALTERED = "berubah"
    """It does not hold what the snapshot says that was found."""


@dataclass(frozen=True)
class Told:
    """What ingest counted in one delivery, as it stands in the snapshot."""

    dataset: str
    scope: str
    as_of: date
    snapshot: str
    rows: int
    rejected: int
    duplicates: int
    warnings: Mapping[str, int]
    has_problems: bool
    file: str
    """Name of the list in the folder of lists."""

    @property
    def warned(self) -> int:
        return sum(self.warnings.values())

    @property
    def found(self) -> int:
        """Lines that its list has."""
        return self.rejected + self.duplicates + self.warned

    @property
    def owner(self) -> Party:
        return OWNERS[self.dataset]


@dataclass(frozen=True)
class Pointer:
    """One line of a list."""

    severity: Severity
    file: str
    sheet: str
    row: int
    field: str
    rule: str


def of_area(area_code: str, *, villages: Sequence[str], scope: Scope, party: Party) -> list[Told]:
    """Deliveries of that ministry inside the area, those with most to put right first."""
    found = [told for village in villages if party is OWNERS[sid.DATASET] and (told := _told(sid.DATASET, village))]
    inside = Scope(area_code)
    for dataset in (name for name, owner in OWNERS.items() if owner is party and name != sid.DATASET):
        places = settings.NODE.lake.scopes(layer=Layer.CORE, dataset=dataset)
        found += [told for place in places if inside.covers(place) and (told := _told(dataset, place))]
    return sorted((told for told in found if scope.covers(told.scope)), key=lambda told: (-told.found, told.scope))


def find(dataset: str, place: str, *, scope: Scope, party: Party) -> Told | None:
    """One delivery; None where there is none, or it is another ministry's or outside the account's area."""
    if OWNERS.get(dataset) is not party or not scope.covers(place):
        return None
    return _told(dataset, place)


def read(told: Told) -> tuple[ListState, list[Pointer]]:
    """The list's lines in its own order, and how it stands with the list."""
    if not told.has_problems:
        return ListState.CLEAN, []
    file = settings.NODE.folder / FOLDER / told.file
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            pointers = list(_pointers(csv.DictReader(handle)))
    except FileNotFoundError:
        return ListState.GONE, []
    except (KeyError, ValueError, csv.Error):
        return ListState.ALTERED, []
    return (ListState.THERE, pointers) if _agrees(told, pointers) else (ListState.ALTERED, [])


def by_rule(pointers: Sequence[Pointer]) -> list[tuple[str, int]]:
    """How many lines each rule has, the most first."""
    return sorted(Counter(one.rule for one in pointers).items(), key=lambda each: (-each[1], each[0]))


def of_rule(pointers: Sequence[Pointer], rule: str | None) -> list[Pointer]:
    return [one for one in pointers if rule is None or one.rule == rule]


def _told(dataset: str, place: str) -> Told | None:
    """None where nothing was delivered, or the data came from the other party: then the list is with them."""
    try:
        snapshot = settings.NODE.lake.current(layer=Layer.CORE, dataset=dataset, scope=place)
    except SnapshotMissing:
        return None
    report = snapshot.details.get("report")
    return _of_snapshot(snapshot, report) if report is not None else None


def _of_snapshot(snapshot: Snapshot, report: Mapping[str, Any]) -> Told:
    rejects = report.get("details", {}).get("rejects")
    return Told(
        dataset=snapshot.dataset,
        scope=snapshot.scope,
        as_of=snapshot.as_of,
        snapshot=snapshot.id,
        rows=report["rows"],
        rejected=report["rejected"] if rejects is None else sum(rejects.values()),
        duplicates=report["duplicates"],
        warnings=report["warnings"],
        has_problems=snapshot.details["has_problems"],
        file=f"{snapshot.dataset}-{snapshot.scope}-{snapshot.as_of.isoformat()}-{snapshot.origin.fingerprint()}.csv",
    )


def _pointers(lines: csv.DictReader[str]) -> Iterator[Pointer]:
    for line in lines:
        yield Pointer(
            severity=Severity(line["severity"]),
            file=_without_numbers(line["file"]),
            sheet=_without_numbers(line["sheet"]),
            row=int(line["row"]),
            field=_without_numbers(line["field"]),
            rule=line["rule"],
        )


def _agrees(told: Told, pointers: Sequence[Pointer]) -> bool:
    warned = Counter(one.rule for one in pointers if one.severity is Severity.WARN)
    severities = Counter(one.severity for one in pointers)
    return (
        dict(warned) == dict(told.warnings)
        and severities[Severity.REJECT] == told.rejected
        and severities[Severity.DUPLICATE] == told.duplicates
    )


def _without_numbers(text: str) -> str:
    return _PERSONAL_NUMBER.sub(_MASK, text.removeprefix("'"))
