"""What one process cleans up is never what another is writing."""

from __future__ import annotations

import pytest

from tenun.exchange.register import Register
from tests.lib.two_nodes import Nodes


@pytest.mark.parametrize("name", ["calls", "changes", "incidents", "orders", "lookup", "exports", "reconciliations"])
def test_a_pack_that_is_made_leaves_the_drafts_of_other_folders_alone(nodes: Nodes, name: str) -> None:
    """Found by `./run bench mixed`: a draft of a call's marker vanished under the process that wrote it."""
    draft = nodes.naker.exchange / name / ".draft-1-00000000"
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_bytes(b"half")
    with Register(nodes.naker).only_one():
        assert draft.exists()


@pytest.mark.parametrize("name", ["outbox", "receipts", "received", "sent"])
def test_what_a_killed_run_left_under_the_lock_is_removed(nodes: Nodes, name: str) -> None:
    draft = nodes.naker.exchange / name / ".draft-1-00000000"
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_bytes(b"half")
    with Register(nodes.naker).only_one():
        assert not draft.exists()
