"""Answers of the SDGs Desa service: one village each, under the BPS code, which stands beside the answer.

The form is `contracts/sdgs.odcs.yaml`. The service knows villages by BPS's code, and its answer does not
repeat it: the code comes from the recorder's wrapping, the column `kode_bps`, the option, or the file's
name. It enters the core only over the bridge, and only where that answers "certain" or "changed code".
"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from tenun.kernel.errors import TenunError
from tenun.lake.store import Lake
from tenun.registry.reference.bridge import Bridge, Status
from tenun.registry.reference.region import System
from tenun.registry.reference.regions import Regions
from tenun.registry.sid.tables import VILLAGE_SDGS
from tenun.sources import answers, cells, headings, rules
from tenun.sources.answers import Answer, Progress, decimal_number, whole_number
from tenun.sources.errors import ColumnMissing, FormatUnknown, NoRows
from tenun.sources.kemendesa import village_tables
from tenun.sources.kemendesa.village_tables import Dating, Kept, RegencyRows
from tenun.sources.problems import Problems
from tenun.sources.reading import Kind, Sheet, Source
from tenun.sources.report import IngestReport
from tenun.sources.rules import Rule, Severity

FORMAT = "sdgs"
NATIONAL = "00"
"""Scope of the raw answers that belong to no regency yet."""
GOALS = range(1, 19)
AVERAGE = 0
"""The goal under which the average of all stands in the core."""
KEPT = Kept(
    dataset="sid__village_sdgs",
    table_name="scores",
    table=VILLAGE_SDGS,
    recipe="sdgs/1",
    format=FORMAT,
    key=lambda row: (row[0], row[2]),
    subject=lambda row: (row[0], None),
)
# The average is published with two decimals, from scores with two.
AVERAGE_TOLERANCE = 0.011

_BPS_CODE = re.compile(r"[0-9]{10}")

NOT_AN_ANSWER = rules.define(
    "sdgs.not_an_answer",
    Severity.REJECT,
    text_id="Ini bukan jawaban layanan SDGs Desa.",
    text_en="This is not an answer of the SDGs Desa service.",
    remedy_id="Ambil ulang jawabannya dari layanan.",
    remedy_en="Fetch the answer from the service again.",
)
REFUSED = rules.define(
    "sdgs.refused",
    Severity.REJECT,
    text_id="Layanan menjawab dengan galat; data yang sudah ada tidak diganti.",
    text_en="The service answered with an error; what is there already is not replaced.",
    remedy_id="Minta lagi setelah layanan pulih.",
    remedy_en="Ask again once the service has recovered.",
)
CODE_MISSING = rules.define(
    "sdgs.code_missing",
    Severity.REJECT,
    text_id="Kode desa BPS (10 angka) tidak diketahui untuk jawaban ini.",
    text_en="The BPS village code (10 digits) of this answer is not known.",
    remedy_id="Beri --bps KODE, beri kolom kode_bps, atau namai berkas KODE.json.",
    remedy_en="Give --bps CODE, give the column kode_bps, or name the file CODE.json.",
)
INCOMPLETE = rules.define(
    "sdgs.incomplete",
    Severity.REJECT,
    text_id="Jawaban tidak memuat rata-rata dan 18 tujuan dengan skor 0 sampai 100.",
    text_en="The answer lacks an average and 18 goals with scores from 0 to 100.",
    remedy_id="Ambil ulang jawabannya dari layanan.",
    remedy_en="Fetch the answer from the service again.",
)
NO_COUNTERPART = rules.define(
    "sdgs.no_counterpart",
    Severity.REJECT,
    text_id="Kode BPS ini tidak punya padanan pasti di Kemendagri; masuk antrean jembatan kode.",
    text_en="This BPS code has no certain Kemendagri counterpart; it went to the bridge's queue.",
    remedy_id="Lihat antrean dengan `tenun reference queue`, lalu muat jembatan yang lebih baru.",
    remedy_en="See the queue with `tenun reference queue`, then load a newer bridge.",
)
SAME_VILLAGE = rules.define(
    "sdgs.same_village",
    Severity.REJECT,
    text_id="Kode BPS lain pada kiriman ini sudah menuju desa yang sama.",
    text_en="Another BPS code of this delivery leads to the same village already.",
    remedy_id="Periksa jembatan kode untuk kedua kode itu.",
    remedy_en="Check the bridge for both codes.",
)
TWICE = rules.define(
    "sdgs.twice",
    Severity.DUPLICATE,
    text_id="Desa ini dijawab lagi di bawahnya; yang terakhir berlaku.",
    text_en="This village is answered again further on; the last one counts.",
    remedy_id="Tidak perlu tindakan.",
    remedy_en="Nothing to do.",
)
AVERAGE_UNLIKE_MEAN = rules.define(
    "sdgs.average_unlike_mean",
    Severity.WARN,
    text_id="Rata-rata tidak sama dengan rata-rata 18 skor; disimpan seperti diterbitkan.",
    text_en="The average is not the mean of the 18 scores; it is kept as published.",
    remedy_id="Tanyakan kepada pengelola SDGs Desa.",
    remedy_en="Ask those who run SDGs Desa.",
)


class BridgeMissing(TenunError):
    """No bridge from BPS's codes is loaded, so that no answer could be placed."""

    code = "sources.bridge_missing"
    text_id = "Jembatan kode BPS ke Kemendagri belum dimuat, padahal SDGs Desa memakai kode BPS."
    text_en = "No bridge from BPS to Kemendagri codes is loaded, and SDGs Desa uses BPS codes."
    remedy_id = "Muat dengan `tenun reference load bridge BERKAS --system bps --edition …`, lalu ulangi."
    remedy_en = "Load one with `tenun reference load bridge FILE --system bps --edition …`, then try again."


