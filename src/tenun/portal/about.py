"""What is said of every figure of the snapshot, from what the account may know of it."""

from __future__ import annotations

from tenun.indicators.citation import About
from tenun.portal.figures import Figures


def about_of(figures: Figures) -> About:
    release = figures.release
    return About(
        snapshot=release.snapshot,
        reference_date=release.reference_date,
        agreement_number=release.agreement_number,
        agreement_rev=release.agreement_rev,
        rule_version=release.rule_version,
        minimum_cell=release.minimum_cell,
        is_invented=release.is_invented,
    )
