"""A proof in a file (C2SP tlog-proof): that an entry is in a log, for someone who has only its key.

c2sp.org/tlog-proof@v1
index 73894
(hashes, base64, lowest first)

(the checkpoint, a signed note; with the witnesses' signatures under it where they were asked for)
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tenun.transparency_log import checkpoint, merkle
from tenun.transparency_log.cosignature import Cosignatory, require_witnesses
from tenun.transparency_log.errors import ProofInvalid
from tenun.transparency_log.note import NoteVerifier

HEADER = "c2sp.org/tlog-proof@v1"
HASHES_MAX = 63


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
    index = checkpoint.decimal(lines[0].removeprefix("index ")) if lines else None
    if index is None or not lines[0].startswith("index ") or len(lines) > HASHES_MAX + 1:
        raise ProofInvalid(reason="its index is malformed or it has too many hashes")
    return Proof(index, tuple(_hash(line) for line in lines[1:]), signed.encode())


def verify(
    text: str,
    *,
    entry: bytes,
    verifiers: Collection[NoteVerifier],
    origin: str | None = None,
    witnesses: Collection[Cosignatory] = (),
    need: int | None = None,
) -> tuple[Proof, checkpoint.Checkpoint]:
    """The proof and the checkpoint it leads to. Raises `ProofInvalid`, `NoteInvalid` or `NotWitnessed`.

    `verifiers` are the log's keys. `witnesses` are those of others who may have seen it; `need` of them, by
    name, must have cosigned: one, unless said otherwise, where witnesses are given at all.
    """
    shown = decode(text)
    state = checkpoint.verify(shown.checkpoint, verifiers=verifiers, origin=origin)
    needed = need if need is not None else 1 if witnesses else 0
    require_witnesses(shown.checkpoint, witnesses=witnesses, need=needed)
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
