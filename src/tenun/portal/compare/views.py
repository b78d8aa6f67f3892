from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from tenun.indicators.areas import Area, Level
from tenun.indicators.citation import of_snapshot
from tenun.indicators.results import Value
from tenun.portal import names, words
from tenun.portal.about import about_of
from tenun.portal.compare import choice, sheet, similar, strip, table, wording
from tenun.portal.compare.choice import LETTERS, Choice
from tenun.portal.compare.similar import Question
from tenun.portal.compare.table import Row, Verdict
from tenun.portal.design import sheets
from tenun.portal.design.links import link
from tenun.portal.figures import Figures

HITS_MAX = 8
QUERY_CHARACTERS_MAX = 80
YES = "ya"


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Apakah desa ini berbeda dari desa serupa?"""
    figures: Figures = request.figures
    home = figures.home()
    if home is None:
        return render(request, "design/no_villages.html")
    chosen = _choice(request)
    is_asked_for_similar = request.GET.get("serupa") == YES and chosen.level is Level.VILLAGE
    if is_asked_for_similar and (more := _similar(figures, chosen)):
        # An address that names the villages shows the same ones next year, whatever the rule finds then.
        codes = [*chosen.codes, *(area.code for area in more)]
        return redirect(link(figures.release, "compare", **chosen.query(*codes), **_whole(request)))
    reference = choice.reference(figures, chosen)
    rows = table.rows(figures, chosen, reference, is_whole=_is_whole(request))
    context = {
        "chosen": chosen,
        "chips": _chips(request, chosen),
        "left_out": [(area, wording.left_out(why)) for area, why in chosen.left_out],
        "has_no_similar": is_asked_for_similar and chosen.free > 0,
        "may_have_similar": chosen.level is Level.VILLAGE and chosen.free > 0,
        "whole": YES if _is_whole(request) else "",
        **_found(request, chosen),
        **(_comparison(request, chosen, reference, rows) if rows else {}),
    }
    return render(request, "compare/compare.html", context)


@require_GET
def file(request: HttpRequest, ending: str) -> HttpResponse:
    """The table of the page, a line a figure. Without an area there is none: 404."""
    figures: Figures = request.figures
    chosen = _choice(request)
    rows = table.rows(figures, chosen, choice.reference(figures, chosen), is_whole=_is_whole(request))
    if not rows:
        raise Http404
    return sheets.answer(sheet.of_rows(rows, figures), ending, name=sheet.file_name(rows, figures))


def _choice(request: HttpRequest) -> Choice:
    return choice.read(request.figures, [*request.GET.getlist("wilayah"), *request.GET.getlist("dengan")])


def _is_whole(request: HttpRequest) -> bool:
    """Whether every indicator is asked for, not only the main ones."""
    return request.GET.get("semua") == YES


def _whole(request: HttpRequest) -> dict[str, str]:
    return {"semua": YES} if _is_whole(request) else {}


def _similar(figures: Figures, chosen: Choice) -> list[Area]:
    return (
        similar.nearest(figures, settings.NODE.lake, chosen.areas[0], without=chosen.codes, count=chosen.free)
        if chosen.free
        else []
    )


def _chips(request: HttpRequest, chosen: Choice) -> list[tuple[str, Area, str]]:
    """Letter, area, and the address without it."""
    release = request.figures.release
    chips = []
    for at, area in enumerate(chosen.areas):
        kept = [code for code in chosen.codes if code != area.code]
        chips.append((LETTERS[at], area, link(release, "compare", **chosen.query(*kept), **_whole(request))))
    return chips


def _found(request: HttpRequest, chosen: Choice) -> dict[str, Any]:
    """Areas to add, by what was typed; a number that may be a person's is neither looked up nor shown again."""
    query = " ".join(request.GET.get("q", "").split())[:QUERY_CHARACTERS_MAX]
    if names.is_number_of_a_person(query):
        return {"query": "", "hits": [], "is_number_of_a_person": True}
    scope = request.figures.scope
    within = None if scope.is_national else scope.area_code
    found = names.search(query, within=within, limit=HITS_MAX) if query else []
    return {
        "query": query,
        "hits": [(place, _address_with(request, chosen, place), _why_not(request, chosen, place)) for place in found],
        "is_number_of_a_person": False,
    }


def _address_with(request: HttpRequest, chosen: Choice, place: names.Place) -> str:
    codes = (*chosen.codes, place.code)
    return link(request.figures.release, "compare", **chosen.query(*codes), **_whole(request))


