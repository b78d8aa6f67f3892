"""A log's state in three lines, signed (C2SP tlog-checkpoint): origin, size, root."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass

from tenun.transparency_log import note
from tenun.transparency_log.errors import NoteInvalid
from tenun.transparency_log.merkle import HASH_BYTES


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"


def sign(checkpoint: Checkpoint, signer: note.Signer) -> bytes:
    return note.sign(checkpoint.text(), signer)


def verify(data: bytes, *, verifiers: Collection[note.NoteVerifier], origin: str | None = None) -> Checkpoint:
    """The checkpoint, when a trusted key has signed it and it is of that log. Raises `NoteInvalid`.

    `verifiers` are keys of the log; those of witnesses do not belong here, they say who has *seen* it
    (`cosignature.require_witnesses`). `origin` is left out where the log's origin is the name of its key,
    as it is with ours.
    """
    text, signed = note.verify(data, verifiers=verifiers)
    checkpoint = parse(text)
    expected = {origin} if origin is not None else {verifier.name for verifier in signed}
    if checkpoint.origin not in expected:
        raise NoteInvalid(reason="it is a checkpoint of another log")
    return checkpoint


def parse(text: str) -> Checkpoint:
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines):
        raise NoteInvalid(reason="it has fewer than three lines, or an empty one")
    origin, size, root = lines[:3]  # further lines are extensions, which we have no use for
    if (entries := decimal(size)) is None:
        raise NoteInvalid(reason="its size is malformed")
    try:
        digest = base64.b64decode(root, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise NoteInvalid(reason="its root is not base64") from problem
    if len(digest) != HASH_BYTES or base64.b64encode(digest).decode("ascii") != root:
        raise NoteInvalid(reason="its root is not a SHA-256 digest")
    return Checkpoint(origin, entries, digest)


def decimal(text: str) -> int | None:
    """A number in its one spelling: digits, no leading zero, below 2**63. `None` for anything else."""
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or (text != "0" and text.startswith("0")):
        return None
    number = int(text)
    return number if number < 1 << 63 else None
