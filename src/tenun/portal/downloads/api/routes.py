"""Thin routes: the gate has let the account in, `Figures` keeps it to its area, these only write answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time
from functools import cache, wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Query, Router
from ninja.errors import ValidationError

from tenun.agreement import document as agreements
from tenun.agreement.agreed import Agreement
from tenun.indicators import csvw, dcat, export, prov_json, provenance, satu_data, where_from
from tenun.indicators.areas import level_of
from tenun.indicators.citation import CONDITIONS, About, of_snapshot
from tenun.indicators.definition import Breakdown, Definition
from tenun.indicators.results import FigureUnknown, Value
from tenun.indicators.tables import DATASET, SCOPE
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer
from tenun.node.home import SOURCE_ROOT
from tenun.portal.about import about_of
from tenun.portal.closures import is_cut
from tenun.portal.downloads import files
from tenun.portal.downloads.api import answers, openapi, problems
from tenun.portal.downloads.api.middleware import PREFIX
from tenun.portal.downloads.api.shapes import (
    ROWS_MAX,
    AreasAsked,
    FigureAsked,
    Format,
    NothingAsked,
    PageAsked,
    ValuesAsked,
)
from tenun.portal.downloads.selection import Selection
from tenun.portal.figures import Figures

LATEST = "latest"
SNAPSHOT = PREFIX + "/{snapshot}"
router = Router(tags=["results"])
View = Callable[..., HttpResponse]


def _of_snapshot(view: View) -> View:
    """A route below a snapshot: refused while access is shut off, and narrowed to the account's area."""

    @wraps(view)
    def answered(request: HttpRequest, snapshot: str, **parts: Any) -> HttpResponse:
        if is_cut(settings.NODE):
            return problems.of_type("agreement-shut-off", request)
        named = None if snapshot == LATEST else snapshot
        # The gate gave `request.figures` for the current snapshot; of the same account's area is the one named here.
        figures = request.figures.at(settings.NODE, named)
        request.figures = figures
        response = view(request, snapshot=snapshot, **parts)
        response["Link"] = _links(figures, response)
        return response

    return answered


def _known(request: HttpRequest, shape: Any) -> None:
    """Refuse names that the route does not know: a misspelt filter must not widen the answer."""
    unknown = sorted(set(request.GET) - set(shape.model_fields))
    if unknown:
        raise ValidationError([{"loc": ("query", "?"), "type": "extra_forbidden"}])


