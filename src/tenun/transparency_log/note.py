"""Signed notes (C2SP signed-note): a text, an empty line, and signature lines, Ed25519.

A verifier key is written `name+keyid+base64(0x01 || public key)`; the key id is the first four bytes
of SHA-256 over the name, a newline and what stands in the base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tenun.transparency_log.errors import NoteInvalid

ED25519 = b"\x01"
DASH = "— "
SIGNATURES_MAX = 100  # a peer's note must not make us verify for ever


@dataclass(frozen=True)
class Verifier:
    """The public side of a key that signs notes under a name."""

    name: str
    public_key: bytes
    """32 bytes."""

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(character.isspace() for character in self.name):
            raise NoteInvalid(reason="a key's name is empty or holds a space or a plus sign")

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:4]

    def encode(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_encode(ED25519 + self.public_key)}"

    @classmethod
    def decode(cls, text: str) -> Verifier:
        name, key_id, key = (*text.strip().split("+", 2), "", "")[:3]
        material = _decode(key)
        if len(material) != 33 or material[:1] != ED25519:
            raise NoteInvalid(reason="the verifier key is not an Ed25519 key")
        verifier = cls(name, material[1:])
        if verifier.key_id.hex() != key_id:
            raise NoteInvalid(reason="the verifier key's id does not belong to it")
        return verifier


@dataclass(frozen=True)
class Signer:
    """The private side. Whoever holds it can write another history under this name."""

    name: str
    private_key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.private_key.public_key().public_bytes_raw())


def sign(text: str, signer: Signer) -> bytes:
    """The text as a note with one signature."""
    _require_text(text)
    signature = signer.verifier.key_id + signer.private_key.sign(text.encode())
    return f"{text}\n{DASH}{signer.name} {_encode(signature)}\n".encode()


def verify(note: bytes, *, verifiers: Collection[Verifier]) -> tuple[str, tuple[Verifier, ...]]:
    """The text, and those of the given keys that signed it: at least one.

    Signatures by other keys are passed over, as the format wants; a wrong signature under a given
    key refuses the note whatever else it carries.
    """
    text, lines = _split(note)
    by_id = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed: list[Verifier] = []
    for line in lines:
        name, signature = _signature(line)
        verifier = by_id.get((name, signature[:4]))
        if verifier is None or verifier in signed:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(verifier.public_key).verify(signature[4:], text.encode())
        except InvalidSignature as problem:
            raise NoteInvalid(reason=f"the signature of {verifier.name} is wrong") from problem
        signed.append(verifier)
    if not signed:
        raise NoteInvalid(reason="no signature by a trusted key")
    return text, tuple(signed)


def _split(note: bytes) -> tuple[str, list[str]]:
    try:
        content = note.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise NoteInvalid(reason="it is not UTF-8") from problem
    text, separator, signatures = content.rpartition("\n\n")
    text += "\n"
    _require_text(text)
    if not separator or not signatures.endswith("\n"):
        raise NoteInvalid(reason="it has no signature lines")
    lines = signatures.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteInvalid(reason="it has too many signature lines")
    return text, lines


def _signature(line: str) -> tuple[str, bytes]:
    name, _, signature = line.removeprefix(DASH).partition(" ")
    material = _decode(signature)
    if not line.startswith(DASH) or not name or len(material) < 5:
        raise NoteInvalid(reason="a signature line is malformed")
    return name, material


def _require_text(text: str) -> None:
    if not text.endswith("\n") or any(ord(character) < 0x20 and character != "\n" for character in text):
        raise NoteInvalid(reason="its text holds control characters or does not end with a newline")


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: str) -> bytes:
    """Base64 in its one canonical spelling: two spellings of a signature would be two notes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise NoteInvalid(reason="bad base64") from problem
    if _encode(data) != text:
        raise NoteInvalid(reason="bad base64")
    return data
