"""Writing so that it is there after a power cut, and only then saying so."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

DRAFT = ".draft-"

_number = count()


def write_whole(path: Path | str, content: bytes) -> None:
    """Whole or not at all under its name for other processes; on disk only after `sync_file` and `sync_folder`."""
    name = os.fspath(path)  # a commit does this three times: words, not `Path`, are a tenth of a millisecond
    folder = name.rpartition("/")[0]
    draft = f"{folder}/{DRAFT}{os.getpid()}-{next(_number)}"
    try:
        try:
            _write_new(draft, content)
        except FileNotFoundError:
            Path(folder).mkdir(parents=True, exist_ok=True)
            _write_new(draft, content)
        os.rename(draft, name)  # noqa: PTH104
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def write_durably(path: Path, content: bytes) -> None:
    """Whole or not at all, and on disk when this returns. Its folder must be on disk already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.parent / f"{DRAFT}{os.getpid()}-{next(_number)}"
    try:
        _write_new(draft, content, is_durable=True)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def _write_new(path: Path | str, content: bytes, *, is_durable: bool = False) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if is_durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    _sync(path)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    _sync(folder)


def sync_folders(root: Path, paths: Collection[str]) -> None:
    """Make the names of these files durable up to `root`: a new folder is a name in the one above it."""
    folders = {root}
    for path in paths:
        folder = (root / path).parent
        while folder not in folders:
            folders.add(folder)
            folder = folder.parent
    for folder in sorted(folders, reverse=True):
        sync_folder(folder)


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """One holder at a time, over threads and processes; others wait. A killed holder lets go."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
