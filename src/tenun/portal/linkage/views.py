from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tenun.lake.store import SnapshotMissing
from tenun.linkage.explanation import DRAWINGS
from tenun.linkage.report import rendering
from tenun.linkage.report.keeping import Report
from tenun.portal import words
from tenun.portal.linkage import pages

FILES = {
    f"report.{language}.{kind}": media
    for language in ("id", "en")
    for kind, media in (("pdf", "application/pdf"), ("html", "text/html; charset=utf-8"))
}


@require_safe
def report_page(request: HttpRequest, id: str | None = None) -> HttpResponse:
    """Bagaimana warga dan akun dipadankan?"""
    try:
        report = pages.report(id)
    except SnapshotMissing:
        return _nothing(request, id)
    document = pages.within(report.document, request.user.scope)
    context = {
        "document": document,
        "id": pages.id_of(document),
        "others": pages.others(document),
        "is_whole": request.user.scope.is_national,
        "file": f"report.{words.language()}.pdf",
    }
    return render(request, "linkage/report.html", context)


@require_safe
def model_page(request: HttpRequest) -> HttpResponse:
    """Apa yang dikatakan model tentang dua catatan?"""
    try:
        report = pages.report()
    except SnapshotMissing:
        return _nothing(request, None)
    context = {
        "document": report.document,
        "id": pages.id_of(report.document),
        "tables": pages.tables(report.document, pages.MODEL_TABLES),
        "levels": pages.level_tables(report.document),
        "charts": [DRAWINGS[code] for code in rendering.charts_of(report.charts, words.language())],
    }
    return render(request, "linkage/model.html", context)


@require_safe
def pair_page(request: HttpRequest, seeker_id: str, person_id: str) -> HttpResponse:
    """Mengapa dua catatan ini dipadankan? Langkah demi langkah, tanpa satu pun data orangnya."""
    try:
        pair = pages.pair(seeker_id, person_id, request.user.scope)
    except SnapshotMissing as problem:
        raise Http404 from problem
    return render(request, "linkage/pair.html", {"pair": pair, "bars": pages.bars(pair.steps)})


@require_safe
def chart(request: HttpRequest, id: str, name: str) -> HttpResponse:
    """One picture. Drawn when the report was made; nothing is fetched from another host."""
    content = _report(id).charts.get(f"{name}.{words.language()}.svg")
    if content is None:
        raise Http404
    return HttpResponse(content, content_type="image/svg+xml")


@require_safe
def report_file(request: HttpRequest, id: str, name: str) -> HttpResponse:
    """The report to take along: for accounts that may see all of it."""
    if name not in FILES:
        raise Http404
    content = _report(id).files[name]
    if not request.user.scope.is_national:
        raise PermissionDenied
    answer = HttpResponse(content, content_type=FILES[name])
    answer.headers["Content-Disposition"] = f'attachment; filename="tenun-{id}-{name}"'
    return answer


def _report(id: str) -> Report:
    try:
        return pages.report(id)
    except SnapshotMissing as problem:
        raise Http404 from problem


def _nothing(request: HttpRequest, id: str | None) -> HttpResponse:
    if id is not None:
        raise Http404
    return render(request, "linkage/nothing.html")
