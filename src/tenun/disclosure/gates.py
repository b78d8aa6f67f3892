"""What audiences outside the two ministries get: which tables, of which areas, and how a share may be told.

Thresholds and tables are configuration, to be confirmed by both ministries. Everything is decided on counts that are
perturbed already, so that what is hidden tells no more than what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenun.disclosure.ptable import PTable, ptable
from tenun.disclosure.state import ValueState
from tenun.kernel.errors import TenunError

# Printed beside every figure. A change of any rule of `outside` is a new version.
OUTSIDE_RULE_VERSION = "ckm-1"

TIMES = "*"
"""Between the dimensions of a breakdown and between its categories: `sex*age_group`, `female*15-24`."""


class TableNotListed(TenunError):
    """Somebody asked for a table that is not on the fixed list. Each further table is a further noise to average."""

    code = "disclosure.table_not_listed"
    text_id = "Tabel {breakdown} untuk tingkat {level} tidak ada pada daftar tetap."
    text_en = "The table {breakdown} at level {level} is not on the fixed list."
    remedy_id = "Pakai tabel dari daftar, atau minta kedua pihak menambahnya ke daftar."
    remedy_en = "Use a table from the list, or ask both parties to put it on the list."


@dataclass(frozen=True)
class FixedTable:
    """Every area of a level, by these dimensions; by none for the totals alone."""

    level: str
    by: tuple[str, ...] = ()

    @property
    def breakdown(self) -> str:
        return TIMES.join(self.by)


@dataclass(frozen=True)
class OutsideProfile:
    """The rules for one audience outside the ministries."""

    name: str
    tables: tuple[FixedTable, ...]
    minimum_population: int
    """Adults. Smaller areas of the lowest level are part of the area around them and nothing else."""
    minimum_denominator: int
    """Of fewer than this, as perturbed, no rate is made and no numerator shown."""
    band_percent: int
    """A share below this, or above a hundred less this, is told as `<` or `>` only: nobody learns that none or all
    of a group have something. Groups that small that a band would tell it anyway have no share at all."""
    group_minimum: int
    """The band holds for groups from this size on, so the least denominator must be no smaller."""
    noise: PTable
    rounding_base: int = 5

    def __post_init__(self) -> None:
        if self.minimum_denominator < self.group_minimum or not 0 < self.band_percent < 50:
            raise ValueError("a group below the least denominator must be hidden, and a band is a small share")

    def require(self, level: str, breakdown: str) -> FixedTable:
        """The table asked for. Raises `TableNotListed`."""
        for table in self.tables:
            if (table.level, table.breakdown) == (level, breakdown):
                return table
        raise TableNotListed(level=level, breakdown=breakdown or "-")


def listed(levels: Sequence[str], dimensions: Sequence[str], *, two_way: str, three_way: str) -> tuple[FixedTable, ...]:
    """The fixed list: totals and one way for every level, two ways from one of them up, three ways from another.

    `levels` from the lowest up.
    """
    tables = []
    for at, level in enumerate(levels):
        ways = 3 if at >= levels.index(three_way) else 2 if at >= levels.index(two_way) else 1
        tables += [FixedTable(level, by) for by in _choices(tuple(dimensions), ways)]
    return tuple(tables)


def _choices(dimensions: tuple[str, ...], ways: int) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for dimension in dimensions:
        found += [(*chosen, dimension) for chosen in found if len(chosen) < ways]
    return sorted(found, key=lambda chosen: (len(chosen), [dimensions.index(one) for one in chosen]))


# D=5, V=2, no 1 or 2: of the rules tried on 7,218 villages the one with least error that leaves no small count
# standing (1.02 persons a cell, .32 % of a village's total). 100 adults: as Estonia and the ministries' own rule of
# thumb for villages. 20: as in the agreement document.
OUTSIDE = OutsideProfile(
    name="luar",
    tables=listed(
        ("desa", "kecamatan", "kabupaten", "provinsi", "nasional"),
        ("sex", "age_group"),
        two_way="kecamatan",
        three_way="kabupaten",
    ),
    minimum_population=100,
    minimum_denominator=20,
    band_percent=5,
    group_minimum=3,
    noise=ptable(5, 2.0, 2),
)


def state_of_share(profile: OutsideProfile, numerator: str, denominator: str) -> Mapping[str, str]:
    """Expressions for `state` and `reason` of a rate, from its perturbed numerator and denominator."""
    band = profile.band_percent
    cases = (
        (f"{denominator} < {profile.minimum_denominator}", ValueState.NA, "denominator_small"),
        (f"100 * {numerator} < {band} * {denominator}", ValueState.LT, "group_low"),
        (f"100 * {numerator} > {100 - band} * {denominator}", ValueState.SUP, "group_high"),
    )
    states = " ".join(f"WHEN {test} THEN '{state}'" for test, state, _ in cases)
    reasons = " ".join(f"WHEN {test} THEN '{reason}'" for test, _, reason in cases)
    return {
        "state": f"CASE {states} ELSE '{ValueState.OK}' END",
        "reason": f"CASE {reasons} ELSE 'perturbed' END",
    }
