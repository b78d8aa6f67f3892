"""Who had which covered fields of a pair shown, when and why. Append-only; the value itself is never in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.kernel.errors import TenunError
from tenun.linkage.review.judgements import Pair
from tenun.linkage.review.lines import Lines
from tenun.linkage.review.rules import JudgeRole

FILE = "reveals.jsonl"
REASON_MIN, REASON_MAX = 8, 200


class RevealReasonUnfit(TenunError):
    """Too short to be a reason, too long, or with a number in it that could be somebody's."""

    code = "linkage.reveal_reason_unfit"
    text_id = "Alasan membuka data harus {least} sampai {most} huruf, tanpa nama dan tanpa nomor siapa pun."
    text_en = "The reason for showing data must have {least} to {most} letters, nobody's name and nobody's number."
    remedy_id = "Tulis apa yang hendak diperiksa, misalnya: urutan kata pada nama tidak jelas."
    remedy_en = "Write what is to be checked, such as: the order of the words in the name is not clear."


@dataclass(frozen=True)
class Reveal:
    pair: Pair
    fields: tuple[str, ...]
    by: str
    """Number of the portal account."""
    role: JudgeRole
    moment: datetime
    reason: str


class Reveals:
    """The node's record of what was shown in full. Trusted to be complete: nothing is shown before it is in here."""

    def __init__(self, folder: Path) -> None:
        self._lines = Lines(folder / FILE)

    @implements("7(1)", "7(3)", control="Identifiers of a pair are shown for a stated reason only, which is kept.")
    def record(self, reveal: Reveal) -> None:
        """Note it. When this returns it is on disk, and the fields may be shown. Raises `RevealReasonUnfit`."""
        check_reason(reveal.reason)
        body = {
            "seeker_id": reveal.pair.seeker_id,
            "person_id": reveal.pair.person_id,
            "fields": list(reveal.fields),
            "by": reveal.by,
            "role": str(reveal.role),
            "moment": rfc3339(reveal.moment),
            "reason": reveal.reason,
        }
        with self._lines.only_writer():
            self._lines.append(body)

    def all(self) -> tuple[Mapping[str, Any], ...]:
        """Every reveal, oldest first. Raises `LinesAltered`."""
        return self._lines.all()


def check_reason(reason: str) -> None:
    """Raise `RevealReasonUnfit` where it says nothing, or holds a number long enough to be a NIK or a date of birth."""
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX or re.search(r"\d[\d .\-/]{4,}\d", reason):
        raise RevealReasonUnfit(least=REASON_MIN, most=REASON_MAX)
