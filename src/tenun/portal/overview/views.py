from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenun.indicators.areas import Level
from tenun.portal.design import answers, tiles
from tenun.portal.overview import attention

# What the small map shows first, when it is there: how many look for work.
MAP_INDICATORS = ("C1", "A1")
CARDS_MAX = 12


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Bagaimana keadaan kerja di desa sekarang, dan di mana yang perlu perhatian?"""
    figures = request.figures
    area = figures.home()
    if area is None:
        return render(request, "design/no_villages.html")
    definitions = figures.definitions
    totals = figures.totals(area.code)
    mapped = next((name for name in MAP_INDICATORS if name in definitions), next(iter(definitions)))
    villages = figures.ranking(mapped, Level.VILLAGE, within=area.code)
    delivered = sum(1 for village in figures.villages(area.code) if village.has_delivered)
    context = {
        "area": area,
        "answer": answers.of_area(area, {value.indicator: value for value in totals}, figures.release.minimum_cell),
        "cards": [(value, definitions[value.indicator]) for value in totals[:CARDS_MAX]],
        "warnings": attention.find(figures, area.code),
        "map_definition": definitions[mapped],
        "map": tiles.picture(
            villages,
            definitions[mapped],
            names={district.code: district.name for district in figures.descendants(area.code, Level.DISTRICT)},
            release=figures.release,
            size=tiles.SMALL,
        ),
        "delivered": delivered,
        "villages": len(figures.villages(area.code)),
        "match": next((value for value in totals if value.indicator == "G1"), None),
    }
    return render(request, "overview/overview.html", context)
