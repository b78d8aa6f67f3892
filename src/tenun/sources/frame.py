"""What a reader took from one sheet: cells under the names of our fields, with where they stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tenun.sources.reading import Cell


@dataclass(frozen=True)
class Frame:
    """Columns of equal length. Nothing is interpreted yet: cells are as the file holds them."""

    file: str
    sheet: str
    format: str
    code_source: str
    """Whose codes the values are (`registry.reference`): `opensid`, `regsosek` ..."""
    rows: Sequence[int]
    """Row numbers as a spreadsheet shows them; line numbers for JSON."""
    columns: Mapping[str, Sequence[Cell]]
    """Our field -> cells."""
    headings: Mapping[str, str]
    """Our field -> heading in the file, for messages."""
    raw: Mapping[str, Sequence[Cell]] = field(default_factory=dict)
    """Heading -> cells, everything the file says, for the raw layer."""
    as_of: date | None = None
    """The date that the file itself gives for its data."""
    columns_unknown: int = 0
    """How many columns no field is known for: they stay in raw."""

    def __len__(self) -> int:
        return len(self.rows)
