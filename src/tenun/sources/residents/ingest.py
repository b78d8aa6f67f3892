"""Residents of one village: from files to a snapshot of the lake.

1. open every file, tell its format, take its rows;
2. harmonise column by column, noting what is odd;
3. reject the rows that are about nobody or another village;
4. decide which rows are one person;
5. write the list of what to correct; seal the raw rows; publish the core.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from tenun.kernel import clock
from tenun.kernel.clause import implements
from tenun.kernel.keys import KeyProvider
from tenun.lake.snapshot import Snapshot, SourceFile
from tenun.lake.store import Lake
from tenun.registry.identifiers import PrefixHistory
from tenun.registry.reference import code_lists
from tenun.registry.reference.values import HouseholdRole, LifeStatus
from tenun.registry.sid.tables import DATASET
from tenun.sources import publish, reading
from tenun.sources.errors import FilesDisagree, FormatUnknown, NoRows, NothingAccepted, OtherVillage
from tenun.sources.frame import Frame
from tenun.sources.problems import Problem, Problems
from tenun.sources.publish import Delivery
from tenun.sources.reading import Kind, Source
from tenun.sources.report import IngestReport
from tenun.sources.residents import formats, rules, tables
from tenun.sources.residents.fields import Field
from tenun.sources.residents.harmonise import Residents, harmonise
from tenun.sources.residents.persons import same_persons
from tenun.sources.rules import Rule, Severity

RECIPE = "residents/1"
PERSONS = "persons"
IDENTIFIERS = "identifiers"


class RegionRegister(PrefixHistory, Protocol):
    """What is asked of the region register here."""

    def editions(self) -> Mapping[str, str]:
        """`{"kemendagri": "2025"}`: the editions that prefixes are checked with."""


Progress = Callable[[str, int, int], None]
"""Stage (Indonesian / English), done, total."""


@dataclass(frozen=True)
class _Opened:
    frames: list[Frame]
    sources: tuple[SourceFile, ...]


@implements("2b", control="Villages' own files are read in every generation of headings, mapped to one set of values.")
def ingest(
    lake: Lake,
    keys: KeyProvider,
    paths: Sequence[Path],
    *,
    village: str,
    as_of: date | None,
    regions: RegionRegister | None,
    format: str | None = None,
    invented: bool = False,
    report_folder: Path,
    progress: Progress | None = None,
    today: date | None = None,
) -> IngestReport:
    """Bring the residents of a village in. `village` is its Kemendagri code, dotted.

    `as_of` is the day the files are true for; without one, the day that a file gives for itself, else
    today in Jakarta. Several files are one delivery: together they are the village. The same files
    again give the report of the first time and change nothing. Raises a `TenunError` when a file as a
    whole cannot be used; then nothing was published.
    """
    with _without_garbage_collection():
        return _ingest(
            lake, keys, paths, village, as_of, regions, format, invented, report_folder,
            progress or (lambda stage, done, total: None), today,
        )  # fmt: skip


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Millions of cells are made here and none refers to another: looking for cycles costs a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _ingest(
    lake: Lake,
    keys: KeyProvider,
    paths: Sequence[Path],
    village: str,
    as_of: date | None,
    regions: RegionRegister | None,
    format: str | None,
    invented: bool,
    report_folder: Path,
    tell: Progress,
    today: date | None,
) -> IngestReport:
    opened = _open(paths, format, tell)
    delivery = Delivery(
        dataset=DATASET,
        scope=village,
        recipe=RECIPE,
        sources=opened.sources,
        editions=_editions(opened.frames, regions),
        settings={"invented": invented},
    )
    before = publish.already(lake, delivery, as_of)
    if before is not None and (known := _report_of(before, report_folder)) is not None:
        return known
    day = before.as_of if before else as_of or _day_of(opened.frames) or today or clock.today(clock.SystemClock())
    return _bring_in(
        lake, keys, delivery, opened.frames, village, day, regions, invented, report_folder, tell, is_new=before is None
    )


def _bring_in(
    lake: Lake,
    keys: KeyProvider,
    delivery: Delivery,
    frames: list[Frame],
    village: str,
    as_of: date,
    regions: RegionRegister | None,
    invented: bool,
    report_folder: Path,
    tell: Progress,
    *,
    is_new: bool,
) -> IngestReport:
    parts = []
    for number, frame in enumerate(frames):
        tell("Menyelaraskan / harmonising", number, len(frames))
        parts.append(harmonise(frame, village=village, as_of=as_of, regions=regions))
    tell("Mencocokkan baris / telling persons apart", 0, 1)
    rejected = [_rejected(part, village) for part in parts]
    _refuse_other_village(parts, rejected, village)
    rows = tables.Rows(parts, rejected)
    sameness = same_persons(tables.persons_of(rows))
    family_keys = tables.families(rows)
    for index, (_, rule) in sameness.dropped.items():
        rows.note(index, rule, Field.NIK)
    for index in sorted(sameness.fillers - sameness.dropped.keys()):
        rows.note(index, rules.NIK_SHARED, Field.NIK)
    for index in sorted(sameness.doubtful - sameness.dropped.keys()):
        rows.note(index, rules.PERSON_PERHAPS_TWICE, Field.NAME)
    for index in _second_heads(rows, family_keys, sameness.kept):
        rows.note(index, rules.TWO_HEADS, Field.HOUSEHOLD_ROLE)

    problems = Problems()
    for part, out in zip(parts, rejected, strict=True):
        # A rejected row is told once, by what rejects it: its other oddities would only bury that.
        rows_out = {part.notes.frame.rows[index] for index in out}
        problems.extend(each for each in part.notes.problems if each.row not in rows_out)
        problems.extend(_problem(part, index, rule, field) for index, (rule, field) in out.items())

    rejects = problems.write(report_folder, _report_name(delivery, as_of))
    if not len(rows):
        raise NothingAccepted(file=frames[0].file, rows=sum(map(len, parts)), rejects_file=str(rejects))

    tell("Menyimpan / storing", 0, 1)
    persons, identifiers = tables.build(
        rows, sameness, family_keys, village=village, as_of=as_of, key=keys.secret("person")
    )
    counts = {
        "persons": len(sameness.kept),
        "families": len({family_keys[index] for index in sameness.kept} - {None}),
    }
    row_count = sum(len(part) for part in parts)
    rejected_count = sum(len(out) for out in rejected)
    told: dict[str, Any] = {
        "format": _format_of(frames),
        "rows": row_count,
        **counts,
        "accepted": row_count - rejected_count,
        "rejected": rejected_count,
        "duplicates": len(sameness.dropped),
        "warnings": problems.counts(Severity.WARN),
        "columns_unknown": sum(frame.columns_unknown for frame in frames),
    }
    masks = [
        None
        if not out
        else [index not in out or out[index][0] is not rules.VILLAGE_OTHER for index in range(len(part))]
        for part, out in zip(parts, rejected, strict=True)
    ]
    snapshot = publish.publish(
        lake,
        delivery,
        as_of=as_of,
        raw=lambda: tables.raw_table(frames, masks),
        tables={PERSONS: persons, IDENTIFIERS: identifiers},
        sealed_tables=(IDENTIFIERS,),
        details={"invented": invented, "report": told, "has_problems": rejects is not None},
    )
    return _report(told, rejects, snapshot, is_new=is_new)


# --- opening -----------------------------------------------------------------------------------


def _open(paths: Sequence[Path], format: str | None, tell: Progress) -> _Opened:
    frames: list[Frame] = []
    sources: list[SourceFile] = []
    for number, path in enumerate(paths):
        tell("Membaca berkas / reading", number, len(paths))
        source = reading.open_file(path)
        if any(source.sha256 == other.sha256 for other in sources):
            raise FilesDisagree(file=source.file)
        found, name = _read(source, format)
        frames.extend(found)
        sources.append(source.as_source_file(name))
    # The order in which files were named must not make another snapshot of the same delivery.
    order = sorted(range(len(sources)), key=lambda at: sources[at].sha256)
    return _Opened(frames, tuple(sources[at] for at in order))


def _read(source: Source, format: str | None) -> tuple[list[Frame], str]:
    if source.kind is Kind.ARCHIVE:
        return _read_archive(source, format)
    reader, name = formats.choose(source, format)
    frames = reader.read(source)
    source.forget()
    if not any(len(frame) for frame in frames):
        raise NoRows(file=source.file)
    return frames, name


def _read_archive(source: Source, format: str | None) -> tuple[list[Frame], str]:
    """The tables of residents in an archive; pictures and other tables beside them are passed over."""
    frames: list[Frame] = []
    names: list[str] = []
    refusals: list[FormatUnknown] = []
    for member in source.members():
        try:
            found, name = _read(member, format)
        except FormatUnknown as refusal:
            refusals.append(refusal)
            continue
        frames.extend(found)
        names.append(name)
    if not names:
        raise refusals[0] if refusals else NoRows(file=source.file)
    return frames, names[0]


def _editions(frames: Sequence[Frame], regions: RegionRegister | None) -> dict[str, str]:
    lists = {name: edition for frame in frames for name, edition in code_lists.editions(frame.code_source).items()}
    return {**lists, **regions.editions()} if regions is not None else lists


def _day_of(frames: Sequence[Frame]) -> date | None:
    return max((frame.as_of for frame in frames if frame.as_of), default=None)


def _format_of(frames: Sequence[Frame]) -> str:
    return "+".join(dict.fromkeys(frame.format for frame in frames))


# --- rows that cannot be used ------------------------------------------------------------------


def _rejected(part: Residents, village: str) -> dict[int, tuple[Rule, str]]:
    frame = part.notes.frame
    out: dict[int, tuple[Rule, str]] = {}
    for index, name in enumerate(part.names):
        if part.villages[index] and not _is_village(part.villages[index], village):
            out[index] = (rules.VILLAGE_OTHER, Field.VILLAGE)
        elif not name and Field.NAME in frame.columns:
            out[index] = (rules.NAME_MISSING, Field.NAME)
        elif not name and not part.niks[index].is_usable:
            out[index] = (rules.WHO_MISSING, Field.NIK)
    return out


def _is_village(text: str, village: str) -> bool:
    """Does a row's own village code mean the village? Ten digits or dotted; older exports wrote the last four."""
    digits = "".join(character for character in text if character.isdigit())
    code = village.replace(".", "")
    return digits == code or (len(digits) == 4 and digits == code[-4:])


