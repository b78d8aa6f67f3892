"""The writer: durable, resumable after a crash at any byte, one at a time; and loud about damage."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenun.transparency_log import merkle, proof, tile, write_ahead
from tenun.transparency_log.__main__ import main
from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.errors import EntrySize, LogAltered, NoteInvalid, ProofInvalid
from tenun.transparency_log.folder import LogFolder
from tenun.transparency_log.log import Log
from tenun.transparency_log.note import Signer
from tenun.transparency_log.write_ahead import WriteAhead

SIGNER = Signer("tenun.test/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
STRANGER = Signer("tenun.test/log", Ed25519PrivateKey.from_private_bytes(b"t" * 32))


def entry(number: int) -> bytes:
    return json.dumps({"number": number, "padding": "x" * (number % 7)}).encode()


def entries_of(folder: Path) -> list[bytes]:
    size = Log(folder, SIGNER).checkpoint().size
    return list(LogFolder(folder).entries(size=size))


def is_sound(folder: Path) -> bool:
    return bool(verify_folder(folder, verifiers=[SIGNER.verifier]))


def test_a_new_log_is_empty_and_sound(tmp_path: Path) -> None:
    assert Log(tmp_path, SIGNER).checkpoint().size == 0
    assert is_sound(tmp_path)


def test_an_entry_is_on_disk_and_covered_by_a_checkpoint_when_append_returns(tmp_path: Path) -> None:
    for number in range(5):
        appended = Log(tmp_path, SIGNER).append(entry(number))
        assert (appended.index, appended.checkpoint.size) == (number, number + 1)
        assert entries_of(tmp_path) == [entry(index) for index in range(number + 1)]
        assert is_sound(tmp_path)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 513, 1000])
def test_the_log_is_the_same_whether_it_grew_one_by_one_or_at_once(tmp_path: Path, size: int) -> None:
    at_once, by_groups = Log(tmp_path / "a", SIGNER), Log(tmp_path / "b", SIGNER)
    at_once.append_all([entry(number) for number in range(size)])
    for start in range(0, size, 37):
        by_groups.append_all([entry(number) for number in range(start, min(start + 37, size))])
    assert at_once.checkpoint() == by_groups.checkpoint()
    leaves = [merkle.leaf_hash(entry(number)) for number in range(size)]
    assert at_once.checkpoint().root == merkle.root(size, merkle.nodes_of(leaves))
    assert is_sound(tmp_path / "a")
    assert is_sound(tmp_path / "b")
    at_once.settle()
    by_groups.settle()
    files = [sorted(str(path.relative_to(top)) for path in top.rglob("*")) for top in (tmp_path / "a", tmp_path / "b")]
    assert files[0] == files[1]


def test_a_log_beyond_one_tile_of_the_second_level_is_sound(tmp_path: Path) -> None:
    size = 256 * 256 + 300
    Log(tmp_path, SIGNER).append_all([b"%d" % number for number in range(size - 1)])
    Log(tmp_path, SIGNER).append(b"%d" % (size - 1))
    audit = verify_folder(tmp_path, verifiers=[SIGNER.verifier])
    assert audit
    assert audit.checkpoint is not None
    assert audit.checkpoint.size == size
    assert (tmp_path / tile.tile_path(1, 0)).exists()
    assert (tmp_path / tile.tile_path(2, 0, 1)).exists()
    text = Log(tmp_path, SIGNER).prove(70)
    proof.verify(text, entry=b"70", verifiers=[SIGNER.verifier])


@pytest.mark.parametrize("bad", [b"", b"x" * 65_536])
def test_an_entry_that_no_bundle_can_hold_is_refused_and_nothing_is_written(tmp_path: Path, bad: bytes) -> None:
    log = Log(tmp_path, SIGNER)
    log.append(b"first")
    with pytest.raises(EntrySize):
        log.append_all([b"second", bad])
    assert entries_of(tmp_path) == [b"first"]


def test_the_largest_entry_is_kept_whole(tmp_path: Path) -> None:
    Log(tmp_path, SIGNER).append(b"x" * 65_535)
    assert entries_of(tmp_path) == [b"x" * 65_535]
    assert is_sound(tmp_path)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _cuts(content: bytes) -> range:
    return range(0, len(content), max(1, len(content) // 12))


@pytest.mark.parametrize("is_settled", [True, False])
@pytest.mark.parametrize(("before", "added"), [(0, 1), (3, 2), (254, 5)])
def test_a_commit_that_is_torn_in_the_write_ahead_file_gives_way(
    tmp_path: Path, before: int, added: int, is_settled: bool
) -> None:
    start, old, _ = _grown(tmp_path, before, added, is_settled=is_settled)
    whole = (tmp_path / "end/write-ahead").read_bytes()
    begun = _end_of_records(start)
    crash = tmp_path / "crash"
    for kept in _cuts(whole[begun : _end_of_records(tmp_path / "end")]):
        shutil.rmtree(crash, ignore_errors=True)
        shutil.copytree(start, crash)
        behind = (start / "write-ahead").read_bytes()[begun + kept :]
        (crash / "write-ahead").write_bytes(whole[: begun + kept] + behind)
        assert is_sound(crash)
        Log(crash, SIGNER).append(b"after")
        assert entries_of(crash) == [*old, b"after"]
        assert is_sound(crash)


@pytest.mark.parametrize("is_settled", [True, False])
@pytest.mark.parametrize(("before", "added"), [(0, 1), (3, 2), (254, 5)])
def test_what_a_power_cut_tears_behind_a_whole_commit_is_written_again(
    tmp_path: Path, before: int, added: int, is_settled: bool
) -> None:
    """The commit is on disk in the write-ahead file; tiles, bundles or checkpoint are lost, torn, or as before."""
    start, old, new = _grown(tmp_path, before, added, is_settled=is_settled)
    was, written = _files(start), _files(tmp_path / "end")
    crash = tmp_path / "crash"
    published = [path for path in written if path != "write-ahead" and written[path] != was.get(path)]
    assert "checkpoint" in published
    for torn in published:
        for kept in (*_cuts(written[torn]), None):
            shutil.rmtree(crash, ignore_errors=True)
            shutil.copytree(tmp_path / "end", crash)
            if kept is not None:
                (crash / torn).write_bytes(written[torn][:kept])
            elif torn in was:
                (crash / torn).write_bytes(was[torn])
            else:
                (crash / torn).unlink()
            assert Log(crash, SIGNER).checkpoint().size == before + added
            assert entries_of(crash) == [*old, *new]
            assert is_sound(crash)
            Log(crash, SIGNER).append(b"after")
            assert entries_of(crash) == [*old, *new, b"after"]


def test_a_commit_of_which_only_the_write_ahead_file_is_on_disk_is_in_the_log(tmp_path: Path) -> None:
    start, old, new = _grown(tmp_path, 254, 5, is_settled=False)
    shutil.copy(tmp_path / "end/write-ahead", start / "write-ahead")
    assert Log(start, SIGNER).size() == 259
    assert entries_of(start) == [*old, *new]
    assert is_sound(start)


def _grown(tmp_path: Path, before: int, added: int, *, is_settled: bool) -> tuple[Path, list[bytes], list[bytes]]:
    """A log in `start`, and in `end` the same one commit later."""
    start = tmp_path / "start"
    old, new = [b"%d" % number for number in range(before)], [b"new %d" % number for number in range(added)]
    Log(start, SIGNER).append_all(old)
    Log(start, SIGNER).checkpoint()
    if is_settled:
        Log(start, SIGNER).settle()
    shutil.copytree(start, tmp_path / "end")
    Log(tmp_path / "end", SIGNER).append_all(new)
    return start, old, new


def _end_of_records(folder: Path) -> int:
    ahead = WriteAhead(folder)
    base = ahead.base()
    assert base is not None
    records = ahead.after(base.mark)
    assert records is not None
    return (records[-1] if records else base).mark.position


def test_a_settled_log_that_was_cut_short_at_any_byte_is_not_written_to(tmp_path: Path) -> None:
    """What the checkpoint covers was promised to others: here a missing byte is damage, never a crash."""
    whole = tmp_path / "whole"
    Log(whole, SIGNER).append_all([entry(number) for number in range(4)])
    Log(whole, SIGNER).settle()
    for path in ("checkpoint", tile.bundle_path(0, 4), tile.tile_path(0, 0, 4)):
        content = (whole / path).read_bytes()
        for kept in range(len(content)):
            cut = tmp_path / "cut"
            shutil.rmtree(cut, ignore_errors=True)
            shutil.copytree(whole, cut)
            (cut / path).write_bytes(content[:kept])
            assert not is_sound(cut)
            if path == "checkpoint":
                (cut / "write-ahead").unlink()  # it holds a copy of the checkpoint, and would restore it
            with pytest.raises(LogAltered):
                Log(cut, SIGNER).append(b"after")


def test_two_histories_of_one_size_are_never_joined(tmp_path: Path) -> None:
    first, second = Log(tmp_path / "a", SIGNER), Log(tmp_path / "b", SIGNER)
    first.append(b"one")
    second.append(b"other")
    shutil.copy(tmp_path / "a/checkpoint", tmp_path / "b/checkpoint")
    with pytest.raises(LogAltered):
        Log(tmp_path / "b", SIGNER).append(b"two")


def test_a_log_is_taken_up_where_its_write_ahead_file_is_missing(tmp_path: Path) -> None:
    log = Log(tmp_path, SIGNER)
    log.append_all([entry(number) for number in range(300)])
    log.settle()
    (tmp_path / "write-ahead").unlink()
    assert Log(tmp_path, SIGNER).append(b"next").index == 300
    assert is_sound(tmp_path)


def test_a_write_ahead_file_of_another_generation_is_not_applied(tmp_path: Path) -> None:
    """After settling, the records of before still lie behind the new base, and say nothing any more."""
    log = Log(tmp_path, SIGNER)
    for number in range(9):
        log.append(entry(number))
    log.settle()
    assert WriteAhead(tmp_path).base() is not None
    assert Log(tmp_path, SIGNER).size() == 9
    log.append(entry(9))
    assert entries_of(tmp_path) == [entry(number) for number in range(10)]


def test_more_than_the_write_ahead_file_holds_is_settled_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead, "BYTES_MAX", 40_000)
    log = Log(tmp_path, SIGNER)
    for number in range(600):
        log.append(entry(number) + b"y" * 90)
        assert (tmp_path / "write-ahead").stat().st_size <= 40_000
    assert len(entries_of(tmp_path)) == 600
    assert is_sound(tmp_path)
    assert Log(tmp_path, SIGNER).append(b"x").index == 600


def test_a_flipped_byte_anywhere_is_found_and_the_entry_named(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    Log(whole, SIGNER).append_all([entry(number) for number in range(6)])
    bundle = tile.bundle_path(0, 6)
    content = bytearray((whole / bundle).read_bytes())
    content[2 + 5] ^= 1
    (whole / bundle).write_bytes(content)
    audit = verify_folder(whole, verifiers=[SIGNER.verifier])
    assert [finding.entry for finding in audit.findings] == [0]


def test_a_lost_checkpoint_never_starts_a_new_log_over_the_old(tmp_path: Path) -> None:
    Log(tmp_path, SIGNER).append(b"one")
    (tmp_path / "checkpoint").unlink()
    with pytest.raises(LogAltered):
        Log(tmp_path, SIGNER).append(b"two")
    assert not is_sound(tmp_path)


def test_an_older_history_is_found_by_whoever_kept_a_checkpoint(tmp_path: Path) -> None:
    log = Log(tmp_path / "a", SIGNER)
    log.append_all([entry(0), entry(1)])
    kept = (tmp_path / "a/checkpoint").read_bytes()
    fork = Log(tmp_path / "b", SIGNER)
    fork.append_all([entry(0), entry(7), entry(8)])
    short = Log(tmp_path / "c", SIGNER)
    short.append(entry(0))
    for folder in ("b", "c"):
        audit = verify_folder(tmp_path / folder, verifiers=[SIGNER.verifier], earlier=[kept])
        assert [finding.code for finding in audit.findings] == ["log.history_changed"]
    log.append(entry(2))
    assert verify_folder(tmp_path / "a", verifiers=[SIGNER.verifier], earlier=[kept])


def test_another_key_of_the_same_name_is_not_ours(tmp_path: Path) -> None:
    Log(tmp_path, STRANGER).append(b"one")
    assert not is_sound(tmp_path)
    with pytest.raises(LogAltered):
        Log(tmp_path, SIGNER).append(b"two")


def _append_some(folder: str, name: str, count: int) -> None:
    for number in range(count):
        Log(Path(folder), SIGNER).append(f"{name} {number}".encode())


def test_writers_of_several_processes_take_turns(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_some, args=(str(tmp_path), name, 15)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    found = entries_of(tmp_path)
    assert sorted(found) == sorted(f"{name} {number}".encode() for name in "abc" for number in range(15))
    assert is_sound(tmp_path)


def test_one_log_object_sees_what_another_wrote(tmp_path: Path) -> None:
    first, second = Log(tmp_path, SIGNER), Log(tmp_path, SIGNER)
    first.append(b"a")
    second.append(b"b")
    assert first.append(b"c").index == 2
    assert entries_of(tmp_path) == [b"a", b"b", b"c"]


def test_a_reader_of_an_outgrown_partial_tile_finds_the_wider_one(tmp_path: Path) -> None:
    log = Log(tmp_path, SIGNER)
    log.append_all([entry(number) for number in range(3)])
    log.append_all([entry(number) for number in range(3, 300)])
    assert not (tmp_path / tile.bundle_path(0, 3)).exists()
    assert list(LogFolder(tmp_path).entries(size=3)) == [entry(0), entry(1), entry(2)]


def test_a_proof_file_proves_its_entry_and_no_other(tmp_path: Path) -> None:
    log = Log(tmp_path, SIGNER)
    log.append_all([entry(number) for number in range(10)])
    text = log.prove(4)
    shown, state = proof.verify(text, entry=entry(4), verifiers=[SIGNER.verifier])
    assert (shown.index, state.size) == (4, 10)
    with pytest.raises(ProofInvalid):
        proof.verify(text, entry=entry(5), verifiers=[SIGNER.verifier])
    with pytest.raises(ProofInvalid):
        proof.verify(text.replace("index 4", "index 5"), entry=entry(4), verifiers=[SIGNER.verifier])
    with pytest.raises(NoteInvalid):
        proof.verify(text, entry=entry(4), verifiers=[STRANGER.verifier])
    with pytest.raises(ProofInvalid):
        log.prove(10)


def test_no_byte_of_a_proof_file_can_be_changed(tmp_path: Path) -> None:
    log = Log(tmp_path, SIGNER)
    log.append_all([entry(number) for number in range(6)])
    text = log.prove(2).encode()
    for at in range(len(text)):
        changed = bytearray(text)
        changed[at] ^= 1
        with pytest.raises((ProofInvalid, NoteInvalid, UnicodeDecodeError)):
            proof.verify(changed.decode(), entry=entry(2), verifiers=[SIGNER.verifier])


def test_an_auditor_runs_it_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Log(tmp_path, SIGNER).append_all([entry(0), entry(1)])
    assert main([str(tmp_path), SIGNER.verifier.encode()]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == 2
    assert main([str(tmp_path), STRANGER.verifier.encode()]) == 1
    assert main([str(tmp_path), "no key"]) == 2
    assert main([]) == 2
