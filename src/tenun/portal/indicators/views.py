from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from tenun.disclosure.state import ValueState
from tenun.indicators import where_from
from tenun.indicators.areas import Level
from tenun.indicators.definition import Definition
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
        "levels": definition.levels,
        "owner": definition.owner,
        "states": list(ValueState),
    }
    return render(request, "indicators/indicator.html", context)


@require_GET
def origin(request: HttpRequest, indicator: str, code: str) -> HttpResponse:
    """Dari mana angka ini? Back to the digests of the files, with owner and conditions (Pasal 8)."""
    figures = request.figures
    area = figures.area(code)
    # Of a wide area hundreds of snapshots went in: their files are hashed by `tenun results where-from` only.
    may_verify = area.level in (Level.VILLAGE, Level.DISTRICT)
    is_verified = may_verify and "periksa" in request.GET
    parts = {"breakdown": request.GET.get("rincian", ""), "category": request.GET.get("kategori", "")}
    way = figures.way(settings.NODE.lake, indicator.upper(), area.code, **parts, is_verified=is_verified)
    context = {
        "area": area,
        "around": figures.around(area.code),
        "definition": way.definition,
        "value": way.value,
        "way": way,
        "snapshots": len(way.steps) + way.unlisted,
        "sections": where_from.sections(way, words.language(), minimum_cell=figures.release.minimum_cell),
        "may_verify": may_verify,
        "is_verified": is_verified,
        "prov": _prov(figures.release.snapshot, way.value),
    }
    return render(request, "indicators/origin.html", context)


def _prov(snapshot: str, value: Value) -> str:
    """The same way as PROV-JSON, at an address that stays."""
    address = reverse("results_provenance", args=(snapshot, value.indicator, value.area_code))
    asked = {"format": "prov", "breakdown": value.breakdown, "category": value.category}
    return f"{address}?{urlencode({name: text for name, text in asked.items() if text})}"


def _sum(value: Value, definition: Definition) -> str:
    """The formula with today's numbers filled in: `1.180 / 1.842 × 100 = 64,1 %`, `30 / 14 = 2,1`."""
    numerator, denominator, amount = value.numerator, value.denominator, value.value
    if amount is None or numerator is None or denominator is None or not definition.is_quotient:
        return ""
    times = f" × {words.number(definition.scale)}" if definition.is_share else ""
    return f"{words.number(numerator)} / {words.number(denominator)}{times} = {words.amount(amount, value.unit)}"
