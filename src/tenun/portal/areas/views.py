from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenun.indicators.areas import NATIONAL, Area, Level, level_of
from tenun.indicators.sheet import rendering
from tenun.portal import names, words
from tenun.portal.access import Permission
from tenun.portal.areas import context as beside
from tenun.portal.areas import profile
from tenun.portal.design import answers
from tenun.portal.figures import OutsideScope

RESULTS_MAX = 20
QUERY_CHARACTERS_MAX = 80


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Desa mana yang Anda cari?"""
    query = " ".join(request.GET.get("q", "").split())[:QUERY_CHARACTERS_MAX]
    is_number_of_a_person = names.is_number_of_a_person(query)
    if is_number_of_a_person:
        query = ""
    scope = request.user.scope
    within = None if scope.is_national else scope.area_code
    hits = names.search(query, within=within, limit=RESULTS_MAX) if query else []
    elsewhere = [] if hits or scope.is_national or not query else names.search(query, within=None, limit=3)
    context = {
        "query": query,
        "hits": [(hit, request.figures.knows(hit.code)) for hit in hits],
        "elsewhere": elsewhere,
        "is_number_of_a_person": is_number_of_a_person,
        "edition": names.edition(),
    }
    is_piece = request.headers.get("HX-Request") == "true"
    return render(request, "areas/results.html" if is_piece else "areas/search.html", context)


@require_GET
def area(request: HttpRequest, code: str) -> HttpResponse:
    """Bagaimana keadaan kerja di wilayah ini?"""
    figures = request.figures
    if not figures.scope.covers(code):
        raise OutsideScope(scope=figures.scope.area_code, area=code)
    if not figures.knows(code):
        return _without_figures(request, code)
    here = figures.area(code)
    totals = figures.totals(code)
    context = {
        "area": here,
        "around": figures.around(code),
        "answer": answers.of_area(here, {value.indicator: value for value in totals}, figures.release.minimum_cell),
        "cards": profile.cards(figures, here),
        "has_band": any(value.low != value.high for value in totals),
        "tables": profile.breakdown_tables(figures, here),
        "quality": profile.quality(figures, here),
        "coverage": profile.coverage_of(figures, here),
        "children": profile.children(figures, here),
        "is_village": here.level is Level.VILLAGE,
        "may_record": request.user.may(Permission.CORRECTIONS_RECORD),
        "context": beside.of_village(here),
        "official": beside.official(here, words.language()),
    }
    return render(request, "areas/area.html", context)


@require_GET
def sheet(request: HttpRequest, code: str) -> HttpResponse:
    """The profile on two pages of paper: the figures and words of the page."""
    figures = request.figures
    content = rendering.as_pdf(figures.sheet(figures.area(code).code, language=words.language()))
    response = HttpResponse(content, content_type="application/pdf")
    invented = "data-buatan_" if figures.release.is_invented else ""
    name = f"{invented}tenun_{code}_lembar_{figures.release.snapshot}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _without_figures(request: HttpRequest, code: str) -> HttpResponse:
    """A region that exists and has delivered nothing has a page too: it says so, and who acts."""
    known = names.get(code)
    if known is None:
        nearby = names.near(code) if names.has_form(code) else []
        return render(request, "areas/unknown.html", {"nearby": nearby, "edition": names.edition()}, status=404)
    if code == NATIONAL or level_of(code) is None:
        raise Http404
    context = {
        "area": Area(known.code, known.name),
        "path": [Area(region.code, region.name) for region in known.path[:-1]],
        "node": settings.ROLE,
    }
    return render(request, "areas/without_figures.html", context)
