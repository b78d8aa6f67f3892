"""A growing log written by Tessera, another implementation of C2SP tlog-tiles."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenun.transparency_log import checkpoint, merkle, tile
from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.cosignature import Cosigner, times
from tenun.transparency_log.errors import NoteInvalid
from tenun.transparency_log.folder import LogFolder
from tenun.transparency_log.follower import Follower
from tenun.transparency_log.log import Log
from tenun.transparency_log.note import Signer, Verifier
from tenun.transparency_log.witness import Witness, request
from tests.lib.shared_data import ROOT, shared

SIZES = sorted(int(path.suffix[1:]) for path in (ROOT / "vectors/tlog-tiles-tessera").glob("checkpoint.[0-9]*"))
GROWN = [size for size in SIZES if size > 0]


@pytest.fixture
def log() -> Path:
    return shared("vectors/tlog-tiles-tessera")


@pytest.fixture
def verifier(log: Path) -> Verifier:
    return Verifier.decode(json.loads((log / "vkey.json").read_bytes())["vkey"])


def test_the_log_is_there() -> None:
    shared("vectors/tlog-tiles-tessera")
    assert len(GROWN) >= 3


def test_a_follower_follows_it_through_every_size(log: Path, verifier: Verifier, tmp_path: Path) -> None:
    sizes = iter(SIZES)
    size = next(sizes)

    def fetch(path: str) -> bytes:
        return (log / (f"checkpoint.{size}" if path == "checkpoint" else path)).read_bytes()

    follower = Follower(tmp_path, fetch=fetch, verifiers=[verifier])
    while True:
        looked = follower.follow()
        assert looked
        assert looked.checkpoint is not None
        assert looked.checkpoint.size == size
        assert verify_folder(tmp_path, verifiers=[verifier])
        if (following := next(sizes, None)) is None:
            break
        size = following


def test_a_witness_signs_it_at_every_size(log: Path, verifier: Verifier, tmp_path: Path) -> None:
    cosigner = Cosigner("witness.test", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
    watching = Witness(tmp_path, cosigner, logs={verifier.name: [verifier]})
    for old, size in pairwise([0, *GROWN]):
        signed = (log / f"checkpoint.{size}").read_bytes()
        body = request(LogFolder(log), old, signed=signed)
        answer = watching.add_checkpoint(body)
        assert answer.status == 200, answer.body
        assert cosigner.verifier in times(signed + answer.body, witnesses=[cosigner.verifier])


def test_a_verifier_key_is_written_as_it_was_read(log: Path, verifier: Verifier) -> None:
    assert verifier.encode() == json.loads((log / "vkey.json").read_bytes())["vkey"]


@pytest.mark.parametrize("size", SIZES)
def test_every_checkpoint_verifies_and_its_root_is_computed_from_the_entries(
    log: Path, verifier: Verifier, size: int
) -> None:
    state = checkpoint.verify((log / f"checkpoint.{size}").read_bytes(), verifiers=[verifier])
    assert state.size == size
    leaves = [merkle.leaf_hash(entry) for entry in LogFolder(log).entries(size=size)]
    assert merkle.root(size, merkle.nodes_of(leaves)) == state.root
    assert merkle.root(size, LogFolder(log).node(size)) == state.root


@pytest.mark.parametrize("second", GROWN)
def test_each_checkpoint_is_proved_to_begin_with_every_earlier_one(log: Path, verifier: Verifier, second: int) -> None:
    newer = checkpoint.verify((log / f"checkpoint.{second}").read_bytes(), verifiers=[verifier])
    for first in [size for size in GROWN if size <= second]:
        older = checkpoint.verify((log / f"checkpoint.{first}").read_bytes(), verifiers=[verifier])
        proof = merkle.consistency_proof(first, second, LogFolder(log).node(second))
        merkle.verify_consistency(
            first=first, second=second, first_root=older.root, second_root=newer.root, proof=proof
        )


def test_the_whole_folder_is_sound_with_every_earlier_checkpoint(log: Path, verifier: Verifier, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    shutil.copytree(log, folder)
    (folder / "checkpoint").write_bytes((log / f"checkpoint.{SIZES[-1]}").read_bytes())
    earlier = [(log / f"checkpoint.{size}").read_bytes() for size in SIZES]
    assert verify_folder(folder, verifiers=[verifier], earlier=earlier)


@pytest.mark.parametrize("size", GROWN)
def test_our_writer_lays_out_the_same_bytes(log: Path, tmp_path: Path, size: int) -> None:
    ours = Log(tmp_path, Signer("tenun.test/log", Ed25519PrivateKey.from_private_bytes(b"k" * 32)))
    ours.append_all(list(LogFolder(log).entries(size=size)))
    for path in (tile.bundle_path(0, size), tile.tile_path(0, 0, size)):
        assert (tmp_path / path).read_bytes() == (log / path).read_bytes()


def test_a_checkpoint_signed_by_another_key_is_refused(log: Path) -> None:
    other = Verifier("example.com/log/testdata", b"\x01" * 32)
    with pytest.raises(NoteInvalid):
        checkpoint.verify((log / f"checkpoint.{SIZES[-1]}").read_bytes(), verifiers=[other])


def test_no_byte_of_a_checkpoint_can_be_changed(log: Path, verifier: Verifier) -> None:
    original = (log / f"checkpoint.{SIZES[-1]}").read_bytes()
    for at in range(len(original)):
        changed = bytearray(original)
        changed[at] ^= 1
        with pytest.raises(NoteInvalid):
            checkpoint.verify(bytes(changed), verifiers=[verifier])
