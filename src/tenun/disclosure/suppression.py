"""Hide more, until nothing hidden can be worked out from what is shown.

`protect` takes one table that is a network (`tenun.disclosure.network`) and the judgement of each of its numbers
alone (`tenun.disclosure.profile`), and gives back what stands in each place. It never shows what a judgement hides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tenun.disclosure.network import UNBOUNDED, Arc, Network, Reach
from tenun.disclosure.profile import Judgement, Profile
from tenun.disclosure.state import ValueState
from tenun.kernel.errors import TenunError

Key = tuple[str, ...]

# The least distance between the smallest and the greatest value a reader must still think possible, where the
# whole range that a judgement asks for cannot be had. Tests hold it against an attacker with a linear program.
LEAST_WIDTH = 2


class NotProtectable(TenunError):
    """A hidden figure could be worked out whatever else of its table was hidden. Nothing is published then."""

    code = "disclosure.not_protectable"
    text_id = "Satu angka kecil pada tabel {table} tetap dapat dihitung dari angka lain."
    text_en = "A small number of the table {table} could still be computed from the others."
    remedy_id = "Jangan terbitkan tabel itu; kurangi rincian atau naikkan tingkat wilayahnya."
    remedy_en = "Do not publish that table; take out a breakdown or go up a level."


@dataclass(frozen=True)
class Cell:
    """One number of a table, placed as `network.Arc` is, with what may be said of it alone."""

    key: Key
    tail: Hashable
    head: Hashable
    count: int
    judgement: Judgement
    rank: int = 0
    """Of two that would serve, the lower rank is hidden: a village before a district."""
    may_hide: bool = True
    is_published: bool = True
    """False for a number that is in the sums and in no file: unknown to the reader, and no secret of its own."""
    is_secret: bool = True
    """False for a number that is withheld for other reasons than whom it tells of: need not be protected."""
    ceiling: int = UNBOUNDED
    """What the reader knows it cannot exceed, such as the denominator of a numerator."""


def protect(cells: Iterable[Cell], *, profile: Profile, table: str) -> dict[Key, Judgement]:
    """What stands in each place after complementary suppression. Raises `NotProtectable`.

    Deterministic: the same cells in any order give the same answer.
    """
    by_key = {cell.key: cell for cell in sorted(cells, key=lambda cell: cell.key)}
    outcome = {key: cell.judgement for key, cell in by_key.items()}
    network = _network(list(by_key.values()), outcome)
    waiting = deque(
        key for key, cell in by_key.items() if outcome[key].is_hidden and cell.is_published and cell.is_secret
    )
    while waiting:
        cell = by_key[waiting[0]]
        stuck = _stuck(network, cell)
        if not stuck:
            waiting.popleft()
            continue
        beside = _cheapest_beside(network, by_key, stuck, profile)
        if beside is not None:
            outcome[beside] = Judgement(ValueState.SUP, "protects_others", low=profile.minimum_cell)
            waiting.append(beside)
        elif _width(network, cell) >= min(LEAST_WIDTH, cell.ceiling):
            waiting.popleft()
            continue
        else:
            beside = _looser_beside(network, by_key, outcome, stuck)
            if beside is None:
                raise NotProtectable(table=table)
            if not outcome[beside].is_hidden and by_key[beside].is_secret:
                waiting.append(beside)
            outcome[beside] = outcome[beside].masked()
        low, high = _bounds(by_key[beside], outcome[beside])
        network.hide(beside, low=low, high=high)
    return outcome


def intervals(cells: Sequence[Cell], outcome: Mapping[Key, Judgement]) -> dict[Key, tuple[int, int]]:
    """For every hidden cell, the least and greatest value that a reader cannot rule out."""
    network = _network(cells, outcome)
    return {
        cell.key: network.interval(cell.key)
        for cell in cells
        if cell.is_published and cell.is_secret and outcome[cell.key].is_hidden
    }


def _network(cells: Sequence[Cell], outcome: Mapping[Key, Judgement]) -> Network:
    arcs = []
    for cell in cells:
        is_unseen = outcome[cell.key].is_hidden or not cell.is_published
        low, high = _bounds(cell, outcome[cell.key]) if is_unseen else (cell.count, cell.count)
        arcs.append(Arc(cell.key, cell.tail, cell.head, cell.count, low, high, is_unseen))
    return Network(arcs)


def _bounds(cell: Cell, judgement: Judgement) -> tuple[int, int]:
    if not cell.is_published:
        return 0, cell.ceiling
    high = cell.ceiling if judgement.high is None else min(judgement.high, cell.ceiling)
    return min(judgement.low, cell.count), max(high, cell.count)


def _stuck(network: Network, cell: Cell) -> list[Reach]:
    """The searches that ended short of the range the cell needs; none when it is safe."""
    need = cell.judgement
    if need.need_low != need.need_high:
        targets = (need.need_high, need.need_low)
        reaches = [network.reach(cell.key, target) for target in targets]
        return [
            reach for reach, target in zip(reaches, targets, strict=True) if reach.amount < abs(target - cell.count)
        ]
    if _width(network, cell) >= min(LEAST_WIDTH, cell.ceiling):
        return []
    targets = (cell.count + LEAST_WIDTH, max(cell.count - LEAST_WIDTH, 0))
    reaches = [network.reach(cell.key, target) for target in targets]
    return [reach for reach in reaches if reach.sums]


def _width(network: Network, cell: Cell) -> int:
    up = network.reach(cell.key, cell.count + LEAST_WIDTH).amount
    down = network.reach(cell.key, cell.count - LEAST_WIDTH).amount
    return up + down


def _cheapest_beside(
    network: Network, by_key: Mapping[Key, Cell], stuck: Sequence[Reach], profile: Profile
) -> Key | None:
    """A shown number whose hiding lets a stuck search go on: of the lowest rank, one that lets it go all the way
    before one that does not, and then the smallest."""
    for reach in stuck:
        rooms = {
            cell: _room(cell, reach, floor=profile.minimum_cell)
            for cell in _beside(network, by_key, reach)
            if cell.may_hide and cell.is_published and not network.arcs[cell.key].is_hidden and cell.count > 0
        }
        found = [cell for cell, room in rooms.items() if room > 0]
        if found:
            return min(
                found,
                key=lambda cell: (
                    cell.rank,
                    max(reach.missing - rooms[cell], 0),
                    cell.count,
                    cell.key,
                ),
            ).key
    return None


def _looser_beside(
    network: Network, by_key: Mapping[Key, Cell], outcome: Mapping[Key, Judgement], stuck: Sequence[Reach]
) -> Key | None:
    """A "<5" that told too much and has to say nothing; or a number just large enough to be shown, or hidden, that a
    reader would take for no small one and no longer can, since a small one may now say nothing too; or a shown zero."""
    for is_looser in (_is_small, _is_shown, _is_taken_for_large, _is_shown_zero):
        for reach in stuck:
            found = [
                cell
                for cell in _beside(network, by_key, reach)
                if cell.is_published and is_looser(cell, outcome[cell.key]) and _room(cell, reach, floor=0) > 0
            ]
            if found:
                return min(found, key=lambda cell: (cell.rank, cell.count, cell.key)).key
    return None


def _is_small(cell: Cell, judgement: Judgement) -> bool:
    return judgement.state is ValueState.LT


def _is_shown(cell: Cell, judgement: Judgement) -> bool:
    return judgement.state is ValueState.OK and cell.may_hide


def _is_taken_for_large(cell: Cell, judgement: Judgement) -> bool:
    return judgement.state is ValueState.SUP and judgement.low > 0


def _is_shown_zero(cell: Cell, judgement: Judgement) -> bool:
    return judgement.state is ValueState.ZERO and cell.may_hide


def _beside(network: Network, by_key: Mapping[Key, Cell], reach: Reach) -> list[Cell]:
    return [by_key[key] for key in {arc.key: None for sum_ in reach.sums for arc in network.touching[sum_]}]


def _room(cell: Cell, reach: Reach, *, floor: int) -> int:
    """How many units a cell, once hidden down to `floor`, lets leave the sums that the search reached."""
    if cell.tail in reach.sums and cell.head not in reach.sums:
        return cell.ceiling - cell.count
    return cell.count - floor if cell.head in reach.sums and cell.tail not in reach.sums else 0
