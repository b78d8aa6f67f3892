"""All tables of one indicator attacked together: totals, one way, two ways, three ways, over areas that add up.

A table by sex and age has two margins, both published, and each adds up over districts to the regency: its numbers
stand in three sums, so it is no network, and attacking it with its totals alone leaves out what its margins tell. Here
every sum is put down that the published numbers of one indicator must satisfy, and `tenun.disclosure.attack` decides.

Where all of it is more than a linear program can hold, it is cut: each area with its parts, one after another. What
follows only from several levels at once and both margins together is then not tried.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tenun.disclosure import attack as attacking
from tenun.disclosure.attack import System, Told
from tenun.disclosure.gates import TIMES


@dataclass(frozen=True)
class Number:
    """One published place. `known` where it shows a true count; else the reader has the bounds."""

    release: int
    area: str
    breakdown: str
    category: str
    cell: Hashable
    """The same for numbers that are known to be the same, in whatever release."""
    known: int | None
    low: int
    high: int


Slot = tuple[str, str]
Members = list[tuple[Number, int]]
Around = Mapping[int, Mapping[str, Sequence[str]]]
"""Release -> area -> the areas around it, the nearest first."""


def attack(numbers: Iterable[Number], around: Around, *, limit: int = attacking.PROGRAM_MAX) -> Told:
    """What follows from all of them. Raises `Contradiction`."""
    scopes = _scopes(numbers, around)
    unknown = {
        number.cell for sums in scopes.values() for members in sums for number, _ in members if number.known is None
    }
    if len(unknown) <= limit:
        return attacking.attack(_system([members for sums in scopes.values() for members in sums]))
    fixed: dict[Hashable, int] = {}
    bounds: dict[Hashable, tuple[int, int]] = {}
    undecided = 0
    for sums in scopes.values():
        told = attacking.attack(_system(sums))
        fixed |= told.fixed
        bounds |= told.bounds
        undecided += told.undecided
    return Told(fixed, bounds, undecided)


def _scopes(numbers: Iterable[Number], around: Around) -> dict[tuple[int, str], list[Members]]:
    """Release and area -> the sums of the area and of its parts. A sum within a part stands in the part's scope too."""
    there: dict[tuple[int, str], dict[Slot, Number]] = defaultdict(dict)
    levels: dict[tuple[int, str], set[str]] = defaultdict(set)
    for number in numbers:
        there[number.release, number.area][number.breakdown, number.category] = number
        levels[number.release, number.breakdown].add(number.area)
    parts: dict[tuple[int, str], dict[Slot, Members]] = defaultdict(lambda: defaultdict(list))
    children: dict[tuple[int, str], set[str]] = defaultdict(set)
    for (release, area), slots in there.items():
        for slot, number in slots.items():
            above = next((one for one in around[release].get(area, ()) if one in levels[release, slot[0]]), None)
            if above is not None and slot in there[release, above]:
                parts[release, above][slot].append((number, 1))
                children[release, above].add(area)
    scopes: dict[tuple[int, str], list[Members]] = {}
    for (release, area), slots in sorted(there.items()):
        rows = [members for one in (area, *sorted(children[release, area])) for members in _rows(there[release, one])]
        whole = [[*members, (slots[slot], -1)] for slot, members in parts[release, area].items()]
        if whole or not any((release, one) in children for one in around[release].get(area, ())):
            scopes[release, area] = [*rows, *whole]
    return scopes


def _rows(slots: Mapping[Slot, Number]) -> Iterator[Members]:
    """Within one area: the categories of each table make the numbers of each of its margins."""
    for breakdown in sorted({one for one, _ in slots if one}):
        dimensions = breakdown.split(TIMES)
        for left_out in range(len(dimensions)):
            margin = TIMES.join(one for at, one in enumerate(dimensions) if at != left_out)
            groups: dict[str, Members] = defaultdict(list)
            for (one, category), number in slots.items():
                if one == breakdown:
                    kept = [part for at, part in enumerate(category.split(TIMES)) if at != left_out]
                    groups[TIMES.join(kept)].append((number, 1))
            for category, members in groups.items():
                if (margin, category) in slots:
                    yield [*members, (slots[margin, category], -1)]


def _system(sums: Iterable[Members]) -> System:
    system = System()
    seen = set()
    for members in sums:
        unknown: dict[Hashable, int] = defaultdict(int)
        constant = 0
        for number, sign in members:
            if number.known is not None:
                constant -= sign * number.known
                continue
            unknown[number.cell] += sign
            low, high = system.bounds.get(number.cell, (number.low, number.high))
            system.bounds[number.cell] = max(low, number.low), min(high, number.high)
        left = tuple(sorted(((cell, sign) for cell, sign in unknown.items() if sign), key=repr))
        if not left and constant:
            raise attacking.Contradiction
        if left and (left, constant) not in seen:
            seen.add((left, constant))
            system.add_sum(left, constant)
    return system
