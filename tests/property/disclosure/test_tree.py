"""Two passes over a tree find what the greatest flows through its network find."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tenun.disclosure.network import UNBOUNDED, Arc, Network, Tree

LEAF = st.tuples(st.integers(0, 12), st.booleans(), st.integers(0, 8), st.integers(0, 8))


@st.composite
def trees(draw):
    """Counts of three levels that add up; of each number whether it is hidden, and what is known of it then."""
    districts = draw(st.lists(st.lists(LEAF, min_size=1, max_size=4), min_size=1, max_size=4))
    numbers, parent, height = [], [], []
    for leaves in districts:
        district = len(numbers)
        numbers.append((sum(one[0] for one in leaves), *draw(LEAF)[1:]))
        parent.append(-2)
        height.append(1)
        for one in leaves:
            numbers.append(one)
            parent.append(district)
            height.append(0)
    root = len(numbers)
    numbers.append((sum(one[0] for one, rank in zip(numbers, height, strict=True) if rank == 1), *draw(LEAF)[1:]))
    parent = [root if one == -2 else one for one in parent] + [-1]
    return numbers, parent, [*height, 2]


@given(trees(), st.booleans())
def test_rooms_of_a_tree_are_the_greatest_flows(tree, is_free: bool) -> None:
    numbers, parent, height = tree
    arcs = []
    for at, (count, is_hidden, below, above) in enumerate(numbers):
        low, high = max(0, count - below), UNBOUNDED if is_free and above > 6 else count + above
        arcs.append(
            Arc(
                (str(at),),
                "outside" if parent[at] < 0 else parent[at],
                "outside" if height[at] == 0 else at,
                count,
                low if is_hidden else count,
                high if is_hidden else count,
                is_hidden,
            )
        )
    network = Network(arcs)
    rise, fall = Tree(np.array(parent), np.array(height, np.int8)).rooms(
        np.array([arc.high - arc.count for arc in arcs]), np.array([arc.count - arc.low for arc in arcs])
    )
    for at, arc in enumerate(arcs):
        if arc.is_hidden:
            ends = min(arc.high, 10**6), arc.low
            up, down = (network.reach(arc.key, end).amount for end in ends)
            assert (min(int(rise[at]), ends[0] - arc.count), int(fall[at])) == (up, down), at
