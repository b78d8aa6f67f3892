"""The store of judgements: append-only, chained, durable, and without anybody's name."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tenun.linkage.review import judgements
from tenun.linkage.review.judgements import (
    FILE,
    Judgement,
    JudgementRefused,
    Judgements,
    Pair,
    Reason,
    ReasonMissing,
)
from tenun.linkage.review.lines import Lines, LinesAltered
from tenun.linkage.review.reveals import Reveal, RevealReasonUnfit, Reveals
from tenun.linkage.review.rules import JudgeRole, Stage, Verdict

BOTH = frozenset(JudgeRole)
PAIR = Pair("account-1", "resident-1")
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def said(verdict: Verdict, reviewer: str, *, pair: Pair = PAIR, role: JudgeRole = JudgeRole.REVIEWER) -> Judgement:
    reason = Reason.NONE if verdict is Verdict.SAME else Reason.RELATIVE
    return Judgement(pair, verdict, reviewer, role, NOW, "link/1.1", 1.5, "", reason)


def test_a_judgement_is_read_back_as_it_was_given(tmp_path: Path) -> None:
    given = replace(said(Verdict.DIFFERENT, "7"), stratum="nik/52.08", reason=Reason.TWIN)
    Judgements(tmp_path).record(given, roles=BOTH)
    assert Judgements(tmp_path).all() == (given,)


def test_settled_holds_what_stands_and_nothing_that_is_open_or_undecided(tmp_path: Path) -> None:
    store = Judgements(tmp_path)
    agreed, open_, undecided, ruled = (Pair(f"a{n}", f"r{n}") for n in range(4))
    for reviewer in ("1", "2"):
        store.record(said(Verdict.SAME, reviewer, pair=agreed), roles=BOTH)
        store.record(said(Verdict.UNSURE, reviewer, pair=undecided), roles=BOTH)
    store.record(said(Verdict.SAME, "1", pair=open_), roles=BOTH)
    store.record(said(Verdict.SAME, "1", pair=ruled), roles=BOTH)
    store.record(said(Verdict.DIFFERENT, "2", pair=ruled), roles=BOTH)
    store.record(said(Verdict.UNSURE, "3", pair=undecided, role=JudgeRole.ARBITER), roles=BOTH)
    store.record(said(Verdict.DIFFERENT, "3", pair=ruled, role=JudgeRole.ARBITER), roles=BOTH)
    assert judgements.settled(store).to_pylist() == [
        {"seeker_id": "a0", "person_id": "r0", "verdict": "same"},
        {"seeker_id": "a3", "person_id": "r3", "verdict": "different"},
    ]
    assert judgements.outcomes(store)[undecided] is Verdict.UNSURE
    assert store.stage(open_) is Stage.SECOND


def test_an_empty_store_settles_nothing_and_has_the_columns(tmp_path: Path) -> None:
    assert judgements.settled(Judgements(tmp_path)).schema == judgements.SETTLED_SCHEMA
    assert judgements.settled(Judgements(tmp_path)).num_rows == 0


@pytest.mark.pasal("7(1)")
def test_nobody_judges_a_pair_twice_or_as_what_he_is_not(tmp_path: Path) -> None:
    store = Judgements(tmp_path)
    store.record(said(Verdict.SAME, "1"), roles=BOTH)
    for wrong, roles in (
        (said(Verdict.SAME, "1"), BOTH),
        (said(Verdict.SAME, "2", role=JudgeRole.ARBITER), BOTH),
        (said(Verdict.SAME, "2"), frozenset({JudgeRole.ARBITER})),
        (said(Verdict.SAME, "2"), frozenset[JudgeRole]()),
    ):
        with pytest.raises(JudgementRefused):
            store.record(wrong, roles=roles)
    store.record(said(Verdict.DIFFERENT, "2"), roles=BOTH)
    with pytest.raises(JudgementRefused):
        store.record(said(Verdict.SAME, "2", role=JudgeRole.ARBITER), roles=BOTH)
    assert len(store.all()) == 2


@pytest.mark.parametrize("verdict", [Verdict.DIFFERENT, Verdict.UNSURE])
def test_a_no_or_a_doubt_needs_a_reason(tmp_path: Path, verdict: Verdict) -> None:
    with pytest.raises(ReasonMissing):
        Judgements(tmp_path).record(replace(said(verdict, "1"), reason=Reason.NONE), roles=BOTH)


def test_only_two_of_many_who_press_at_once_are_heard(tmp_path: Path) -> None:
    def press(reviewer: int) -> bool:
        try:
            Judgements(tmp_path).record(said(Verdict.SAME, str(reviewer)), roles=BOTH)
        except JudgementRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(press, range(8)))
    assert sum(heard) == 2
    assert len(Judgements(tmp_path).all()) == 2


# --- the chain ---------------------------------------------------------------------------------


def filled(folder: Path, lines: int = 5) -> Path:
    store = Judgements(folder)
    for number in range(lines):
        store.record(said(Verdict.SAME, "1", pair=Pair(f"a{number}", f"r{number}")), roles=BOTH)
    return folder / FILE


TAMPERING = {
    "a verdict changed": lambda lines: [lines[0].replace('"same"', '"different"'), *lines[1:]],
    "a line removed": lambda lines: [*lines[:2], *lines[3:]],
    "the first line removed": lambda lines: lines[1:],
    "the last line removed": lambda lines: lines[:-1],
    "everything removed": lambda lines: [],
    "two lines swapped": lambda lines: [lines[1], lines[0], *lines[2:]],
    "a line repeated": lambda lines: [lines[0], *lines],
    "a line that is no JSON": lambda lines: [*lines, "{"],
    "a line of someone else": lambda lines: [*lines, '{"verdict":"same"}'],
}


@pytest.mark.pasal("7(1)")
@pytest.mark.parametrize("kind", TAMPERING)
def test_tampering_is_found_by_whoever_reads_or_writes(tmp_path: Path, kind: str) -> None:
    file = filled(tmp_path)
    lines = file.read_text().splitlines()
    file.write_text("".join(f"{line}\n" for line in TAMPERING[kind](lines)))
    for ask in (
        lambda: Judgements(tmp_path).all(),
        lambda: judgements.settled(Judgements(tmp_path)),
        lambda: Judgements(tmp_path).record(said(Verdict.SAME, "9"), roles=BOTH),
    ):
        with pytest.raises(LinesAltered):
            ask()


def test_a_store_that_is_open_sees_tampering_too(tmp_path: Path) -> None:
    store = Judgements(tmp_path)
    file = filled(tmp_path)
    assert len(store.all()) == 5
    file.write_text("".join(f"{line}\n" for line in file.read_text().splitlines()[:-1]))
    with pytest.raises(LinesAltered):
        store.all()


def test_a_removed_file_is_missed_as_long_as_its_head_is_there(tmp_path: Path) -> None:
    filled(tmp_path).unlink()
    with pytest.raises(LinesAltered):
        Judgements(tmp_path).all()


def test_half_a_line_of_a_power_cut_was_never_said_and_does_no_harm(tmp_path: Path) -> None:
    file = filled(tmp_path, 3)
    whole = file.read_bytes()
    file.write_bytes(whole + whole.splitlines()[0][:40])
    store = Judgements(tmp_path)
    assert len(store.all()) == 3
    store.record(said(Verdict.SAME, "1", pair=Pair("new", "new")), roles=BOTH)
    assert len(Judgements(tmp_path).all()) == 4
    assert file.read_bytes().startswith(whole)


def test_a_line_whose_head_was_not_yet_noted_counts(tmp_path: Path) -> None:
    filled(tmp_path, 2)
    head = (tmp_path / "judgements.head").read_bytes()
    Judgements(tmp_path).record(said(Verdict.SAME, "1", pair=Pair("late", "late")), roles=BOTH)
    (tmp_path / "judgements.head").write_bytes(head)  # as after a power cut between the two
    assert len(Judgements(tmp_path).all()) == 3


def test_a_killed_process_leaves_what_it_had_acknowledged(tmp_path: Path) -> None:
    script = """
