"""A table as a promise: its columns, what they mean, how far each one reaches into a person's life."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Classification(StrEnum):
    """How a column is treated. The stored spelling never changes."""

    NONE = "none"
    """Says nothing about a person (a code edition, a vacancy's title)."""
    ATTRIBUTE = "attribute"
    """About a person, who cannot be told from it alone."""
    IDENTIFIER = "identifier"
    """Tells who the person is. Kept in a sealed table of its own."""
    SPECIFIC = "specific"
    """Specific personal data or near it (UU 27/2022 Pasal 4(2), Pasal 26): health, disability, income, children."""


@dataclass(frozen=True)
class Column:
    name: str
    type: pa.DataType
    classification: Classification
    text_id: str
    text_en: str
    code_list: str | None = None
    """Name of the harmonised list whose values it takes (`registry.reference.values`)."""


@dataclass(frozen=True)
class Table:
    """`{layer}_{source}__{type}_{name}`, with who is missing from it."""

    name: str
    about_id: str
    about_en: str
    missing_en: str
    columns: tuple[Column, ...]

    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, column.type) for column in self.columns])

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)
