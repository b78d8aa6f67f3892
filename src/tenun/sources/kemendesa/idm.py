"""Answers of the IDM service: one village and year each, under the Kemendagri code.

The form is `contracts/idm.odcs.yaml`. The score and the status are kept as published: thresholds and
formula belong to the ministry, and a value that disagrees with them is told, not corrected.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tenun.lake.store import Lake
from tenun.registry.reference.region import dotted
from tenun.registry.reference.regions import Regions
from tenun.registry.sid.tables import VILLAGE_INDEX
from tenun.sources import answers, rules
from tenun.sources.answers import Progress, decimal_number, whole_number
from tenun.sources.errors import FormatUnknown, NoRows
from tenun.sources.kemendesa import village_tables
from tenun.sources.kemendesa.village_tables import Dating, Kept, RegencyRows, Row
from tenun.sources.problems import Problems
from tenun.sources.reading import Source
from tenun.sources.report import IngestReport
from tenun.sources.rules import Rule, Severity

FORMAT = "idm"
KEPT = Kept(
    dataset="sid__village_index",
    table_name="years",
    table=VILLAGE_INDEX,
    recipe="idm/1",
    format=FORMAT,
    key=lambda row: (row[0], row[1]),
    subject=lambda row: (row[0], row[1]),
)

ROWS = 55
"""35 social indicators, IKS, 12 economic, IKE, 3 ecological, IKL, IDM, STATUS IDM: in every answer on record."""
STATUSES = frozenset({"MANDIRI", "MAJU", "BERKEMBANG", "TERTINGGAL", "SANGAT TERTINGGAL"})
# Scores are published with 14 decimals; half a millionth is far below any difference that means something.
SCORE_TOLERANCE = 5e-7

NOT_AN_ANSWER = rules.define(
    "idm.not_an_answer",
    Severity.REJECT,
    text_id="Ini bukan jawaban layanan IDM.",
    text_en="This is not an answer of the IDM service.",
    remedy_id="Ambil ulang jawabannya dari layanan.",
    remedy_en="Fetch the answer from the service again.",
)
REFUSED = rules.define(
    "idm.refused",
    Severity.REJECT,
    text_id="Layanan menolak permintaan ini; data yang sudah ada tidak diganti.",
    text_en="The service refused this request; what is there already is not replaced.",
    remedy_id="Periksa kode desa (Kemendagri) dan tahun, lalu minta lagi.",
    remedy_en="Check the village code (Kemendagri) and the year, then ask again.",
)
INCOMPLETE = rules.define(
    "idm.incomplete",
    Severity.REJECT,
    text_id="Jawaban tidak memuat desa, tahun atau skor yang dapat dibaca.",
    text_en="The answer lacks a village, a year or a score that can be read.",
    remedy_id="Ambil ulang jawabannya dari layanan.",
    remedy_en="Fetch the answer from the service again.",
)
TWICE = rules.define(
    "idm.twice",
    Severity.DUPLICATE,
    text_id="Desa dan tahun ini dijawab lagi di bawahnya; yang terakhir berlaku.",
    text_en="This village and year is answered again further on; the last one counts.",
    remedy_id="Tidak perlu tindakan.",
    remedy_en="Nothing to do.",
)
OTHER_REQUEST = rules.define(
    "idm.other_request",
    Severity.WARN,
    text_id="Jawaban menyebut desa atau tahun lain daripada yang diminta; yang di dalam jawaban dipakai.",
    text_en="The answer names another village or year than was asked for; what the answer says is used.",
    remedy_id="Periksa perekamnya: kode BPS dan kode Kemendagri mudah tertukar.",
    remedy_en="Check what recorded it: the codes of BPS and Kemendagri are easily mixed up.",
)
ROWS_UNEXPECTED = rules.define(
    "idm.rows_unexpected",
    Severity.WARN,
    text_id="Jumlah baris indikator bukan 55, atau IKS, IKE atau IKL tidak ada.",
    text_en="There are not 55 indicator rows, or IKS, IKE or IKL is missing.",
    remedy_id="Bandingkan dengan laman IDM; susunannya mungkin berubah.",
    remedy_en="Compare with the IDM site; its layout may have changed.",
)
SCORE_UNLIKE_MEAN = rules.define(
    "idm.score_unlike_mean",
    Severity.WARN,
    text_id="Skor bukan rata-rata IKS, IKE dan IKL; skor disimpan seperti diterbitkan.",
    text_en="The score is not the mean of IKS, IKE and IKL; it is kept as published.",
    remedy_id="Tanyakan kepada pengelola IDM.",
    remedy_en="Ask those who run IDM.",
)
STATUS_UNKNOWN = rules.define(
    "idm.status_unknown",
    Severity.WARN,
    text_id="Status tidak termasuk lima status IDM; disimpan seperti diterbitkan.",
    text_en="The status is none of IDM's five; it is kept as published.",
    remedy_id="Bandingkan dengan laman IDM.",
    remedy_en="Compare with the IDM site.",
)
CODE_CHANGED = rules.define(
    "idm.code_changed",
    Severity.WARN,
    text_id="Kode desa berasal dari edisi lama; disimpan dengan kode desa itu sekarang.",
    text_en="The village code is of an older edition; it is kept under the code that the village has now.",
    remedy_id="Tidak perlu tindakan.",
    remedy_en="Nothing to do.",
)
VILLAGE_UNKNOWN = rules.define(
    "idm.village_unknown",
    Severity.WARN,
    text_id="Kode desa tidak ada dalam edisi kode wilayah yang berlaku; disimpan dengan kode itu.",
    text_en="The village code is not in the current edition of region codes; it is kept under that code.",
    remedy_id="Muat edisi kode wilayah yang lebih lama dengan `tenun reference load region`.",
    remedy_en="Load an older edition of region codes with `tenun reference load region`.",
)


NOT_KEMENDAGRI = rules.define(
    "idm.code_of_another_system",
    Severity.REJECT,
    text_id="Kode desa ini bukan kode Kemendagri; tampaknya kode BPS.",
    text_en="This village code is not Kemendagri's; it seems to be BPS's.",
    remedy_id="Minta jawabannya dengan kode Kemendagri desa itu (`tenun region show bps:KODE`).",
    remedy_en="Ask for the answer by the village's Kemendagri code (`tenun region show bps:CODE`).",
)


@dataclass(frozen=True)
class Reading:
    """What an answer says, and what is odd about it: rule and field."""

    row: Row
    warnings: tuple[tuple[Rule, str], ...] = ()


def ingest(
    lake: Lake,
    paths: Sequence[Path],
    *,
    as_of: date | None,
    regions: Regions,
    report_folder: Path,
    progress: Progress | None = None,
) -> IngestReport:
    """Lay answers over what is known of each regency's villages.

    Without `as_of` the answers are of 31 December of the latest year that the delivery has for the
    regency. Raises `FileUnreadable` for a file that is no JSON, `FormatUnknown` for one without a
    single answer of this service, and `NoRows` for an empty list.
    """
    problems = Problems()
    latest: dict[Row, _Kept] = {}
    tally: Counter[str] = Counter()
    digests: list[str] = []
    files: list[str] = []
    for source in answers.open_files(paths, progress=progress):
        digests.append(source.sha256)
        files.append(source.file)
        _read_file(source, latest, tally, problems, regions)
    if not tally["rows"]:
        raise NoRows(file=", ".join(files[:3]))
    delivered = _by_regency(latest.values())
    snapshots, is_new = village_tables.lay_over(
        lake,
        KEPT,
        delivered,
        dating=Dating(given=as_of, told=lambda rows: date(max(row[1] for row in rows), 12, 31)),
        editions=regions.editions(),
        details=lambda rows: {"villages": len({row[0] for row in rows}), "years": sorted({row[1] for row in rows})},
        progress=progress,
    )
    index = [kept.row for kept in latest.values()]
    return IngestReport(
        format=FORMAT,
        rows=tally["rows"],
        accepted=tally["rows"] - tally["rejected"],
        rejected=tally["rejected"],
        duplicates=tally["duplicates"],
        warnings=problems.counts(Severity.WARN),
        rejects_file=problems.write(report_folder, village_tables.report_name(KEPT, digests)),
        snapshot=[snapshot.reference for snapshot in snapshots] or None,
        is_new=is_new or not snapshots,  # refused is not the same as known
        counts={
            "villages": len({row[0] for row in index}),
            "years": len({row[1] for row in index}),
            "regencies": len(delivered),
        },
        details={
            "rejects": problems.counts(Severity.REJECT),
            "by_year": _counted(row[1] for row in index),
            "by_status": _counted(row[3] for row in index),
        },
    )


def read(body: Any) -> Reading | Rule:
    """What one answer says, bare or with its recorder's wrapping; or the rule that rejects it."""
    wrapping, answer = answers.unwrap(body)
    if not isinstance(answer, dict) or "status" not in answer:
        return NOT_AN_ANSWER
    if answer.get("error") or whole_number(answer["status"]) != 200:
        return REFUSED
    data = answer.get("mapData") or {}
    village, year, score = _village(data), _year(data), _score(data)
    if village is None or year is None or score is None:
        return INCOMPLETE
    indicators = data.get("ROW")
    parts = _parts(indicators)
    status = str(_summary(data).get("STATUS") or "").strip().upper()
    warnings = [
        *_oddities_of_request(wrapping, village, year),
        *_oddities_of_score(indicators, parts, score),
        *([] if status in STATUSES else [(STATUS_UNKNOWN, "STATUS")]),
    ]
    row = (dotted(village), year, score, status or None, *parts)
    return Reading(row, warnings=tuple(warnings))


