"""What a snapshot is: tables of one dataset and scope at one date, with where they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any

from tenun.kernel import canonical_json
from tenun.kernel.clock import JAKARTA


class Layer(StrEnum):
    RAW = "raw"
    """What a file said, as text. Sealed whole."""
    CORE = "core"
    """Harmonised: attributes in one table, identifiers sealed in another."""
    LINK = "link"
    """Which records are one person: pseudonyms only."""
    OUT = "out"
    """Figures, after disclosure control."""


@dataclass(frozen=True)
class SourceFile:
    """A file that went in. Its name is left out: people put names and numbers of people into it."""

    sha256: str
    bytes: int
    format: str


@dataclass(frozen=True)
class TableFile:
    """One Parquet file of a snapshot. `sha256` is of the bytes on disk, `content_sha256` of the Parquet."""

    name: str
    file: str
    rows: int
    bytes: int
    sha256: str
    content_sha256: str
    columns: Sequence[Mapping[str, str]]
    is_sealed: bool


@dataclass(frozen=True)
class Origin:
    """All that a snapshot's content depends on. Equal origins give equal snapshots."""

    recipe: str
    """Name and version of the code that builds it, such as `residents/1`."""
    sources: Sequence[SourceFile] = ()
    inputs: Sequence[str] = ()
    """Ids of the snapshots it was built from, `layer/dataset/scope/id`."""
    editions: Mapping[str, str] = field(default_factory=dict)
    """Code lists and their editions, such as `{"kemendagri": "2025"}`."""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def fingerprint(self) -> str:
        return canonical_json.digest(_plain(asdict(self)))[:12]


@dataclass(frozen=True)
class Snapshot:
    layer: Layer
    dataset: str
    scope: str
    id: str
    as_of: date
    origin: Origin
    tables: Mapping[str, TableFile]
    details: Mapping[str, Any]
    """Counts and remarks that belong to the snapshot, never a person's value."""
    folder: Path

    @property
    def reference(self) -> str:
        return f"{self.layer}/{self.dataset}/{self.scope}/{self.id}"

    @property
    def rows(self) -> int:
        return max((table.rows for table in self.tables.values()), default=0)

    @property
    def received(self) -> datetime | None:
        """When the other party's data came in; None for a node's own. Where it was not noted: not before its date."""
        if "received" not in self.details:
            return None
        noted = self.details["received"].get("on")
        return datetime.fromisoformat(noted) if noted else datetime.combine(self.as_of, time(), JAKARTA)

    def manifest(self) -> dict[str, Any]:
        """The manifest as JSON. It holds no path and not when it was made: the same input gives the same bytes."""
        return {
            "layer": str(self.layer),
            "dataset": self.dataset,
            "scope": self.scope,
            "snapshot": self.id,
            "as_of": self.as_of.isoformat(),
            "origin": _plain(asdict(self.origin)),
            "tables": {name: _plain(asdict(table)) for name, table in sorted(self.tables.items())},
            "details": _plain(self.details),
        }


def from_manifest(manifest: Mapping[str, Any], folder: Path) -> Snapshot:
    origin = manifest["origin"]
    return Snapshot(
        layer=Layer(manifest["layer"]),
        dataset=manifest["dataset"],
        scope=manifest["scope"],
        id=manifest["snapshot"],
        as_of=date.fromisoformat(manifest["as_of"]),
        origin=Origin(
            recipe=origin["recipe"],
            sources=tuple(SourceFile(**source) for source in origin["sources"]),
            inputs=tuple(origin["inputs"]),
            editions=origin["editions"],
            settings=origin["settings"],
        ),
        tables={
            name: TableFile(**{**table, "columns": tuple(table["columns"])})
            for name, table in manifest["tables"].items()
        },
        details=manifest["details"],
        folder=folder,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value
