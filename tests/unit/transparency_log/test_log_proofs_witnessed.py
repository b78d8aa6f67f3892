"""Proofs under a checkpoint that the other party has signed; the auditor's commands; what a log serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenun.transparency_log import merkle, proof, tile, witness
from tenun.transparency_log.__main__ import main
from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.cosignature import Cosigner
from tenun.transparency_log.errors import NoteInvalid, NotServed, NotWitnessed, ProofInvalid
from tenun.transparency_log.folder import LogFolder
from tenun.transparency_log.log import Log
from tenun.transparency_log.note import Signer
from tenun.transparency_log.witness import Witness

SIGNER = Signer("desa.test/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
PEER = Cosigner("naker.test/witness", Ed25519PrivateKey.from_private_bytes(b"w" * 32), now=lambda: 1_700_000_000)
OTHER = Cosigner("auditor.test/witness", Ed25519PrivateKey.from_private_bytes(b"a" * 32))
WITNESSES = [PEER.verifier, OTHER.verifier]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """600 entries, the first 500 of them witnessed by the peer."""
    log = Log(tmp_path / "log", SIGNER)
    log.append_all([b"%d" % number for number in range(500)])
    watching = Witness(tmp_path / "witness", PEER, logs={SIGNER.name: [SIGNER.verifier]})
    witness.ask(log.files, lambda body: watching.add_checkpoint(body)[:2], witnesses=[PEER.verifier])
    log.append_all([b"%d" % number for number in range(500, 600)])
    return log


def test_a_proof_carries_the_peers_signature(log: Log) -> None:
    text = log.prove(123, is_cosigned=True)
    shown, state = proof.verify(text, entry=b"123", verifiers=[SIGNER.verifier], witnesses=WITNESSES)
    assert (shown.index, state.size) == (123, 500)
    with pytest.raises(ProofInvalid):
        proof.verify(text, entry=b"124", verifiers=[SIGNER.verifier], witnesses=WITNESSES)


def test_a_proof_without_the_signature_that_is_asked_for_is_refused(log: Log) -> None:
    bare = log.prove(123)
    proof.verify(bare, entry=b"123", verifiers=[SIGNER.verifier])
    with pytest.raises(NotWitnessed):
        proof.verify(bare, entry=b"123", verifiers=[SIGNER.verifier], witnesses=WITNESSES)
    with pytest.raises(NotWitnessed):
        proof.verify(bare, entry=b"123", verifiers=[SIGNER.verifier], need=1)
    cosigned = log.prove(123, is_cosigned=True)
    with pytest.raises(NotWitnessed):
        proof.verify(cosigned, entry=b"123", verifiers=[SIGNER.verifier], witnesses=[OTHER.verifier])
    with pytest.raises(NotWitnessed):
        proof.verify(cosigned, entry=b"123", verifiers=[SIGNER.verifier], witnesses=WITNESSES, need=2)
    proof.verify(bare, entry=b"123", verifiers=[SIGNER.verifier], witnesses=WITNESSES, need=0)


def test_the_witness_cannot_stand_in_for_the_log(log: Log) -> None:
    with pytest.raises(NoteInvalid):
        proof.verify(log.prove(1, is_cosigned=True), entry=b"1", verifiers=[PEER.verifier], witnesses=WITNESSES)


def test_an_entry_that_no_witness_has_seen_yet_has_no_such_proof(log: Log, tmp_path: Path) -> None:
    log.prove(499, is_cosigned=True)
    with pytest.raises(NotWitnessed):
        log.prove(500, is_cosigned=True)
    with pytest.raises(ProofInvalid):
        log.prove(600, is_cosigned=True)
    for index in (-1, 600):
        with pytest.raises(ProofInvalid):
            log.prove(index)
    unseen = Log(tmp_path / "unseen", SIGNER)
    unseen.append(b"one")
    with pytest.raises(NotWitnessed):
        unseen.prove(0, is_cosigned=True)


def test_every_entry_can_be_proved_at_every_kind_of_size(tmp_path: Path) -> None:
    log = Log(tmp_path, SIGNER)
    for size in (1, 2, 3, 5, 255, 256, 257, 300):
        log.append_all([b"%d" % number for number in range(log.size(), size)])
        for index in {0, size // 2, size - 1, min(255, size - 1)}:
            shown, _ = proof.verify(log.prove(index), entry=b"%d" % index, verifiers=[SIGNER.verifier])
            assert shown.index == index


def test_a_witnessed_folder_is_sound_only_with_its_witness(log: Log) -> None:
    audit = verify_folder(log.folder, verifiers=[SIGNER.verifier], witnesses=WITNESSES)
    assert audit
    assert audit.witnessed is not None
    assert audit.as_dict()["witnessed"] == 500
    for witnesses, need in (([OTHER.verifier], None), (WITNESSES, 2)):
        short = verify_folder(log.folder, verifiers=[SIGNER.verifier], witnesses=witnesses, need=need)
        assert [finding.code for finding in short.findings] == ["log.not_witnessed"]
    cosigned = log.folder / "checkpoint.cosigned"
    content = cosigned.read_bytes()
    cosigned.write_bytes(content[:-10] + (b"A" if content[-10:-9] != b"A" else b"B") + content[-9:])
    audit = verify_folder(log.folder, verifiers=[SIGNER.verifier], witnesses=WITNESSES)
    assert [finding.code for finding in audit.findings] == ["log.note_invalid"]
    cosigned.unlink()
    assert not verify_folder(log.folder, verifiers=[SIGNER.verifier], witnesses=WITNESSES)
    assert verify_folder(log.folder, verifiers=[SIGNER.verifier])


def test_a_log_that_left_what_its_witness_saw_is_found(log: Log, tmp_path: Path) -> None:
    fork = Log(tmp_path / "fork", SIGNER)
    fork.append_all([b"other", *(b"%d" % number for number in range(1, 700))])
    (tmp_path / "fork/checkpoint.cosigned").write_bytes(log.files.cosigned() or b"")
    audit = verify_folder(tmp_path / "fork", verifiers=[SIGNER.verifier], witnesses=WITNESSES)
    assert [finding.code for finding in audit.findings] == ["log.history_changed"]


# --- alone, as an auditor --------------------------------------------------------------------------


def run(*arguments: object) -> int:
    return main([str(each) for each in arguments])


def test_an_auditor_verifies_a_folder_with_its_witnesses(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    key, peer, other = (each.encode() for each in (SIGNER.verifier, *WITNESSES))
    assert run("verify", log.folder, key) == 0
    assert json.loads(capsys.readouterr().out)["witnessed"] is None
    assert run("verify", log.folder, key, "--witness", peer) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["is_sound"], said["size"], said["witnessed"]) == (True, 600, 500)
    assert run("verify", log.folder, key, log.folder / "checkpoint.cosigned", "--witness", peer) == 0
    assert run("verify", log.folder, key, "--witness", peer, "--witness", other, "--need", 2) == 1
    assert run("verify", log.folder, key, "--witness", key) == 2, "a log does not witness itself"
    assert run("verify", log.folder, key, "--witness", "nonsense") == 2


def test_an_auditor_checks_a_proof_file(log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, peer, other = (each.encode() for each in (SIGNER.verifier, *WITNESSES))
    shown, entry = tmp_path / "a.tlog-proof", tmp_path / "entry"
    shown.write_text(log.prove(42, is_cosigned=True), encoding="utf-8")
    entry.write_bytes(b"42")
    assert run("proof", shown, entry, key, "--witness", peer) == 0
    assert json.loads(capsys.readouterr().out)["index"] == 42
    assert run("proof", shown, entry, key, "--witness", other) == 1
    assert json.loads(capsys.readouterr().out)["code"] == "log.not_witnessed"
    entry.write_bytes(b"43")
    assert run("proof", shown, entry, key) == 1
    assert json.loads(capsys.readouterr().out)["code"] == "log.proof_invalid"
    assert run("proof", tmp_path / "missing", entry, key) == 2
    assert run("stamp", shown, entry, shown) == 1
    assert run("proof", shown) == 2
    assert run("--help") == 0


# --- what is served --------------------------------------------------------------------------------


def test_every_size_that_a_log_had_is_still_served(tmp_path: Path) -> None:
    log = Log(tmp_path, SIGNER)
    entries = [b"entry %d" % number for number in range(600)]
    for start in range(0, 600, 7):
        log.append_all(entries[start : start + 7])
    for index, width in ((0, 7), (0, 255), (1, 1), (2, 60), (2, 88)):
        here = entries[index * 256 : index * 256 + width]
        assert tile.decode_bundle(log.files.serve(tile.bundle_path(index, width))) == here
        assert tile.decode_hashes(log.files.serve(tile.tile_path(0, index, width))) == [
            merkle.leaf_hash(entry) for entry in here
        ]
    assert log.files.serve("tile/0/001") == (tmp_path / "tile/0/001").read_bytes()
    assert len(log.files.serve("tile/1/000.p/1")) == 32
    assert log.files.serve("checkpoint") == (tmp_path / "checkpoint").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "lock",
        "write-ahead",
        "checkpoint.cosigned",
        "../checkpoint",
        "/etc/passwd",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001",
        "tile/0/x001/000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/9",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/../0/000.p/3",
        "tile/entries/000.p/9",
        "tile/entries/000.p/3\n",
        "tile/entries/٠٠٠.p/3",
        "tile/data/000.p/3",
    ],
)
def test_nothing_else_is_served(tmp_path: Path, path: str) -> None:
    log = Log(tmp_path, SIGNER)
    log.append_all([b"a", b"b", b"c"])
    log.files.serve("tile/0/000.p/3")
    with pytest.raises(NotServed):
        log.files.serve(path)


def test_an_empty_folder_serves_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotServed):
        LogFolder(tmp_path).serve("checkpoint")