def _refuse_other_village(
    parts: Sequence[Residents], rejected: Sequence[dict[int, tuple[Rule, str]]], village: str
) -> None:
    """A file of which no row is this village's was taken by mistake, or under another system's code."""
    for part, out in zip(parts, rejected, strict=True):
        if len(part) and sum(rule is rules.VILLAGE_OTHER for rule, _ in out.values()) == len(part):
            raise OtherVillage(file=part.notes.frame.file, village=village)


def _second_heads(rows: tables.Rows, family_keys: Sequence[str | None], kept: Sequence[int]) -> list[int]:
    role, status = rows.column("household_role"), rows.column("life_status")
    seen: set[str] = set()
    second = []
    for index in kept:
        family = family_keys[index]
        if family is None or role[index] != HouseholdRole.HEAD.value or status[index] != LifeStatus.ALIVE.value:
            continue
        if family in seen:
            second.append(index)
        seen.add(family)
    return second


def _problem(part: Residents, index: int, rule: Rule, field: str) -> Problem:
    frame = part.notes.frame
    return Problem(frame.file, frame.sheet, frame.rows[index], frame.headings.get(field, field), rule.code)


# --- the report --------------------------------------------------------------------------------


def _report_name(delivery: Delivery, as_of: date) -> str:
    return f"{DATASET}-{delivery.scope}-{as_of.isoformat()}-{delivery.origin().fingerprint()}"


def _report_of(snapshot: Snapshot, folder: Path) -> IngestReport | None:
    """The report of an earlier run, if the list it names is still there."""
    told = snapshot.details["report"]
    name = f"{DATASET}-{snapshot.scope}-{snapshot.as_of.isoformat()}-{snapshot.origin.fingerprint()}"
    rejects = folder / f"{name}.csv"
    if snapshot.details["has_problems"] and not rejects.exists():
        return None
    return _report(told, rejects if snapshot.details["has_problems"] else None, snapshot, is_new=False)


def _report(told: dict[str, Any], rejects: Path | None, snapshot: Snapshot, *, is_new: bool) -> IngestReport:
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
        counts={"persons": told["persons"], "families": told["families"]},
        details={"as_of": snapshot.as_of.isoformat(), "columns_unknown": told["columns_unknown"]},
    )
