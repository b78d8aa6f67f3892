"""Groups within groups: what two shown figures tell by their difference.

Who worked last week and who worked or looks for work are two groups, the first within the second. Where both are
shown, so is their difference, and when that is a handful of people, it is told although nobody published it. The same
way a hidden figure is told that is the sum or the difference of others that are shown.

Which groups lie within which is said of the indicators by whoever defines them; nothing here knows an indicator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Those whom an indicator counts, by its numerator, its denominator, or the rest of its denominator."""

    indicator: str
    part: str = "numerator"


@dataclass(frozen=True)
class Nesting:
    """`whole` is everyone in `parts`, who have nobody in common; and others too, unless `is_all`."""

    whole: Group
    parts: tuple[Group, ...]
    is_all: bool = False

    @property
    def groups(self) -> tuple[Group, ...]:
        return (self.whole, *self.parts)


@dataclass(frozen=True)
class Figure:
    """What is shown of an indicator at one place. `is_secret`: hidden, and to stay so."""

    numerator: int | None
    denominator: int | None
    """Of a rate; it may be shown where the numerator is not."""
    is_secret: bool

    def part(self, name: str) -> int | None:
        """The number of people in one of its groups; None where that is not shown."""
        if name == "numerator":
            return self.numerator
        if name == "denominator":
            return self.denominator
        if self.numerator is None or self.denominator is None:
            return None
        return self.denominator - self.numerator


def told(figures: Mapping[str, Figure], nestings: Sequence[Nesting], *, minimum: int) -> set[str]:
    """The indicators of which something is told at this place that should not be.

    Of groups that leave others over it is the first part, since to hide that is what mends it.
    """
    found = set()
    for one in nestings:
        if all(group.indicator in figures for group in one.groups):
            found |= set(_told_by(figures, one, minimum))
    return found


def _told_by(figures: Mapping[str, Figure], one: Nesting, minimum: int) -> Iterator[str]:
    numbers = {group: figures[group.indicator].part(group.part) for group in one.groups}
    missing = [group for group in one.groups if numbers[group] is None]
    if one.is_all:
        if len(missing) == 1 and figures[missing[0].indicator].is_secret:
            yield missing[0].indicator
        return
    if missing:
        return
    over = (numbers[one.whole] or 0) - sum(numbers[part] or 0 for part in one.parts)
    if 0 < over < minimum:
        yield one.parts[0].indicator
