"""The archive inside a pack: ustar, in exactly one form.

Members are regular files with fixed owner, mode and time, in the order of the manifest. A reader
compares each header, byte for byte, with the one that we would have written for that name and size,
so links, devices, long-name tricks, absolute paths and hidden members have no way to exist.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator

from tenun.exchange.refusals import ContainerMalformed

BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
PIECE = 1024 * 1024


def archive(members: Iterable[tuple[str, io.BytesIO]]) -> Iterator[bytes]:
    """The archive's bytes, piece by piece."""
    for name, content in members:
        size = content.getbuffer().nbytes
        yield _header(name, size)
        while piece := content.read(PIECE):
            yield piece
        yield bytes(-size % BLOCK)
    yield END


class PieceReader(io.RawIOBase):
    """Makes a file to read from out of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class MemberReader(io.RawIOBase):
    """An archive is written to this, and each whole member comes out, in order.

    `admit(name, size)` is asked before a member is read and raises where it may not be; `take(name,
    content)` gets it.
    Holds one member in memory at a time. `finish` must be called after the last byte.
    """

    def __init__(self, *, admit: Callable[[str, int], None], take: Callable[[str, bytes], None]) -> None:
        self._admit = admit
        self._take = take
        self._waiting = bytearray()
        self._name = ""
        self._size = -1
        self._is_over = False

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        self._waiting += piece
        while self._advance():
            pass
        return len(piece)

    def finish(self) -> None:
        if not self._is_over or self._waiting:
            raise ContainerMalformed(reason="the archive has no proper end")

    def _advance(self) -> bool:
        """One header or one member, if it is there whole."""
        if self._is_over:
            if self._waiting:
                raise ContainerMalformed(reason="something follows the end of the archive")
            return False
        if self._size < 0:
            return self._read_header()
        padded = self._size + -self._size % BLOCK
        if len(self._waiting) < padded:
            return False
        content, padding = bytes(self._waiting[: self._size]), self._waiting[self._size : padded]
        if any(padding):
            raise ContainerMalformed(reason="something hides behind a member")
        del self._waiting[:padded]
        name, self._name, self._size = self._name, "", -1
        self._take(name, content)
        return True

    def _read_header(self) -> bool:
        if len(self._waiting) < BLOCK:
            return False
        block = bytes(self._waiting[:BLOCK])
        if not any(block):
            if len(self._waiting) < len(END):
                return False
            if any(self._waiting[: len(END)]):
                raise ContainerMalformed(reason="the archive has no proper end")
            del self._waiting[: len(END)]
            self._is_over = True
            return True
        name, size = _parse(block)
        self._admit(name, size)
        del self._waiting[:BLOCK]
        self._name, self._size = name, size
        return True


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o600
    return member.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def _parse(block: bytes) -> tuple[str, int]:
    try:
        found = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        is_ours = _header(found.name, found.size) == block
    except (tarfile.HeaderError, UnicodeError, ValueError) as problem:
        raise ContainerMalformed(reason="a member's header cannot be read") from problem
    if not is_ours:
        raise ContainerMalformed(reason="a member's header is not of the one form that packs have")
    return found.name, found.size
