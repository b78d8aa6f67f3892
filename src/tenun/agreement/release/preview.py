"""What a release would show its audience, and what it would tell together with what is out already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from tenun.agreement.acts.bodies import ReleaseScope
from tenun.disclosure.differencing import Finding, Key, Place, across_releases

Cells = Mapping[Key, int | None]
"""Indicator, area, breakdown, category -> the number shown (of a rate: its numerator); None where it is hidden."""


class Protection(Protocol):
    """The figures as an audience would see them: the rules of its profile already applied."""

    @property
    def rule_version(self) -> str:
        """Version of those rules."""

    def cells(self, scope: ReleaseScope, *, audience: str) -> Cells:
        """Every figure of the scope."""

    def tables(self, scope: ReleaseScope) -> Sequence[Sequence[Place]]:
        """The tables that add up and that these figures stand in, those outside the scope included."""


@dataclass(frozen=True)
class Preview:
    cells: int
    hidden: int
    findings: tuple[Finding, ...]
    """Numbers that are hidden in one release and told by all of them together."""
    rule_version: str

    @property
    def hidden_share(self) -> Fraction:
        """From 0 to 1; of no figures, 0."""
        return Fraction(self.hidden, self.cells) if self.cells else Fraction(0)

    @property
    def may_be_consented_to(self) -> bool:
        """Whether it shows something and tells nothing that is hidden."""
        return self.cells > self.hidden and not self.findings

    def as_dict(self) -> dict[str, Any]:
        """Counts only: which numbers can be computed is not written down."""
        return {
            "cells": self.cells,
            "hidden": self.hidden,
            "hidden_percent": round(float(100 * self.hidden_share), 1),
            "differencing_findings": len(self.findings),
            "may_be_consented_to": self.may_be_consented_to,
            "rule_version": self.rule_version,
        }


def preview(
    scope: ReleaseScope,
    *,
    audience: str,
    protection: Protection,
    earlier: Sequence[tuple[str, ReleaseScope]] = (),
) -> Preview:
    """`earlier`: audience and scope of every release ever published, the revoked ones too: what was read once stays
    read, and audiences talk to each other.

    Raises ValueError where two audiences are shown different numbers for one figure.
    """
    now = protection.cells(scope, audience=audience)
    released = [now, *(protection.cells(one, audience=to) for to, one in earlier)]
    findings = tuple(
        finding
        for places in protection.tables(scope)
        for finding in across_releases(places, [_within(one, places) for one in released])
    )
    hidden = sum(1 for shown in now.values() if shown is None)
    return Preview(len(now), hidden, tuple(dict.fromkeys(findings)), protection.rule_version)


def _within(cells: Cells, places: Sequence[Place]) -> dict[Key, int | None]:
    return {place.key: cells[place.key] for place in places if place.key in cells}
