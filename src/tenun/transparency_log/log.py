"""Writing a log: entries in, a checkpoint out, and between the two they are on disk.

The files of C2SP tlog-tiles are the log; anyone reads them. A commit is one record in the write-ahead file
and one disk flush: from then on its entries are in the log. Then it is shown: tiles, bundles and, last, the
checkpoint are written for the readers, without waiting for the disk. While one commit follows on another
that is done twenty times a second and no oftener, since it costs more than the commit. Every few thousand
entries all is settled, which is: flushed, and the write-ahead file begun anew. What a crash leaves unshown
is shown when the log is next used. `append_all` with more than the write-ahead file holds goes into tiles
directly.

One process writes at a time (a lock file); the others wait.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from tenun.transparency_log import checkpoint, crash, disk, merkle, tile, write_ahead
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.edge import Edge, full_paths, open_paths
from tenun.transparency_log.errors import LogAltered, NoteInvalid, NotWitnessed, ProofInvalid
from tenun.transparency_log.folder import CHECKPOINT, LogFolder
from tenun.transparency_log.note import Signer
from tenun.transparency_log.proof import Proof
from tenun.transparency_log.write_ahead import Mark, Record, WriteAhead

LOCK = "lock"
UNSHOWN_SECONDS_MAX = 0.05
"""So far the files may lag behind the log while commits follow on one another."""


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
        self._ahead = WriteAhead(folder)
        self._turn = Lock()
        self._state: _State | None = None
        self._shown_at = 0.0

    def append(self, entry: bytes) -> Appended:
        """Add one entry. When this returns, the entry is on disk and a signed checkpoint covers it."""
        return self.append_all([entry])[0]

    def append_all(self, entries: Sequence[bytes]) -> list[Appended]:
        """Add entries in order, as one commit: all of them are in the log, or none is."""
        return self.append_waiting(lambda: entries)

    def append_waiting(
        self, draw: Callable[[], Sequence[bytes]], *, is_more: Callable[[], bool] = lambda: False
    ) -> list[Appended]:
        """As `append_all`, with the entries that `draw` gives once it is our turn to write.

        While other processes write, more can come to wait. Where `is_more` says that somebody will write
        right after, the entries may be shown with those.
        """
        with self._only_writer():
            state = self._current()
            entries = draw()
            for entry in entries:
                tile.require_size(entry)
            first = state.checkpoint.size
            if entries:
                state = self._commit(state, entries, is_more)
            return [Appended(index, state.checkpoint) for index in range(first, state.checkpoint.size)]

    def checkpoint(self) -> Checkpoint:
        """The state now. Begins the log where there is none."""
        with self._only_writer():
            return self._all_shown().checkpoint

    def size(self) -> int:
        """How many entries there are; 0 where no log was begun, and none is begun by asking."""
        with self._only_writer():
            return self._all_shown().checkpoint.size if self.files.checkpoint() is not None else 0

    def settle(self) -> Checkpoint:
        """Put tiles and checkpoint on disk as they are, with nothing left to the write-ahead file.

        Good before a backup of the folder or a handing-over to an auditor; never needed for safety.
        """
        with self._only_writer():
            return self._settle(self._current()).checkpoint

    def prove(self, index: int, *, is_cosigned: bool = False) -> str:
        """A tlog-proof of an entry under the newest checkpoint; or under the newest that a witness signed.

        Raises `NotWitnessed` where no cosigned checkpoint covers the entry yet, `ProofInvalid` beyond the end.
        """
        data = (self.files.cosigned() if is_cosigned else self.files.checkpoint()) or b""
        if is_cosigned and not data:
            raise NotWitnessed(found=0, needed=1)
        state = self._verified(data)
        if index >= state.size and index < self.size():
            if is_cosigned:
                raise NotWitnessed(found=0, needed=1)
            data = self.files.checkpoint() or b""  # it had not been shown yet
            state = self._verified(data)
        if not 0 <= index < state.size:
            raise ProofInvalid(reason="no such entry at this size")
        hashes = merkle.inclusion_proof(index, state.size, self.files.node(state.size))
        return Proof(index, tuple(hashes), data).encode()

    # --- below the surface ---------------------------------------------------------------------

    @contextmanager
    def _only_writer(self) -> Iterator[None]:
        with self._turn, disk.only_one(self.folder / LOCK):
            try:
                yield
            except BaseException:
                self._state = None  # half-changed, or not what is on disk: the next one reads it again
                raise

    def _verified(self, data: bytes) -> Checkpoint:
        state = self._state
        if state is not None and state.signed == data:  # signed by this very process
            return state.checkpoint
        return checkpoint.verify(data, verifiers=[self.signer.verifier])

    # --- finding the state ---------------------------------------------------------------------

    def _current(self) -> _State:
        """The state on disk. What another process has added since is applied to ours; else little is read."""
        data = self.files.checkpoint()
        if data is None:
            return self._begin()
        state, self._state = self._state, None
        records = self._ahead.after(state.mark) if state is not None else None
        if state is None or records is None:
            return self._keep(self._load(data))
        shown = _place_of(data, state, records)
        state = self._apply(state, records) if records else state
        if shown is None or tile.shape(shown, 0)[0] != tile.shape(state.checkpoint.size, 0)[0]:
            # Somebody else replaced the checkpoint; or a writer died before it wrote a tile that became full.
            return self._keep(self._load(data))
        return self._keep(replace(state, shown=shown, shown_signed=data))

    def _all_shown(self) -> _State:
        state = self._current()
        return state if state.shown_signed == state.signed else self._show(state)

    def _keep(self, state: _State) -> _State:
        self._state = state
        return state

    def _begin(self) -> _State:
        # A lost checkpoint must not look like a new log: the next commit would write over the old one.
        if self.files.has_tiles() or self._ahead.base() is not None:
            raise LogAltered(file=CHECKPOINT, reason="there are entries, and the checkpoint is missing")
        empty = Checkpoint(self.signer.name, 0, merkle.EMPTY_ROOT)
        signed = checkpoint.sign(empty, self.signer)
        return self._settle(_State(empty, signed, Edge(), Mark(b"", 0, 0), 0, 0, signed))

    def _load(self, data: bytes) -> _State:
        """From the files alone. Raises `LogAltered` when they do not give what we signed."""
        published, why = self._try_verify(data)
        base = self._ahead.base()
        started, _ = self._try_verify(base.signed) if base is not None else (None, "")
        if base is not None and started is not None:
            records = self._ahead.after(base.mark) or []
            ended, _ = self._try_verify(records[-1].signed) if records else (started, "")
            if ended is not None and (published is None or published.size <= ended.size):
                if published is not None and published.size == ended.size and published.root != ended.root:
                    raise LogAltered(file=CHECKPOINT, reason="two histories of one size bear our signature")
                return self._replay(base, started, records, ended, published=data)
        if published is None:
            raise LogAltered(file=CHECKPOINT, reason=why)
        # Tiles that were written directly, and the write-ahead file not yet begun anew on them.
        first = min(started.size, published.size) if started is not None else 0
        edge = Edge.load(self.files, published)
        return self._settle(_State(published, data, edge, Mark(b"", 0, 0), first, published.size, data))

    def _replay(
        self, base: Record, started: Checkpoint, records: Sequence[Record], ended: Checkpoint, *, published: bytes
    ) -> _State:
        """The log as the write-ahead file has it; what lies otherwise in the tiles, or not at all, is written again.

        After a power cut that can be every file since the base. After a process was killed it is a few.
        """
        edge = Edge.load(self.files, started)
        is_as_published = True
        for path, content in self._grow(edge, _entries_of(records)):
            is_as_published &= self._mend(path, content)
        if (edge.size, edge.root()) != (ended.size, ended.root):
            raise LogAltered(file=write_ahead.FILE, reason="its entries do not give the signed root")
        for path, content in edge.open_files():
            is_as_published &= self._mend(path, content)
        last = records[-1] if records else base
        state = _State(ended, last.signed, edge, last.mark, started.size, ended.size, last.signed)
        return state if is_as_published and published == last.signed else self._settle(state)

    def _mend(self, path: str, content: bytes) -> bool:
        """Whether the file was as it should be."""
        file = self.folder / path
        try:
            if file.read_bytes() == content:
                return True
        except FileNotFoundError:
            pass
        disk.write_whole(file, content)
        return False

    def _apply(self, state: _State, records: Sequence[Record]) -> _State:
        """What other processes have committed, and written into tiles themselves."""
        for entry in _entries_of(records):
            state.edge.push(entry)
        last = records[-1]
        told = checkpoint.verify(last.signed, verifiers=[self.signer.verifier])
        if (state.edge.size, state.edge.root()) != (told.size, told.root):
            raise LogAltered(file=write_ahead.FILE, reason="its entries do not give the signed root")
        return replace(state, checkpoint=told, signed=last.signed, mark=last.mark)

    def _try_verify(self, data: bytes) -> tuple[Checkpoint | None, str]:
        try:
            return checkpoint.verify(data, verifiers=[self.signer.verifier]), ""
        except NoteInvalid as problem:
            return None, str(problem.parts["reason"])

    # --- committing ----------------------------------------------------------------------------

    def _commit(self, state: _State, entries: Sequence[bytes], is_more: Callable[[], bool]) -> _State:
        room = write_ahead.size_of(entries)
        if room > write_ahead.BYTES_MAX // 2:
            return self._commit_directly(state, entries)
        if not self._ahead.has_room(state.mark, room):
            state = self._settle(state)
        self._state = None
        closed = list(self._grow(state.edge, entries))
        grown, signed = self._sign(state.edge)
        crash.here("log.before_write_ahead")
        mark = self._ahead.append(state.mark, signed, entries)
        crash.here("log.after_write_ahead")  # from here on the entries are in the log
        state = replace(state, checkpoint=grown, signed=signed, mark=mark)
        if not closed and time.monotonic() - self._shown_at < UNSHOWN_SECONDS_MAX and is_more():
            return self._keep(state)
        return self._show(state, closed)

    def _show(self, state: _State, closed: Sequence[tuple[str, bytes]] = ()) -> _State:
        """Write the files for the readers, as they are at this state. `closed` are those that became full since.

        They do not wait longer than that: a lag stays within one tile, and any process can make it up alone.
        """
        self._state = None
        for path, content in closed:
            disk.write_whole(f"{self.folder}/{path}", content)
            disk.sync_file(self.folder / path)
        for path, content in state.edge.open_files(since=state.shown):
            crash.here("log.before_tiles")
            disk.write_whole(f"{self.folder}/{path}", content)
        crash.here("log.before_checkpoint")
        disk.write_whole(f"{self.folder}/{CHECKPOINT}", state.signed)
        crash.here("log.after_checkpoint")
        kept = {*open_paths(state.checkpoint.size), *open_paths(state.base)}
        self._drop((path for path in open_paths(state.shown) if path not in kept), has_closed=bool(closed))
        crash.here("log.after_drop")
        self._shown_at = time.monotonic()
        return self._keep(replace(state, shown=state.checkpoint.size, shown_signed=state.signed))

    def _commit_directly(self, state: _State, entries: Sequence[bytes]) -> _State:
        """Many entries, at the speed of the disk: no write-ahead file, so the tiles must be flushed first."""
        self._state = None
        for path, content in self._grow(state.edge, entries):
            crash.here("log.before_full_tiles")
            disk.write_whole(self.folder / path, content)
        grown, signed = self._sign(state.edge)
        return self._settle(replace(state, checkpoint=grown, signed=signed))

    def _settle(self, state: _State) -> _State:
        """Flush everything since the base, publish the checkpoint, begin the write-ahead file anew."""
        self._state = None
        size = state.checkpoint.size
        crash.here("log.before_settling")
        opened = dict(state.edge.open_files())
        for path, content in opened.items():
            disk.write_whole(self.folder / path, content)
        touched = [*full_paths(state.base, size), *opened]
        for path in touched:
            disk.sync_file(self.folder / path)
        disk.sync_folders(self.folder, touched)
        crash.here("log.before_settled_checkpoint")
        disk.write_durably(self.folder / CHECKPOINT, state.signed)
        crash.here("log.before_new_write_ahead")
        mark = self._ahead.begin(state.signed)
        crash.here("log.after_new_write_ahead")
        self._purge(state.base, size)
        return self._keep(replace(state, mark=mark, base=size, shown=size, shown_signed=state.signed))

    def _sign(self, edge: Edge) -> tuple[Checkpoint, bytes]:
        grown = Checkpoint(self.signer.name, edge.size, edge.root())
        return grown, checkpoint.sign(grown, self.signer)

    def _grow(self, edge: Edge, entries: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
        """Add entries to the edge, and give the files that become full, as they do."""
        for entry in entries:
            yield from edge.push(entry)

    def _drop(self, paths: Iterable[str], *, has_closed: bool) -> None:
        """Remove narrower forms of what was written. Readers of them find the wider one."""
        for path in paths:
            with suppress(FileNotFoundError):
                os.unlink(f"{self.folder}/{path}")  # noqa: PTH108  words are faster, as in `disk.write_whole`
            if has_closed:
                _remove_if_empty((self.folder / path).parent)

    def _purge(self, base: int, size: int) -> None:
        """Remove every partial form but the newest of the files that grew since the base."""
        kept = set(open_paths(size))
        places = {path.partition(".p/")[0] for path in (*open_paths(base), *kept, *full_paths(base, size))}
        for place in places:
            partials = self.folder / f"{place}.p"
            if not partials.is_dir():
                continue
            for found in partials.iterdir():
                if f"{place}.p/{found.name}" not in kept:
                    found.unlink(missing_ok=True)
            _remove_if_empty(partials)


@dataclass(frozen=True)
class _State:
    """What the next commit needs."""

    checkpoint: Checkpoint
    signed: bytes
    edge: Edge
    mark: Mark
    base: int
    """The size whose tiles are on disk; those beyond are in the write-ahead file too."""
    shown: int
    """The size that the checkpoint file tells, ours or up to a tile behind."""
    shown_signed: bytes
    """The checkpoint file."""


def _place_of(shown: bytes, state: _State, records: Sequence[Record]) -> int | None:
    """At which size that checkpoint was signed: one that we knew, or of a commit since; `None` for any other."""
    if shown == state.shown_signed:
        return state.shown
    size = state.checkpoint.size
    if shown == state.signed:
        return size
    for record in records:
        size += len(record.entries)
        if record.signed == shown:
            return size
    return None


def _entries_of(records: Sequence[Record]) -> Iterator[bytes]:
    for record in records:
        yield from record.entries


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError as problem:
        if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
            raise
