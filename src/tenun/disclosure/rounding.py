"""Keyed rounding to a multiple of five, for sheets that are printed and hung up.

Rounded is what was perturbed, never the true count: so a sheet tells nothing that the published table does not, and
the two cannot be laid side by side. Whether up or down hangs on the cell's key, so it is the same on every sheet; the
chance is such that rounding is right on average (random rounding as Statistics Canada has it, with a key for the dice).
"""

from __future__ import annotations

BASE = 5
_KEYS = 65536


def rounded(shown: int, rounding_key: int, *, base: int = BASE) -> int:
    """A perturbed count, and a key from 0 to 65,535, to a multiple of `base` less than `base` away."""
    rest = shown % base
    return shown - rest + (base if rounding_key * base < rest * _KEYS else 0)


def rounded_sql(shown: str, rounding_key: str, *, base: int = BASE) -> str:
    """The same as an expression."""
    rest = f"({shown} % {base})"
    return f"({shown} - {rest} + CASE WHEN {rounding_key}::BIGINT * {base} < {rest} * {_KEYS} THEN {base} ELSE 0 END)"
