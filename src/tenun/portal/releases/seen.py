"""What a page shows of a request or a release: letters, the preview, the table as the audience sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tenun.agreement.acts.bodies import Letter
from tenun.agreement.release.gate import Release
from tenun.agreement.release.request import Request
from tenun.agreement.vocabulary import Party
from tenun.indicators.areas import Area
from tenun.indicators.results import Results, Value
from tenun.portal import words
from tenun.registry.reference import edition

ROWS = 60
"""Rows of the table on one page."""


@dataclass(frozen=True)
class Shown:
    """One row of the table."""

    value: Value
    area: str
    text: str
    why: str


@dataclass(frozen=True)
class SeenTable:
    """One indicator by one breakdown, as the audience sees it."""

    rows: tuple[Shown, ...]
    indicator: str
    name: str
    breakdown: str
    indicators: tuple[tuple[str, str], ...]
    """Those that can be chosen, with their names."""
    breakdowns: tuple[str, ...]
    page: int
    pages: int
    total: int
    rule_version: str
    reference_date: Any
    snapshot: str


def letters(one: Request | Release) -> list[tuple[Party, Letter | None]]:
    """Of both parties, Pihak Kesatu first; None where there is no letter yet."""
    if isinstance(one, Release):
        return [(party, getattr(one.scope.letters, party.value)) for party in Party]
    return [(party, one.letters.get(party)) for party in Party]


def preview(one: Request) -> dict[str, Any] | None:
    noted = one.preview
    if noted is None:
        return None
    share = 100 * noted.hidden / noted.cells if noted.cells else 0.0
    return {
        "cells": noted.cells,
        "hidden": noted.hidden,
        "share": words.percent(round(share, 1)),
        "findings": noted.findings,
        "is_passed": noted.findings == 0,
        "shows_something": noted.cells > noted.hidden,
        "rule_version": noted.rule_version,
    }


def table(results: Results, asked: Any) -> SeenTable:
    """What `asked` (a query) chooses of the figures; what it names wrongly is taken for the first there is."""
    names = tuple((one.id, one.names.said(words.language())) for one in results.definitions.values())
    chosen = asked.get("indikator", "")
    indicator = chosen if chosen in results.definitions else names[0][0]
    found = [value for code in results.areas for value in results.area(code) if value.indicator == indicator]
    breakdowns = tuple(dict.fromkeys(value.breakdown for value in found))
    breakdown = asked.get("rincian", "") if asked.get("rincian", "") in breakdowns else ""
    rows = [value for value in found if value.breakdown == breakdown]
    pages = max(1, -(-len(rows) // ROWS))
    number = asked.get("halaman", "1")
    page = min(max(int(number), 1), pages) if number.isdecimal() and len(number) < 6 else 1
    return SeenTable(
        rows=tuple(_shown(value, results) for value in rows[(page - 1) * ROWS : page * ROWS]),
        indicator=indicator,
        name=dict(names)[indicator],
        breakdown=breakdown,
        indicators=names,
        breakdowns=breakdowns,
        page=page,
        pages=pages,
        total=len(rows),
        rule_version=results.rule_version,
        reference_date=results.reference_date,
        snapshot=results.snapshot.id,
    )


def _shown(value: Value, results: Results) -> Shown:
    return Shown(
        value=value,
        area=words.area_title(value.area_code, value.area_name),
        text=words.say(value, minimum_cell=results.minimum_cell),
        why=words.why(value),
    )


def area_name(code: str, results: Results | None) -> str:
    """With what it is: `Kec. Gangga`; the code alone where nobody knows it."""
    known = results.areas.get(code) if results is not None else None
    name = known.name if known is not None else edition.current().names.get(code, "")
    area = Area(code, name)
    return words.area_title(area.code, area.name) if name or code == "00" else code
