"""The lists as sheets: what a page shows of them, a file holds whole."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from tenun.indicators.areas import Area
from tenun.indicators.results import Value
from tenun.portal import words
from tenun.portal.design.sheets import Cell, Sheet
from tenun.portal.figures import Figures
from tenun.portal.quality import villages, wording
from tenun.portal.quality.deliveries import Pointer, Told
from tenun.portal.quality.findings import Finding
from tenun.portal.quality.villages import Village


def of_villages(found: Sequence[Village], figures: Figures, area: Area) -> Sheet:
    """Villages with their delivery, completeness and match rate."""
    columns = (
        ("village_code", _("Village code")),
        ("village", _("Village")),
        ("delivery", _("Delivery")),
        ("data_as_of", _("Data as of")),
        ("age_days", _("Age in days")),
        ("completeness", _("Completeness")),
        ("match_rate", _("Match rate")),
        ("left_out_for", _("Left out because")),
        ("who_acts", _("Who acts")),
    )
    rows = [_village(one, figures) for one in found]
    return _sheet(_("Villages and their data"), columns, rows, figures, area)


def of_findings(found: Sequence[Finding], figures: Figures, area: Area) -> Sheet:
    """Findings by village and rule; a count too small to be told is `<minimum`."""
    columns = (
        ("village_code", _("Village code")),
        ("village", _("Village")),
        ("rule", _("Rule")),
        ("field", _("Field")),
        ("severity", _("Weight")),
        ("rows", _("Rows")),
        ("share_percent", _("Share of rows (%)")),
        ("data_as_of", _("Data as of")),
        ("meaning", _("What the rule says")),
        ("remedy", _("What to do")),
    )
    rows = [_finding(one, figures) for one in found]
    return _sheet(_("Findings on data quality"), columns, rows, figures, area)


def of_rows(found: Sequence[Pointer], told: Told, figures: Figures) -> Sheet:
    """Pointers to rows: never a value."""
    columns = (
        ("severity", _("Weight")),
        ("file", _("File")),
        ("sheet", _("Sheet")),
        ("row", _("Row")),
        ("field", _("Field")),
        ("rule", _("Rule")),
        ("meaning", _("What the rule says")),
        ("remedy", _("What to do")),
    )
    rows = [_pointer(one) for one in found]
    facts = (
        (_("Dataset"), wording.dataset_name(told.dataset)),
        (_("Area"), told.scope),
        (_("Snapshot"), told.snapshot),
    )
    return Sheet(
        _("Rows to look at"), columns, rows, facts, made_on=told.as_of, is_invented=figures.release.is_invented
    )


def file_name(kind: str, place: str, part: str, figures: Figures) -> str:
    """`tenun_mutu-desa_52.08_belum_2026-11-01-…`, without an ending."""
    parts = ("tenun", f"mutu-{kind}", place, part, figures.release.snapshot)
    return "_".join(one for one in parts if one)


def _sheet(
    title: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Cell]], figures: Figures, area: Area
) -> Sheet:
    release = figures.release
    facts = (
        (_("Area"), f"{words.area_title(area.code, area.name)} ({area.code})"),
        (_("Snapshot"), release.snapshot),
        (_("Agreement"), release.agreement_number),
    )
    return Sheet(title, columns, rows, facts, made_on=release.reference_date, is_invented=release.is_invented)


def _village(one: Village, figures: Figures) -> Sequence[Cell]:
    return (
        one.code,
        one.name,
        wording.delivery_name(one.delivery),
        one.coverage.sid_as_of,
        one.age_days,
        _said(villages.shown(figures, villages.COMPLETENESS, one.code), figures),
        _said(villages.shown(figures, villages.MATCH, one.code), figures),
        ", ".join(wording.left_out_for(code) for code in one.left_out_for),
        wording.who_acts(one.delivery),
    )


def _finding(one: Finding, figures: Figures) -> Sequence[Cell]:
    said = wording.rule(one.rule)
    return (
        one.village_code,
        figures.area(one.village_code).name,
        one.rule,
        one.field,
        wording.severity_name(one.severity),
        f"<{figures.release.minimum_cell}" if one.rows is None else one.rows,
        None if one.share is None else round(one.share * 100, 1),
        one.as_of,
        said.text,
        said.remedy,
    )


def _pointer(one: Pointer) -> Sequence[Cell]:
    said = wording.rule(one.rule)
    return (
        wording.severity_name(one.severity), one.file, one.sheet, one.row, one.field, one.rule, said.text, said.remedy,
    )  # fmt: skip


def _said(value: Value | None, figures: Figures) -> str:
    return "" if value is None else words.say(value, minimum_cell=figures.release.minimum_cell)
