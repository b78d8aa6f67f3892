"""From opened files to a snapshot, the same for every kind of SIAPKerja data.

A delivery replaces the last one: an extract says what stands in SIAPKerja on a day, and what it leaves
out is gone. The same files again give the report of the first time and change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenun.kernel import clock
from tenun.lake.snapshot import Snapshot
from tenun.lake.store import Lake
from tenun.sources import publish
from tenun.sources.answers import Progress, open_files
from tenun.sources.errors import FilesDisagree, NoRows, NothingAccepted
from tenun.sources.frame import Frame
from tenun.sources.problems import Problems
from tenun.sources.publish import Delivery
from tenun.sources.reading import Source
from tenun.sources.report import IngestReport
from tenun.sources.residents.tables import raw_table
from tenun.sources.rules import Severity
from tenun.sources.siapkerja import extract
from tenun.sources.siapkerja.extract import Extract

NATIONAL = "00"
"""Scope of a delivery for the whole country."""


@dataclass(frozen=True)
class Kind:
    """What is brought in, and how its snapshots are known."""

    dataset: str
    recipe: str
    format: str
    editions: Mapping[str, str]
    """Code lists that the rows are read with."""


@dataclass(frozen=True)
class Built:
    """The core tables of a delivery, and what to tell about it."""

    tables: Mapping[str, pa.Table]
    raw: Callable[[], pa.Table]
    rows: int
    rejected: int
    duplicates: int
    counts: Mapping[str, int]
    details: Mapping[str, Any] = field(default_factory=dict)
    sealed_tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """Which files, for where and when, and who they are about."""

    paths: Sequence[Path]
    area: str | None
    """Kemendagri code of the area that the files are about, dotted; null for the whole country."""
    as_of: date | None
    """The day the files are true for; null for today in Jakarta, or the day they came in first."""
    report_folder: Path
    invented: bool = False
    progress: Progress | None = None
    today: date | None = None


def bring_in(
    lake: Lake,
    kind: Kind,
    request: Request,
    *,
    read: Callable[[Source], int],
    build: Callable[[date, Problems], Built],
) -> IngestReport:
    """Read every file, build the tables, publish them.

    `read` takes in one file and gives how many rows it has; `build` is called once after the last.
    Raises what they raise, `FilesDisagree`, `NoRows` where all files together hold nothing, and
    `NothingAccepted` where not one row can be used; then nothing was published.
    """
    sources = _read_all(request, read)
    delivery = Delivery(
        dataset=kind.dataset,
        scope=request.area or NATIONAL,
        recipe=kind.recipe,
        sources=tuple(source.as_source_file(kind.format) for source in sources),
        editions=kind.editions,
        settings={"invented": request.invented},
    )
    before = publish.already(lake, delivery, request.as_of)
    if before is not None and (known := _report_of(before, request.report_folder)) is not None:
        return known
    day = before.as_of if before else request.as_of or request.today or clock.today(clock.SystemClock())
    problems = Problems()
    built = build(day, problems)
    told = {
        "format": kind.format,
        "rows": built.rows,
        "accepted": built.rows - built.rejected,
        "rejected": built.rejected,
        "duplicates": built.duplicates,
        "warnings": problems.counts(Severity.WARN),
        "counts": dict(built.counts),
        "details": {"rejects": problems.counts(Severity.REJECT), **built.details},
    }
    rejects = problems.write(request.report_folder, _report_name(delivery, day))
    if built.rejected == built.rows:
        raise NothingAccepted(file=_names(sources), rows=built.rows, rejects_file=str(rejects))
    snapshot = publish.publish(
        lake,
        delivery,
        as_of=day,
        raw=built.raw,
        tables=built.tables,
        sealed_tables=built.sealed_tables,
        details={"invented": request.invented, "report": told, "has_problems": rejects is not None},
    )
    return _report(told, rejects, snapshot, is_new=before is None)


def bring_in_extract(
    lake: Lake,
    of: Extract,
    kind: Kind,
    request: Request,
    *,
    build: Callable[[Sequence[Frame], date, Problems], Built],
) -> IngestReport:
    """`bring_in` for flat extracts: `build` gets the frames of all files."""
    frames: list[Frame] = []

    def read(source: Source) -> int:
        found = extract.read(source, of)
        frames.extend(found)
        return sum(map(len, found))

    return bring_in(lake, kind, request, read=read, build=lambda day, problems: build(frames, day, problems))


def built(
    frames: Sequence[Frame],
    tables: Mapping[str, pa.Table],
    *,
    accepted: int,
    duplicates: int,
    counts: Mapping[str, int],
    sealed_tables: tuple[str, ...] = (),
) -> Built:
    """`Built` for flat extracts, whose raw rows are the frames as they were read."""
    row_count = sum(map(len, frames))
    return Built(
        tables=tables,
        raw=lambda: raw_table(frames, [None] * len(frames)),
        rows=row_count,
        rejected=row_count - accepted,
        duplicates=duplicates,
        counts={**counts, "columns_unknown": sum(frame.columns_unknown for frame in frames)},
        sealed_tables=sealed_tables,
    )


def _read_all(request: Request, read: Callable[[Source], int]) -> list[Source]:
    """All files, by digest: the order in which they were named makes no other delivery."""
    sources: list[Source] = []
    rows = 0
    for source in open_files(request.paths, progress=request.progress):
        if any(source.sha256 == other.sha256 for other in sources):
            raise FilesDisagree(file=source.file)
        rows += read(source)
        source.forget()
        sources.append(source)
    if not rows:
        raise NoRows(file=_names(sources))
    return sorted(sources, key=lambda source: source.sha256)


def _names(sources: Sequence[Source]) -> str:
    return ", ".join(source.file for source in sources[:3])


def _report_name(delivery: Delivery, day: date) -> str:
    return f"{delivery.dataset}-{delivery.scope}-{day.isoformat()}-{delivery.origin().fingerprint()}"


def _report_of(snapshot: Snapshot, folder: Path) -> IngestReport | None:
    """The report of an earlier run, if the list it names is still there."""
    name = f"{snapshot.dataset}-{snapshot.scope}-{snapshot.as_of.isoformat()}-{snapshot.origin.fingerprint()}"
    rejects = folder / f"{name}.csv" if snapshot.details["has_problems"] else None
    if rejects is not None and not rejects.exists():
        return None
    return _report(snapshot.details["report"], rejects, snapshot, is_new=False)


def _report(told: Mapping[str, Any], rejects: Path | None, snapshot: Snapshot, *, is_new: bool) -> IngestReport:
    return IngestReport(
        format=told["format"],
        rows=told["rows"],
        accepted=told["accepted"],
        rejected=told["rejected"],
        duplicates=told["duplicates"],
        warnings=told["warnings"],
        rejects_file=rejects,
        snapshot=snapshot.reference,
        is_new=is_new,
        counts=told["counts"],
        details={"as_of": snapshot.as_of.isoformat(), **told["details"]},
    )
