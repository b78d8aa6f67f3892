from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenun.indicators.areas import Area, Level
from tenun.kernel.errors import TenunError
from tenun.node.village_pack import VILLAGE_GOVERNMENT
from tenun.portal import words
from tenun.portal.room import tasks


@require_GET
def room(request: HttpRequest, code: str) -> HttpResponse:
    """Apa yang perlu desa saya lakukan minggu ini?"""
    return _page(request, _village(request, code))


@require_GET
def pack(request: HttpRequest, code: str) -> HttpResponse:
    """The village's profile to take along: HTML, PDF and CSV, signed by this node. For the ministries."""
    village = _village(request, code)
    try:
        made = request.figures.pack(settings.NODE, village.code, language=words.language())
    except TenunError as problem:
        return _page(request, village, problem=problem)
    answer = HttpResponse(made.content, content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    return answer


def _village(request: HttpRequest, code: str) -> Area:
    """Raises `OutsideScope`, `AreaUnknown`; what is no village has no room."""
    area: Area = request.figures.area(code)
    if area.level is not Level.VILLAGE:
        raise Http404
    return area


def _page(request: HttpRequest, village: Area, *, problem: TenunError | None = None) -> HttpResponse:
    figures = request.figures
    language = words.language()
    context = {
        "area": village,
        "around": figures.around(village.code),
        "tasks": tasks.find(figures, village),
        "released": figures.released_to(settings.NODE, village.code, VILLAGE_GOVERNMENT),
        "total": len(figures.totals(village.code)),
        "problem": problem and {"text": problem.message(language), "remedy": problem.remedy(language)},
    }
    return render(request, "room/room.html", context, status=503 if problem else 200)
