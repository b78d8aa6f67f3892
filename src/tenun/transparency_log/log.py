"""Writing a log: entries in, a checkpoint out, and between the two they are on disk.

The files of C2SP tlog-tiles are the store; there is no other. A commit writes new tile files beside
the old ones, makes them durable, and then replaces the checkpoint: that one rename is the commit.
What a crash leaves beyond the checkpoint, torn or whole, is not in the log and gives way to the next
commit. `append_all` takes a group: one commit, a few disk flushes, however many entries.

One process writes at a time (a lock file); the others wait.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from tenun.transparency_log import checkpoint, merkle, tile
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.errors import LogAltered, NoteInvalid
from tenun.transparency_log.folder import CHECKPOINT, LogFolder
from tenun.transparency_log.note import Signer
from tenun.transparency_log.proof import Proof

LOCK = "lock"
DRAFT = ".draft-"


@dataclass(frozen=True)
class Appended:
    """Where an entry came to lie, and the state of the log that covers it."""

    index: int
    checkpoint: Checkpoint


class Log:
    """A node's own log. The signer's name is the log's origin.

    Trusted: the checkpoint file, for the question which history is ours. A peer that has seen a
    checkpoint finds out about any other history.
    """

    def __init__(self, folder: Path, signer: Signer) -> None:
        self.folder = folder
        self.signer = signer
        self.files = LogFolder(folder)
        self._turn = Lock()
        self._state: _State | None = None

    def append(self, entry: bytes) -> Appended:
        """Add one entry. When this returns, the entry is on disk and a signed checkpoint covers it."""
        return self.append_all([entry])[0]

    def append_all(self, entries: Sequence[bytes]) -> list[Appended]:
        """Add entries in order, as one commit: all of them are in the log, or none is."""
        for entry in entries:
            tile.require_size(entry)
        with self._turn, self._only_writer():
            state = self._current()
            first = state.checkpoint.size
            if entries:
                state = self._commit(state, entries)
            return [Appended(index, state.checkpoint) for index in range(first, state.checkpoint.size)]

    def checkpoint(self) -> Checkpoint:
        """The state now. Begins the log where there is none."""
        with self._turn, self._only_writer():
            return self._current().checkpoint

    def size(self) -> int:
        """How many entries there are; 0 where no log was begun, and none is begun by asking."""
        with self._turn, self._only_writer():
            return self._current().checkpoint.size if self.files.checkpoint() is not None else 0

    def prove(self, index: int) -> str:
        """A tlog-proof of an entry under the newest checkpoint."""
        data = self.files.checkpoint() or b""
        state = checkpoint.verify(data, verifiers=[self.signer.verifier])
        hashes = merkle.inclusion_proof(index, state.size, self.files.node(state.size))
        return Proof(index, tuple(hashes), data).encode()

    # --- below the surface ---------------------------------------------------------------------

    @contextmanager
    def _only_writer(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _current(self) -> _State:
        """The state on disk. Read again only where another process has written since."""
        data = self.files.checkpoint()
        if data is None:
            return self._begin()
        if self._state is None or self._state.signed != data:
            self._state = self._load(data)
        return self._state

    def _begin(self) -> _State:
        # A lost checkpoint must not look like a new log: the next commit would write over the old one.
        if self.files.has_tiles():
            raise LogAltered(file=CHECKPOINT, reason="there are entries, and the checkpoint is missing")
        empty = Checkpoint(self.signer.name, 0, merkle.EMPTY_ROOT)
        return self._sign(_State(empty, b"", [], []))

    def _load(self, data: bytes) -> _State:
        try:
            state = checkpoint.verify(data, verifiers=[self.signer.verifier])
        except NoteInvalid as problem:
            raise LogAltered(file=CHECKPOINT, reason=str(problem.parts["reason"])) from problem
        size = state.size
        full, width = tile.shape(size, 0)
        entries = self.files.bundle(full, size=size) if width else []
        edges = []
        level = 0
        while size >> (tile.HEIGHT * level):
            index, width = tile.shape(size, level)
            edges.append(self.files.hashes(level, index, size=size) if width else [])
            level += 1
        loaded = _State(state, data, entries, edges)
        if [merkle.leaf_hash(entry) for entry in entries] != (edges[0] if edges else []):
            raise LogAltered(file=tile.bundle_path(full, width), reason="its entries do not give the hashes")
        if merkle.root(size, self._node(loaded)) != state.root:
            raise LogAltered(file="tile", reason="its hashes do not give the signed root")
        return loaded

    def _commit(self, state: _State, entries: Sequence[bytes]) -> _State:
        files: dict[str, bytes] = {}
        size = state.checkpoint.size
        bundle, edges = list(state.entries), [list(edge) for edge in state.edges]
        for entry in entries:
            bundle.append(entry)
            size += 1
            _push(edges, 0, merkle.leaf_hash(entry))
            if size % tile.WIDTH == 0:
                files[tile.bundle_path(size // tile.WIDTH - 1)] = tile.encode_bundle(bundle)
                bundle = []
                _close_full_tiles(edges, size, files)
        _write_open_tiles(bundle, edges, size, files)
        for path, content in files.items():
            _write_durably(self.folder / path, content)
        _sync_folders(self.folder, files)
        grown = _State(Checkpoint(self.signer.name, size, b""), b"", bundle, edges)
        root = merkle.root(size, self._node(grown))
        committed = self._sign(_State(Checkpoint(self.signer.name, size, root), b"", bundle, edges))
        _drop_outgrown(self.folder, files)
        return committed

    def _sign(self, state: _State) -> _State:
        signed = checkpoint.sign(state.checkpoint, self.signer)
        _write_durably(self.folder / CHECKPOINT, signed)
        _sync_folder(self.folder)
        self._state = _State(state.checkpoint, signed, state.entries, state.edges)
        return self._state

    def _node(self, state: _State) -> merkle.Node:
        """Complete subtrees: of the open tiles from memory, of the full ones from disk."""
        on_disk = self.files.node(state.checkpoint.size)

        def node(height: int, index: int) -> bytes:
            level, rise = divmod(height, tile.HEIGHT)
            first = index << rise
            if first // tile.WIDTH < tile.shape(state.checkpoint.size, level)[0]:
                return on_disk(height, index)
            start = first % tile.WIDTH
            return merkle.fold(state.edges[level][start : start + (1 << rise)])

        return node


@dataclass(frozen=True)
class _State:
    """What the next commit needs: the entries of the open bundle and the hashes of the open tiles."""

    checkpoint: Checkpoint
    signed: bytes
    entries: Sequence[bytes]
    edges: Sequence[Sequence[bytes]]
    """By level: the hashes of the tile that is not full yet."""


def _push(edges: list[list[bytes]], level: int, value: bytes) -> None:
    if level == len(edges):
        edges.append([])
    edges[level].append(value)


def _close_full_tiles(edges: list[list[bytes]], size: int, files: dict[str, bytes]) -> None:
    level = 0
    while level < len(edges) and len(edges[level]) == tile.WIDTH:
        full = edges[level]
        files[tile.tile_path(level, tile.shape(size, level)[0] - 1)] = tile.encode_hashes(full)
        edges[level] = []
        _push(edges, level + 1, merkle.fold(full))
        level += 1


def _write_open_tiles(bundle: list[bytes], edges: list[list[bytes]], size: int, files: dict[str, bytes]) -> None:
    if bundle:
        files[tile.bundle_path(size // tile.WIDTH, len(bundle))] = tile.encode_bundle(bundle)
    for level, edge in enumerate(edges):
        if edge:
            files[tile.tile_path(level, tile.shape(size, level)[0], len(edge))] = tile.encode_hashes(edge)


def _drop_outgrown(folder: Path, files: dict[str, bytes]) -> None:
    """Remove the narrower forms of what was just written. Readers of them find the wider one."""
    for path in files:
        place, _, width = path.partition(".p/")
        partials = folder / f"{place}.p"
        if not partials.is_dir():
            continue
        for found in partials.iterdir():
            if found.name != width:
                found.unlink()
        if not width:
            partials.rmdir()


# --- the disk --------------------------------------------------------------------------------------


def _write_durably(path: Path, content: bytes) -> None:
    """Whole or not at all under its name. The folder's entry is durable after `_sync_folder`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.parent / f"{DRAFT}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        with draft.open("xb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _sync_folders(root: Path, files: dict[str, bytes]) -> None:
    """Make names durable up to the log's own folder: a new folder is a name in the one above it."""
    folders = {root}
    for path in files:
        folder = (root / path).parent
        while folder != root:
            folders.add(folder)
            folder = folder.parent
    for folder in sorted(folders, reverse=True):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
