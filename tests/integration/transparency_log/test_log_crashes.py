"""kill -9 at every named place of a commit: what was acknowledged is there, and the log goes on and verifies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import tenun.transparency_log
from tenun.transparency_log import crash
from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.folder import LogFolder
from tenun.transparency_log.log import Log
from tenun.transparency_log.note import Signer
from tenun.transparency_log.writer import GroupWriter

SIGNER = Signer("tenun.test/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
SOURCES = Path(tenun.transparency_log.__file__).parent

# What each place means for the entries whose commit died there. Acknowledged ones are never lost in any of them.
PLACES = {
    "log.before_write_ahead": "not in the log",
    "log.within_write_ahead": "not in the log",
    "log.after_write_ahead": "in the log",
    "log.before_tiles": "in the log",
    "log.before_checkpoint": "in the log",
    "log.after_checkpoint": "in the log",
    "log.after_drop": "in the log",
}
SETTLING = (
    "log.before_settling",
    "log.before_settled_checkpoint",
    "log.before_new_write_ahead",
    "log.after_new_write_ahead",
)
DIRECT = ("log.before_full_tiles", *SETTLING[:2])

CHILD = """
import os, sys
from pathlib import Path
from tests.integration.transparency_log.test_log_crashes import SIGNER
from tenun.transparency_log import write_ahead
from tenun.transparency_log.log import Log
from tenun.transparency_log.writer import GroupWriter

folder, mode, start = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
if mode == "small":
    write_ahead.BYTES_MAX = 20_000  # settles often
writer = GroupWriter(Log(folder, SIGNER))
for number in range(start, start + 400):
    if mode == "direct":
        Log(folder, SIGNER).append_all([b"%d %d" % (number, part) for part in range(300)])
    else:
        writer.append(b"entry %d" % number)
    os.write(1, b"%d\\n" % number)  # acknowledged
"""


def test_the_places_are_all_there_are() -> None:
    named = {
        place
        for source in SOURCES.glob("*.py")
        for place in re.findall(r'crash\.here\("([^"]+)"\)', source.read_text(encoding="utf-8"))
        if place.startswith("log.")
    }
    assert named == {*PLACES, *SETTLING, *DIRECT}


def run_until_killed(folder: Path, place: str, *, mode: str = "usual", start: int = 0) -> list[int]:
    """What the process acknowledged before it was killed at that place."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), mode, str(start)],
        env=dict(os.environ, **{crash.ENVIRONMENT: place}),
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    return [int(line) for line in done.stdout.split()]


def entries_of(folder: Path) -> list[bytes]:
    size = Log(folder, SIGNER).size()
    return list(LogFolder(folder).entries(size=size))


@pytest.mark.parametrize("turn", [1, 5, 260])
@pytest.mark.parametrize("place", PLACES)
def test_no_acknowledged_entry_is_lost(tmp_path: Path, place: str, turn: int) -> None:
    acknowledged = run_until_killed(tmp_path, f"{place}#{turn}")
    found = entries_of(tmp_path)
    expected = [b"entry %d" % number for number in acknowledged]
    assert found[: len(expected)] == expected
    unanswered = found[len(expected) :]
    at_begin = place == "log.within_write_ahead" and turn == 1  # the very first base: no commit yet
    is_in = PLACES[place] == "in the log" and not at_begin
    assert unanswered == ([b"entry %d" % len(expected)] if is_in else [])
    assert verify_folder(tmp_path, verifiers=[SIGNER.verifier])
    assert Log(tmp_path, SIGNER).append(b"after").index == len(found)
    assert verify_folder(tmp_path, verifiers=[SIGNER.verifier])


@pytest.mark.parametrize("turn", [1, 2, 4])
@pytest.mark.parametrize("place", SETTLING)
def test_no_acknowledged_entry_is_lost_while_the_log_settles(tmp_path: Path, place: str, turn: int) -> None:
    acknowledged = run_until_killed(tmp_path, f"{place}#{turn}", mode="small")
    if (place, turn) == ("log.before_settling", 1) or (place, turn) == ("log.before_settled_checkpoint", 1):
        assert entries_of(tmp_path) == acknowledged == []
    found = entries_of(tmp_path)
    assert found == [b"entry %d" % number for number in acknowledged]
    with GroupWriter(Log(tmp_path, SIGNER)) as writer:
        assert writer.append(b"after").index == len(found)
    assert verify_folder(tmp_path, verifiers=[SIGNER.verifier])


@pytest.mark.parametrize("place", [f"{place}#{turn}" for place in DIRECT for turn in (2, 3)])
def test_a_large_commit_that_was_killed_is_in_the_log_whole_or_not_at_all(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = CHILD.replace("20_000", "2_000").replace('"small"', '"direct"')
    monkeypatch.setattr(sys.modules[__name__], "CHILD", child)
    acknowledged = run_until_killed(tmp_path, place, mode="direct")
    found = entries_of(tmp_path)
    assert found == [b"%d %d" % (number, part) for number in acknowledged for part in range(300)]
    assert verify_folder(tmp_path, verifiers=[SIGNER.verifier])
    assert Log(tmp_path, SIGNER).append(b"after").index == len(found)


def test_a_killed_process_does_not_hold_up_one_that_is_running(tmp_path: Path) -> None:
    """Its commit is in the write-ahead file only; the other, which has read the log before, puts it right."""
    running = GroupWriter(Log(tmp_path, SIGNER))
    running.append(b"ours")
    acknowledged = run_until_killed(tmp_path, "log.after_write_ahead#3")
    assert len(acknowledged) == 2
    assert running.append(b"ours again").index == 4
    assert entries_of(tmp_path) == [b"ours", b"entry 0", b"entry 1", b"entry 2", b"ours again"]
    assert verify_folder(tmp_path, verifiers=[SIGNER.verifier])


def test_crash_after_crash_changes_nothing_but_the_tail(tmp_path: Path) -> None:
    """The recovery of a crash is itself killed, again and again, at every place of it."""
    kept: list[bytes] = []
    for turn, place in enumerate(("log.after_write_ahead#4", *SETTLING, "log.before_checkpoint#2", *SETTLING)):
        acknowledged = run_until_killed(tmp_path, place, start=1000 * turn, mode="small")
        kept += [b"entry %d" % number for number in acknowledged]
        found = list(LogFolder(tmp_path).entries(size=_published_size(tmp_path)))
        assert [each for each in found if each in kept] == [each for each in kept if each in found]
    final = entries_of(tmp_path)
    assert [each for each in final if each in kept] == kept
    assert verify_folder(tmp_path, verifiers=[SIGNER.verifier])


def _published_size(folder: Path) -> int:
    return int((LogFolder(folder).checkpoint() or b"").split(b"\n")[1])


def test_an_unarmed_place_does_nothing() -> None:
    crash.here("log.before_tiles")
    crash.here("")
