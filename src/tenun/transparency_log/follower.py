"""Following another's log: every entry and tile is fetched, checked and kept, and no checkpoint is believed alone.

A follower keeps a mirror: a folder in the form of a log, under the other's own newest checkpoint that was found
good. Before it takes the next one it computes from the entries what the root must be, on top of what it has,
and compares every tile; and it fetches older ones again. So a log that has been altered, in its newest or its
oldest byte, is not followed further, and what is wrong is said: flipped, dropped, reordered, truncated, forked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tenun.transparency_log import checkpoint, disk, merkle, note, tile
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.edge import Edge, full_paths, open_paths
from tenun.transparency_log.errors import LogAltered, NoteInvalid, NotServed
from tenun.transparency_log.folder import CHECKPOINT, LogFolder
from tenun.transparency_log.note import NoteVerifier

LOCK = "lock"
TURN = "rechecked"
"""How many older files were fetched again so far. Lost, it begins anew."""
EVIDENCE = "refused"
"""A checkpoint that was signed and could not be followed, as it came: `refused-<size>-<root>`."""
EVIDENCE_MAX = 64

ENTRIES = "tile/entries/"
TWO_HISTORIES = "two histories of one size bear its signature"

Fetch = Callable[[str], bytes]
"""`fetch("tile/0/000.p/7")`: the bytes at that path of the other's log. Raises `NotServed` (or
`FileNotFoundError`) where the log says it has no such file; any other error means that it was not reached."""


class Wrong(StrEnum):
    """What was done to a log. The spelling is stored in reports and never changes."""

    FLIPPED = "flipped"
    """An entry or hash is another than it was, or than was signed."""
    DROPPED = "dropped"
    """Entries are missing from among others, or a file is not there at all."""
    REORDERED = "reordered"
    """The same entries in another order."""
    TRUNCATED = "truncated"
    """The end is missing: of a file, or of the log, which is shorter than it was."""
    FORKED = "forked"
    """The log has signed a history that does not continue the one it signed before."""
    UNSIGNED = "unsigned"
    """The checkpoint is not signed by the log's key, or not readable."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: what, in which file, and at which entries of the log where that can be said."""

    wrong: Wrong
    file: str
    reason: str
    entries: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "wrong": str(self.wrong), "file": self.file, "reason": self.reason, "entries": list(self.entries)
        }  # fmt: skip


@dataclass(frozen=True)
class Followed:
    """What came of one look at the other's log. True where nothing is wrong."""

    checkpoint: Checkpoint | None
    """The newest that was found good; where something is wrong, that of before."""
    added: int
    rechecked: int
    """So many older tiles and bundles were fetched again."""
    faults: tuple[Fault, ...] = ()

    def __bool__(self) -> bool:
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        state = self.checkpoint
        return {
            "is_sound": bool(self),
            "size": state.size if state else 0,
            "root": state.root.hex() if state else None,
            "added": self.added,
            "rechecked": self.rechecked,
            "faults": [fault.as_dict() for fault in self.faults],
        }