@dataclass(frozen=True)
class Scores:
    """One village's scores: the average first, then goals 1 to 18; all null where there is no data."""

    average: float | None
    goals: tuple[float | None, ...]
    warnings: tuple[Rule, ...] = ()

    @property
    def has_data(self) -> bool:
        return self.average is not None


def read(answer: Any) -> Scores | Rule:
    """What one answer says, or the rule that rejects it.

    The average comes as text. `0.00` with eighteen zeros is how the service says that it has no data:
    null and not zero.
    """
    if isinstance(answer, dict) and "data" not in answer and _is_error(answer):
        return REFUSED
    if not isinstance(answer, dict) or "average" not in answer or not isinstance(answer.get("data"), list):
        return NOT_AN_ANSWER
    by_goal = {
        whole_number(entry.get("goals")): decimal_number(entry.get("score"))
        for entry in answer["data"]
        if isinstance(entry, dict)
    }
    if len(answer["data"]) != len(GOALS):
        return INCOMPLETE
    return scores(decimal_number(answer["average"]), [by_goal.get(goal) for goal in GOALS])


def _is_error(answer: Mapping[str, Any]) -> bool:
    status = whole_number(answer.get("status"))
    return bool(answer.keys() & {"error", "message", "exception"}) or (status is not None and status >= 400)


def scores(average: float | None, goals: Sequence[float | None]) -> Scores | Rule:
    """The scores of a village from its numbers, or the rule that rejects them."""
    known = [goal for goal in goals if goal is not None]
    if average is None or len(known) != len(GOALS) or not all(0 <= score <= 100 for score in (average, *known)):
        return INCOMPLETE
    if average == 0 and not any(known):
        return Scores(None, (None,) * len(GOALS))
    is_mean = abs(sum(known) / len(known) - average) <= AVERAGE_TOLERANCE
    return Scores(average, tuple(known), () if is_mean else (AVERAGE_UNLIKE_MEAN,))


