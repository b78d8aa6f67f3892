"""A log's files in a folder, read as anyone may read them: the checkpoint, tiles and bundles.

    checkpoint                       the newest signed state; what it does not cover is not in the log
    checkpoint.cosigned              the newest state that a witness has signed too
    tile/entries/000[.p/W]           entries
    tile/0/000[.p/W], tile/1/...     hashes

Not trusted: whoever alters a file here can at most be found out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from tenun.transparency_log import merkle, tile
from tenun.transparency_log.errors import LogAltered, NotServed, ProofInvalid
from tenun.transparency_log.merkle import Node

CHECKPOINT = "checkpoint"
COSIGNED = "checkpoint.cosigned"
TILES = "tile"
TREES_KEPT = 64
"""Of so many tiles the inner hashes are kept in memory, some 35 kB each."""

_PATH = re.compile(
    r"tile/(?P<level>[0-9]|[1-5][0-9]|6[0-3]|entries)/(?P<place>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
_LOOKS = 16
"""A partial tile may give way to a wider one between looking and reading; so often in a row it does not."""


class LogFolder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tree = lru_cache(maxsize=TREES_KEPT)(self._read_tree)

    def checkpoint(self) -> bytes | None:
        """The newest checkpoint as signed, or `None` where no log was begun."""
        return self._read_if_there(CHECKPOINT)

    def cosigned(self) -> bytes | None:
        """The newest checkpoint with a witness's signature, or `None` where there is none yet."""
        return self._read_if_there(COSIGNED)

    def has_tiles(self) -> bool:
        return (self.folder / TILES).exists()

    def serve(self, path: str) -> bytes:
        """What C2SP tlog-tiles serves at a path: `checkpoint`, a tile or a bundle.

        A partial one may be asked for in any width that the log has grown past. Raises `NotServed` for
        everything else, so that a path from outside is safe here.
        """
        if path == CHECKPOINT:
            content = self.checkpoint()
            if content is None:
                raise NotServed(file=CHECKPOINT)
            return content
        found = _PATH.fullmatch(path)
        if found is None or not _is_canonical(found):
            raise NotServed(file=TILES)  # whatever was asked for, it is not repeated
        width = int(found["width"] or tile.WIDTH)
        try:
            content = self._read(path)
            if found["width"] is None:
                return content
            if found["level"] == "entries":
                return tile.encode_bundle(tile.decode_bundle(content, file=path)[:width])
            return content[: width * merkle.HASH_BYTES]
        except LogAltered as problem:
            raise NotServed(file=path) from problem

    def hashes(self, level: int, index: int, *, size: int) -> list[bytes]:
        """A hash tile as it was when the log had `size` entries."""
        return self._hashes(level, index, tile.width_of(size, level, index))

    def bundle(self, index: int, *, size: int) -> list[bytes]:
        """An entry bundle as it was when the log had `size` entries."""
        width = tile.width_of(size, 0, index)
        path = tile.bundle_path(index, width)
        entries = tile.decode_bundle(self._read(path), file=path)
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
        """The hashes of complete subtrees, computed from the tiles of that size.

        Inner hashes of a tile are kept in memory: good for proofs, not for an audit of what lies there now.
        """

        def node(height: int, index: int) -> bytes:
            level, rise = divmod(height, tile.HEIGHT)
            first = index << rise
            place = first // tile.WIDTH
            return self._tree(level, place, tile.width_of(size, level, place))[rise][(first % tile.WIDTH) >> rise]

        return node

    # --- below the surface ---------------------------------------------------------------------

    def _read_tree(self, level: int, index: int, width: int) -> Sequence[Sequence[bytes]]:
        """By height within the tile: the hashes of its complete subtrees."""
        hashes = self._hashes(level, index, width)
        tree = [hashes]
        while len(hashes) > 1:
            pairs = zip(hashes[::2], hashes[1::2], strict=False)  # an odd last one is complete with nothing yet
            hashes = [merkle.node_hash(left, right) for left, right in pairs]
            tree.append(hashes)
        return tree

    def _hashes(self, level: int, index: int, width: int) -> list[bytes]:
        path = tile.tile_path(level, index, width)
        hashes = tile.decode_hashes(self._read(path), file=path)
        if len(hashes) < width:
            raise LogAltered(file=path, reason=f"it holds {len(hashes)} hashes of {width}")
        return hashes[:width]

    def _read(self, path: str) -> bytes:
        """A tile or bundle; for a partial one also what took its place when it grew."""
        place, _, width = path.partition(".p/")
        for _ in range(_LOOKS):
            content = self._read_if_there(path)
            if content is None and width:
                content = self._read_if_there(place)
            if content is not None:
                return content
            wider = self._wider(place, int(width)) if width else None
            if wider is None:
                break
            path = wider
        raise LogAltered(file=path, reason="the file is missing")

    def _wider(self, place: str, width: int) -> str | None:
        try:
            names = [found.name for found in (self.folder / f"{place}.p").iterdir()]
        except FileNotFoundError:
            # It was full, and its partial forms removed, since we looked for the full one.
            return place if (self.folder / place).exists() else None
        widths = [int(name) for name in names if name.isdigit() and int(name) > width]
        return f"{place}.p/{min(widths)}" if widths else place if (self.folder / place).exists() else None

    def _read_if_there(self, path: str) -> bytes | None:
        try:
            with open(f"{self.folder}/{path}", "rb") as file:  # noqa: PTH123  a commit reads the checkpoint: no `Path`
                return file.read()
        except FileNotFoundError:
            return None


def _is_canonical(found: re.Match[str]) -> bool:
    """One spelling for each tile: no leading group of zeroes, and a partial one is narrower than a full one."""
    is_padded = found["place"].startswith("x000")
    return not is_padded and int(found["width"] or 1) < tile.WIDTH
