"""One pair, step by step: from the odds before anything is compared to the weight that decided.

The steps are those of Splink's waterfall chart, from the levels that the crosswalk keeps as reasons. Nothing of either
record is read: what a name's rarity adds is what the other steps leave of the weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenun.linkage.assignment import PERSON_TAKEN, SECOND_ACCOUNT
from tenun.linkage.comparisons import COMPARISONS
from tenun.linkage.reasons import REASONS, Words

START = Words("Sebelum dibandingkan", "Before anything is compared")
RARITY = Words("Kelangkaan nama", "Rarity of the name")
SECOND = Words("Orang ini sudah punya akun lain", "This person has another account")
END = Words("Bobot akhir", "Final weight")
# What rounding of single steps may leave.
_NOTHING = 0.005


@dataclass(frozen=True)
class Step:
    """A bar of the waterfall, in bits: what it adds, and where that brings the sum."""

    code: str
    words: Words
    weight: float
    sum: float
    is_total: bool = False


def steps(
    reasons: Sequence[str],
    weight: float,
    *,
    m_u: Mapping[str, Mapping[str, Sequence[float]]],
    prior: float,
    second_account_bits: float,
) -> tuple[Step, ...]:
    """`m_u` and `prior` as the run used them (a report keeps them); `weight` and `reasons` of the crosswalk's row."""
    start = math.log2(prior / (1 - prior))
    made = [Step("prior", START, start, start, True)]

    def add(code: str, words: Words, amount: float) -> None:
        made.append(Step(code, words, amount, made[-1].sum + amount))

    for comparison in COMPARISONS:
        level = next((level for level in comparison.levels if level.code in reasons), None)
        if level is None or level.is_null:
            continue
        m, u = m_u[comparison.field][level.code]
        add(level.code, REASONS[level.code], math.log2(m / u))
    if {SECOND_ACCOUNT, PERSON_TAKEN} & set(reasons) and "nik_equal" not in reasons:
        add("second_account", SECOND, -second_account_bits)
    rest = weight - made[-1].sum
    if abs(rest) > _NOTHING:
        add("name_rarity", RARITY, rest)
    return (*made, Step("total", END, weight, weight, True))
