"""Parquet at rest under AES-256-SIV (RFC 5297), for tables that identify people.

SIV and not GCM, because a snapshot must come out the same byte for byte when it is built again:
SIV needs no random nonce, and what it gives away (that two chunks at the same place of the same
table are equal) is what the snapshot's own digest gives away already.

A file is `TENUNSV1`, then chunks of at most 4 MiB, each behind its length in four bytes. A chunk is
bound to its table, its number, and whether it is the last, so that none can be moved, dropped or
taken from another table.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError

MAGIC = b"TENUNSV1"
CHUNK = 4 * 1024 * 1024


class SealBroken(TenunError):
    """A sealed table does not open: altered, cut short, or another key."""

    code = "lake.seal_broken"
    text_id = "Tabel tersegel {table} tidak dapat dibuka: berkas berubah, terpotong, atau kuncinya lain."
    text_en = "The sealed table {table} does not open: it was altered or cut short, or the key is another."
    remedy_id = "Pulihkan berkas dari cadangan, atau bangun ulang potret dari lapisan mentah."
    remedy_en = "Restore the file from a backup, or rebuild the snapshot from the raw layer."


@implements("7(1)", "7(3)", control="What identifies people lies encrypted, apart from what describes them.")
def seal(plain: bytes, target: BinaryIO, *, key: bytes, table: str) -> None:
    cipher = AESSIV(key)
    target.write(MAGIC)
    chunks = [plain[start : start + CHUNK] for start in range(0, len(plain), CHUNK)] or [b""]
    for number, chunk in enumerate(chunks):
        sealed = cipher.encrypt(chunk, _binding(table, number, number == len(chunks) - 1))
        target.write(len(sealed).to_bytes(4, "big"))
        target.write(sealed)


def unseal(path: Path, *, key: bytes, table: str) -> io.BytesIO:
    """The plain bytes. Raises `SealBroken`, and then has given nothing out."""
    cipher = AESSIV(key)
    plain = io.BytesIO()
    data = memoryview(path.read_bytes())
    if bytes(data[: len(MAGIC)]) != MAGIC:
        raise SealBroken(table=table)
    at, number, is_last = len(MAGIC), 0, False
    while not is_last:
        size = int.from_bytes(data[at : at + 4], "big")
        sealed, at = data[at + 4 : at + 4 + size], at + 4 + size
        is_last = at >= len(data)
        if size == 0 or len(sealed) != size:
            raise SealBroken(table=table)
        try:
            plain.write(cipher.decrypt(bytes(sealed), _binding(table, number, is_last)))
        except InvalidTag as problem:
            raise SealBroken(table=table) from problem
        number += 1
    plain.seek(0)
    return plain


def _binding(table: str, number: int, is_last: bool) -> list[bytes]:
    return [table.encode(), number.to_bytes(4, "big"), b"last" if is_last else b"more"]
