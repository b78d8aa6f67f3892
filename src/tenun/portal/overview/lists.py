"""The list behind an alert, as a file: a line for each line of the page."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from tenun.indicators.areas import Area
from tenun.portal import words
from tenun.portal.design.sheets import Cell, Sheet
from tenun.portal.figures import Figures
from tenun.portal.overview import wording
from tenun.portal.overview.attention import Outcome
from tenun.portal.overview.rules import Finding


def of_outcome(outcome: Outcome, figures: Figures, area: Area) -> Sheet:
    """Every finding of one rule. Figures stand as they are shown, since they are read beside their rule."""
    columns = (
        ("area_code", _("Area code")),
        ("about", _("Where")),
        ("indicator", _("Indicator")),
        ("before", _("Before")),
        ("now", _("Now")),
        ("detail", _("Remark")),
        ("since", _("Since")),
        ("rule", _("Rule")),
        ("condition", _("What the rule says")),
        ("remedy", _("What to do")),
    )
    found = outcome.warning.findings if outcome.warning is not None else ()
    release = figures.release
    facts = (
        (_("Area"), f"{words.area_title(area.code, area.name)} ({area.code})"),
        (_("Snapshot"), release.snapshot),
        (_("Agreement"), release.agreement_number),
    )
    return Sheet(
        _("Needs attention"),
        columns,
        [_line(one, outcome) for one in found],
        facts,
        made_on=release.reference_date,
        is_invented=release.is_invented,
    )


def file_name(outcome: Outcome, figures: Figures, area: Area) -> str:
    """`tenun_perhatian_data-lama_52.08_2026-11-01-…`, without an ending."""
    return f"tenun_perhatian_{outcome.rule.id}_{area.code}_{figures.release.snapshot}"


def _line(one: Finding, outcome: Outcome) -> Sequence[Cell]:
    return (
        one.code,
        one.title,
        one.indicator,
        one.before,
        one.now,
        one.detail,
        one.since,
        outcome.rule.id,
        outcome.condition,
        wording.remedy(outcome.rule.id),
    )
