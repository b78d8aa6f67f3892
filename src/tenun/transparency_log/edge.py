"""The right edge of a growing tree: all that is needed to add an entry without reading the rest.

Held are the bundle and the tiles that are not full yet, and the peaks: the roots of the complete subtrees
that make up the tree, largest first. An entry costs two hashes on average, the root a dozen.
"""

from __future__ import annotations

from collections.abc import Iterator

from tenun.transparency_log import merkle, tile
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.errors import LogAltered
from tenun.transparency_log.folder import CHECKPOINT, LogFolder


class Edge:
    """Changes in place. Whoever fails between `push` and a commit throws it away and loads it again."""

    def __init__(self) -> None:
        self.size = 0
        self._bundle = bytearray()
        self._open: list[list[bytes]] = [[]]
        """By level: the hashes of the tile that is not full yet."""
        self._peaks: list[tuple[int, bytes]] = []
        """(height, hash), largest first."""

    @classmethod
    def load(cls, files: LogFolder, state: Checkpoint) -> Edge:
        """The edge of a log as it was signed at that checkpoint. Raises `LogAltered` unless it gives the root."""
        edge = cls()
        edge.size = size = state.size
        full, width = tile.shape(size, 0)
        entries = files.bundle(full, size=size) if width else []
        level = 0
        while size >> (tile.HEIGHT * level):
            index, open_width = tile.shape(size, level)
            hashes = files.hashes(level, index, size=size) if open_width else []
            edge._open[level:] = [hashes]
            edge._peaks[:0] = _peaks_of(hashes, level)
            level += 1
        edge._bundle = bytearray(tile.encode_bundle(entries))
        if [merkle.leaf_hash(entry) for entry in entries] != edge._open[0]:
            raise LogAltered(file=tile.bundle_path(full, width), reason="its entries do not give the hashes")
        if edge.root() != state.root:
            raise LogAltered(file=CHECKPOINT, reason="the tiles do not give the signed root")
        return edge

    def push(self, entry: bytes) -> list[tuple[str, bytes]]:
        """Add an entry. Returns the files that became full by it: (path, content)."""
        value = merkle.leaf_hash(entry)
        self.size += 1
        self._bundle += len(entry).to_bytes(2, "big") + entry
        self._open[0].append(value)
        height = 0
        closed: list[tuple[str, bytes]] = []
        peaks = self._peaks
        while peaks and peaks[-1][0] == height:
            value = merkle.node_hash(peaks.pop()[1], value)
            height += 1
            if height % tile.HEIGHT == 0:
                closed.append(self._close(height // tile.HEIGHT - 1, value))
        peaks.append((height, value))
        if self.size % tile.WIDTH == 0:
            closed.append((tile.bundle_path(self.size // tile.WIDTH - 1), bytes(self._bundle)))
            self._bundle = bytearray()
        return closed

    def root(self) -> bytes:
        if not self._peaks:
            return merkle.EMPTY_ROOT
        value = self._peaks[-1][1]
        for _, peak in self._peaks[-2::-1]:
            value = merkle.node_hash(peak, value)
        return value

    def open_files(self, *, since: int = -1) -> Iterator[tuple[str, bytes]]:
        """The bundle and tiles that are not full, as files; without those that are as they were at size `since`."""
        paths = dict.fromkeys(open_paths(since)) if since >= 0 else {}
        for path, content in self._open_files():
            if path not in paths:
                yield path, content

    def _open_files(self) -> Iterator[tuple[str, bytes]]:
        full, width = tile.shape(self.size, 0)
        if width:
            yield tile.bundle_path(full, width), bytes(self._bundle)
        for level, hashes in enumerate(self._open):
            if hashes:
                yield tile.tile_path(level, tile.shape(self.size, level)[0], len(hashes)), tile.encode_hashes(hashes)

    def _close(self, level: int, value: bytes) -> tuple[str, bytes]:
        hashes = self._open[level]
        self._open[level] = []
        if level + 1 == len(self._open):
            self._open.append([])
        self._open[level + 1].append(value)
        index = (self.size >> (tile.HEIGHT * (level + 1))) - 1
        return tile.tile_path(level, index), tile.encode_hashes(hashes)


def open_paths(size: int) -> list[str]:
    """The files of a log of that size which are not full."""
    full, width = tile.shape(size, 0)
    paths = [tile.bundle_path(full, width)] if width else []
    level = 0
    while size >> (tile.HEIGHT * level):
        index, width = tile.shape(size, level)
        if width:
            paths.append(tile.tile_path(level, index, width))
        level += 1
    return paths


def full_paths(first: int, second: int) -> Iterator[str]:
    """The files that became full while a log grew from one size to another."""
    level = 0
    while second >> (tile.HEIGHT * level):
        for index in range(tile.shape(first, level)[0], tile.shape(second, level)[0]):
            yield tile.tile_path(level, index)
            if level == 0:
                yield tile.bundle_path(index)
        level += 1


def _peaks_of(hashes: list[bytes], level: int) -> list[tuple[int, bytes]]:
    """The peaks within one open tile."""
    peaks: list[tuple[int, bytes]] = []
    for leaf in hashes:
        height, value = level * tile.HEIGHT, leaf
        while peaks and peaks[-1][0] == height:
            value = merkle.node_hash(peaks.pop()[1], value)
            height += 1
        peaks.append((height, value))
    return peaks
