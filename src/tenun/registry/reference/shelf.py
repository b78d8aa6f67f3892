"""Reference files that officials loaded: region editions, bridges, boundaries, on disk, each with its source.

    reference/
      region/kemendagri/2020/           CURRENT names the version in use, by the file's digest
        0f3a…/manifest.json, table.parquet
      bridge/bps-kemendagri/2021/desa/
      boundary/kemendagri/2025/kabupaten/00/

Trusted: whoever alters it alters which village a record belongs to. So a version is never changed
once written, and every answer can name the source, edition and digest it came from.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenun.kernel import canonical_json

_CURRENT = "CURRENT"
_MANIFEST = "manifest.json"
_TABLE = "table.parquet"
_BUILDING = ".building-"
# Small enough that one regency's villages are read without the other polygons of the country.
_ROW_GROUP = 2_000


class Kind(StrEnum):
    REGION = "region"
    BRIDGE = "bridge"
    BOUNDARY = "boundary"
    SURVEY = "survey"
    """Official rates of BPS, a round each (`registry.reference.survey`)."""


@dataclass(frozen=True)
class Holding:
    """One loaded file, and where it came from."""

    kind: Kind
    system: str
    """`kemendagri`, `bps`, or `bps-kemendagri` for a bridge."""
    edition: str
    source: str
    licence: str
    rows: int
    sha256: str
    """Of the file as it was given."""
    loaded_on: str
    level: str = "semua"
    """`semua` where a file holds every level."""
    scope: str = "00"
    """The region that holds all of it, `00` = the whole country."""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shelf_mark(self) -> str:
        """Where it stands: one version of it is in use at a time."""
        return f"{self.kind}/{self.system}/{self.edition}/{self.level}/{self.scope}"

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "kind": str(self.kind), "details": dict(self.details)}


class Shelf:
    """The holdings below one folder. Reads what is in use; adds; never alters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, holding: Holding, table: pa.Table) -> tuple[Holding, bool]:
        """Put a holding into use. The same file under the same mark changes nothing: then the answer is false.

        Atomic: when this returns, the version is on disk whole and in use.
        """
        place = self.folder / holding.shelf_mark
        there = self._read(place)
        if there is not None and _is_same(there, holding):
            return there, False
        version = canonical_json.digest({**holding.as_dict(), "loaded_on": None})[:16]
        target = place / version
        if not target.exists():
            draft = place / f"{_BUILDING}{os.getpid()}"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            pq.write_table(table, draft / _TABLE, compression="zstd", row_group_size=_ROW_GROUP)
            (draft / _MANIFEST).write_bytes(canonical_json.dumps(holding.as_dict()))
            draft.rename(target)
        write_durably(place / _CURRENT, f"{version}\n".encode())
        return self._read(place) or holding, True

    def holdings(self, kind: Kind | None = None) -> list[Holding]:
        """What is in use, by mark."""
        folder = self.folder / str(kind) if kind else self.folder
        places = sorted(path.parent for path in folder.rglob(_CURRENT)) if folder.is_dir() else []
        return [holding for place in places if (holding := self._read(place)) is not None]

    def table(self, holding: Holding, *, below: str | None = None) -> pa.Table:
        """A holding's rows, by code; with `below` only those below one dotted code."""
        place = self.folder / holding.shelf_mark
        # "/" follows "." in ASCII: every code below 52.01 begins with "52.01." and sorts before "52.01/".
        within = (pc.field("code") >= f"{below}.") & (pc.field("code") < f"{below}/") if below else None
        return pq.read_table(place / (place / _CURRENT).read_text().strip() / _TABLE, filters=within)

    def _read(self, place: Path) -> Holding | None:
        try:
            version = (place / _CURRENT).read_text().strip()
            manifest = json.loads((place / version / _MANIFEST).read_bytes())
        except FileNotFoundError:
            return None
        return Holding(**{**manifest, "kind": Kind(manifest["kind"])})


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file whole: a reader sees the old or the new one, and the new one survives a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)


def _is_same(there: Holding, given: Holding) -> bool:
    return (there.sha256, there.source, there.licence) == (given.sha256, given.source, given.licence)
