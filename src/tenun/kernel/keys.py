"""Secret keys by name. A file for the demo; a vault or an HSM takes its place in production."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Protocol


class KeyProvider(Protocol):
    def secret(self, name: str) -> bytes:
        """64 secret bytes that stay the same for that name for as long as the node lives."""


class FileKeys:
    """Keys as files of one folder, made when first asked for, readable by their owner alone.

    Trusted: whoever reads the folder reads the lake; whoever alters it makes the lake unreadable.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def secret(self, name: str) -> bytes:
        path = self.folder / f"{name}.key"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return self._make(path)

    def _make(self, path: Path) -> bytes:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(secrets.token_bytes(64))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, path)  # fails where another process was first: then its key is the key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_bytes()


class MemoryKeys:
    """Keys derived from a seed: the same in every run. For tests and benchmarks only."""

    def __init__(self, seed: bytes = b"tenun") -> None:
        self.seed = seed

    def secret(self, name: str) -> bytes:
        return _hmac(self.seed, f"{name}/1".encode()) + _hmac(self.seed, f"{name}/2".encode())


def pseudonym(key: bytes, *parts: str) -> str:
    """A keyed, one-way name for something: 32 hexadecimal digits.

    HMAC and not a plain hash: sixteen structured digits (a NIK) can be guessed from a plain hash.
    """
    return _hmac(key, "\x1f".join(parts).encode())[:16].hex()


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
