"""`agreement.md` has the words that were signed, and no others."""

from __future__ import annotations

import difflib
import re

from tests.lib.agreement_drafts import SHIPPED
from tests.lib.shared_data import ROOT, shared

# What the scan has -> what the transcription has. Every pair is remarked on where it stands in agreement.md.
CORRECTED = {
    "(23_07_2025)": "(23-07-2025)",
    "L.": "I.",
    "wuntuk": "untuk",
    "Kketerpaduan": "keterpaduan",
    "M/01/KS.06/11/2025": "M/01/KS.06/II/2025",
    "07/M/HKM.07.01/11/2025": "07/M/HKM.07.01/II/2025",
    "perselisiahan": "perselisihan",
}


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9@./()_-]+", text)


def test_the_transcription_differs_from_the_scan_only_where_it_says_so() -> None:
    scan = shared(str(ROOT.parent / "agreement" / "pks-2025-07-23.txt")).read_text("utf-8")
    ours = re.sub(r"<!--.*?-->", "", (SHIPPED / "agreement.md").read_text("utf-8"), flags=re.DOTALL)
    ours = re.sub(r"### Ayat (\(\d\))", r"\1", ours)
    theirs, words = _words(scan.replace("bukti-\nbukti", "bukti-bukti")), _words(ours)
    differences = [
        (theirs[a:b], words[c:d])
        for kind, a, b, c, d in difflib.SequenceMatcher(None, theirs, words, autojunk=False).get_opcodes()
        if kind != "equal"
    ]
    # The heading and the word over the preamble are ours.
    assert differences[:2] == [([], ["PERJANJIAN", "KERJA", "SAMA"]), ([], ["Pembukaan"])]
    assert {before[0]: after[0] for before, after in differences[2:]} == CORRECTED
    assert all(len(before) == len(after) == 1 for before, after in differences[2:])
