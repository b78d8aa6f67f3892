"""While commits follow on one another the files may lag behind the log: nothing is lost, whoever looks or dies."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tenun.transparency_log import checkpoint, log, proof, tile
from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.folder import LogFolder
from tenun.transparency_log.log import Log
from tenun.transparency_log.note import Signer

SIGNER = Signer("tenun.test/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))


@pytest.fixture(autouse=True)
def _one_lag_for_all_of_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "UNSHOWN_SECONDS_MAX", 3600.0)


def shown(folder: Path) -> int:
    return checkpoint.verify(LogFolder(folder).checkpoint() or b"", verifiers=[SIGNER.verifier]).size


def add(writer: Log, count: int, *, is_more: bool = True) -> list[int]:
    entries = [b"entry"] * count
    return [one.index for one in writer.append_waiting(lambda: entries, is_more=lambda: is_more)]


def begun(folder: Path) -> Log:
    writer = Log(folder, SIGNER)
    add(writer, 1, is_more=False)
    return writer


def test_what_is_followed_by_more_is_in_the_log_before_it_is_shown(tmp_path: Path) -> None:
    writer = begun(tmp_path)
    assert add(writer, 2) == [1, 2]
    assert shown(tmp_path) == 1
    assert add(writer, 1, is_more=False) == [3]
    assert shown(tmp_path) == 4
    assert verify_folder(tmp_path, verifiers=[SIGNER.verifier])


def test_who_asks_for_the_state_or_a_proof_gets_the_whole_log(tmp_path: Path) -> None:
    writer = begun(tmp_path)
    add(writer, 2)
    assert Log(tmp_path, SIGNER).size() == 3
    add(writer, 2)
    assert shown(tmp_path) == 3
    _, state = proof.verify(writer.prove(4), entry=b"entry", verifiers=[SIGNER.verifier])
    assert state.size == 5
    assert shown(tmp_path) == 5


def test_what_a_killed_writer_left_unshown_is_shown_by_the_next_one(tmp_path: Path) -> None:
    writer = begun(tmp_path)
    add(writer, 40)
    del writer  # as after kill -9: nothing is written on leaving
    assert shown(tmp_path) == 1
    assert add(Log(tmp_path, SIGNER), 1, is_more=False) == [41]
    assert shown(tmp_path) == 42
    assert verify_folder(tmp_path, verifiers=[SIGNER.verifier])


def test_a_tile_that_becomes_full_is_shown_at_once(tmp_path: Path) -> None:
    writer = begun(tmp_path)
    add(writer, tile.WIDTH - 2)
    assert shown(tmp_path) == 1
    add(writer, 3)
    assert shown(tmp_path) == tile.WIDTH + 2
    assert verify_folder(tmp_path, verifiers=[SIGNER.verifier])


def test_a_checkpoint_that_nobody_committed_is_found_out_in_spite_of_the_lag(tmp_path: Path) -> None:
    writer = begun(tmp_path)
    before = (tmp_path / "checkpoint").read_bytes()
    add(writer, 2, is_more=False)
    other = begun(tmp_path.with_name("other"))
    add(other, 5, is_more=False)
    (tmp_path / "checkpoint").write_bytes(LogFolder(other.folder).checkpoint() or b"")
    with pytest.raises(log.LogAltered):
        add(writer, 1)
    (tmp_path / "checkpoint").write_bytes(before)
    assert Log(tmp_path, SIGNER).size() == 3


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 70), st.booleans(), st.booleans()), max_size=25))
def test_any_number_of_writers_keeps_one_log_whoever_shows_it(
    steps: list[tuple[int, int, bool, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "log"
        writers = [begun(folder), Log(folder, SIGNER), Log(folder, SIGNER)]
        size = 1
        for who, count, is_more, dies in steps:
            assert add(writers[who], count, is_more=is_more) == list(range(size, size + count))
            size += count
            assert shown(folder) // tile.WIDTH == size // tile.WIDTH, "a lag stays within a tile"
            assert is_more or shown(folder) == size
            if dies:
                writers[who] = Log(folder, SIGNER)
        assert Log(folder, SIGNER).size() == size == shown(folder)
        assert verify_folder(folder, verifiers=[SIGNER.verifier])
