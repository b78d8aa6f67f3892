"""Groups that are too small to be told of are told of together.

A group stands alone when its linked share may be shown by the rule for rates (`disclosure.judge_rate`); the others are
put together, with the smallest that stands alone if need be, until what they make may be shown. So every row is a group
that may be shown, and so is every sum or difference of rows: nothing is hidden that could be computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenun.disclosure.profile import MINISTRIES, judge_rate


@dataclass(frozen=True)
class Group:
    """Accounts of one kind or place."""

    name: str
    accounts: int
    linked: int
    review: int
    extra: tuple[int, ...] = ()
    """Other counts that go with it, added up when groups are put together."""

    @property
    def is_tellable(self) -> bool:
        judged = judge_rate(self.linked, self.accounts, profile=MINISTRIES, population=self.accounts)
        return not judged.is_hidden

    def __add__(self, other: Group) -> Group:
        extra = tuple(a + b for a, b in zip(self.extra, other.extra, strict=True))
        return Group(
            self.name, self.accounts + other.accounts, self.linked + other.linked, self.review + other.review, extra
        )


@dataclass(frozen=True)
class Told:
    """Rows to show, and the names of those that one of them stands for."""

    groups: tuple[Group, ...]
    together: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.groups


def put_together(groups: Iterable[Group], *, name: str) -> Told:
    """Rows in order of name, those put together last, as `name`. No rows where all of them together are too few."""
    by_size = sorted(groups, key=lambda group: (group.accounts, group.name))
    small = [group for group in by_size if not group.is_tellable]
    large = [group for group in by_size if group.is_tellable]
    if not small:
        return Told(tuple(sorted(large, key=lambda group: group.name)))
    while large and not sum_of(small, name).is_tellable:
        small.append(large.pop(0))
    rest = sum_of(small, name)
    rows = [*sorted(large, key=lambda group: group.name), *([rest] if rest.is_tellable else [])]
    return Told(tuple(rows), tuple(sorted(group.name for group in small)))


def large_enough(groups: Iterable[Group]) -> Told:
    """The groups of which a share says something; for groups over all accounts, which single nobody out."""
    told = [group for group in groups if group.accounts >= MINISTRIES.minimum_denominator]
    return Told(tuple(sorted(told, key=lambda group: group.name)))


def sum_of(groups: Sequence[Group], name: str) -> Group:
    total = Group(name, 0, 0, 0, (0,) * len(groups[0].extra) if groups else ())
    for group in groups:
        total = total + group
    return total