class Follower:
    """Of one log, in one folder; several processes may run one.

    Trusted: the folder. Whoever alters it makes the follower refuse a good log, or, by replacing all of it
    with another signed history, follow a bad one.
    """

    def __init__(
        self, folder: Path, *, fetch: Fetch, verifiers: Collection[NoteVerifier], origin: str | None = None
    ) -> None:
        self.folder = folder
        self.files = LogFolder(folder)
        self._fetch = fetch
        self._verifiers = verifiers
        self._origin = origin

    def latest(self) -> Checkpoint | None:
        """The newest checkpoint that was found good. Raises `LogAltered` where our own mirror is damaged."""
        data = self.files.checkpoint()
        return self._own(data) if data is not None else None

    def follow(self, *, recheck: int | None = None) -> Followed:
        """Look at the other's newest checkpoint; take it over, with all it covers, if everything is right.

        `recheck`: how many older tiles and bundles to fetch again before, in turn; `None` for all. Any change
        to history that comes with a *signed* checkpoint is found at once whatever this is; what it decides is
        how soon a change in an old file is found that the log itself has not noticed or not told of.

        Nothing is taken over while something is wrong. Errors of `fetch` other than "not served" pass.
        """
        with disk.only_one(self.folder / LOCK):
            known = self.latest()
            try:
                data = self._get(CHECKPOINT)
                told = checkpoint.verify(data, verifiers=self._verifiers, origin=self._origin)
            except NotServed:
                wrong = Fault(Wrong.DROPPED, CHECKPOINT, "it is not served")
                return Followed(known, 0, 0, (wrong,) if known is not None else ())
            except NoteInvalid as problem:
                return Followed(known, 0, 0, (Fault(Wrong.UNSIGNED, CHECKPOINT, str(problem.parts["reason"])),))
            if known is not None and (told.size < known.size or (told.size == known.size and told.root != known.root)):
                self._keep_evidence(told, data)
                return Followed(known, 0, 0, (self._not_grown(known, told),))
            rechecked, faults = self._recheck(known, recheck, size=told.size)
            if faults and known is not None and told != known:
                faults = [*self._forks(known, told), *faults]
            if not faults and told != known:
                faults = self._take_over(known or Checkpoint(told.origin, 0, merkle.EMPTY_ROOT), told, data)
            if faults:
                if told != known:
                    self._keep_evidence(told, data)
                return Followed(known, 0, rechecked, tuple(faults))
            return Followed(told, told.size - (known.size if known else 0), rechecked)

    def recheck(self) -> Followed:
        """Fetch everything again that the mirror holds, and compare. The other's newest checkpoint is not asked for."""
        with disk.only_one(self.folder / LOCK):
            known = self.latest()
            rechecked, faults = self._recheck(known, None, size=known.size if known else 0)
            return Followed(known, 0, rechecked, tuple(faults))

    def evidence(self) -> tuple[Path, ...]:
        """Checkpoints that the log signed and that did not hold. With ours they prove a second history, or damage."""
        return tuple(sorted(self.folder.glob(f"{EVIDENCE}-*")))

    # --- older files ---------------------------------------------------------------------------

    def _recheck(self, known: Checkpoint | None, count: int | None, *, size: int) -> tuple[int, list[Fault]]:
        """Full files; and those that are not full only where the log has not grown past them since."""
        if known is None or known.size == 0:
            return 0, []
        paths = [*full_paths(0, known.size), *(open_paths(known.size) if size == known.size else ())]
        if count is not None and count < len(paths):
            start = self._next_turn(count) % len(paths)
            paths = (paths + paths)[start : start + count]
        faults: list[Fault] = []
        for path in paths:
            faults += self._compare(path, self.files.serve(path))
        return len(paths), faults

    def _next_turn(self, count: int) -> int:
        """Where to go on checking again: also after a restart, or all but the first files would never have a turn."""
        file = self.folder / TURN
        try:
            start = checkpoint.decimal(file.read_text(encoding="ascii")) or 0
        except (FileNotFoundError, UnicodeDecodeError):
            start = 0
        disk.write_whole(file, b"%d" % (start + count))
        return start

    def _compare(self, path: str, kept: bytes) -> list[Fault]:
        """What is served at a path, against the bytes that are right."""
        try:
            served = self._get(path)
        except NotServed:
            return [Fault(Wrong.DROPPED, path, "it is not served")]
        if served == kept:
            return []
        if path.startswith(ENTRIES):
            return _differences(path, served, [merkle.leaf_hash(entry) for entry in tile.decode_bundle(kept)])
        return [_differing_hashes(path, served, tile.decode_hashes(kept))]

    def _not_grown(self, known: Checkpoint, told: Checkpoint) -> Fault:
        if told.size < known.size and merkle.root(told.size, self.files.node(told.size)) == told.root:
            places = (told.size, known.size - 1)
            return Fault(Wrong.TRUNCATED, CHECKPOINT, "the log is shorter than it was", places)
        reason = "it does not continue what it signed before" if told.size < known.size else TWO_HISTORIES
        return Fault(Wrong.FORKED, CHECKPOINT, reason)

    # --- newer ones ----------------------------------------------------------------------------

    def _take_over(self, known: Checkpoint, told: Checkpoint, data: bytes) -> list[Fault]:
        """Fetch and check all that was added, then write it and, last, the checkpoint."""
        edge = Edge.load(self.files, known)
        written: list[str] = []
        try:
            for entry in self._added(known, told):
                for path, content in edge.push(entry):
                    disk.write_whole(self.folder / path, content)
                    written.append(path)
        except (NotServed, LogAltered):
            return self._diagnose(known, told)
        if edge.root() != told.root:
            return self._diagnose(known, told)
        opened = dict(edge.open_files())
        tiles = [path for path in (*written, *opened) if not path.startswith(ENTRIES)]
        faults = [
            fault
            for path in tiles
            for fault in self._compare(path, opened[path] if path in opened else self.files.serve(path))
        ]
        if not faults:
            self._write([*written, *opened], opened, data, known)
        return faults

    def _added(self, known: Checkpoint, told: Checkpoint) -> Iterator[bytes]:
        """The entries behind the known ones. Those before them in the same bundle must be as they were."""
        for index in range(known.size // tile.WIDTH, -(-told.size // tile.WIDTH)):
            width = tile.width_of(told.size, 0, index)
            path = tile.bundle_path(index, width)
            entries = tile.decode_bundle(self._get(path), file=path)
            before = tile.width_of(known.size, 0, index)
            if len(entries) != width or (before and entries[:before] != self.files.bundle(index, size=known.size)):
                raise LogAltered(file=path, reason="it is not what it should be")
            yield from entries[before:]

    def _write(self, paths: Sequence[str], opened: dict[str, bytes], data: bytes, known: Checkpoint) -> None:
        for path, content in opened.items():
            disk.write_whole(self.folder / path, content)
        for path in paths:
            disk.sync_file(self.folder / path)
        disk.sync_folders(self.folder, paths)
        disk.write_durably(self.folder / CHECKPOINT, data)
        for path in open_paths(known.size):
            if path not in opened:
                (self.folder / path).unlink(missing_ok=True)

    # --- what is wrong -------------------------------------------------------------------------

    def _diagnose(self, known: Checkpoint, told: Checkpoint) -> list[Fault]:
        """What was served does not give what was signed: which of the files is at fault?"""
        faults = self._forks(known, told)
        if faults:
            return faults
        tree = _ServedTree(self._get, told)
        for index in range(known.size // tile.WIDTH, -(-told.size // tile.WIDTH)):
            before = tile.width_of(known.size, 0, index)
            path = tile.bundle_path(index, tile.width_of(told.size, 0, index))
            try:
                stated = tree.tile(0, index)
                if before and stated[:before] != (kept := self.files.hashes(0, index, size=known.size)):
                    faults.append(_differing_hashes(tile.tile_path(0, index), b"".join(stated[:before]), kept))
                    stated = [*kept, *stated[before:]]
                faults += _differences(path, self._get(path), stated)
            except _Damaged as problem:
                faults.append(problem.fault)
            except NotServed:
                faults.append(Fault(Wrong.DROPPED, path, "it is not served"))
        return faults or [Fault(Wrong.FORKED, CHECKPOINT, "what was signed is not what is served")]

    def _forks(self, known: Checkpoint, told: Checkpoint) -> list[Fault]:
        """Whether the tiles are just those of the newly signed root, and it does not continue the known one."""
        if known.size == 0:
            return []
        tree = _ServedTree(self._get, told)
        try:
            if not tree.is_signed() or merkle.root(known.size, tree.node) == known.root:
                return []
            for index in range(-(-known.size // tile.WIDTH)):
                kept = self.files.hashes(0, index, size=known.size)
                served = tree.tile(0, index)[: len(kept)]
                if served != kept:
                    places = _places(served, kept, index * tile.WIDTH)
                    return [Fault(Wrong.FORKED, tile.tile_path(0, index), "the log has signed other entries", places)]
        except (_Damaged, NotServed):
            return []  # then it is a file that is at fault, and looked for by itself
        return []

    # --- the two sides -------------------------------------------------------------------------

    def _get(self, path: str) -> bytes:
        try:
            return self._fetch(path)
        except FileNotFoundError as problem:
            raise NotServed(file=path) from problem

    def _own(self, data: bytes) -> Checkpoint:
        # The key may have been changed since, by an act of the agreement: our folder is our own witness here.
        try:
            return checkpoint.parse(note.split(data)[0])
        except NoteInvalid as problem:
            raise LogAltered(file=CHECKPOINT, reason=str(problem.parts["reason"])) from problem

    def _keep_evidence(self, told: Checkpoint, data: bytes) -> None:
        file = self.folder / f"{EVIDENCE}-{told.size}-{told.root.hex()[:16]}"
        if not file.exists() and len(self.evidence()) < EVIDENCE_MAX:
            disk.write_durably(file, data)


class _Damaged(Exception):
    """A served tile is not the one that the tile above it stands for."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


class _ServedTree:
    """The tree as its tiles are served, each checked against the one above it, up to those of the signed root."""

    def __init__(self, get: Fetch, told: Checkpoint) -> None:
        self._get = get
        self._told = told
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def is_signed(self) -> bool:
        """Whether the tiles at the right edge, which no other stands above, give the signed root."""
        return merkle.root(self._told.size, self.node) == self._told.root

    def node(self, height: int, index: int) -> bytes:
        level, rise = divmod(height, tile.HEIGHT)
        first = index << rise
        start = first % tile.WIDTH
        return merkle.fold(self.tile(level, first // tile.WIDTH)[start : start + (1 << rise)])

    def tile(self, level: int, index: int) -> list[bytes]:
        """Raises `_Damaged` or `NotServed`."""
        if (level, index) not in self._tiles:
            self._tiles[level, index] = self._checked(level, index)
        return self._tiles[level, index]

    def _checked(self, level: int, index: int) -> list[bytes]:
        width = tile.width_of(self._told.size, level, index)
        path = tile.tile_path(level, index, width)
        content = self._get(path)
        if len(content) != width * merkle.HASH_BYTES:
            wrong = Wrong.TRUNCATED if len(content) < width * merkle.HASH_BYTES else Wrong.FLIPPED
            raise _Damaged(Fault(wrong, path, "it does not have the width of its place"))
        hashes = tile.decode_hashes(content, file=path)
        if width == tile.WIDTH and merkle.fold(hashes) != self.tile(level + 1, index // tile.WIDTH)[index % tile.WIDTH]:
            raise _Damaged(Fault(Wrong.FLIPPED, path, "its hashes do not give the one that stands for it above"))
        return hashes


# --- how two lists differ --------------------------------------------------------------------------


def _differences(path: str, served: bytes, expected: Sequence[bytes]) -> list[Fault]:
    """How a bundle differs from the leaf hashes it should give."""
    start = _first_of(path)
    try:
        found = [merkle.leaf_hash(entry) for entry in tile.decode_bundle(served, file=path)]
    except LogAltered as problem:
        return [_not_a_bundle(path, served, expected, str(problem.parts["reason"]), start)]
    if found == list(expected):
        return []
    wrong, reason = _kind_of(found, expected)
    return [Fault(wrong, path, reason, _places(found, expected, start))]


def _not_a_bundle(path: str, served: bytes, expected: Sequence[bytes], reason: str, first: int) -> Fault:
    """A bundle that ends inside an entry. If all before it is right, the end was cut off; else a length was altered."""
    whole = _whole_entries(served)
    hashes = [merkle.leaf_hash(entry) for entry in whole]
    is_cut = hashes == list(expected[: len(hashes)]) and len(hashes) < len(expected)
    at = next(
        (place for place, pair in enumerate(zip(hashes, expected, strict=False)) if pair[0] != pair[1]), len(hashes)
    )
    return Fault(Wrong.TRUNCATED if is_cut else Wrong.FLIPPED, path, reason, (first + at,))


def _whole_entries(bundle: bytes) -> list[bytes]:
    entries: list[bytes] = []
    at = 0
    while at + 2 <= len(bundle):
        size = int.from_bytes(bundle[at : at + 2], "big")
        if at + 2 + size > len(bundle):
            break
        entries.append(bundle[at + 2 : at + 2 + size])
        at += 2 + size
    return entries


def _differing_hashes(path: str, served: bytes, expected: Sequence[bytes]) -> Fault:
    """How a tile differs from what it was, or should be."""
    try:
        found = tile.decode_hashes(served, file=path)
    except LogAltered as problem:
        return Fault(Wrong.TRUNCATED, path, str(problem.parts["reason"]))
    wrong, reason = _kind_of(found, expected)
    is_leaf = path.startswith("tile/0/")
    return Fault(wrong, path, reason, _places(found, expected, _first_of(path)) if is_leaf else ())


def _kind_of(found: Sequence[bytes], expected: Sequence[bytes]) -> tuple[Wrong, str]:
    """What turns the one list of hashes into the other."""
    if len(found) < len(expected):
        if list(found) == list(expected[: len(found)]):
            return Wrong.TRUNCATED, f"it ends after {len(found)} of {len(expected)}"
        if _is_subsequence(found, expected):
            return Wrong.DROPPED, f"{len(expected) - len(found)} are missing from among the others"
    if Counter(found) == Counter(expected):
        return Wrong.REORDERED, "they are the same ones in another order"
    return Wrong.FLIPPED, "they are not the ones that were signed"


def _places(found: Sequence[bytes], expected: Sequence[bytes], first: int) -> tuple[int, ...]:
    """The entries concerned: those in another place or missing."""
    if len(found) < len(expected) and _is_subsequence(found, expected):
        missing: list[int] = []
        rest = iter(found)
        next_found = next(rest, None)
        for place, value in enumerate(expected):
            if value == next_found:
                next_found = next(rest, None)
            else:
                missing.append(first + place)
        return tuple(missing)
    pairs = zip(found, expected, strict=False)
    return tuple(first + place for place, (one, other) in enumerate(pairs) if one != other)


def _is_subsequence(found: Sequence[bytes], expected: Sequence[bytes]) -> bool:
    rest = iter(expected)
    return all(value in rest for value in found)


def _first_of(path: str) -> int:
    """The first entry below a tile of level 0, or in a bundle."""
    digits = "".join(each.removeprefix("x") for each in path.partition(".p/")[0].split("/")[2:])
    return int(digits) * tile.WIDTH
