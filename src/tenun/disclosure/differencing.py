"""What two tables tell together that neither tells alone.

Two kinds of difference give people away. Tables made from the same data that hide different cells: what one hides
the other shows, or lets be added up. And a group within a group, both shown, that differ by a handful: a village
before and after it lost a hamlet, adults with and without foreigners.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from tenun.disclosure.network import UNBOUNDED, Arc, Network

Key = tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """A number that the reader of both tables has and the reader of one has not."""

    key: Key
    kind: str
    """`shown_elsewhere`, `computable` or `small_difference`."""


@dataclass(frozen=True)
class Place:
    """Where a number stands in the sums, as in `network.Arc`."""

    key: Key
    tail: Hashable
    head: Hashable


def across_releases(places: Sequence[Place], releases: Sequence[Mapping[Key, int | None]]) -> list[Finding]:
    """Releases of the same table from the same data: what one of them hides and all together tell.

    A release maps each number to its count, or to None where it hides it. Raises ValueError when two releases
    show different counts for one number, since then they are not from the same data.
    """
    known: dict[Key, int] = {}
    for release in releases:
        for key, count in release.items():
            if count is not None and known.setdefault(key, count) != count:
                raise ValueError("the releases are not from the same data")
    hidden_somewhere = {key for release in releases for key, count in release.items() if count is None}
    shown = [Finding(key, "shown_elsewhere") for key in sorted(hidden_somewhere & known.keys())]
    computable = [Finding(key, "computable") for key in sorted(_computable(places, known) & hidden_somewhere)]
    return shown + computable


def within(outer: Mapping[Key, int | None], inner: Mapping[Key, int | None], *, minimum_cell: int) -> list[Finding]:
    """Groups that contain groups, by the same key: those that differ by a few persons, both being shown."""
    findings = []
    for key in sorted(outer.keys() & inner.keys()):
        whole, part = outer[key], inner[key]
        if whole is not None and part is not None and 0 < abs(whole - part) < minimum_cell:
            findings.append(Finding(key, "small_difference"))
    return findings


def _computable(places: Sequence[Place], known: Mapping[Key, int]) -> set[Key]:
    """Numbers that no table shows and the sums give: those through which no circle of unknown numbers runs."""
    unknown = [place for place in places if place.key not in known and place.tail != place.head]
    network = Network(
        Arc(place.key, place.tail, place.head, count=0, low=-UNBOUNDED, high=UNBOUNDED, is_hidden=True)
        for place in unknown
    )
    return {place.key for place in unknown if network.reach(place.key, 1).amount == 0}
