from __future__ import annotations

from pathlib import Path

import pytest

from tests.lib.two_nodes import VILLAGES, Nodes, copy_of, open_nodes, publish_residents


@pytest.fixture(scope="session")
def nodes_with_residents(tmp_path_factory: pytest.TempPathFactory) -> Nodes:
    """Made once; tests take a copy."""
    nodes = open_nodes(tmp_path_factory.mktemp("nodes") / "home")
    for number, village in enumerate(VILLAGES):
        publish_residents(nodes.desa.lake, village, 40 + number * 7)
    return nodes


@pytest.fixture
def nodes(nodes_with_residents: Nodes, tmp_path: Path) -> Nodes:
    return copy_of(nodes_with_residents, tmp_path / "nodes")
