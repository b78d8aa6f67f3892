"""Which groups of the shipped indicators lie within which: what readers of several figures can subtract.

The formulas say it (`indicators/*/query.sql`); nobody can read it off the figures. The audit subtracts wherever both
are shown (`tenun.disclosure.nesting`). Numerator, rest and unknown of a rate within its whole are not listed: that is
`disclosure.whole` of the definition, and the rule of a rate keeps its rest from being small.
"""

from __future__ import annotations

from tenun.disclosure.nesting import Group, Nesting

NESTINGS: tuple[Nesting, ...] = (
    # Those who take part work or look for work; the rate of those who look is of all who take part.
    Nesting(Group("B3"), (Group("B2"), Group("B4")), is_all=True),
    Nesting(Group("B4", "denominator"), (Group("B3"),), is_all=True),
    Nesting(Group("B4", "rest"), (Group("B2"),), is_all=True),
    # Left over: those of 25 and older.
    Nesting(Group("B4"), (Group("B5"),)),
    Nesting(Group("B4", "denominator"), (Group("B5", "denominator"),)),
    # Left over: those with few hours who look for nothing else.
    Nesting(Group("B8"), (Group("B7"),)),
    # Left over: casual workers.
    Nesting(Group("B10"), (Group("B11"),)),
    # Left over: those who work 35 to 48 hours.
    Nesting(Group("B8", "denominator"), (Group("B8"), Group("B9"))),
    # Left over: those without work who look for it and learn, or are 60 and older.
    Nesting(Group("B4"), (Group("C3", "rest"),)),
)