@router.get(PREFIX + "/catalog", url_name="results_catalogue", openapi_extra=openapi.CATALOGUE)
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every snapshot there is (DCAT 3, JSON-LD)."""
    base = request.build_absolute_uri(PREFIX)
    told = dcat.document(base, _agreement(), dcat.snapshots(settings.NODE.lake))
    return answers.json_answer(request, told, is_pinned=False, media=dcat.CONTENT_TYPE)


@router.get(PREFIX + "/openapi.json", url_name="results_openapi", openapi_extra=openapi.DOCUMENT)
def openapi_document(request: HttpRequest) -> HttpResponse:
    """This API, as OpenAPI 3.1."""
    return answers.json_answer(request, document(), is_pinned=False)


@router.get(SNAPSHOT, url_name="results_snapshot", openapi_extra=openapi.SNAPSHOT)
@_of_snapshot
def snapshot_facts(request: HttpRequest, snapshot: str) -> HttpResponse:
    """One snapshot: what every figure of it shares."""
    _known(request, NothingAsked)
    about = about_of(request.figures)
    citation = of_snapshot(about, address=_place(request.figures))
    home = request.figures.home()
    told = {
        **_facts(about),
        "citation": {"id": citation.id, "en": citation.en},
        "conditions": dict(zip(("id", "en"), CONDITIONS, strict=True)),
        "scope": request.figures.scope.area_code,
        "home": home.code if home is not None else None,
        "self": _place(request.figures),
        "areas": f"{_place(request.figures)}/areas",
        "indicators": f"{_place(request.figures)}/indicators",
        "values": f"{_place(request.figures)}/values",
    }
    return answers.json_answer(request, told, is_pinned=snapshot != LATEST)


@router.get(SNAPSHOT + "/areas", url_name="results_areas", openapi_extra=openapi.AREAS)
@_of_snapshot
def areas(request: HttpRequest, snapshot: str, query: AreasAsked = Query(...)) -> HttpResponse:
    """Areas of the snapshot that the account may see, by code."""
    _known(request, AreasAsked)
    home = request.figures.home()
    within = query.within or (home.code if home is not None else request.figures.scope.area_code)
    here = request.figures.area(within)
    levels = [query.level] if query.level else [level for level in type(here.level) if level is not here.level]
    below = [area for level in levels for area in request.figures.descendants(within, level)]
    own = [here] if query.level in (None, here.level) else []
    found = sorted({area.code: area for area in [*own, *below]}.values(), key=lambda area: area.code)
    left = [area for area in found if query.after is None or area.code > query.after]
    page = left[: query.limit]
    asked = {"within": within, "level": query.level, "limit": query.limit}
    more = {**asked, "after": page[-1].code} if len(left) > len(page) else None
    told = {
        "snapshot": request.figures.release.snapshot,
        "rows": len(found),
        "next": _address(f"{_place(request.figures)}/areas", more) if more else None,
        "areas": [
            {"area_code": one.code, "level": str(level_of(one.code)), "parent": one.parent, "name": one.name}
            for one in page
        ],
    }
    return answers.json_answer(request, told, is_pinned=snapshot != LATEST)


@router.get(SNAPSHOT + "/indicators", url_name="results_indicators", openapi_extra=openapi.INDICATORS)
@_of_snapshot
def indicators(request: HttpRequest, snapshot: str) -> HttpResponse:
    """Every indicator, as it was defined when this snapshot was computed (Perpres 39/2019)."""
    _known(request, NothingAsked)
    told = {
        "snapshot": request.figures.release.snapshot,
        "indicators": [satu_data.metadata(one) for one in request.figures.definitions.values()],
    }
    return answers.json_answer(request, told, is_pinned=snapshot != LATEST)


@router.get(SNAPSHOT + "/values", url_name="results_values", openapi_extra=openapi.VALUES)
@_of_snapshot
def values(request: HttpRequest, snapshot: str, query: PageAsked = Query(...)) -> HttpResponse:
    """Figures of every area of a level inside an area."""
    _known(request, PageAsked)
    selection = query.selection(request.figures)
    is_pinned = snapshot != LATEST
    place = f"{_place(request.figures)}/values"
    if query.format is Format.JSON:
        rows, cursor = selection.page(request.figures, limit=query.limit, cursor=query.cursor)
        body = _page(request.figures, selection, place, query, rows, cursor)
        return answers.bytes_answer(
            request, body, media=answers.JSON, is_pinned=is_pinned and not _marked(request, rows)
        )
    selection.require_at_most(ROWS_MAX[query.format], request.figures, output_format=str(query.format))
    rows = list(selection.rows(request.figures))
    return answers.bytes_answer(
        request,
        file_of(request.figures, selection, rows, query.format),
        media=dcat.MEDIA_TYPES[query.format],
        is_pinned=is_pinned and not _marked(request, rows),
        name=files.file_name(selection, request.figures.release, str(query.format)),
        Content_Location=selection.address(place, format=query.format),
    )


@router.get(SNAPSHOT + "/values.csv-metadata.json", url_name="results_metadata", openapi_extra=openapi.METADATA)
@_of_snapshot
def metadata(request: HttpRequest, snapshot: str, query: ValuesAsked = Query(...)) -> HttpResponse:
    """What goes with a CSV of the same query (CSV on the Web)."""
    _known(request, ValuesAsked)
    told = metadata_of(request.figures, query.selection(request.figures))
    return answers.json_answer(request, told, is_pinned=snapshot != LATEST, media=csvw.CONTENT_TYPE)


@router.get(
    SNAPSHOT + "/provenance/{indicator}/{area}", url_name="results_provenance", openapi_extra=openapi.PROVENANCE
)
@_of_snapshot
def where_a_figure_comes_from(
    request: HttpRequest,
    snapshot: str,
    indicator: str,
    area: str,
    query: FigureAsked = Query(...),
) -> HttpResponse:
    """The way of one figure, in words and steps, or as PROV-JSON. It may change: a source can be deleted by order."""
    _known(request, FigureAsked)
    value = _value(request.figures, indicator.upper(), area, query)
    lake = settings.NODE.lake
    kept = lake.get(layer=Layer.OUT, dataset=DATASET, scope=SCOPE, id=request.figures.release.snapshot)
    way = provenance.of_value(lake, kept, request.figures.definition(value.indicator), value)
    told = (
        prov_json.document(way)
        if query.format == "prov"
        else where_from.as_dict(way, minimum_cell=request.figures.release.minimum_cell)
    )
    return answers.json_answer(request, told, is_pinned=False)


site = NinjaAPI(title="Tenun results", version="results-1", urls_namespace="results", docs_url=None, openapi_url=None)
site.add_router("", router)


@site.exception_handler(TenunError)
def refused(request: HttpRequest, error: TenunError) -> HttpResponse:
    return problems.of(error, request)


@site.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Says which parameter, never what stood in it."""
    fields = sorted({str(one["loc"][-1]) for one in error.errors if one["loc"]})
    return problems.of_type("request-malformed", request, fields=fields)


