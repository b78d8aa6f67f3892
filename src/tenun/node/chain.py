"""What the agreement's chain of acts says about shut-offs, in the gate's words."""

from __future__ import annotations

from collections.abc import Collection

from tenun.node.gate import Closure
from tenun.node.home import NodeHome


def closures(home: NodeHome) -> Collection[Closure]:
    """Both parties' closures that stand now. Raises what the agreement raises when it cannot be read."""
    return ()