@dataclass(frozen=True, slots=True)
class _Kept:
    source: Source
    number: int
    packed: bytes
    row: Row


def _read_file(
    source: Source, latest: dict[Row, _Kept], tally: Counter[str], problems: Problems, regions: Regions
) -> None:
    before = tally["rows"]
    strange = 0
    for answer in answers.answers([source]):
        tally["rows"] += 1
        found = read(answer.body)
        if isinstance(found, Rule):
            problems.add(found, file=source.file, sheet="", row=answer.row, field="")
            tally["rejected"] += 1
            strange += found is NOT_AN_ANSWER
            continue
        row = found.row
        if regions.is_of_another_system(row[0]):
            problems.add(NOT_KEMENDAGRI, file=source.file, sheet="", row=answer.row, field="id_desa")
            tally["rejected"] += 1
            continue
        for rule, field in found.warnings:
            problems.add(rule, file=source.file, sheet="", row=answer.row, field=field)
        if row[0] not in regions:
            successor = regions.successor(row[0])
            rule = VILLAGE_UNKNOWN if successor is None else CODE_CHANGED
            problems.add(rule, file=source.file, sheet="", row=answer.row, field="id_desa")
            row = row if successor is None else (successor.code, *row[1:])
        earlier = latest.get(KEPT.key(row))
        if earlier is not None:
            tally["duplicates"] += 1
            problems.add(TWICE, file=earlier.source.file, sheet="", row=earlier.number, field="id_desa")
        latest[KEPT.key(row)] = _Kept(source, answer.row, answer.packed(), row)
    if 0 < strange == tally["rows"] - before:
        raise FormatUnknown(file=source.file, kind="IDM", formats="JSON, JSON lines (gz, xz)")


