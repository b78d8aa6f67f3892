"""What a release would show its audience, and what it would tell together with what is out already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from tenun.agreement.acts.bodies import ReleaseScope

Key = tuple[str, ...]
"""Indicator, area, breakdown, category."""
Cells = Mapping[Key, int | None]
"""The number shown (of a rate: its numerator); None where it is hidden."""
Earlier = Sequence[tuple[str, ReleaseScope]]
"""Audience and scope of releases."""


class Protection(Protocol):
    """The figures as an audience would see them: the rules of its profile already applied."""

    @property
    def rule_version(self) -> str:
        """Version of those rules."""

    def cells(self, scope: ReleaseScope, *, audience: str) -> Cells:
        """Every figure of the scope that stands for people."""

    def told(self, scope: ReleaseScope, *, audience: str, earlier: Earlier) -> Collection[Key]:
        """Numbers of the scope that are to stay secret, and that follow from all that this release and the earlier
        ones show."""


@dataclass(frozen=True)
class Preview:
    cells: int
    hidden: int
    findings: tuple[Key, ...]
    """Numbers that are to stay secret and are told by all releases together."""
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


def preview(scope: ReleaseScope, *, audience: str, protection: Protection, earlier: Earlier = ()) -> Preview:
    """`earlier`: every release ever published, the revoked ones too: what was read once stays read, and audiences talk
    to each other."""
    now = protection.cells(scope, audience=audience)
    findings = sorted(set(protection.told(scope, audience=audience, earlier=earlier)))
    hidden = sum(1 for shown in now.values() if shown is None)
    return Preview(len(now), hidden, tuple(findings), protection.rule_version)
