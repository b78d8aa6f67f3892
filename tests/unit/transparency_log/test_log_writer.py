"""The group writer: many threads and processes, one commit for what waits; errors reach those whom they concern."""

from __future__ import annotations

import errno
import multiprocessing
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenun.transparency_log import checkpoint, merkle
from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.errors import EntrySize, WriterClosed
from tenun.transparency_log.folder import LogFolder
from tenun.transparency_log.log import Appended, Log
from tenun.transparency_log.note import Signer
from tenun.transparency_log.write_ahead import Mark, WriteAhead
from tenun.transparency_log.writer import GroupWriter

SIGNER = Signer("tenun.test/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))


def published(folder: Path) -> checkpoint.Checkpoint:
    return checkpoint.verify(LogFolder(folder).checkpoint() or b"", verifiers=[SIGNER.verifier])


def entries_of(folder: Path) -> list[bytes]:
    return list(LogFolder(folder).entries(size=published(folder).size))


def is_sound(folder: Path) -> bool:
    return bool(verify_folder(folder, verifiers=[SIGNER.verifier]))


def run(count: int, work: object) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class _Counting(Log):
    """A log that counts its commits, and may be told to hold the first one until others wait."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, SIGNER)
        self.groups: list[int] = []

    def append_waiting(self, draw: object, **options: Any) -> list[Appended]:
        def counted() -> Sequence[bytes]:
            entries: Sequence[bytes] = draw()  # type: ignore[operator]
            self.groups.append(len(entries))
            return entries

        return super().append_waiting(counted, **options)


def test_an_entry_is_in_the_published_log_when_append_returns(tmp_path: Path) -> None:
    writer = GroupWriter(Log(tmp_path, SIGNER))
    for number in range(3):
        appended = writer.append(b"%d" % number)
        assert appended.index == number
        assert appended.checkpoint == published(tmp_path)
        assert entries_of(tmp_path)[number] == b"%d" % number


def test_every_thread_gets_the_place_of_its_own_entry(tmp_path: Path) -> None:
    writer = GroupWriter(Log(tmp_path, SIGNER))
    places: dict[bytes, int] = {}

    def append(number: int) -> None:
        for turn in range(25):
            entry = b"%d %d" % (number, turn)
            appended = writer.append(entry)
            assert appended.index < appended.checkpoint.size
            places[entry] = appended.index

    run(8, append)
    found = entries_of(tmp_path)
    assert len(found) == 200
    assert all(found[index] == entry for entry, index in places.items())
    assert is_sound(tmp_path)
    for number in range(8):  # and each thread's own order is kept
        turns = [entry for entry in found if entry.split()[0] == b"%d" % number]
        assert turns == [b"%d %d" % (number, turn) for turn in range(25)]


def test_what_waits_during_a_commit_goes_into_the_next_one_together(tmp_path: Path) -> None:
    log = _Counting(tmp_path)
    writer = GroupWriter(log)
    with log._turn:  # the first writer waits for its turn, and the others behind it
        threads = [threading.Thread(target=writer.append, args=(b"%d" % number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        while len(writer._waiting) < 20:
            pass
    for thread in threads:
        thread.join()
    assert log.groups == [20]
    assert published(tmp_path).size == 20


def test_a_group_of_one_caller_lies_side_by_side(tmp_path: Path) -> None:
    writer = GroupWriter(Log(tmp_path, SIGNER))

    def append(number: int) -> None:
        for _ in range(10):
            placed = writer.append_all([b"%d a" % number, b"%d b" % number, b"%d c" % number])
            assert [each.index - placed[0].index for each in placed] == [0, 1, 2]

    run(4, append)
    found = entries_of(tmp_path)
    assert len(found) == 120
    starts = [index for index, entry in enumerate(found) if entry.endswith(b" a")]
    assert all(found[at + 1] == found[at][:-1] + b"b" and found[at + 2] == found[at][:-1] + b"c" for at in starts)
    assert writer.append_all([]) == []


def test_a_bad_entry_concerns_nobody_else(tmp_path: Path) -> None:
    writer = GroupWriter(Log(tmp_path, SIGNER))
    with pytest.raises(EntrySize):
        writer.append_all([b"good", b""])
    assert writer.append(b"other").index == 0


def test_a_failed_commit_fails_all_that_waited_for_it_and_later_ones_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = _Counting(tmp_path)
    writer = GroupWriter(log)
    writer.append(b"before")

    def full(self: WriteAhead, mark: Mark, signed: bytes, entries: Sequence[bytes]) -> Mark:
        raise OSError(errno.ENOSPC, "no space left")

    problems: list[OSError] = []

    def append(number: int) -> None:
        with pytest.raises(OSError, match="no space left") as caught:
            writer.append(b"%d" % number)
        problems.append(caught.value)

    with monkeypatch.context() as patch:
        patch.setattr(WriteAhead, "append", full)
        run(6, append)
    assert len(problems) == 6
    assert writer.append(b"after").index == 1
    assert entries_of(tmp_path) == [b"before", b"after"]
    assert is_sound(tmp_path)


@pytest.mark.parametrize("place", ["write_whole", "sync_file"])
def test_a_commit_that_fails_behind_the_write_ahead_file_is_told_as_failed_and_may_be_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Whoever is told of a failure does not know; but nothing acknowledged is lost, and the log stays sound."""
    writer = GroupWriter(Log(tmp_path, SIGNER))
    writer.append_all([b"%d" % number for number in range(250)])

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    with monkeypatch.context() as patch:
        patch.setattr(f"tenun.transparency_log.disk.{place}", broken)
        with pytest.raises(OSError, match="the disk is broken"):
            writer.append_all([b"lost %d" % number for number in range(10)])
    index = writer.append(b"after").index
    assert index in (250, 260)
    assert entries_of(tmp_path)[:250] == [b"%d" % number for number in range(250)]
    assert entries_of(tmp_path)[index] == b"after"
    assert is_sound(tmp_path)


def test_closing_lets_what_waits_be_written_and_takes_nothing_more(tmp_path: Path) -> None:
    log = Log(tmp_path, SIGNER)
    writer = GroupWriter(log)
    writer.append(b"first")
    with log._turn:
        threads = [threading.Thread(target=writer.append, args=(b"%d" % number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        while len(writer._waiting) < 5:
            pass
        closing = threading.Thread(target=writer.close)
        closing.start()
    closing.join()
    for thread in threads:
        thread.join()
    assert published(tmp_path).size == 6
    with pytest.raises(WriterClosed):
        writer.append(b"late")
    writer.close()
    assert is_sound(tmp_path)


def test_a_writer_that_wrote_nothing_leaves_no_log(tmp_path: Path) -> None:
    with GroupWriter(Log(tmp_path / "log", SIGNER)):
        pass
    assert LogFolder(tmp_path / "log").checkpoint() is None


def test_two_writers_on_one_folder_see_each_others_entries(tmp_path: Path) -> None:
    first, second = GroupWriter(Log(tmp_path, SIGNER)), GroupWriter(Log(tmp_path, SIGNER))
    for number in range(300):
        writer = first if number % 3 else second
        assert writer.append(b"%d" % number).index == number
    second.close()  # settles: the other's state is of a past generation
    assert first.append(b"300").index == 300
    found = entries_of(tmp_path)
    assert found == [b"%d" % number for number in range(301)]
    assert published(tmp_path).root == merkle.root(301, merkle.nodes_of([merkle.leaf_hash(each) for each in found]))
    assert is_sound(tmp_path)


def _append_from_threads(folder: str, name: str) -> None:
    with GroupWriter(Log(Path(folder), SIGNER)) as writer:
        run(4, lambda number: [writer.append(f"{name} {number} {turn}".encode()) for turn in range(20)])


def test_writers_of_several_processes_share_a_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_from_threads, args=(str(tmp_path), name)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    expected = {f"{name} {number} {turn}".encode() for name in "ab" for number in range(4) for turn in range(20)}
    found = entries_of(tmp_path)
    assert len(found) == len(expected)
    assert set(found) == expected
    assert is_sound(tmp_path)
