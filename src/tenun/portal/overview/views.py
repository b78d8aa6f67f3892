from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenun.indicators.areas import LEVELS, Area, Level
from tenun.indicators.definition import Definition
from tenun.portal.design import answers, sheets, tiles
from tenun.portal.figures import Figures
from tenun.portal.overview import attention, lists, rules, wording
from tenun.portal.overview.attention import Outcome

# What the small map shows first, when it is there: how many look for work.
MAP_INDICATORS = ("C1", "A1")
# More tiles than this are no small map: a wider level is drawn then.
TILES_MAX = 400
CARDS_MAX = 12
ROWS_SHOWN = 200
"""Lines of a list on a page; the file has all of them, and the page says so."""


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Bagaimana keadaan kerja di desa sekarang, dan di mana yang perlu perhatian?"""
    figures: Figures = request.figures
    area = figures.home()
    if area is None:
        return render(request, "design/no_villages.html")
    definitions = figures.definitions
    totals = figures.totals(area.code)
    mapped = definitions[next((name for name in MAP_INDICATORS if name in definitions), next(iter(definitions)))]
    level = _map_level(figures, area, mapped)
    villages = figures.villages(area.code)
    found = attention.run(figures, area.code)
    context = {
        "area": area,
        "answer": answers.of_area(area, {value.indicator: value for value in totals}, figures.release.minimum_cell),
        "cards": [(value, definitions[value.indicator]) for value in totals[:CARDS_MAX]],
        "warnings": found[: attention.WARNINGS_MAX],
        "warnings_left": max(0, len(found) - attention.WARNINGS_MAX),
        "map_definition": mapped,
        "map_level": level,
        "map": tiles.picture(
            figures.ranking(mapped.id, level, within=area.code),
            mapped,
            names={one.code: one.name for one in figures.descendants(area.code, _above(level))},
            release=figures.release,
            size=tiles.SMALL,
        ),
        "delivered": sum(1 for village in villages if village.has_delivered),
        "villages": len(villages),
        "match": next((value for value in totals if value.indicator == "G1"), None),
    }
    return render(request, "overview/overview.html", context)


@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    """Aturan apa yang menentukan peringatan, dan apa yang ditemukannya sekarang?"""
    figures: Figures = request.figures
    area = figures.home()
    if area is None:
        return render(request, "design/no_villages.html")
    found = attention.outcomes(figures, area.code)
    context = {
        "area": area,
        "outcomes": [(one, wording.remedy(one.rule.id)) for one in found],
        "count": sum(1 for one in found if one.warning is not None),
    }
    return render(request, "overview/rules.html", context)


@require_GET
def list_page(request: HttpRequest, rule: str) -> HttpResponse:
    """Di mana saja aturan ini menemukan sesuatu?"""
    figures: Figures = request.figures
    area, outcome = _outcome(request, rule)
    if area is None or outcome is None:
        return render(request, "design/no_villages.html")
    findings = outcome.warning.findings if outcome.warning is not None else ()
    context = {
        "area": area,
        "around": figures.around(area.code),
        "outcome": outcome,
        "text": wording.what(rule, len(findings)),
        "remedy": wording.remedy(rule),
        "count": len(findings),
        "rows": [(one, figures.definitions.get(one.indicator)) for one in findings[:ROWS_SHOWN]],
        "columns": rules.shown(findings),
    }
    return render(request, "overview/list.html", context)


@require_GET
def list_file(request: HttpRequest, rule: str, ending: str) -> HttpResponse:
    area, outcome = _outcome(request, rule)
    if area is None or outcome is None:
        raise Http404
    sheet = lists.of_outcome(outcome, request.figures, area)
    return sheets.answer(sheet, ending, name=lists.file_name(outcome, request.figures, area))


def _outcome(request: HttpRequest, rule: str) -> tuple[Area | None, Outcome | None]:
    """The account's own area and what the rule found in it. Raises `Http404` for a rule that there is not."""
    if rule not in rules.BY_ID:
        raise Http404
    area = request.figures.home()
    return area, attention.of_rule(request.figures, area.code, rule) if area is not None else None


def _map_level(figures: Figures, area: Area, definition: Definition) -> Level:
    """The lowest level below the area that is made for the figure and fits a small map."""
    inside = [level for level in LEVELS if LEVELS.index(level) < LEVELS.index(area.level)] or [area.level]
    made = [level for level in inside if level in definition.levels] or inside
    return next((level for level in made if len(figures.descendants(area.code, level)) <= TILES_MAX), made[-1])


def _above(level: Level) -> Level:
    return LEVELS[min(LEVELS.index(level) + 1, len(LEVELS) - 1)]