import sys, pathlib, os, signal
from datetime import UTC, datetime
from tenun.linkage.review.lines import Lines
lines = Lines(pathlib.Path(sys.argv[1]) / "killed.jsonl")
for number in range(1000):
    with lines.only_writer():
        lines.append({"n": number})
    print(number, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(20)]
    process.kill()
    acknowledged += [int(line) for line in process.stdout.read().splitlines() if line.strip()]
    process.stdout.close()
    process.wait()
    there = [body["n"] for body in Lines(tmp_path / "killed.jsonl").all()]
    assert there[: len(acknowledged)] == acknowledged
    assert len(there) - len(acknowledged) in (0, 1)


@pytest.mark.pasal("7(1)")
def test_a_stored_judgement_holds_codes_and_pseudonyms_only(tmp_path: Path) -> None:
    Judgements(tmp_path).record(said(Verdict.SAME, "1"), roles=BOTH)
    (line,) = (tmp_path / FILE).read_text().splitlines()
    assert set(json.loads(line)) == {
        "seeker_id", "person_id", "verdict", "reviewer", "role", "moment", "rule_version", "weight", "stratum",
        "reason", "number", "previous", "hash",
    }  # fmt: skip
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


# --- reveals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "why",
    ["", "   ", "cek", "NIK 5208011201010001", "lahir 12-03-1999", "telp 0812 3456 789", "x" * 201],
)
def test_a_reveal_without_a_fit_reason_is_not_noted_and_so_not_shown(tmp_path: Path, why: str) -> None:
    with pytest.raises(RevealReasonUnfit):
        Reveals(tmp_path).record(Reveal(PAIR, ("nik",), "1", JudgeRole.REVIEWER, NOW, why))
    assert Reveals(tmp_path).all() == ()


def test_a_reveal_is_noted_with_its_reason(tmp_path: Path) -> None:
    Reveals(tmp_path).record(Reveal(PAIR, ("nik",), "1", JudgeRole.REVIEWER, NOW, "satu digit berbeda, RT 02"))
    (noted,) = Reveals(tmp_path).all()
    assert (noted["fields"], noted["by"], noted["reason"]) == (["nik"], "1", "satu digit berbeda, RT 02")
