"""Where a log's hashes and entries lie: C2SP tlog-tiles.

A tile holds up to 256 hashes of one level, which is eight heights of the tree; a bundle holds the
256 entries below a tile of level 0, each behind its length in two bytes. A tile that is not full yet
is written beside its future place as `NNN.p/W`, with W its width.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from tenun.transparency_log.errors import EntrySize, LogAltered
from tenun.transparency_log.merkle import HASH_BYTES

HEIGHT = 8
WIDTH = 1 << HEIGHT
ENTRY_BYTES_MAX = 0xFFFF


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """`tile/0/x001/234`: the hash tile's place below the log's folder or address."""
    return f"tile/{level}/{_place(index)}{_suffix(width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    return f"tile/entries/{_place(index)}{_suffix(width)}"


def shape(size: int, level: int) -> tuple[int, int]:
    """(number of full tiles, width of the one that is not full) of a level, in a tree of `size` leaves."""
    return divmod(size >> (HEIGHT * level), WIDTH)


def width_of(size: int, level: int, index: int) -> int:
    """How wide that tile is in a tree of `size` leaves: 256, less for the last one, 0 beyond it."""
    full, width = shape(size, level)
    return WIDTH if index < full else width if index == full else 0


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    bundle = bytearray()
    for entry in entries:
        require_size(entry)
        bundle += len(entry).to_bytes(2, "big") + entry
    return bytes(bundle)


def decode_bundle(bundle: bytes, *, file: str = "") -> list[bytes]:
    """The entries. Raises `LogAltered` when the bundle stops inside one."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        size = int.from_bytes(bundle[at : at + 2], "big")
        entry = bundle[at + 2 : at + 2 + size]
        if at + 2 > len(bundle) or len(entry) != size:
            raise LogAltered(file=file, reason=f"the bundle stops inside entry {len(entries)} of it")
        entries.append(entry)
        at += 2 + size
    return entries


def decode_hashes(tile: bytes, *, file: str = "") -> list[bytes]:
    if len(tile) % HASH_BYTES:
        raise LogAltered(file=file, reason="the tile stops inside a hash")
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def encode_hashes(hashes: Sequence[bytes]) -> bytes:
    return b"".join(hashes)


def require_size(entry: bytes) -> None:
    if not 0 < len(entry) <= ENTRY_BYTES_MAX:
        raise EntrySize(size=len(entry), limit=ENTRY_BYTES_MAX)


@lru_cache(maxsize=256)  # a commit asks a dozen times, and the answer changes every 256 entries
def _place(index: int) -> str:
    digits = f"{index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def _suffix(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
