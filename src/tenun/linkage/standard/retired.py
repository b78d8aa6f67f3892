"""Codes of regions that were given up, and the region that each became, from the register's own history.

A regency split off, a province founded, a district divided: the same village then has another code, and people go on
writing the one they know. What became of a code is the register's answer (`Regions.successor`), which never guesses:
a code that names another region today is left alone, and of a code whose successor is not clear only what is sure
above it, its district or regency, is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tenun.kernel import canonical_json
from tenun.registry.reference.regions import Regions

RENUMBERED = (
    # UU 20/2012: Kalimantan Utara out of Kalimantan Timur.
    (6404, 6501), (6405, 6503), (6406, 6502), (6410, 6504), (6473, 6571),
    # UU 14/2022: Papua Selatan.
    (9101, 9301), (9116, 9302), (9117, 9303), (9118, 9304),
    # UU 15/2022: Papua Tengah.
    (9104, 9401), (9107, 9402), (9108, 9403), (9109, 9404), (9125, 9405), (9126, 9406), (9127, 9407), (9128, 9408),
    # UU 16/2022: Papua Pegunungan.
    (9102, 9501), (9112, 9502), (9113, 9503), (9114, 9504), (9121, 9505), (9122, 9506), (9123, 9507), (9124, 9508),
    # UU 29/2022: Papua Barat Daya.
    (9201, 9601), (9204, 9602), (9205, 9603), (9209, 9604), (9210, 9605), (9271, 9671),
)  # fmt: skip
"""Regencies of provinces founded since 2012, before and after: known without an older edition. Their villages were
numbered anew within the districts in part, so that of a village's old code this tells the regency alone."""

TABLE = "retired_regions"


@dataclass(frozen=True)
class RetiredRegions:
    """Numbers of regions that are no more (ten, six or four digits), each with that of its successor, in order."""

    successors: tuple[tuple[int, int], ...] = tuple(sorted(RENUMBERED))

    @classmethod
    def of(cls, regions: Regions) -> RetiredRegions:
        """What the editions at hand tell, and `RENUMBERED` for what they do not speak of."""
        gone = {code for edition in regions.older for code in edition.names if code not in regions}
        found = {code: regions.successor(code) for code in gone}
        told = {_number(code): _number(region.code) for code, region in found.items() if region is not None}
        return cls(tuple(sorted({**dict(RENUMBERED), **told}.items())))

    @property
    def digest(self) -> str:
        """Tells one history from another; part of what a result depends on."""
        return canonical_json.digest([list(pair) for pair in self.successors])[:12]

    def statement(self) -> str:
        """The statement that makes the table which the macro `region_now` reads."""
        codes, successors = (_listed(numbers) for numbers in zip(*self.successors, strict=True))
        return (
            f"CREATE OR REPLACE TEMP TABLE {TABLE} AS SELECT unnest({codes}) AS code, unnest({successors}) AS successor"
        )


def macro(without: frozenset[str]) -> str:
    """`region_now(n)`: the number of the region that a number means today, or of what is sure of it.

    A scalar subquery a step, so it is for the few different codes of a table, never for its rows.
    """
    if "village.retired" in without:
        return "n"
    steps = ("n", "CASE WHEN n > 999999999 THEN n // 10000 END", "CASE WHEN n > 99999 THEN region_regency(n) END")
    found = ", ".join(f"(SELECT successor FROM {TABLE} WHERE code = {step})" for step in steps)
    return f"coalesce({found}, n)"


def _number(code: str) -> int:
    return int(code.replace(".", ""))


def _listed(numbers: Iterable[int]) -> str:
    return f"[{', '.join(map(str, numbers))}]::BIGINT[]"
