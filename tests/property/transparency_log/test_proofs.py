"""Proofs that we make hold, for every size, index and pair of sizes; and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenun.transparency_log import merkle, tile
from tenun.transparency_log.errors import LogAltered, ProofInvalid

LEAVES = [merkle.leaf_hash(b"%d" % number) for number in range(700)]
NODE = merkle.nodes_of(LEAVES)


@given(st.data())
def test_an_inclusion_proof_holds_for_its_leaf_and_for_no_other(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(index, size, NODE), merkle.root(size, NODE)
    merkle.verify_inclusion(LEAVES[index], index=index, size=size, proof=proof, root=root)
    if other != index:
        with pytest.raises(ProofInvalid):
            merkle.verify_inclusion(LEAVES[other], index=index, size=size, proof=proof, root=root)
        with pytest.raises(ProofInvalid):
            merkle.verify_inclusion(LEAVES[index], index=other, size=size, proof=proof, root=root)


@given(st.data())
def test_a_consistency_proof_holds_for_its_sizes_and_for_no_other_history(data: st.DataObject) -> None:
    second = data.draw(st.integers(1, len(LEAVES)))
    first = data.draw(st.integers(1, second))
    proof = merkle.consistency_proof(first, second, NODE)
    roots = {"first_root": merkle.root(first, NODE), "second_root": merkle.root(second, NODE)}
    merkle.verify_consistency(first=first, second=second, proof=proof, **roots)
    changed = list(LEAVES[:second])
    changed[data.draw(st.integers(0, first - 1))] = merkle.leaf_hash(b"another")
    forged = merkle.nodes_of(changed)
    with pytest.raises(ProofInvalid):
        merkle.verify_consistency(
            first=first,
            second=second,
            proof=merkle.consistency_proof(first, second, forged),
            first_root=roots["first_root"],
            second_root=merkle.root(second, forged),
        )


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=20), st.data())
def test_a_bundle_gives_back_its_entries_and_is_never_read_past_a_cut(
    entries: list[bytes], data: st.DataObject
) -> None:
    bundle = tile.encode_bundle(entries)
    assert tile.decode_bundle(bundle) == entries
    cut = data.draw(st.integers(0, len(bundle)))
    try:
        found = tile.decode_bundle(bundle[:cut])
    except LogAltered:
        return
    assert found == entries[: len(found)]
    assert len(tile.encode_bundle(found)) == cut


@pytest.mark.parametrize(
    ("index", "place"),
    [(0, "000"), (255, "255"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067")],
)
def test_a_tile_lies_where_the_format_puts_it(index: int, place: str) -> None:
    assert tile.tile_path(3, index) == f"tile/3/{place}"
    assert tile.bundle_path(index, 7) == f"tile/entries/{place}.p/7"