def _why_not(request: HttpRequest, chosen: Choice, place: names.Place) -> str:
    """Why a place that was found cannot be added; empty where it can."""
    if place.code in chosen.codes:
        return "chosen"
    if not request.figures.knows(place.code):
        return "no_figures"
    if not chosen.free:
        return "full"
    is_other = chosen.level is not None and place.code.count(".") != chosen.codes[0].count(".")
    return "other_level" if is_other else ""


def _comparison(request: HttpRequest, chosen: Choice, reference: Area | None, rows: Sequence[Row]) -> dict[str, Any]:
    figures: Figures = request.figures
    around = choice.peer_areas(figures, chosen)
    strips = [(row, drawn) for row, drawn in zip(rows, _strips(figures, chosen, around, rows), strict=True)]
    query = {**chosen.query(*chosen.codes), **_whole(request), "potret": figures.release.snapshot}
    permanent = request.build_absolute_uri(link(None, "compare", **query))
    return {
        "answer": wording.answer(rows, reference),
        "against": reference,
        "rows": [(row, [(cell, *_said(cell.verdict)) for cell in row.cells]) for row in rows],
        "count": sheet.count(rows),
        "reasons": _reasons(rows),
        "strips": strips,
        "around": around,
        "peers": sum(len(figures.descendants(area.code, chosen.level)) for area in around if chosen.level),
        "similarity": _similarity(figures, chosen, around),
        "asked": query,
        "main_count": sum(1 for one in table.MAIN if one in figures.definitions),
        "all_count": sum(1 for one in figures.definitions.values() if chosen.level in one.levels),
        "permanent": permanent,
        "citation": of_snapshot(about_of(figures), address=permanent).said(words.language()),
    }


def _said(found: Verdict | None) -> tuple[str, str]:
    """Sign and words of a verdict; both empty where there is none."""
    return (wording.VERDICT_SIGNS[found], wording.verdict(found)) if found is not None else ("", "")


def _strips(figures: Figures, chosen: Choice, around: Sequence[Area], rows: Sequence[Row]) -> list[strip.Strip]:
    def peers(indicator: str) -> list[Value]:
        assert chosen.level is not None  # there are rows
        return [one for area in around for one in figures.ranking(indicator, chosen.level, within=area.code)]

    matches = peers("G1") if "G1" in figures.definitions else []
    drawn = []
    for row in rows:
        is_linked = row.definition.match_rate_min is not None
        found = strip.usable(peers(row.definition.id), matches, is_linked=is_linked)
        drawn.append(strip.draw(row, found, minimum_cell=figures.release.minimum_cell))
    return drawn


def _reasons(rows: Sequence[Row]) -> list[tuple[str, str, list[str]]]:
    """State, its reason in words, and where it stands (`A Nama indikator`), for every cell without a figure."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        told = [*zip(LETTERS, (cell.value for cell in row.cells), strict=False)]
        told += [("", row.reference)] if row.reference is not None else []
        by_reason: dict[tuple[str, str], str] = {}
        for letter, value in told:
            if not value.state.has_value:
                key = (str(value.state), words.why(value, row.definition))
                by_reason[key] = by_reason.get(key, "") + letter
        for key, letters in by_reason.items():
            name = row.definition.names.said(words.language())
            found.setdefault(key, []).append(f"{name} ({', '.join(letters)})" if letters else name)
    return [(state, why, where) for (state, why), where in sorted(found.items())]


def _similarity(
    figures: Figures, chosen: Choice, around: Sequence[Area]
) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """For every question of the rule what each village is, and whether that is what the first one is."""
    if chosen.level is not Level.VILLAGE or len(chosen.areas) < 2:
        return []
    known: dict[str, similar.Traits] = {}
    for area in around:
        inside = [code for code in chosen.codes if code == area.code or code.startswith(f"{area.code}.")]
        known |= similar.traits(figures, settings.NODE.lake, area.code, inside)
    first = known[chosen.codes[0]]
    found: Mapping[str, Mapping[Question, bool | None]] = {
        code: similar.answers(first, known[code]) for code in chosen.codes
    }
    return [
        (
            wording.question(question),
            [
                (
                    wording.trait(question, known[code]),
                    "" if code == first.code else wording.ALIKE_SIGNS[found[code][question]],
                    "" if code == first.code else wording.alike(found[code][question]),
                )
                for code in chosen.codes
            ],
        )
        for question in Question
    ]
