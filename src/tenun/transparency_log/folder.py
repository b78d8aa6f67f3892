"""A log's files in a folder, read as anyone may read them: the checkpoint, tiles and bundles.

    checkpoint                       the newest signed state; what it does not cover is not in the log
    tile/entries/000[.p/W]           entries
    tile/0/000[.p/W], tile/1/...     hashes

Not trusted: whoever alters a file here can at most be found out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tenun.transparency_log import tile
from tenun.transparency_log.errors import LogAltered, ProofInvalid
from tenun.transparency_log.merkle import Node, fold

CHECKPOINT = "checkpoint"
TILES = "tile"


class LogFolder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checkpoint(self) -> bytes | None:
        """The newest checkpoint as signed, or `None` where no log was begun."""
        try:
            return (self.folder / CHECKPOINT).read_bytes()
        except FileNotFoundError:
            return None

    def has_tiles(self) -> bool:
        return (self.folder / TILES).exists()

    def hashes(self, level: int, index: int, *, size: int) -> list[bytes]:
        """A hash tile as it was when the log had `size` entries."""
        width = tile.width_of(size, level, index)
        path = tile.tile_path(level, index, width)
        hashes = tile.decode_hashes(self._read(path, tile.tile_path(level, index)), file=path)
        if len(hashes) < width:
            raise LogAltered(file=path, reason=f"it holds {len(hashes)} hashes of {width}")
        return hashes[:width]

    def bundle(self, index: int, *, size: int) -> list[bytes]:
        """An entry bundle as it was when the log had `size` entries."""
        width = tile.width_of(size, 0, index)
        path = tile.bundle_path(index, width)
        entries = tile.decode_bundle(self._read(path, tile.bundle_path(index)), file=path)
        if len(entries) < width:
            raise LogAltered(file=path, reason=f"it holds {len(entries)} entries of {width}")
        return entries[:width]

    def entry(self, index: int, *, size: int) -> bytes:
        if not 0 <= index < size:
            raise ProofInvalid(reason="no such entry at this size")
        return self.bundle(index // tile.WIDTH, size=size)[index % tile.WIDTH]

    def entries(self, *, size: int, start: int = 0) -> Iterator[bytes]:
        """Entries from `start`, oldest first."""
        for index in range(start // tile.WIDTH, -(-size // tile.WIDTH)):
            bundle = self.bundle(index, size=size)
            yield from bundle[max(0, start - index * tile.WIDTH) :]

    def node(self, size: int) -> Node:
        """The hashes of complete subtrees, computed from the tiles of that size."""
        hashes = lru_cache(maxsize=64)(lambda level, index: self.hashes(level, index, size=size))

        def node(height: int, index: int) -> bytes:
            level, rise = divmod(height, tile.HEIGHT)
            first = index << rise
            start = first % tile.WIDTH
            return fold(hashes(level, first // tile.WIDTH)[start : start + (1 << rise)])

        return node

    def _read(self, path: str, full_path: str) -> bytes:
        """A partial tile, or what took its place when it grew: a wider one, or the full one."""
        for candidate in (path, *self._wider(path), full_path):
            try:
                return (self.folder / candidate).read_bytes()
            except FileNotFoundError:
                continue
        raise LogAltered(file=path, reason="the file is missing")

    def _wider(self, path: str) -> list[str]:
        place, _, width = path.partition(".p/")
        if not width:
            return []
        widths = (int(found.name) for found in (self.folder / f"{place}.p").glob("[0-9]*"))
        return [f"{place}.p/{found}" for found in sorted(widths) if found > int(width)]
