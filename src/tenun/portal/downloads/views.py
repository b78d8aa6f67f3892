from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from tenun.indicators import dcat, export
from tenun.indicators.areas import Area, Level
from tenun.indicators.citation import of_snapshot
from tenun.portal import words
from tenun.portal.about import about_of
from tenun.portal.downloads import examples, files, wording
from tenun.portal.downloads.api import keys
from tenun.portal.downloads.api.middleware import PREFIX
from tenun.portal.downloads.api.shapes import ROWS_MAX, Format
from tenun.portal.downloads.selection import Selection, TooManyRows
from tenun.portal.figures import Figures

LEVELS = (Level.PROVINCE, Level.REGENCY, Level.DISTRICT, Level.VILLAGE)
PREVIEW = 20


@require_http_methods(["GET", "POST"])
@never_cache
def downloads(request: HttpRequest) -> HttpResponse:
    """Bagaimana saya mengambil data ini secara sah? A POST makes a key, which is on that one answer only."""
    figures: Figures = request.figures
    home = figures.home()
    if home is None:
        return render(request, "design/no_villages.html")
    selection = _selection(request, home, level=Level.VILLAGE)
    return _page(request, home, selection, key=keys.issue(request.user) if request.method == "POST" else "")


@require_GET
def as_csv(request: HttpRequest) -> HttpResponse:
    return _file(request, Format.CSV)


@require_GET
def as_xlsx(request: HttpRequest) -> HttpResponse:
    return _file(request, Format.XLSX)


def _page(request: HttpRequest, home: Area, selection: Selection, *, key: str = "", status: int = 200) -> HttpResponse:
    figures: Figures = request.figures
    everything = Selection(home.code, Level.VILLAGE)
    rows, _cursor = selection.page(figures, limit=PREVIEW)
    count = selection.count(figures)
    release = figures.release
    place = f"{PREFIX}/{release.snapshot}/values"
    address = request.build_absolute_uri(selection.address(place, format=Format.CSV))
    context = {
        "areas": _offered(figures, home, figures.area(selection.area)),
        "home": home,
        "levels": LEVELS,
        "definitions": figures.definitions.values(),
        "columns": export.COLUMNS,
        "language_index": 0 if words.language() == "id" else 1,
        "count": everything.count(figures),
        "chosen": selection,
        "chosen_indicator": selection.indicators[0] if selection.indicators else "",
        "chosen_count": count,
        "is_too_many": count > ROWS_MAX[Format.CSV],
        "snapshots": [one.id for one in reversed(dcat.snapshots(settings.NODE.lake))],
        "preview": rows,
        "links": {
            name: selection.address(place, format=format_)
            for name, format_ in (("Parquet", Format.PARQUET), ("JSON (API)", Format.JSON))
        },
        "metadata": selection.address(f"{place}.csv-metadata.json"),
        "api": PREFIX,
        "citation": of_snapshot(about_of(figures), address=request.build_absolute_uri(selection.address(place))).said(
            words.language()
        ),
        "examples": examples.of(address, file_name=files.file_name(selection, release, str(Format.CSV))),
        "key": key,
        "words": wording.said(words.language()),
    }
    return render(request, "downloads/downloads.html", context, status=status)


def _file(request: HttpRequest, output_format: Format) -> HttpResponse:
    """The chosen rows; the page with what to do instead where they are too many."""
    figures: Figures = request.figures
    home = figures.home()
    if home is None:
        return render(request, "design/no_villages.html")
    selection = _selection(request, home, level=None)
    try:
        selection.require_at_most(ROWS_MAX[output_format], figures, output_format=str(output_format))
    except TooManyRows:
        return _page(request, home, selection, status=413)
    rows = list(selection.rows(figures))
    content = (
        files.as_csv(rows)
        if output_format is Format.CSV
        else files.as_xlsx(rows, figures.area(selection.area), selection, figures)
    )
    charset = "; charset=utf-8" if output_format is Format.CSV else ""
    response = HttpResponse(content, content_type=f"{dcat.MEDIA_TYPES[output_format]}{charset}")
    name = files.file_name(selection, figures.release, str(output_format))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _selection(request: HttpRequest, home: Area, *, level: Level | None) -> Selection:
    """What the address asks for. Raises `OutsideScope`, `AreaUnknown`, `IndicatorUnknown`."""
    figures: Figures = request.figures
    area = figures.area(request.GET.get("wilayah") or home.code)
    try:
        wanted = Level(request.GET.get("tingkat") or level or area.level)
    except ValueError as problem:
        raise Http404 from problem
    indicator = request.GET.get("indikator")
    chosen = (figures.definition(indicator).id,) if indicator else ()
    return Selection(area.code, wanted, indicators=chosen, language=words.language())


def _offered(figures: Figures, home: Area, chosen: Area) -> list[Area]:
    """Areas to choose from: two levels below the account's own, since a list of all would be heavier than the page."""
    depth = (Level.NATIONAL, *LEVELS).index(home.level)
    found = {area.code: area for area in (*figures.around(home.code), home)}
    for level in LEVELS[depth : depth + 2]:
        found |= {area.code: area for area in figures.descendants(home.code, level)}
    return list({**found, chosen.code: chosen}.values())
