"""A proof in a file (C2SP tlog-proof): that an entry is in a log, for someone who has only its key.

c2sp.org/tlog-proof@v1
index 73894
(hashes, base64, lowest first)

(the checkpoint, a signed note)
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tenun.transparency_log import checkpoint, merkle
from tenun.transparency_log.errors import ProofInvalid
from tenun.transparency_log.note import Verifier

HEADER = "c2sp.org/tlog-proof@v1"
HASHES_MAX = 64


@dataclass(frozen=True)
class Proof:
    index: int
    hashes: Sequence[bytes]
    checkpoint: bytes
    """The signed note as the log gave it."""

    def encode(self) -> str:
        hashes = "".join(f"{base64.b64encode(value).decode('ascii')}\n" for value in self.hashes)
        return f"{HEADER}\nindex {self.index}\n{hashes}\n{self.checkpoint.decode('utf-8')}"


def decode(text: str) -> Proof:
    head, separator, signed = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != HEADER or not separator:
        raise ProofInvalid(reason="it is not a tlog-proof of version 1")
    if lines and lines[0].startswith("extra "):
        lines = lines[1:]  # opaque, and not covered by any signature: nothing here may rest on it
    index = lines[0].removeprefix("index ") if lines else ""
    if not (index.isascii() and index.isdigit()) or lines[0] != f"index {int(index)}" or len(lines) > HASHES_MAX + 1:
        raise ProofInvalid(reason="its index is malformed or it has too many hashes")
    return Proof(int(index), tuple(_hash(line) for line in lines[1:]), signed.encode())


def verify(text: str, *, entry: bytes, verifiers: Collection[Verifier]) -> tuple[Proof, checkpoint.Checkpoint]:
    """The proof and the checkpoint it leads to. Raises `ProofInvalid` or `NoteInvalid`."""
    shown = decode(text)
    state = checkpoint.verify(shown.checkpoint, verifiers=verifiers)
    merkle.verify_inclusion(
        merkle.leaf_hash(entry), index=shown.index, size=state.size, proof=shown.hashes, root=state.root
    )
    return shown, state


def _hash(line: str) -> bytes:
    try:
        value = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise ProofInvalid(reason="a hash is not base64") from problem
    if base64.b64encode(value).decode("ascii") != line:
        raise ProofInvalid(reason="a hash is not base64")
    return value
