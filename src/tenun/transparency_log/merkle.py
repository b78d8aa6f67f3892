"""The Merkle tree of RFC 6962: hashes, roots, proofs and their verification (RFC 9162, 2.1).

Roots and proofs are computed from a `Node` function, which gives the hash of any *complete* subtree.
Where those hashes lie (a list, tiles on disk, tiles of a peer) is not this module's business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache

from tenun.transparency_log.errors import ProofInvalid

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""`node(height, index)`: the hash over leaves `index * 2**height` to `(index + 1) * 2**height`."""


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash over a complete subtree, from its 2**n hashes at one height."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def nodes_of(leaf_hashes: Sequence[bytes]) -> Node:
    """A `Node` over leaf hashes in memory."""

    @cache
    def node(height: int, index: int) -> bytes:
        if height == 0:
            return leaf_hashes[index]
        return node_hash(node(height - 1, 2 * index), node(height - 1, 2 * index + 1))

    return node


# --- computing -------------------------------------------------------------------------------------


def root(size: int, node: Node) -> bytes:
    """The tree's root at that size."""
    return _over(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The hashes that lead from a leaf to the root, lowest first (PATH, RFC 6962 2.1.1)."""
    if not 0 <= index < size:
        raise ProofInvalid(reason="no such entry at this size")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_over(middle, end, node))
            end = middle
        else:
            path.append(_over(start, middle, node))
            start = middle
    return path[::-1]


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """The hashes that show that the tree of `second` entries begins with the tree of `first` (PROOF, 2.1.2)."""
    if not 0 < first <= second:
        raise ProofInvalid(reason="the first size must be between 1 and the second")
    start, end, is_known, path = 0, second, True, []
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_over(middle, end, node))
            end = middle
        else:
            path.append(_over(start, middle, node))
            start, is_known = middle, False
    if not is_known:
        path.append(_over(start, end, node))
    return path[::-1]


# --- verifying -------------------------------------------------------------------------------------


def verify_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `ProofInvalid` unless the leaf lies at that index of the tree with that root (RFC 9162, 2.1.3.2)."""
    _require_hashes(leaf, root, *proof)
    if not 0 <= index < size:  # also: a tree of size 0 holds nothing and proves nothing
        raise ProofInvalid(reason="no such entry at this size")
    at, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofInvalid(reason="too many hashes")
        if at & 1 or at == last:
            computed = node_hash(sibling, computed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofInvalid(reason="too few hashes")
    if computed != root:
        raise ProofInvalid(reason="it leads to another root")


def verify_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise `ProofInvalid` unless the second tree begins with the first (RFC 9162, 2.1.4.2)."""
    _require_hashes(first_root, second_root, *proof)
    if not 0 < first <= second:  # every tree begins with the empty one: there is nothing to prove
        raise ProofInvalid(reason="the first size must be between 1 and the second")
    if first == second:
        if proof or first_root != second_root:
            raise ProofInvalid(reason="two trees of one size with different roots, or a proof where none is needed")
        return
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        raise ProofInvalid(reason="too few hashes")
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid(reason="too many hashes")
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofInvalid(reason="too few hashes")
    if old != first_root or new != second_root:
        raise ProofInvalid(reason="it leads to another root")


# --- below the surface -----------------------------------------------------------------------------


def _over(start: int, end: int, node: Node) -> bytes:
    """The hash over leaves `start` to `end`, as the tree's own recursion cuts them."""
    width = end - start
    if width & (width - 1) == 0:
        height = width.bit_length() - 1
        return node(height, start >> height)
    middle = start + _split(width)
    return node_hash(_over(start, middle, node), _over(middle, end, node))


def _split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1


def _require_hashes(*hashes: bytes) -> None:
    # Without this, an empty root "equals" an empty leaf (a trap in the published probes).
    if any(len(value) != HASH_BYTES for value in hashes):
        raise ProofInvalid(reason="a hash does not have 32 bytes")
