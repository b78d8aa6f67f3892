"""What an ingest says when it is done. The same for every kind of file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class IngestReport:
    """Counts that add up: `accepted + rejected = rows`, and `accepted = entities kept + duplicates`."""

    format: str
    rows: int
    """Data rows: no headings, blank rows, notes, or lines that name a family."""
    accepted: int
    rejected: int
    duplicates: int
    """Accepted rows that were dropped because the same person (or thing) stands in another row."""
    warnings: Mapping[str, int]
    rejects_file: Path | None
    snapshot: str | list[str] | None
    """Reference of the snapshot, or several."""
    is_new: bool = True
    """False when the very same file was here already: then nothing changed."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Further counts by the kind of file: `persons`, `families`, `villages` ..."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Remarks for a person, such as the date taken from the file."""

    def as_dict(self) -> dict[str, Any]:
        """The report as the JSON object that the commands print."""
        return {
            "format": self.format,
            "rows": self.rows,
            **self.counts,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "duplicates": self.duplicates,
            "warnings": dict(self.warnings),
            "rejects_file": str(self.rejects_file) if self.rejects_file else None,
            "snapshot": self.snapshot,
            "is_new": self.is_new,
            **self.details,
        }
