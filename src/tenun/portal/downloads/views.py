from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenun.indicators.areas import Level
from tenun.portal import words
from tenun.portal.downloads import files
from tenun.portal.figures import Figures

# More rows than this belong into a Parquet file, which the exchange delivers.
ROWS_MAX = 100_000
LEVELS = (Level.PROVINCE, Level.REGENCY, Level.DISTRICT, Level.VILLAGE)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def downloads(request: HttpRequest) -> HttpResponse:
    """Bagaimana saya mengambil angka ini secara sah?"""
    figures: Figures = request.figures
    home = figures.home()
    if home is None:
        return render(request, "design/no_villages.html")
    areas = [*figures.around(home.code), home]
    areas += [one for level in LEVELS[:-1] for one in figures.descendants(home.code, level) if one.code != home.code]
    context = {
        "areas": areas,
        "home": home,
        "levels": LEVELS,
        "definitions": figures.definitions.values(),
        "columns": files.export.COLUMNS,
        "language_index": 0 if words.language() == "id" else 1,
        "count": len(figures.rows(area=home.code, level=Level.VILLAGE, indicator=None, language="id")),
    }
    return render(request, "downloads/downloads.html", context)


@require_GET
def as_csv(request: HttpRequest) -> HttpResponse:
    selection, rows = _selected(request)
    return _file(files.as_csv(rows), "text/csv; charset=utf-8", selection.file_name(request.figures.release, "csv"))


@require_GET
def as_xlsx(request: HttpRequest) -> HttpResponse:
    selection, rows = _selected(request)
    release = request.figures.release
    return _file(files.as_xlsx(rows, selection, release), XLSX, selection.file_name(release, "xlsx"))


def _selected(request: HttpRequest) -> tuple[files.Selection, list[dict[str, object]]]:
    figures: Figures = request.figures
    home = figures.home()
    code = request.GET.get("wilayah") or (home.code if home else "")
    area = figures.area(code)
    try:
        level = Level(request.GET.get("tingkat") or area.level)
    except ValueError as problem:
        raise Http404 from problem
    indicator = request.GET.get("indikator") or None
    definition = figures.definition(indicator) if indicator else None
    rows = figures.rows(area=area.code, level=level, indicator=indicator, language=words.language())
    if len(rows) > ROWS_MAX:
        raise Http404
    return files.Selection(area, level, definition), rows


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