def ingest(
    lake: Lake,
    paths: Sequence[Path],
    *,
    as_of: date | None,
    today: date,
    regions: Regions,
    bps: str | None = None,
    codes: Mapping[str, str] | None = None,
    report_folder: Path,
    progress: Progress | None = None,
) -> IngestReport:
    """Lay scores over what is known of each regency's villages, and queue the codes that do not map.

    `bps` is the code of the one village that the files are about; `codes` names it by file. The service
    gives no date: without `as_of` new files are of `today`, and files that came before change nothing.
    Raises `FileUnreadable`, `ColumnMissing`, `FormatUnknown`, `NoRows`, and `BridgeMissing` where no
    bridge is loaded, for then every village would be queued.
    """
    bridge = regions.bridge
    if not len(bridge):
        raise BridgeMissing()
    problems = Problems()
    found = _Found()
    digests: list[str] = []
    files: list[str] = []
    for source in answers.open_files(paths, progress=progress):
        digests.append(source.sha256)
        files.append(source.file)
        own_code = bps or (codes or {}).get(source.file) or _code_of_file(source.file)
        for entry in _entries(source, own_code):
            _take(entry, bridge, found, problems)
    if not found.tally["rows"]:
        raise NoRows(file=", ".join(files[:3]))
    delivered = _by_regency(found.villages)
    snapshots, is_new = village_tables.lay_over(
        lake,
        KEPT,
        delivered,
        dating=Dating(given=as_of, told=lambda rows: today),
        editions=regions.editions(),
        details=lambda rows: {"villages": len({row[0] for row in rows})},
        progress=progress,
    )
    if found.waiting.raw:
        village_tables.keep_raw(lake, KEPT, NATIONAL, found.waiting, as_of=as_of or today)
    waiting = [(str(System.BPS), code, bridge.name(code)) for code in sorted(found.unmapped)]
    queued = regions.queue.add(waiting, asked_by="ingest sdgs", on=today) if regions.queue and waiting else 0
    statuses = Counter(found.unmapped.values())
    return IngestReport(
        format=FORMAT,
        rows=found.tally["rows"],
        accepted=found.tally["rows"] - found.tally["rejected"],
        rejected=found.tally["rejected"],
        duplicates=found.tally["duplicates"],
        warnings=problems.counts(Severity.WARN),
        rejects_file=problems.write(report_folder, village_tables.report_name(KEPT, digests)),
        snapshot=[snapshot.reference for snapshot in snapshots] or None,
        is_new=is_new or not snapshots,  # refused is not the same as known
        counts={
            "villages": len(found.villages),
            "villages_without_data": sum(not each.scores.has_data for each in found.villages.values()),
            "unmapped_villages": len(found.unmapped),
            "queued": queued,
            "regencies": len(delivered),
        },
        details={
            "rejects": problems.counts(Severity.REJECT),
            "bridge": {
                **{str(status): found.tally[str(status)] for status in Status if status.maps},
                **{str(status): statuses[status] for status in Status if not status.maps},
            },
        },
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """A village's scores in a file, or the rule that rejects them."""

    source: Source
    sheet: str
    row: int
    bps: str | None
    scores: Scores | Rule
    packed: bytes


@dataclass
class _Found:
    villages: dict[str, _Accepted] = field(default_factory=dict)
    """Kemendagri code -> what was read last."""
    tally: Counter[str] = field(default_factory=Counter)
    unmapped: dict[str, Status] = field(default_factory=dict)
    """BPS code -> why it does not map."""
    waiting: RegencyRows = field(default_factory=RegencyRows)
    """The answers of those codes: they stay in the raw layer until the bridge knows more."""


@dataclass(frozen=True, slots=True)
class _Accepted:
    entry: _Entry
    bps: str
    scores: Scores


def _take(entry: _Entry, bridge: Bridge, found: _Found, problems: Problems) -> None:
    found.tally["rows"] += 1
    add = partial(problems.add, file=entry.source.file, sheet=entry.sheet, row=entry.row)
    verdict = _verdict(entry, bridge, found)
    if isinstance(verdict, Rule):
        found.tally["rejected"] += 1
        add(verdict, field="kode_bps" if verdict in _RULES_OF_CODE else "average")
        return
    village, accepted = verdict
    for rule in accepted.scores.warnings:
        add(rule, field="average")
    earlier = found.villages.get(village)
    if earlier is not None:
        found.tally["duplicates"] += 1
        problems.add(
            TWICE, file=earlier.entry.source.file, sheet=earlier.entry.sheet, row=earlier.entry.row, field="kode_bps"
        )
    found.villages[village] = accepted


def _verdict(entry: _Entry, bridge: Bridge, found: _Found) -> tuple[str, _Accepted] | Rule:
    if isinstance(entry.scores, Rule):
        return entry.scores
    if entry.bps is None:
        return CODE_MISSING
    answer = bridge.answer(entry.bps)
    if answer.region is None:
        found.unmapped[entry.bps] = answer.status
        found.waiting.keep(entry.source, entry.row, entry.packed, format=FORMAT)
        return NO_COUNTERPART
    earlier = found.villages.get(answer.region.code)
    if earlier is not None and earlier.bps != entry.bps:
        return SAME_VILLAGE
    if earlier is None:
        found.tally[str(answer.status)] += 1
    return answer.region.code, _Accepted(entry, entry.bps, entry.scores)


_RULES_OF_CODE = frozenset({CODE_MISSING, NO_COUNTERPART, SAME_VILLAGE})


def _by_regency(villages: Mapping[str, _Accepted]) -> dict[str, RegencyRows]:
    delivered: dict[str, RegencyRows] = {}
    for village, accepted in villages.items():
        regency = delivered.setdefault(village_tables.regency_of(village), RegencyRows())
        scores = (accepted.scores.average, *accepted.scores.goals)
        regency.rows += [(village, accepted.bps, goal, score) for goal, score in enumerate(scores, start=AVERAGE)]
        regency.keep(accepted.entry.source, accepted.entry.row, accepted.entry.packed, format=FORMAT)
    return delivered


# --- files -------------------------------------------------------------------------------------


def _entries(source: Source, own_code: str | None) -> Iterator[_Entry]:
    if source.kind is Kind.JSON:
        yield from _entries_of_json(source, own_code)
        return
    is_known = False
    for sheet in source.sheets():
        heading_index = headings.find_row(sheet, _COLUMNS.keys(), at_least=10)
        if heading_index is not None:
            is_known = True
            yield from _entries_of_sheet(source, sheet, heading_index)
    if not is_known:
        raise FormatUnknown(
            file=source.file, kind="SDGs Desa", formats="JSON, CSV (kode_bps, average, goal_1 … goal_18)"
        )


def _entries_of_json(source: Source, own_code: str | None) -> Iterator[_Entry]:
    found = [_entry_of_answer(answer, own_code) for answer in answers.answers([source])]
    if found and all(entry.scores is NOT_AN_ANSWER for entry in found):
        raise FormatUnknown(
            file=source.file, kind="SDGs Desa", formats="JSON, CSV (kode_bps, average, goal_1 … goal_18)"
        )
    yield from found


def _entry_of_answer(answer: Answer, own_code: str | None) -> _Entry:
    wrapping, body = answers.unwrap(answer.body)
    written = (wrapping or {}).get("kode_bps", (wrapping or {}).get("location_code"))
    bps = as_bps(written) if written is not None else own_code
    return _Entry(answer.source, "", answer.row, bps, read(body), answer.packed())


# Heading key -> field of the flat form; `average` is goal 0.
_COLUMNS = {"kodebps": "bps", "average": "0", "ratarata": "0"} | {f"goal{goal}": str(goal) for goal in GOALS}


def _entries_of_sheet(source: Source, sheet: Sheet, heading_index: int) -> Iterator[_Entry]:
    heading_row = sheet.rows[heading_index]
    columns = {field: found[0] for field, found in headings.place(heading_row, _COLUMNS).items()}
    missing = [name for name in ("bps", "0", *map(str, GOALS)) if name not in columns]
    if missing:
        spelt = ["kode_bps" if name == "bps" else "average" if name == "0" else f"goal_{name}" for name in missing]
        raise ColumnMissing(file=source.file, columns=", ".join(spelt))
    names = [cells.text(cell) for cell in heading_row]
    for index in range(heading_index + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if cells.is_blank(row):
            continue
        texts = [cells.text(cell) for cell in row] + [""] * (len(names) - len(row))
        numbers = [decimal_number(texts[columns[str(goal)]]) for goal in range(AVERAGE, GOALS.stop)]
        record = json.dumps(dict(zip(names, texts, strict=False)), ensure_ascii=False, separators=(",", ":"))
        yield _Entry(
            source,
            sheet.name,
            sheet.number(index),
            as_bps(texts[columns["bps"]]),
            scores(numbers[0], numbers[1:]),
            zlib.compress(record.encode(), level=1),
        )


def as_bps(written: Any) -> str | None:
    """Ten digits of a village in BPS's list, where the place it stands in says that it is BPS's."""
    text = cells.text(written if isinstance(written, str | int | float) else "").lower().removeprefix("bps:").strip()
    return text if _BPS_CODE.fullmatch(text) else None


def _code_of_file(name: str) -> str | None:
    """`5201010001.json`: how answers of this service are commonly kept."""
    return as_bps(name.rpartition("/")[2].split(".")[0])
