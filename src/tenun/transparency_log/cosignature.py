"""A witness's signature on another's checkpoint, with its time (C2SP tlog-cosignature).

Ed25519 (type 0x04, `cosignature/v1`) signs two lines of its own and the checkpoint's text. ML-DSA-44 (type
0x06, `subtree/v1`) signs a structure with the witness's name, origin, size and root; checkpoints with
extension lines, which it would leave unsigned, it refuses.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from tenun.transparency_log import checkpoint, merkle, note
from tenun.transparency_log.errors import NoteInvalid, NotWitnessed
from tenun.transparency_log.note import NoteVerifier, Verifier

ED25519 = b"\x04"
ML_DSA_44 = b"\x06"
KEY_BYTES = {ED25519: 32, ML_DSA_44: 1312}
SIGNATURE_BYTES = {ED25519: 64, ML_DSA_44: 2420}
SUBTREE_LABEL = b"subtree/v1\n\x00"
TIME_MAX = (1 << 63) - 1

_TIME = struct.Struct(">Q")


@dataclass(frozen=True)
class Cosignatory:
    """A witness's public key: its name, the type of its signatures, and the key's bytes."""

    name: str
    kind: bytes
    """`ED25519` or `ML_DSA_44`."""
    public_key: bytes

    def __post_init__(self) -> None:
        note.require_name(self.name)
        if len(self.public_key) != KEY_BYTES.get(self.kind):
            raise NoteInvalid(reason="the key is not one of a witness: Ed25519 (0x04) or ML-DSA-44 (0x06)")

    @cached_property
    def key_id(self) -> bytes:
        return note.key_id(self.name, self.kind + self.public_key)

    def is_signature(self, signature: bytes, *, text: str) -> bool:
        if len(signature) != _TIME.size + SIGNATURE_BYTES[self.kind]:
            return False
        at = time_of(signature)
        try:
            message = _message(self.kind, name=self.name, at=at, text=text)
        except NoteInvalid:
            return False  # what is no checkpoint cannot have been cosigned
        if self.kind == ED25519:
            return note.is_ed25519(signature[_TIME.size :], self.public_key, message=message)
        try:
            MLDSA44PublicKey.from_public_bytes(self.public_key).verify(signature[_TIME.size :], message)
        except InvalidSignature:
            return False
        return True

    def encode(self) -> str:
        return note.encode_key(self.name, self.kind + self.public_key)

    @classmethod
    def decode(cls, text: str) -> Cosignatory:
        name, material = note.decode_key(text)
        return cls(name, material[:1], material[1:])


@dataclass(frozen=True)
class Cosigner:
    """The private side. Whoever holds it can vouch for a history that the witness never saw.

    A log's Ed25519 key may serve here too: what is signed as a witness begins with `cosignature/v1`, what is
    signed as a log with the log's name.
    """

    name: str
    private_key: Ed25519PrivateKey | MLDSA44PrivateKey
    now: Callable[[], float] = time.time
    """Seconds since 1970."""

    @cached_property
    def verifier(self) -> Cosignatory:
        kind = ED25519 if isinstance(self.private_key, Ed25519PrivateKey) else ML_DSA_44
        return Cosignatory(self.name, kind, self.private_key.public_key().public_bytes_raw())

    def can_sign(self, text: str) -> bool:
        """Whether the type of this key covers all of that checkpoint's text."""
        return self.verifier.kind == ED25519 or text == checkpoint.parse(text).text()

    def line(self, text: str) -> str:
        """The signature line on a checkpoint's text. Raises `NoteInvalid` where the text is no checkpoint."""
        at = int(self.now())
        message = _message(self.verifier.kind, name=self.name, at=at, text=text)
        return note.signature_line(self.verifier, _TIME.pack(at) + self.private_key.sign(message))


def decode_verifier(text: str) -> NoteVerifier:
    """A verifier key of any type that is known here: of a log (0x01) or of a witness (0x04, 0x06)."""
    _, material = note.decode_key(text)
    return Verifier.decode(text) if material[:1] == note.ED25519 else Cosignatory.decode(text)


def times(signed: bytes, *, witnesses: Collection[Cosignatory]) -> dict[Cosignatory, int]:
    """Which of the witnesses have signed a checkpoint, and when (seconds since 1970). Verified."""
    return {witness: time_of(signature) for witness, signature in note.signatures_by(signed, verifiers=witnesses)}


def require_witnesses(signed: bytes, *, witnesses: Collection[Cosignatory], need: int) -> tuple[str, ...]:
    """The names of the witnesses whose signature the checkpoint bears. Raises `NotWitnessed` for fewer than `need`.

    A witness with two keys counts once. Whether a witness is somebody other than the log is for the caller to know.
    """
    names = tuple(dict.fromkeys(witness.name for witness, _ in note.lines_by(signed, verifiers=witnesses)))
    if len(names) < need:
        raise NotWitnessed(found=len(names), needed=need)
    return names


def time_of(signature: bytes) -> int:
    """Seconds since 1970, as a cosignature's first eight bytes say."""
    return int(_TIME.unpack_from(signature)[0])


# --- what is signed --------------------------------------------------------------------------------


def _message(kind: bytes, *, name: str, at: int, text: str) -> bytes:
    if not 0 <= at <= TIME_MAX:
        raise NoteInvalid(reason="a cosignature's time is out of range")
    state = checkpoint.parse(text)
    if state.size == 0 and state.root != merkle.EMPTY_ROOT:
        raise NoteInvalid(reason="a log without entries has another root")
    if kind == ED25519:
        return f"cosignature/v1\ntime {at}\n{text}".encode()
    if text != state.text():
        raise NoteInvalid(reason="an ML-DSA-44 cosignature cannot cover extension lines")
    parts = (SUBTREE_LABEL, _short(name), _TIME.pack(at), _short(state.origin), _TIME.pack(0), _TIME.pack(state.size))
    return b"".join(parts) + state.root


def _short(text: str) -> bytes:
    """A string behind its length in one byte (RFC 8446, section 3.4)."""
    data = text.encode()
    if not 0 < len(data) <= 255:
        raise NoteInvalid(reason="a name does not have 1 to 255 bytes")
    return bytes([len(data)]) + data
