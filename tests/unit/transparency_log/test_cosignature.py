"""Cosignatures: what they cover, byte for byte, and that no other key, time, name or text passes."""

from __future__ import annotations

import base64
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tenun.transparency_log import checkpoint, cosignature, merkle, note
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.cosignature import Cosignatory, Cosigner, decode_verifier, require_witnesses, times
from tenun.transparency_log.errors import NoteInvalid, NotWitnessed
from tenun.transparency_log.note import Signer, Verifier

LOG = Signer("desa.test/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
ED = Cosigner("w.test/1", Ed25519PrivateKey.from_private_bytes(b"w" * 32), now=lambda: 1_679_315_147.9)
PQ = Cosigner("w.test/2", MLDSA44PrivateKey.from_seed_bytes(b"m" * 32), now=lambda: 1_679_315_147)
STATE = Checkpoint(LOG.name, 3, merkle.leaf_hash(b"leaf"))


def signature_of(line: str) -> bytes:
    return base64.b64decode(line.split(" ")[2])


def test_ed25519_signs_two_lines_and_the_whole_text() -> None:
    line = ED.line(STATE.text())
    assert line.startswith("— w.test/1 ")
    material = signature_of(line)
    assert material[:4] == ED.verifier.key_id
    assert material[4:12] == struct.pack(">Q", 1_679_315_147)
    message = b"cosignature/v1\ntime 1679315147\n" + STATE.text().encode()
    Ed25519PrivateKey.from_private_bytes(b"w" * 32).public_key().verify(material[12:], message)


def test_ml_dsa_44_signs_the_structure_of_the_specification() -> None:
    material = signature_of(PQ.line(STATE.text()))
    assert len(material) == 4 + 8 + 2420
    message = (
        b"subtree/v1\n\x00"
        + b"\x08w.test/2"
        + struct.pack(">Q", 1_679_315_147)
        + b"\x0ddesa.test/log"
        + struct.pack(">QQ", 0, 3)
        + STATE.root
    )
    MLDSA44PrivateKey.from_seed_bytes(b"m" * 32).public_key().verify(material[12:], message)


@pytest.mark.parametrize("cosigner", [ED, PQ], ids=["Ed25519", "ML-DSA-44"])
def test_a_cosignature_holds_for_its_text_key_and_time_alone(cosigner: Cosigner) -> None:
    signed = checkpoint.sign(STATE, LOG)
    line = cosigner.line(STATE.text())
    cosigned = note.add_lines(signed, [line])
    assert times(cosigned, witnesses=[cosigner.verifier]) == {cosigner.verifier: 1_679_315_147}
    material = signature_of(line)
    for at in (4, 11, 12, len(material) - 1):  # time, first and last byte of the signature
        wrong = bytearray(material)
        wrong[at] ^= 1
        torn = note.add_lines(signed, [f"— {cosigner.name} {base64.b64encode(wrong).decode()}"])
        with pytest.raises(NoteInvalid):
            times(torn, witnesses=[cosigner.verifier])
    for kept in (material[:-1], material + b"x", material[:12], material[:5]):
        short = note.add_lines(signed, [f"— {cosigner.name} {base64.b64encode(kept).decode()}"])
        with pytest.raises(NoteInvalid):
            times(short, witnesses=[cosigner.verifier])
    other = checkpoint.sign(Checkpoint(LOG.name, 4, STATE.root), LOG)
    with pytest.raises(NoteInvalid):
        times(note.add_lines(other, [line]), witnesses=[cosigner.verifier])


def test_a_time_beyond_the_bound_is_refused() -> None:
    for cosigner in (ED, PQ):
        material = bytearray(signature_of(cosigner.line(STATE.text()))[4:])
        material[0] |= 0x80
        assert not cosigner.verifier.is_signature(bytes(material), text=STATE.text())


def test_extension_lines_are_covered_by_ed25519_and_refused_by_ml_dsa() -> None:
    text = STATE.text() + "extension 1\nextension 2\n"
    line = ED.line(text)
    assert ED.verifier.is_signature(signature_of(line)[4:], text=text)
    assert not ED.verifier.is_signature(signature_of(line)[4:], text=text.replace("2\n", "3\n"))
    with pytest.raises(NoteInvalid):
        PQ.line(text)
    plain = signature_of(PQ.line(STATE.text()))[4:]
    assert not PQ.verifier.is_signature(plain, text=text)


@pytest.mark.parametrize("text", ["no checkpoint\n", "a\n1\nAAAA\n", "a\n0\n" + "A" * 43 + "=\n"])
def test_what_is_no_checkpoint_is_not_cosigned(text: str) -> None:
    for cosigner in (ED, PQ):
        with pytest.raises(NoteInvalid):
            cosigner.line(text)
        assert not cosigner.verifier.is_signature(bytes(8 + 64), text=text)


def test_verifier_keys_of_every_type_are_written_as_they_are_read() -> None:
    for verifier in (LOG.verifier, ED.verifier, PQ.verifier):
        assert decode_verifier(verifier.encode()) == verifier
    assert isinstance(decode_verifier(LOG.verifier.encode()), Verifier)
    material = note.encode_key("x.test", b"\x05" + bytes(32))
    for bad in ("", "x.test", material, material.replace("x.test", "y.test"), ED.verifier.encode()[:-4]):
        with pytest.raises(NoteInvalid):
            decode_verifier(bad)
    with pytest.raises(NoteInvalid):
        Verifier.decode(ED.verifier.encode())  # a witness's key is not a log's
    with pytest.raises(NoteInvalid):
        Cosignatory("w.test", cosignature.ML_DSA_44, bytes(32))


def test_one_key_under_two_types_has_two_ids() -> None:
    log_key = LOG.verifier.public_key
    assert Cosignatory(LOG.name, cosignature.ED25519, log_key).key_id != LOG.verifier.key_id


def test_a_note_is_verified_under_several_kinds_of_keys_at_once() -> None:
    cosigned = note.add_lines(checkpoint.sign(STATE, LOG), [ED.line(STATE.text()), PQ.line(STATE.text())])
    _, signed = note.verify(cosigned, verifiers=[LOG.verifier, ED.verifier, PQ.verifier])
    assert set(signed) == {LOG.verifier, ED.verifier, PQ.verifier}
    with pytest.raises(NoteInvalid):
        checkpoint.verify(cosigned, verifiers=[ED.verifier])  # a witness's name is not the log's
    assert checkpoint.verify(cosigned, verifiers=[ED.verifier], origin=LOG.name) == STATE


def test_a_witness_counts_once_however_many_keys_it_has() -> None:
    second = Cosigner(ED.name, PQ.private_key)
    cosigned = note.add_lines(checkpoint.sign(STATE, LOG), [ED.line(STATE.text()), second.line(STATE.text())])
    both = [ED.verifier, second.verifier, PQ.verifier]
    assert require_witnesses(cosigned, witnesses=both, need=1) == (ED.name,)
    with pytest.raises(NotWitnessed):
        require_witnesses(cosigned, witnesses=both, need=2)
    assert require_witnesses(cosigned, witnesses=[], need=0) == ()


def test_a_wrong_line_of_a_known_witness_refuses_the_checkpoint() -> None:
    stranger = Cosigner(ED.name, Ed25519PrivateKey.from_private_bytes(b"x" * 32))
    wrong = base64.b64encode(ED.verifier.key_id + signature_of(stranger.line(STATE.text()))[4:]).decode()
    with pytest.raises(NoteInvalid):
        require_witnesses(
            note.add_lines(checkpoint.sign(STATE, LOG), [f"— {ED.name} {wrong}"]), witnesses=[ED.verifier], need=0
        )


def test_a_line_is_not_added_twice() -> None:
    signed = checkpoint.sign(STATE, LOG)
    line = ED.line(STATE.text())
    once = note.add_lines(signed, [line, line])
    assert note.add_lines(once, [line]) == once
