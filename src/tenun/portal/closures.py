"""What is shut off at this node, for every page: read from its own record, whatever else is down."""

from __future__ import annotations

from tenun.node.gate import Closure, Gatekeeper, RecordUnreadable
from tenun.node.home import NodeHome


def closures_of(home: NodeHome) -> tuple[tuple[Closure, ...], bool]:
    """What is shut off, and whether the record of it could be read. A node that never went online has nothing."""
    keeper = Gatekeeper(home.station.gate, home.station.party)
    if not keeper.record_file.exists() and not keeper.has_sentinel():
        return (), True
    try:
        return keeper.read().closures, True
    except RecordUnreadable:
        return (), False


def is_cut(home: NodeHome) -> bool:
    """Whether anything is shut off, or may be: a record that cannot be read closes everything."""
    closures, is_readable = closures_of(home)
    return bool(closures) or not is_readable
