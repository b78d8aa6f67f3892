"""Fetching the files of an export: resumed where it broke off, and taken only when whole and right.

{name}.part     what has come so far, with the ETag it belongs to beside it in {name}.etag
{name}          the file, once its SHA-256 is the one that the manifest names
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from tenun.exchange.client.refusals import AnswerMalformed, FileAltered, PeerUnreachable, SettingsUnclear
from tenun.exchange.client.transport import Call, Retrying, Stream, Transport
from tenun.kernel.durable import sync_folder

PIECE = 1024 * 1024


@dataclass(frozen=True)
class RemoteFile:
    """A file of an export, as the manifest has it."""

    name: str
    path: str
    """Path of its URL."""
    size: int
    sha256: str
    rows: int | None = None


class Folder(Protocol):
    """Where files come to lie. Each method is about one file, by its name."""

    def has(self, file: RemoteFile) -> bool:
        """Whether it is there, whole and right."""

    def begun(self, file: RemoteFile) -> tuple[int, str | None]:
        """How many bytes of it are there already, and the ETag they belong to."""

    def restart(self, file: RemoteFile, *, etag: str) -> None:
        """Throw away what is there, and begin anew for this ETag."""

    def append(self, file: RemoteFile, pieces: Iterator[bytes]) -> None:
        """Add pieces at the end; those before an error are kept."""

    def content(self, file: RemoteFile) -> Iterator[bytes]:
        """What has come so far."""

    def finish(self, file: RemoteFile) -> None:
        """Give it its name: it is whole and right."""

    def discard(self, file: RemoteFile) -> None:
        """Remove whatever there is of it."""


def fetch(
    transport: Transport,
    file: RemoteFile,
    folder: Folder,
    *,
    make_call: Callable[[RemoteFile], Call],
    retrying: Retrying,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Fetch one file. When this returns, it lies in the folder, durable, and is what the manifest names.

    What broke off is asked for from there on (RFC 9110 Range, If-Range). `progress(bytes)` is told what came.
    Raises `FileAltered` and leaves nothing of it where the whole is not right.
    """
    if folder.has(file):
        return
    was_begun = folder.begun(file)[0] > 0
    try:
        _fetch(transport, file, folder, make_call, retrying, progress)
    except FileAltered:
        if not was_begun:
            raise
        # What an earlier run left may be torn; what comes whole in this one is not.
        _fetch(transport, file, folder, make_call, retrying, progress)


def _fetch(
    transport: Transport,
    file: RemoteFile,
    folder: Folder,
    make_call: Callable[[RemoteFile], Call],
    retrying: Retrying,
    progress: Callable[[int], None] | None,
) -> None:
    wait = retrying.first_s
    failures = 0
    while True:
        before = folder.begun(file)[0]
        try:
            _advance(transport, file, folder, make_call(file), progress)
        except PeerUnreachable:
            # Whoever makes headway is not failing: a bad line brings a large file in many pieces.
            if folder.begun(file)[0] > before:
                failures, wait = 0, retrying.first_s
            failures += 1
            if failures >= retrying.attempts:
                raise
            transport.sleep(wait)
            wait *= 2
        else:
            _check_whole(file, folder)
            return


def _advance(
    transport: Transport, file: RemoteFile, folder: Folder, call: Call, progress: Callable[[int], None] | None
) -> None:
    have, etag = folder.begun(file)
    if etag is not None and have == file.size:
        return
    ranged = have > 0 and etag is not None and etag.startswith('"')  # a weak tag promises nothing about bytes
    headers = dict(call.headers)
    if ranged:
        headers |= {"range": f"bytes={have}-", "if-range": str(etag)}
    asked = Call(**{**vars(call), "headers": headers})
    with transport.stream(asked) as stream:
        _require_right_file(stream, file)
        if stream.answer.status == 206:
            if not ranged or stream.answer.headers.get("content-range") != f"bytes {have}-{file.size - 1}/{file.size}":
                raise AnswerMalformed(reason="another range than was asked for")
            if stream.answer.headers.get("etag") != etag:
                raise AnswerMalformed(reason="a range of another version of the file")
        else:
            folder.restart(file, etag=stream.answer.headers.get("etag", ""))
            have = 0
        folder.append(file, _bounded(stream, file, have, progress))
        stream.finish(rows=file.rows if folder.begun(file)[0] == file.size else None)


def _require_right_file(stream: Stream, file: RemoteFile) -> None:
    """Before a byte is kept: the signed headers must name the file that the manifest names."""
    digest = (stream.answer.verified.repr_digest or {}).get("sha-256")
    if digest is None or digest.hex() != file.sha256:
        raise FileAltered(file=file.name, reason="its Repr-Digest is another")
    if "content-encoding" in stream.answer.headers:
        raise AnswerMalformed(reason="an encoding that was not asked for")


def _bounded(stream: Stream, file: RemoteFile, have: int, progress: Callable[[int], None] | None) -> Iterator[bytes]:
    for piece in stream.chunks():
        have += len(piece)
        if have > file.size:
            raise FileAltered(file=file.name, reason="it is longer")
        yield piece
        if progress is not None:
            progress(len(piece))


