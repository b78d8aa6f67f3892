"""A file that only grows, in which an altered or removed line is found.

One JSON object a line. Each line carries the SHA-256 of the line before it and of itself; beside the file lies
the number and hash of its last line, so that lines cut from the end are missed too. Trusted: who may write both
files and computes every hash anew can rewrite the whole; who noted `head` elsewhere sees it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenun.kernel import canonical_json, durable
from tenun.kernel.canonical_json import NotCanonical
from tenun.kernel.errors import TenunError

START = "0" * 64
_BOOKKEEPING = ("number", "previous", "hash")


class LinesAltered(TenunError):
    """A line of an append-only file was changed, moved or removed."""

    code = "linkage.review_lines_altered"
    text_id = "Berkas {file} berubah pada baris {line}: rantai hash-nya putus."
    text_en = "The file {file} was altered at line {line}: its chain of hashes is broken."
    remedy_id = "Jangan pakai berkas ini; pulihkan folder judgements/ dari cadangan dan laporkan kejadiannya."
    remedy_en = "Do not use it; restore the folder judgements/ from a backup and report the incident."


@dataclass(frozen=True)
class _Read:
    stamp: tuple[tuple[int, int, int] | None, tuple[int, int, int] | None]
    bodies: tuple[Mapping[str, Any], ...]
    head: str
    length: int
    """Bytes of whole lines; what follows was never acknowledged."""


class Lines:
    """The lines of one file. Threads and processes may share it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.head_file = file.with_suffix(".head")
        self._last: _Read | None = None

    @property
    def head(self) -> str:
        """The hash of the last line, which stands for all of them."""
        return self._read().head

    def all(self) -> tuple[Mapping[str, Any], ...]:
        """The bodies, oldest first. Raises `LinesAltered`."""
        return self._read().bodies

    def only_writer(self) -> AbstractContextManager[None]:
        """Nobody else appends in between. Not for use inside itself."""
        return durable.only_one(self.file.with_suffix(".lock"))

    def append(self, body: Mapping[str, Any]) -> None:
        """Add a line, as the only writer. When this returns it is on disk. Raises `LinesAltered`."""
        read = self._read()
        number = len(read.bodies) + 1
        bound = {**body, "number": number, "previous": read.head}
        digest = canonical_json.digest(bound)
        line = canonical_json.dumps({**bound, "hash": digest}) + b"\n"
        is_new = not self.file.exists()
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as handle:
            handle.truncate(read.length)  # a line that a power cut broke off was never acknowledged
            handle.seek(0, os.SEEK_END)
            handle.write(line)
            handle.flush()
            os.fsync(handle.fileno())
        if is_new:
            durable.sync_folder(self.file.parent)
        durable.write_durably(self.head_file, canonical_json.dumps({"number": number, "hash": digest}))

    def _read(self) -> _Read:
        stamp = (_stamp(self.file), _stamp(self.head_file))
        last = self._last
        if last is None or last.stamp != stamp:
            last = self._last = self._checked(stamp)
        return last

    def _checked(self, stamp: tuple[tuple[int, int, int] | None, tuple[int, int, int] | None]) -> _Read:
        # The head first: it may fall behind what another process appends meanwhile, never run ahead of it.
        known, known_hash = self._noted_head()
        content = self.file.read_bytes() if stamp[0] is not None else b""
        length = content.rfind(b"\n") + 1
        bodies: list[Mapping[str, Any]] = []
        previous = START
        for number, line in enumerate(content[:length].splitlines(), start=1):
            entry = self._entry(line, number, previous)
            previous = entry["hash"]
            if number == known and previous != known_hash:
                raise LinesAltered(file=self.file.name, line=number)
            bodies.append({name: value for name, value in entry.items() if name not in _BOOKKEEPING})
        if known > len(bodies):
            raise LinesAltered(file=self.file.name, line=len(bodies) + 1)
        return _Read(stamp, tuple(bodies), previous, length)

    def _entry(self, line: bytes, number: int, previous: str) -> dict[str, Any]:
        try:
            entry = canonical_json.loads(line, document=self.file.name)
            digest = canonical_json.digest({name: value for name, value in entry.items() if name != "hash"})
            is_right = (entry["number"], entry["previous"], entry["hash"]) == (number, previous, digest)
        except (NotCanonical, AttributeError, KeyError, TypeError) as problem:
            raise LinesAltered(file=self.file.name, line=number) from problem
        if not is_right:
            raise LinesAltered(file=self.file.name, line=number)
        return dict(entry)

    def _noted_head(self) -> tuple[int, str]:
        try:
            noted = json.loads(self.head_file.read_bytes())
            return int(noted["number"]), str(noted["hash"])
        except FileNotFoundError:
            return 0, START
        except (ValueError, KeyError, TypeError) as problem:
            raise LinesAltered(file=self.head_file.name, line=1) from problem


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
