"""What can be done to a log behind its owner's back, or by its owner: for the tests and benchmark of the follower.

A served log is a dictionary of path to bytes, as another would fetch it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from tenun.transparency_log import merkle, tile
from tenun.transparency_log.errors import NotServed
from tenun.transparency_log.folder import CHECKPOINT
from tenun.transparency_log.log import Log
from tenun.transparency_log.note import Signer

Served = dict[str, bytes]
ENTRIES = "tile/entries/"


def served(folder: Path) -> Served:
    """Everything that a log's server gives out, and nothing of its own."""
    found = {CHECKPOINT: (folder / CHECKPOINT).read_bytes()}
    tiles = (path for path in (folder / "tile").rglob("*") if path.is_file())
    return found | {str(path.relative_to(folder)): path.read_bytes() for path in tiles}


def fetch_from(files: Mapping[str, bytes]) -> Callable[[str], bytes]:
    def fetch(path: str) -> bytes:
        if path not in files:
            raise NotServed(file=path)
        return files[path]

    return fetch


def write_log(folder: Path, signer: Signer, entries: list[bytes]) -> Served:
    log = Log(folder, signer)
    log.append_all(entries)
    log.settle()
    return served(folder)


# --- without the log's key: each gives another log, altered in one place ---------------------------


def flip(files: Served, chance: Random) -> Served:
    """One bit, anywhere: checkpoint, tile or bundle."""
    path = chance.choice(sorted(files))
    content = bytearray(files[path])
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return {**files, path: bytes(content)}


def drop_entry(files: Served, chance: Random) -> Served:
    """An entry out of a bundle; the tiles stay."""
    path, entries = _bundle(files, chance)
    del entries[chance.randrange(len(entries))]
    return {**files, path: tile.encode_bundle(entries)}


def drop_file(files: Served, chance: Random) -> Served:
    path = chance.choice(sorted(files))
    return {each: content for each, content in files.items() if each != path}


def reorder_entries(files: Served, chance: Random) -> Served:
    """Two entries of a bundle in each other's place."""
    path, entries = _bundle(files, chance)
    one, other = chance.sample(range(len(entries)), 2)
    entries[one], entries[other] = entries[other], entries[one]
    return {**files, path: tile.encode_bundle(entries)}


def reorder_hashes(files: Served, chance: Random) -> Served:
    wide = sorted(path for path in files if _is_tile(path) and len(files[path]) >= 64)
    path = chance.choice(wide)
    hashes = tile.decode_hashes(files[path])
    one, other = chance.sample(range(len(hashes)), 2)
    hashes[one], hashes[other] = hashes[other], hashes[one]
    return {**files, path: tile.encode_hashes(hashes)}


def truncate(files: Served, chance: Random) -> Served:
    """A file that ends too early, at any byte."""
    path = chance.choice(sorted(files))
    return {**files, path: files[path][: chance.randrange(len(files[path]))]}


def alter_with_hash(files: Served, chance: Random) -> Served:
    """An entry altered, and every hash that can be made to agree with it: all but the signature."""
    path, entries = _bundle(files, chance)
    place = chance.randrange(len(entries))
    entries[place] += b"!"
    altered = {**files, path: tile.encode_bundle(entries)}
    leaves = path.replace(ENTRIES, "tile/0/")
    hashes = tile.decode_hashes(altered[leaves])
    hashes[place] = merkle.leaf_hash(entries[place])
    altered[leaves] = tile.encode_hashes(hashes)
    if ".p/" not in leaves:
        index = int(leaves.rsplit("/", 1)[1])
        for above in [each for each in altered if each.startswith("tile/1/")]:
            parents = tile.decode_hashes(altered[above])
            parents[index] = merkle.fold(hashes)
            altered[above] = tile.encode_hashes(parents)
    return altered


# --- with the log's key ----------------------------------------------------------------------------


def fork(folder: Path, signer: Signer, entries: list[bytes], size: int, chance: Random) -> Served:
    """Another history, signed and consistent in itself, that differs before entry `size`."""
    other = list(entries)
    place = chance.randrange(size)
    match chance.randrange(4):
        case 0:
            other[place] += b"?"
        case 1:
            del other[place]
        case 2:
            other.insert(place, b"slipped in")
        case _:
            one = chance.choice([each for each in range(size) if other[each] != other[place]])
            other[place], other[one] = other[one], other[place]
    return write_log(folder, signer, other)


def resize(files: Served, size: int) -> Served:
    """The checkpoint says another size, and is signed no more."""
    lines = files[CHECKPOINT].split(b"\n")
    lines[1] = b"%d" % size
    lines[2] = base64.b64encode(merkle.EMPTY_ROOT)
    return {**files, CHECKPOINT: b"\n".join(lines)}


WITHOUT_KEY: dict[str, Callable[[Served, Random], Served]] = {
    "flip": flip,
    "drop": drop_entry,
    "drop file": drop_file,
    "reorder": reorder_entries,
    "reorder hashes": reorder_hashes,
    "truncate": truncate,
    "alter with hash": alter_with_hash,
}


def _bundle(files: Served, chance: Random) -> tuple[str, list[bytes]]:
    bundles = sorted(path for path in files if path.startswith(ENTRIES))
    path = chance.choice([each for each in bundles if len(tile.decode_bundle(files[each])) > 1])
    return path, tile.decode_bundle(files[path])


def _is_tile(path: str) -> bool:
    return path.startswith("tile/") and not path.startswith(ENTRIES)
