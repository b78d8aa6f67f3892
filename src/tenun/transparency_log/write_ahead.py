"""The write-ahead file: commits on disk before they are spread over tiles, one disk flush each.

A commit into tiles alone is a handful of new files, and each of them a transaction of the file system. Here
a commit is one record at the end of one file: entries and the checkpoint signed over them. Tiles and
checkpoint follow without waiting for the disk. After a power cut the records are applied again.

A generation begins with a base: a checkpoint whose tiles are on disk. Its records follow, numbered. A new
generation overwrites the file from the start, so that its blocks are written over and not allocated anew;
records of an older generation behind the end carry another mark and are not read. A record that was torn
fails its digest, and with it all behind it were never acknowledged.

Not trusted beyond the rest of the folder: what is read here counts only under the log's own signature.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tenun.transparency_log import crash, disk, tile
from tenun.transparency_log.errors import LogAltered

FILE = "write-ahead"
BYTES_MAX = 4 * 1024 * 1024
"""A generation ends before this. More would mean a longer settling, less a more frequent one."""

_MAGIC = b"tWA1"
_HEAD = struct.Struct(">4s16sIII32s")  # magic, generation, number, length of the note, length of the entries, digest
_DIGEST = 32


@dataclass(frozen=True)
class Mark:
    """Up to where a generation was read or written."""

    generation: bytes
    number: int
    position: int


@dataclass(frozen=True)
class Record:
    """A commit: its entries, and the checkpoint (a signed note) over all entries up to them."""

    signed: bytes
    entries: Sequence[bytes]
    mark: Mark


def size_of(entries: Sequence[bytes]) -> int:
    """At most so many bytes does a commit of these take."""
    return sum(map(len, entries)) + 2 * len(entries) + _HEAD.size + 8192


class WriteAhead:
    """Of one log. The caller holds the log's lock during every call."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def has_room(self, mark: Mark, size: int) -> bool:
        return mark.position + size <= BYTES_MAX

    def begin(self, signed: bytes) -> Mark:
        """A new generation on a checkpoint whose tiles are on disk. Durable when this returns."""
        generation = secrets.token_bytes(16)
        is_new = not self.path.exists()
        mark = self._write(Mark(generation, 0, 0), signed, b"", is_new=is_new)
        if is_new:
            disk.sync_folder(self.path.parent)
        return mark

    def append(self, mark: Mark, signed: bytes, entries: Sequence[bytes]) -> Mark:
        """One commit. Durable when this returns: this is the moment from which it is in the log."""
        return self._write(mark, signed, tile.encode_bundle(entries))

    def base(self) -> Record | None:
        """How the generation began, or `None` where none did (or its first record is torn)."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return _read(descriptor, 0, generation=None, number=0)
        finally:
            os.close(descriptor)

    def is_at(self, mark: Mark) -> bool:
        """Whether nothing was written since: the same generation, and no record behind the mark."""
        return self.after(mark) == []

    def after(self, mark: Mark) -> list[Record] | None:
        """The records behind a mark, oldest first; `None` when its generation is over."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            head = os.pread(descriptor, 20, 0)
            if head[:4] != _MAGIC or head[4:] != mark.generation:
                return None
            records: list[Record] = []
            while True:
                record = _read(descriptor, mark.position, generation=mark.generation, number=mark.number)
                if record is None:
                    return records
                records.append(record)
                mark = record.mark
        finally:
            os.close(descriptor)

    def _write(self, mark: Mark, signed: bytes, entries: bytes, *, is_new: bool = False) -> Mark:
        head = (_MAGIC, mark.generation, mark.number, len(signed), len(entries))
        digest = hashlib.sha256(_HEAD.pack(*head, bytes(_DIGEST)) + signed + entries).digest()
        record = _HEAD.pack(*head, digest) + signed + entries
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            half = len(record) // 2
            _write_all(descriptor, record[:half], mark.position)
            crash.here("log.within_write_ahead")
            _write_all(descriptor, record[half:], mark.position + half)
            os.fsync(descriptor) if is_new else os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        return Mark(mark.generation, mark.number + 1, mark.position + len(record))


def _write_all(descriptor: int, content: bytes, position: int) -> None:
    rest = memoryview(content)
    while rest:
        written = os.pwrite(descriptor, rest, position)
        rest, position = rest[written:], position + written


def _read(descriptor: int, position: int, *, generation: bytes | None, number: int) -> Record | None:
    """The record at a place, or `None` where there is no whole one of that generation and number."""
    head = os.pread(descriptor, _HEAD.size, position)
    if len(head) < _HEAD.size:
        return None
    magic, found, found_number, note_size, entries_size, digest = _HEAD.unpack(head)
    if magic != _MAGIC or found_number != number or (generation is not None and found != generation):
        return None
    if note_size + entries_size > BYTES_MAX:
        return None
    body = os.pread(descriptor, note_size + entries_size, position + _HEAD.size)
    if hashlib.sha256(head[:-_DIGEST] + bytes(_DIGEST) + body).digest() != digest:
        return None
    mark = Mark(found, number + 1, position + _HEAD.size + len(body))
    try:
        entries = tile.decode_bundle(body[note_size:], file=FILE)
    except LogAltered:
        return None
    return Record(body[:note_size], entries, mark)
