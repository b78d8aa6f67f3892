"""Hide more, until nothing hidden can be worked out from what is shown.

`protect` takes one table that is a network (`tenun.disclosure.network`) and the judgement of each of its numbers
alone (`tenun.disclosure.profile`), and gives back what stands in each place. It never shows what a judgement hides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tenun.disclosure.network import UNBOUNDED, Arc, Network, Reach
from tenun.disclosure.profile import Judgement, Profile
from tenun.disclosure.state import ValueState
from tenun.kernel.clause import implements
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


@implements(
    "7(2)",
    control="Small figures, and those that would give them away, are hidden before anything is stored or shown.",
)
def protect(
    cells: Iterable[Cell], *, profile: Profile, table: str, doubtful: Collection[Key] | None = None
) -> dict[Key, Judgement]:
    """What stands in each place after complementary suppression. Raises `NotProtectable`.

    `doubtful` are the hidden cells that are not known to be safe yet, where the others are: to hide more never makes
    a safe one unsafe, so those need no second look. Deterministic: the same cells in any order give the same answer.
    """
    by_key = {cell.key: cell for cell in sorted(cells, key=lambda cell: cell.key)}
    outcome = {key: cell.judgement for key, cell in by_key.items()}
    network = _network(list(by_key.values()), outcome)
    waiting = deque(
        key
        for key, cell in by_key.items()
        if outcome[key].is_hidden and cell.is_published and cell.is_secret and (doubtful is None or key in doubtful)
    )
    while waiting:
        key = waiting[0]
        stuck = _stuck(network, by_key[key])
        released = _release(network, by_key, outcome, key, stuck, profile=profile)
        if not stuck or (released is None and _is_wide_enough(network, by_key[key])):
            waiting.popleft()
            continue
        if released is None:
            raise NotProtectable(table=table)
        for one, judgement in released.items():
            if not outcome[one].is_hidden and by_key[one].is_secret:
                waiting.append(one)
            outcome[one] = judgement
            low, high = _bounds(by_key[one], judgement)
            network.hide(one, low=low, high=high)
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
        reaches = [network.reach(cell.key, target) for target in (need.need_high, need.need_low)]
        return [reach for reach in reaches if reach.missing]
    if _is_wide_enough(network, cell):
        return []
    reaches = [network.reach(cell.key, cell.count + step) for step in (LEAST_WIDTH, -LEAST_WIDTH)]
    return [reach for reach in reaches if reach.missing]


def _is_wide_enough(network: Network, cell: Cell) -> bool:
    room = sum(network.reach(cell.key, cell.count + step).amount for step in (LEAST_WIDTH, -LEAST_WIDTH))
    return room >= min(LEAST_WIDTH, cell.ceiling)


def _release(
    network: Network,
    by_key: Mapping[Key, Cell],
    outcome: Mapping[Key, Judgement],
    key: Key,
    stuck: Sequence[Reach],
    *,
    profile: Profile,
) -> dict[Key, Judgement] | None:
    """What to hide, or to say less of, so that the cell can move further; None when nothing is worth it.

    First, shown numbers are hidden, which a reader takes to be no small ones. A cell that lacks the least width is
    helped further: a "<5" that told too much says nothing; then a number hidden to protect another may be a small one
    for all the reader knows, and so may one just large enough to be shown; at last a shown zero is hidden.
    """
    must_help = bool(stuck) and not _is_wide_enough(network, by_key[key])

    def price_of_hiding(arc: Arc, sign: int, missing: int) -> int | None:
        cell = by_key[arc.key]
        if arc.is_hidden or not cell.may_hide or cell.count == 0 or (cell.rank and not must_help):
            return None
        room = cell.ceiling - cell.count if sign > 0 else cell.count - profile.minimum_cell
        return _price(cell, missing, room) if room > 0 else None

    def price_of_silence(arc: Arc, sign: int, missing: int) -> int | None:
        cell, judgement = by_key[arc.key], outcome[arc.key]
        room = cell.ceiling - cell.count if sign > 0 else cell.count
        is_free = judgement.low == 0 and judgement.high is None
        if room <= 0 or (arc.is_hidden and is_free) or not (arc.is_hidden or cell.may_hide):
            return None
        if arc.is_hidden:
            return SILENCE
        return _price(cell, missing, room) + (0 if cell.count else ZERO_HIDDEN)

    for reach in stuck:
        hidden = network.cheapest_release(key, reach, price_of_hiding)
        if hidden is not None:
            return {one: Judgement(ValueState.SUP, "protects_others", low=profile.minimum_cell) for one in hidden}
    for reach in stuck if must_help else ():
        silent = network.cheapest_release(key, reach, price_of_silence)
        if silent is not None:
            return {one: outcome[one].masked() for one in silent}
    return None


# Prices. One number less shown weighs more than how large it is, and a district more than all its villages.
NUMBER, LEVEL, SHORT, SILENCE, ZERO_HIDDEN = 10**7, 10**10, 10**5, 10**5, 10**8


def _price(cell: Cell, missing: int, room: int) -> int:
    return NUMBER + LEVEL * cell.rank + SHORT * max(missing - room, 0) + min(cell.count, SHORT)
