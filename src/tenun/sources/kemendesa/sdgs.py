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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tenun.lake.store import Lake
from tenun.registry.sid.tables import VILLAGE_SDGS
from tenun.sources import cells, headings, reading, rules
from tenun.sources.errors import ColumnMissing, FormatUnknown, NoRows
from tenun.sources import answers
from tenun.sources.kemendesa import village_tables
from tenun.sources.answers import Progress, decimal_number, whole_number
from tenun.sources.kemendesa.village_tables import Dating, Kept, RegencyRows, Row
from tenun.sources.problems import Problems
from tenun.sources.reading import Kind, Source
from tenun.sources.report import IngestReport
from tenun.sources.rules import Rule, Severity

FORMAT = "sdgs"
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
    subject=lambda row: (row[0],),
)
# The average is published with two decimals, from scores with two.
AVERAGE_TOLERANCE = 0.011

_BPS_CODE = re.compile(r"\d{10}")

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
    if isinstance(answer, dict) and "data" not in answer and _ERROR_SIGNS & answer.keys():
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


_ERROR_SIGNS = {"error", "message", "status", "exception"}


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
    as_of: date,
    is_dated: bool,
    bridge: Bridge,
    bps: str | None = None,
    codes: Mapping[str, str] | None = None,
    report_folder: Path,
    progress: Progress | None = None,
) -> IngestReport:
    """placeholder"""
