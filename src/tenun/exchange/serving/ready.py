"""Finished files of exports: encrypted where they lie, readable at any offset, of the same length as what they hold.

AES-256-CTR under a key of the job, made from a secret of the node; so a lost disk or a backup tells nothing, and a
range costs no more than its own bytes. It keeps secret and does not keep from change: that the bytes are right
is told by their SHA-256, which the signed manifest has and the receiver checks.
"""

from __future__ import annotations

import io
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tenun.exchange.station import Station
from tenun.kernel.clause import implements
from tenun.kernel.durable import sync_folder
from tenun.kernel.keys import FileKeys

KEY_NAME = "exports"
"""Of the node's secret that the jobs' keys are made from."""
NONCE_BYTES = 8
"""Of a block's 16; the other half counts blocks, so that 2^64 of them never meet another file's."""
_BLOCK = 16


@dataclass(frozen=True)
class ExportFile:
    """A finished file of an export. `path` holds it encrypted: read it with `open`."""

    path: Path
    size: int
    """Of the plain bytes, and of the file on disk."""
    sha256: str
    """Of the plain bytes; in quotes, the strong ETag."""
    content_type: str
    key: bytes
    nonce: bytes

    @property
    def etag(self) -> str:
        return f'"{self.sha256}"'

    def open(self) -> ReadyFile:
        """The plain bytes, from any offset. Raises `FileNotFoundError` once a shut-off removed the file."""
        return ReadyFile(self)

    def __repr__(self) -> str:
        return f"ExportFile({self.path.name}, {self.size})"


class ReadyFile(io.RawIOBase):
    """A finished file as a stream of plain bytes. One reader at a time."""

    def __init__(self, file: ExportFile) -> None:
        super().__init__()
        self._file = file
        self._handle = file.path.open("rb", buffering=0)
        self._at = 0
        self._cipher = _from(file.key, file.nonce, 0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence])
        self._handle.seek(self._at)
        self._cipher = _from(self._file.key, self._file.nonce, self._at)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Up to `size` plain bytes; fewer at the end only."""
        sealed = self._handle.read(max(0, self._file.size - self._at) if size < 0 else size)
        self._at += len(sealed)
        return self._cipher.update(sealed)

    def close(self) -> None:
        if not self.closed:
            self._handle.close()
        super().close()


class Ready:
    """The finished files of a node's jobs."""

    def __init__(self, station: Station) -> None:
        self._keys = FileKeys(station.keys)

    def key(self, job: str) -> bytes:
        """The key of one job: one that leaks opens one export."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=job.encode()).derive(self._keys.secret(KEY_NAME))

    @implements(
        "7(1)", "7(3)", control="Exports that wait to be fetched lie encrypted, and are removed when time is up."
    )
    def write(self, path: Path, data: bytes, *, job: str) -> bytes:
        """Write a file, whole and durable, and give its nonce. A file that was there is replaced."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        nonce = secrets.token_bytes(NONCE_BYTES)
        draft = path.parent / f".{path.name}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(_from(self.key(job), nonce, 0).update(data))
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
        sync_folder(path.parent)
        return nonce


class _Stream:
    """The cipher from an offset on."""

    def __init__(self, key: bytes, nonce: bytes, at: int) -> None:
        blocks, skip = divmod(at, _BLOCK)
        counter = nonce + blocks.to_bytes(_BLOCK - NONCE_BYTES, "big")
        self._context = Cipher(AES(key), CTR(counter)).encryptor()
        self._context.update(bytes(skip))

    def update(self, data: bytes) -> bytes:
        return self._context.update(data)


def _from(key: bytes, nonce: bytes, at: int) -> _Stream:
    return _Stream(key, nonce, at)