@cache
def document() -> dict[str, Any]:
    """The published document."""
    return openapi.finished(site.get_openapi_schema(path_prefix=""))


# --- what routes and page share ------------------------------------------------------------------------


def metadata_of(figures: Figures, selection: Selection) -> dict[str, Any]:
    place = f"{_place(figures)}/values"
    address = selection.address(place, format=Format.CSV)
    return csvw.document(
        about_of(figures),
        selection.definitions(figures),
        url=selection.address("values", format=Format.CSV),
        address=address,
        language=selection.language,
    )


def file_of(
    figures: Figures, selection: Selection, rows: Sequence[export.Row], output_format: Format, *, title: str = "Tenun"
) -> bytes:
    """The rows in one of the formats. The same snapshot and choice give the same bytes."""
    if output_format is Format.CSV:
        return export.as_csv(rows)
    if output_format is Format.PARQUET:
        return export.as_parquet(rows, metadata=metadata_of(figures, selection), language=selection.language)
    made_on = datetime.combine(figures.release.reference_date, time())
    return export.as_xlsx(rows, title=title, made_on=made_on, language=selection.language)


def _marked(request: HttpRequest, rows: Sequence[export.Row]) -> bool:
    """Whether a village objects to any of these figures: that note comes and goes, so the answer is asked about."""
    return any(request.figures.mark_of_row(row) is not None for row in rows)


def _corrections(figures: Figures, rows: Sequence[export.Row]) -> list[dict[str, Any]]:
    """Objections to figures of these rows, for programs; people read the row's `reason`."""
    marked = ((row, figures.mark_of_row(row)) for row in rows)
    return [
        {
            "correction": mark.number,
            "indicator": row["indicator"],
            "area_code": row["area_code"],
            "state": mark.state,
            "filed_on": mark.filed_on.isoformat(),
            "accepted_on": mark.accepted_on.isoformat() if mark.accepted_on else None,
        }
        for row, mark in marked
        if mark is not None
    ]


def _page(
    figures: Figures, selection: Selection, place: str, query: PageAsked, rows: Sequence[export.Row], cursor: str
) -> bytes:
    asked = {"limit": query.limit}
    about = about_of(figures)
    return export.as_json(
        rows,
        {
            **_facts(about),
            "citation": {
                language: of_snapshot(about, address=selection.address(place)).said(language)
                for language in ("id", "en")
            },
            "self": selection.address(place, **asked, cursor=query.cursor or None),
            "next": selection.address(place, **asked, cursor=cursor) if cursor else None,
            "rows": selection.count(figures),
            "corrections": _corrections(figures, rows),
        },
    )


def _facts(about: About) -> dict[str, Any]:
    return {
        "snapshot": about.snapshot,
        "reference_date": about.reference_date.isoformat(),
        "agreement": about.agreement_number,
        "agreement_rev": about.agreement_rev,
        "rule_version": about.rule_version,
        "minimum_cell": about.minimum_cell,
        "invented": about.is_invented,
    }


def _value(figures: Figures, indicator: str, area: str, asked: FigureAsked) -> Value:
    """Raises `OutsideScope`, `IndicatorUnknown`, `AreaUnknown` or `FigureUnknown`."""
    if not asked.breakdown:
        return figures.value(indicator, area)
    definition: Definition = figures.definition(indicator)
    if asked.breakdown in set(Breakdown):
        for value in figures.categories(indicator, area, Breakdown(asked.breakdown)):
            if value.category == asked.category:
                return value
    raise FigureUnknown(indicator=definition.id, area=area, breakdown="?", category="?")


def _place(figures: Figures) -> str:
    """The permanent address of the snapshot."""
    return f"{PREFIX}/{figures.release.snapshot}"


def _address(place: str, query: dict[str, Any]) -> str:
    return f"{place}?{urlencode({name: str(value) for name, value in query.items() if value is not None})}"


def _links(figures: Figures, response: HttpResponse) -> str:
    links = [f'<{_place(figures)}>; rel="collection"', f'<{PREFIX}/openapi.json>; rel="service-desc"']
    where = response.headers.get("Content-Location", "")
    if "/values?" in where and where.endswith("format=csv"):
        described = where.removesuffix("&format=csv").replace("/values?", "/values.csv-metadata.json?")
        links.append(f'<{described}>; rel="describedby"; type="{csvw.CONTENT_TYPE}"')
    return ", ".join(links)


@cache
def _agreement() -> Agreement:
    folder = settings.NODE.agreement
    if not (folder / agreements.DOCUMENT).exists():
        folder = SOURCE_ROOT / "agreements" / "sid-siapkerja"
    return agreements.load(folder)