def _check_whole(file: RemoteFile, folder: Folder) -> None:
    digest, size = hashlib.sha256(), 0
    for piece in folder.content(file):
        digest.update(piece)
        size += len(piece)
    if size != file.size or digest.hexdigest() != file.sha256:
        folder.discard(file)
        raise FileAltered(file=file.name, reason="another size" if size != file.size else "another SHA-256 digest")
    folder.finish(file)


# --- folders -----------------------------------------------------------------------------------------


class PlainFolder:
    """Files as they are, readable by their owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def has(self, file: RemoteFile) -> bool:
        """By its content: a file of an earlier export may have the same name."""
        target = self._target(file)
        if not target.is_file() or target.stat().st_size != file.size:
            return False
        with target.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest() == file.sha256

    def begun(self, file: RemoteFile) -> tuple[int, str | None]:
        note = _read_note(self._side(file, "etag"))
        part = self._side(file, "part")
        if note is None or note.get("sha256") != file.sha256 or not part.is_file():
            return 0, None
        return max(0, part.stat().st_size - self._overhead), str(note["etag"])

    def restart(self, file: RemoteFile, *, etag: str) -> None:
        self.discard(file)
        _write_note(self._side(file, "etag"), {"etag": etag, "sha256": file.sha256})
        with _open_private(self._side(file, "part")) as handle:
            self._begin(handle)

    def append(self, file: RemoteFile, pieces: Iterator[bytes]) -> None:
        with self._side(file, "part").open("r+b") as handle:
            handle.seek(0, os.SEEK_END)
            cover = self._cover(file, handle.tell() - self._overhead)
            try:
                for piece in pieces:
                    handle.write(cover.update(piece) if cover else piece)
            finally:
                handle.flush()
                os.fsync(handle.fileno())

    def content(self, file: RemoteFile) -> Iterator[bytes]:
        yield from self._read(self._side(file, "part"))

    def finish(self, file: RemoteFile) -> None:
        self._side(file, "part").replace(self._target(file))
        self._side(file, "etag").unlink(missing_ok=True)
        sync_folder(self.path)

    def discard(self, file: RemoteFile) -> None:
        for path in (self._side(file, "part"), self._side(file, "etag"), self._target(file)):
            path.unlink(missing_ok=True)

    def read(self, file: RemoteFile) -> bytes:
        """The whole content of a finished file."""
        return b"".join(self._read(self._target(file)))

    # --- what a sealed folder does otherwise -----------------------------------------------------

    _overhead = 0

    def _begin(self, handle: BinaryIO) -> None:
        """Write what stands before the content."""

    def _cover(self, file: RemoteFile, at: int) -> CipherContext | None:
        """What the content passes through on its way to disk, from that byte on."""
        return None

    def _read(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as handle:
            while piece := handle.read(PIECE):
                yield piece

    def _target(self, file: RemoteFile) -> Path:
        return self.path / _safe(file.name)

    def _side(self, file: RemoteFile, kind: str) -> Path:
        return self.path / f"{_safe(file.name)}.{kind}"


class SealedFolder(PlainFolder):
    """Files under AES-256 in counter mode, so that what broke off can be gone on with, and nothing lies in plain.

    Secrecy only: that the content is right, the manifest's SHA-256 tells, over the plain bytes. Each beginning
    has a counter of its own, so no two contents ever share a key stream.
    """

    _overhead = 16

    def __init__(self, path: Path, key: bytes) -> None:
        super().__init__(path)
        self._key = key

    def has(self, file: RemoteFile) -> bool:
        target = self._target(file)
        if not target.is_file() or target.stat().st_size != file.size + self._overhead:
            return False
        digest = hashlib.sha256()
        for piece in self._read(target):
            digest.update(piece)
        return digest.hexdigest() == file.sha256

    def _begin(self, handle: BinaryIO) -> None:
        handle.write(os.urandom(self._overhead))

    def _cover(self, file: RemoteFile, at: int) -> CipherContext | None:
        with self._side(file, "part").open("rb") as handle:
            return self._stream(handle.read(self._overhead), at)

    def _read(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as handle:
            cover = self._stream(handle.read(self._overhead), 0)
            while piece := handle.read(PIECE):
                yield cover.update(piece)

    def _stream(self, start: bytes, at: int) -> CipherContext:
        """The key stream from a byte on: the counter is the start plus the number of whole blocks before it."""
        blocks, within = divmod(at, self._overhead)
        counter = (int.from_bytes(start, "big") + blocks) % 2**128
        context = Cipher(algorithms.AES(self._key), modes.CTR(counter.to_bytes(16, "big"))).encryptor()
        context.update(bytes(within))
        return context


def _safe(name: str) -> str:
    """A name of a manifest as a name in a folder: one segment, nothing that leads out of it."""
    flat = name.replace("/", "-")
    if not flat or flat.startswith(".") or "\\" in flat or "\0" in flat or len(flat) > 200:
        raise SettingsUnclear(setting="file", reason="its name cannot be the name of a file")
    return flat


def _open_private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _read_note(path: Path) -> dict[str, str] | None:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None  # without the note, the part is fetched from its start
    return value if isinstance(value, dict) and "etag" in value else None


def _write_note(path: Path, note: dict[str, str]) -> None:
    with _open_private(path) as handle:
        handle.write(json.dumps(note).encode())
