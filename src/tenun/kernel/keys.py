"""Secret keys by name. A file for the demo; a vault or an HSM takes its place in production."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Protocol

from tenun.kernel.errors import TenunError


class KeyLost(TenunError):
    """A key that was made here is gone, or another lies in its place. A new one would open nothing that is there."""

    code = "kernel.key_lost"
    text_id = "Kunci {key} simpul ini hilang atau tertukar."
    text_en = "This node's key {key} is gone, or another lies in its place."
    remedy_id = "Pulihkan folder keys/ dari cadangan. Kunci baru tidak membuka data yang sudah ada."
    remedy_en = "Restore the folder keys/ from a backup. A new key does not open the data that is there."


class KeyProvider(Protocol):
    def secret(self, name: str) -> bytes:
        """64 secret bytes that stay the same for that name for as long as the node lives."""


class FileKeys:
    """Keys as files of one folder, made when first asked for, readable by their owner alone.

    Beside each lies its digest (`lake.key.sha256`), so that a lost key is told and never quietly made anew:
    the lake would not open, and the same person would get another pseudonym.

    Trusted: whoever reads the folder reads the lake; whoever alters it makes the lake unreadable.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def secret(self, name: str) -> bytes:
        """Raises `KeyLost` where the key that was made here before is not the one that lies here now."""
        path = self.folder / f"{name}.key"
        known = self._digest(path)
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            if known is not None:
                raise KeyLost(key=name) from None
            key = self._make(path, secrets.token_bytes(64))
        digest = hashlib.sha256(key).hexdigest()
        if known is None:
            known = self._make(self._digest_path(path), digest.encode()).decode()
        if digest != known:
            raise KeyLost(key=name)
        return key

    def _digest(self, path: Path) -> str | None:
        try:
            return self._digest_path(path).read_text()
        except FileNotFoundError:
            return None

    def _digest_path(self, path: Path) -> Path:
        return path.with_name(f"{path.name}.sha256")

    def _make(self, path: Path, content: bytes) -> bytes:
        """Put a file there, whole and durable, and give what is there then."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            os.link(draft, path)
        except FileExistsError:
            return path.read_bytes()  # another process was first: its key is the key
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
