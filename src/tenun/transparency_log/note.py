"""Signed notes (C2SP signed-note): a text, an empty line, and signature lines.

A verifier key is written `name+keyid+base64(type || public key)`; the key id is the first four bytes of
SHA-256 over the name, a newline and what stands in the base64. Here is type 0x01, Ed25519 over the text; the
types of witnesses (`cosignature.py`) are used beside it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tenun.transparency_log.errors import NoteInvalid

ED25519 = b"\x01"
DASH = "— "
SIGNATURES_MAX = 100  # a peer's note must not make us verify for ever
NOTE_BYTES_MAX = 256 * 1024
"""Room for sixteen signatures of post-quantum size and then some, which the format wants at the least."""


class NoteVerifier(Protocol):
    """A key that a reader trusts, of whatever type."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes:
        """Four bytes; with the name it says which signature line is meant for this key."""
        ...

    def is_signature(self, signature: bytes, *, text: str) -> bool:
        """Whether these bytes (without the key id) are this key's signature on a note's text."""
        ...


V = TypeVar("V", bound=NoteVerifier)


@dataclass(frozen=True)
class Verifier:
    """The public side of an Ed25519 key that signs notes under a name."""

    name: str
    public_key: bytes
    """32 bytes."""

    def __post_init__(self) -> None:
        require_name(self.name)

    @cached_property
    def key_id(self) -> bytes:
        return key_id(self.name, ED25519 + self.public_key)

    def is_signature(self, signature: bytes, *, text: str) -> bool:
        return is_ed25519(signature, self.public_key, message=text.encode())

    def encode(self) -> str:
        return encode_key(self.name, ED25519 + self.public_key)

    @classmethod
    def decode(cls, text: str) -> Verifier:
        name, material = decode_key(text)
        if len(material) != 33 or material[:1] != ED25519:
            raise NoteInvalid(reason="the verifier key is not an Ed25519 key")
        return cls(name, material[1:])


@dataclass(frozen=True)
class Signer:
    """The private side. Whoever holds it can write another history under this name."""

    name: str
    private_key: Ed25519PrivateKey

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.private_key.public_key().public_bytes_raw())


def sign(text: str, signer: Signer) -> bytes:
    """The text as a note with one signature."""
    _require_text(text)
    line = signature_line(signer.verifier, signer.private_key.sign(text.encode()))
    return f"{text}\n{line}".encode()


def signature_line(verifier: NoteVerifier, signature: bytes) -> str:
    """`— name base64(key id || signature)` and a newline."""
    return f"{DASH}{verifier.name} {_encode(verifier.key_id + signature)}\n"


def verify(note: bytes, *, verifiers: Collection[V]) -> tuple[str, tuple[V, ...]]:
    """The text, and those of the given keys that signed it: at least one.

    Signatures by other keys are passed over, as the format wants; a wrong signature under a given
    key refuses the note whatever else it carries.
    """
    text, lines = split(note)
    signed = _signed(text, lines, verifiers)
    if not signed:
        raise NoteInvalid(reason="no signature by a trusted key")
    return text, tuple(verifier for verifier, _, _ in signed)


def lines_by(note: bytes, *, verifiers: Collection[V]) -> tuple[tuple[V, str], ...]:
    """The signature lines of the given keys, verified, each with its key; none is also an answer.

    Raises `NoteInvalid` where a line of one of them does not hold.
    """
    text, lines = split(note)
    return tuple((verifier, line) for verifier, line, _ in _signed(text, lines, verifiers))


def signatures_by(note: bytes, *, verifiers: Collection[V]) -> tuple[tuple[V, bytes], ...]:
    """As `lines_by`, with the signature's bytes in place of the line."""
    text, lines = split(note)
    return tuple((verifier, signature) for verifier, _, signature in _signed(text, lines, verifiers))


def add_lines(note: bytes, lines: Iterable[str]) -> bytes:
    """The note with further signature lines behind those it has. A line that it has is not added again."""
    _, known = split(note)
    added = [line for line in dict.fromkeys(line.removesuffix("\n") for line in lines) if line not in known]
    return note + "".join(f"{line}\n" for line in added).encode()


def split(note: bytes) -> tuple[str, list[str]]:
    """The text and the signature lines. Nothing is verified, and the lines may be malformed."""
    if len(note) > NOTE_BYTES_MAX:
        raise NoteInvalid(reason="it is too long")
    try:
        content = note.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise NoteInvalid(reason="it is not UTF-8") from problem
    text, separator, signatures = content.rpartition("\n\n")
    text += "\n"
    if not separator or not signatures.endswith("\n"):
        raise NoteInvalid(reason="it has no signature lines")
    _require_text(text)
    lines = signatures.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteInvalid(reason="it has too many signature lines")
    return text, lines


# --- keys ------------------------------------------------------------------------------------------


def key_id(name: str, material: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]


def encode_key(name: str, material: bytes) -> str:
    return f"{name}+{key_id(name, material).hex()}+{_encode(material)}"


def decode_key(text: str) -> tuple[str, bytes]:
    """Name and (type || public key) of a verifier key. Raises `NoteInvalid`."""
    name, stated, key = (*text.strip().split("+", 2), "", "")[:3]
    require_name(name)
    material = _decode(key)
    if key_id(name, material).hex() != stated:
        raise NoteInvalid(reason="the verifier key's id does not belong to it")
    return name, material


def require_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteInvalid(reason="a key's name is empty or holds a space or a plus sign")


def is_ed25519(signature: bytes, public_key: bytes, *, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


# --- below the surface -----------------------------------------------------------------------------


def _signed(text: str, lines: list[str], verifiers: Collection[V]) -> list[tuple[V, str, bytes]]:
    by_id = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed: list[tuple[V, str, bytes]] = []
    for line in lines:
        name, material = _signature(line)
        verifier = by_id.pop((name, material[:4]), None)  # a second line of one key is passed over
        if verifier is None:
            continue
        if not verifier.is_signature(material[4:], text=text):
            raise NoteInvalid(reason=f"the signature of {verifier.name} is wrong")
        signed.append((verifier, line, material[4:]))
    return signed


def _signature(line: str) -> tuple[str, bytes]:
    name, _, signature = line.removeprefix(DASH).partition(" ")
    material = _decode(signature)
    if not line.startswith(DASH) or len(material) < 5:
        raise NoteInvalid(reason="a signature line is malformed")
    require_name(name)
    return name, material


def _require_text(text: str) -> None:
    if not text.endswith("\n") or any(character < " " and character != "\n" for character in text):
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
