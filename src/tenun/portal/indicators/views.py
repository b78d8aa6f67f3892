from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenun.disclosure.state import ValueState
from tenun.indicators.definition import Definition, Kind
from tenun.indicators.results import Value
from tenun.portal import words


@require_GET
def indicator_list(request: HttpRequest) -> HttpResponse:
    """Angka apa saja yang ada, dan apa artinya?"""
    return render(request, "indicators/list.html", {"definitions": request.figures.definitions.values()})


@require_GET
def indicator_page(request: HttpRequest, indicator: str) -> HttpResponse:
    """Apa arti angka ini dan bagaimana dihitung?"""
    figures = request.figures
    definition = figures.definition(indicator.upper())
    home = figures.home()
    code = request.GET.get("wilayah") or (home.code if home else None)
    area = figures.area(code) if code else None
    value = figures.value(definition.id, area.code) if area and area.level in definition.levels else None
    context = {
        "definition": definition,
        "area": area,
        "value": value,
        "sum": _sum(value, definition) if value else "",
        "is_rate": definition.kind is Kind.RATE,
        "levels": definition.levels,
        "owner": definition.owner,
        "states": list(ValueState),
    }
    return render(request, "indicators/indicator.html", context)


def _sum(value: Value, definition: Definition) -> str:
    """The formula with today's numbers filled in: `1.180 / 1.842 × 100 = 64,1 %`."""
    numerator, denominator, amount = value.numerator, value.denominator, value.value
    if amount is None or numerator is None or denominator is None or definition.kind is not Kind.RATE:
        return ""
    shown = words.amount(amount, value.unit)
    return f"{words.number(numerator)} / {words.number(denominator)} × {words.number(definition.scale)} = {shown}"
