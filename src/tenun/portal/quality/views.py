from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenun.agreement.vocabulary import Party
from tenun.indicators.areas import Area, Level
from tenun.portal.design import sheets
from tenun.portal.figures import Figures
from tenun.portal.quality import deliveries, fields, findings, lists, villages, wording
from tenun.portal.quality.deliveries import ListState, Told
from tenun.portal.quality.findings import Finding, Findings
from tenun.portal.quality.villages import Delivery, Village

ROWS_SHOWN = 200
"""Lines of a list on a page; the file has all of them, and the page says so."""
# Wider than a regency there are too many files to look into for one page.
NARROW = (Level.REGENCY, Level.DISTRICT, Level.VILLAGE)


@require_GET
def quality_page(request: HttpRequest) -> HttpResponse:
    """Data mana yang belum bisa dipercaya, dan siapa yang memperbaiki?"""
    figures: Figures = request.figures
    area = _area(request)
    if area is None:
        return render(request, "design/no_villages.html")
    found = villages.of_area(figures, area.code)
    counts = villages.counted(found)
    feedback = findings.current(figures.scope)
    here = findings.within(feedback, area.code) if feedback else []
    context = {
        "area": area,
        "around": figures.around(area.code),
        "answer": wording.answer(area, counts, len(here) if feedback else None),
        "counts": [(delivery, counts[delivery], wording.who_acts(delivery)) for delivery in Delivery],
        "total": len(found),
        "parts": villages.parts(figures, area.code, found),
        "left_out": villages.only(found, Delivery.LEFT_OUT),
        "completeness": villages.shown(figures, villages.COMPLETENESS, area.code),
        "match": villages.shown(figures, villages.MATCH, area.code),
        "fields": fields.of_area(figures, area),
        "feedback": feedback,
        "rules": [(one, wording.rule(one.rule)) for one in findings.by_rule(here)],
        "is_narrow": area.level in NARROW,
        "deliveries": _deliveries(request, area, found),
    }
    return render(request, "quality/quality.html", context)


@require_GET
def villages_page(request: HttpRequest) -> HttpResponse:
    """Desa mana saja?"""
    area, delivery = _known_area(request), _delivery(request)
    found = _villages(request, area, delivery)
    context = {
        "area": area,
        "around": request.figures.around(area.code),
        "delivery": delivery,
        "deliveries": list(Delivery),
        "count": len(found),
        "rows": found[:ROWS_SHOWN],
        "matches": _beside(request.figures, found[:ROWS_SHOWN]),
    }
    return render(request, "quality/villages.html", context)


@require_GET
def villages_file(request: HttpRequest, ending: str) -> HttpResponse:
    area, delivery = _known_area(request), _delivery(request)
    sheet = lists.of_villages(_villages(request, area, delivery), request.figures, area)
    return sheets.answer(sheet, ending, name=lists.file_name("desa", area.code, str(delivery or ""), request.figures))


@require_GET
def findings_page(request: HttpRequest) -> HttpResponse:
    """Desa mana yang terkena aturan ini?"""
    area, rule = _known_area(request), _rule(request)
    feedback, found = _findings(request, area, rule)
    context = {
        "area": area,
        "around": request.figures.around(area.code),
        "rule": rule,
        "said": wording.rule(rule) if rule else None,
        "feedback": feedback,
        "count": len(found),
        "rows": [(one, request.figures.area(one.village_code), wording.rule(one.rule)) for one in found[:ROWS_SHOWN]],
    }
    return render(request, "quality/findings.html", context)


@require_GET
def findings_file(request: HttpRequest, ending: str) -> HttpResponse:
    area, rule = _known_area(request), _rule(request)
    _feedback, found = _findings(request, area, rule)
    sheet = lists.of_findings(found, request.figures, area)
    return sheets.answer(sheet, ending, name=lists.file_name("temuan", area.code, rule or "", request.figures))


@require_GET
def rows_page(request: HttpRequest, dataset: str, place: str) -> HttpResponse:
    """Baris mana yang perlu diperiksa, dan apa yang harus dilakukan?"""
    told, rule = _told(request, dataset, place), _rule(request)
    state, pointers = deliveries.read(told)
    chosen = deliveries.of_rule(pointers, rule)
    context = {
        "told": told,
        "area": request.figures.area(place) if request.figures.knows(place) else Area(place, place),
        "state": state,
        "is_there": state is ListState.THERE,
        "state_text": wording.list_state(state),
        "rule": rule,
        "rules": [(code, count, wording.rule(code)) for code, count in deliveries.by_rule(pointers)],
        "count": len(chosen),
        "rows": chosen[:ROWS_SHOWN],
        "owner": wording.owner_name(told.owner),
    }
    return render(request, "quality/rows.html", context)


@require_GET
def rows_file(request: HttpRequest, dataset: str, place: str, ending: str) -> HttpResponse:
    told, rule = _told(request, dataset, place), _rule(request)
    state, pointers = deliveries.read(told)
    if state is not ListState.THERE:
        raise Http404
    sheet = lists.of_rows(deliveries.of_rule(pointers, rule), told, request.figures)
    return sheets.answer(sheet, ending, name=lists.file_name("baris", place, rule or "", request.figures))


# --- what an address asks for --------------------------------------------------------------------


def _area(request: HttpRequest) -> Area | None:
    """The area asked for, or where the account starts. Raises `OutsideScope`, `AreaUnknown`."""
    figures: Figures = request.figures
    home = figures.home()
    return home if home is None else figures.area(request.GET.get("wilayah") or home.code)


def _known_area(request: HttpRequest) -> Area:
    area = _area(request)
    if area is None:
        raise Http404
    return area


def _delivery(request: HttpRequest) -> Delivery | None:
    """An unknown word counts as not asked."""
    try:
        return Delivery(request.GET["keadaan"])
    except (KeyError, ValueError):
        return None


def _rule(request: HttpRequest) -> str | None:
    """A code has dots and small letters; what has not is no rule of ours and is not looked at."""
    asked = request.GET.get("aturan", "")
    return asked if asked and asked.replace(".", "").replace("_", "").isalpha() else None


# --- what is there -----------------------------------------------------------------------------


def _villages(request: HttpRequest, area: Area, delivery: Delivery | None) -> list[Village]:
    return villages.only(villages.of_area(request.figures, area.code), delivery)


def _beside(figures: Figures, found: list[Village]) -> list[tuple[Village, Any, Any, str]]:
    """Each village with completeness, match rate and the reasons why it is left out."""
    return [
        (
            village,
            villages.shown(figures, villages.COMPLETENESS, village.code),
            villages.shown(figures, villages.MATCH, village.code),
            ", ".join(wording.left_out_for(code) for code in village.left_out_for),
        )
        for village in found
    ]


def _findings(request: HttpRequest, area: Area, rule: str | None) -> tuple[Findings | None, list[Finding]]:
    feedback = findings.current(request.figures.scope)
    known = findings.within(feedback, area.code) if feedback else []
    return feedback, [one for one in findings.of_rule(known, rule) if request.figures.knows(one.village_code)]


def _deliveries(request: HttpRequest, area: Area, found: list[Village]) -> list[Told]:
    if area.level not in NARROW:
        return []
    return deliveries.of_area(
        area.code,
        villages=[village.code for village in found],
        scope=request.user.scope,
        party=Party(request.user.party),
    )


def _told(request: HttpRequest, dataset: str, place: str) -> Told:
    told = deliveries.find(dataset, place, scope=request.user.scope, party=Party(request.user.party))
    if told is None:
        raise Http404
    return told