def _by_regency(kept: Iterable[_Kept]) -> dict[str, RegencyRows]:
    delivered: dict[str, RegencyRows] = {}
    for answer in kept:
        regency = delivered.setdefault(village_tables.regency_of(answer.row[0]), RegencyRows())
        regency.rows.append(answer.row)
        regency.keep(answer.source, answer.number, answer.packed, format=FORMAT)
    return delivered


def _village(data: Any) -> str | None:
    """`id_desa` of the one village in IDENTITAS: ten digits that are Kemendagri's, as the service defines them."""
    identity = data.get("IDENTITAS") if isinstance(data, dict) else None
    if not (isinstance(identity, list) and len(identity) == 1 and isinstance(identity[0], dict)):
        return None
    code = str(identity[0].get("id_desa") or "").strip()
    return code if len(code) == 10 and code.isascii() and code.isdigit() else None


def _summary(data: Any) -> Mapping[str, Any]:
    summary = data.get("SUMMARIES") if isinstance(data, dict) else None
    return summary if isinstance(summary, dict) else {}


def _year(data: Any) -> int | None:
    year = whole_number(_summary(data).get("TAHUN"))
    return year if year is not None and 2000 <= year <= 2100 else None


def _score(data: Any) -> float | None:
    score = decimal_number(_summary(data).get("SKOR_SAAT_INI"))
    return score if score is not None and 0 <= score <= 1 else None


def _parts(indicators: Any) -> tuple[float | None, float | None, float | None]:
    """IKS, IKE and IKL: the rows without a number, each named with its year."""
    found: dict[str, float | None] = {}
    for row in indicators if isinstance(indicators, list) else ():
        if isinstance(row, dict) and row.get("NO") is None:
            words = str(row.get("INDIKATOR") or "").split()
            if words and words[0].upper() in ("IKS", "IKE", "IKL"):
                found[words[0].upper()] = decimal_number(row.get("SKOR"))
    return found.get("IKS"), found.get("IKE"), found.get("IKL")


def _oddities_of_request(wrapping: Mapping[str, Any] | None, village: str, year: int) -> list[tuple[Rule, str]]:
    if wrapping is None:
        return []
    asked_village = str(wrapping.get("kode_desa") or village).replace(".", "").strip()
    asked_year = whole_number(wrapping.get("tahun"))
    odd = []
    if asked_village != village:
        odd.append((OTHER_REQUEST, "id_desa"))
    if asked_year is not None and asked_year != year:
        odd.append((OTHER_REQUEST, "TAHUN"))
    return odd


def _oddities_of_score(
    indicators: Any, parts: tuple[float | None, float | None, float | None], score: float
) -> list[tuple[Rule, str]]:
    known = [part for part in parts if part is not None]
    if not isinstance(indicators, list) or len(indicators) != ROWS or len(known) != len(parts):
        return [(ROWS_UNEXPECTED, "ROW")]
    if not math.isclose(sum(known) / len(known), score, abs_tol=SCORE_TOLERANCE):
        return [(SCORE_UNLIKE_MEAN, "SKOR_SAAT_INI")]
    return []


def _counted(values: Iterable[Any]) -> dict[str, int]:
    return {str(value): count for value, count in sorted(Counter(values).items(), key=lambda entry: str(entry[0]))}
