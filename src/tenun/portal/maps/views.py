from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Level, level_of
from tenun.portal.design import tiles
from tenun.portal.figures import Figures
from tenun.portal.maps import boundaries, ranking
from tenun.portal.maps.ranking import Order, Sort

Choice = TypeVar("Choice", bound=StrEnum)

# Below an area of a level, these levels can be shown.
LEVELS = (Level.PROVINCE, Level.REGENCY, Level.DISTRICT, Level.VILLAGE)
FIRST_INDICATOR = "C1"


@require_GET
def map_page(request: HttpRequest) -> HttpResponse:
    """Di mana nilai indikator ini tinggi atau rendah?"""
    figures: Figures = request.figures
    home = figures.home()
    if home is None:
        return render(request, "design/no_villages.html")
    definitions = figures.definitions
    first = FIRST_INDICATOR if FIRST_INDICATOR in definitions else next(iter(definitions))
    definition = figures.definition(request.GET.get("indikator") or first)
    area = figures.area(request.GET.get("wilayah") or home.code)
    levels = [level for level in LEVELS if LEVELS.index(level) > _depth(area.code) and level in definition.levels]
    if not levels:
        raise Http404
    level = _chosen(Level, request, "tingkat", levels[-1])
    if level not in levels:
        level = levels[-1]
    sort, order = _chosen(Sort, request, "urut", Sort.VALUE), _chosen(Order, request, "arah", Order.DOWN)
    state = _chosen(ValueState, request, "keadaan", None)
    values = figures.ranking(definition.id, level, within=area.code)
    matches = figures.ranking("G1", level, within=area.code) if "G1" in definitions and definition.id != "G1" else ()
    is_linked = bool(matches) and definition.match_rate_min is not None
    lines = ranking.lines(values, matches, sort=sort, order=order, is_linked=is_linked)
    parents = {one.code: one.name for one in figures.descendants(area.code, Level.DISTRICT)}
    is_labelled = level is not Level.VILLAGE
    context = {
        "area": area,
        "around": figures.around(area.code),
        "definition": definition,
        "definitions": definitions.values(),
        "areas": _choices(figures, home.code),
        "level": level,
        "levels": levels,
        "map": tiles.picture(
            values,
            definition,
            names=parents if level is Level.VILLAGE else {},
            release=figures.release,
            size=tiles.LABELLED if is_labelled else tiles.LARGE,
        ),
        "shapes": boundaries.picture(values, definition, within=area.code, level=level, release=figures.release),
        "lines": (shown := ranking.only(lines, state)),
        "all_count": len(lines),
        "beside_first": ",".join(line.value.area_code for line in shown[1:5]),
        "state": state,
        "sort": sort,
        "order": order,
        "has_match": bool(matches),
        "columns": _columns(sort, order, has_match=bool(matches)),
        "with_position": sum(1 for line in lines if line.position is not None),
        "is_linked": is_linked,
        "match_rate_min": ranking.MATCH_RATE_MIN,
    }
    return render(request, "maps/map.html", context)


def _depth(code: str) -> int:
    level = level_of(code)
    return -1 if level is Level.NATIONAL else LEVELS.index(level)


def _chosen(kind: type[Choice], request: HttpRequest, name: str, otherwise: Choice | None) -> Choice | None:
    """What the address asks for; an unknown word counts as not asked."""
    try:
        return kind(request.GET[name])
    except (KeyError, ValueError):
        return otherwise


def _choices(figures: Figures, home: str) -> list[object]:
    """Areas that can be chosen: the account's own and everything inside down to districts."""
    inside = [area for level in LEVELS[:-1] for area in figures.descendants(home, level) if area.code != home]
    return [*figures.around(home), figures.area(home), *inside]


def _columns(sort: Sort, order: Order, *, has_match: bool) -> dict[str, dict[str, str]]:
    """For each column that sorts: what `aria-sort` says, and the direction that a click would give."""
    names = {Sort.VALUE: "descending", Sort.NAME: "ascending", Sort.MATCH: "descending"}
    columns = {}
    for column, first in names.items():
        if column is Sort.MATCH and not has_match:
            continue
        is_sorted = column is sort
        fresh = Order.DOWN if first == "descending" else Order.UP
        columns[column.name.lower()] = {
            "sort": str(column),
            "order": str(order.other if is_sorted else fresh),
            "aria": ("descending" if order is Order.DOWN else "ascending") if is_sorted else "none",
            "icon": ("arrow-down" if order is Order.DOWN else "arrow-up") if is_sorted else "arrows-sort",
        }
    return columns
