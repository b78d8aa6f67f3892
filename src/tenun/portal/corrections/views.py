from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tenun.indicators import definition as definitions
from tenun.indicators.areas import Level, level_of
from tenun.indicators.definition import Definition
from tenun.kernel import clock
from tenun.kernel.clock import JAKARTA, SystemClock
from tenun.kernel.errors import TenunError
from tenun.portal import words
from tenun.portal.access import Permission
from tenun.portal.corrections import desk, offered, rules, wording
from tenun.portal.corrections.desk import AlreadyOpen, Objection, Which
from tenun.portal.corrections.models import Correction
from tenun.portal.corrections.offered import Offered
from tenun.portal.corrections.rules import Action, PersonalNumber, Reason, StepRefused, TextUnfit
from tenun.portal.design import sheets
from tenun.portal.design.sheets import Cell, Sheet

ROWS_SHOWN = 50
"""Of a list, on one page."""
Unfit = (TextUnfit, PersonalNumber)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a form, and which entry of it."""

    text: str
    field: str = ""


# --- the list ------------------------------------------------------------------------------------


@require_GET
def corrections_page(request: HttpRequest) -> HttpResponse:
    """Apakah keberatan desa sudah ditanggapi?"""
    today, which = _today(), _which(request)
    counts = desk.counts(request.user.scope, today=today)
    found = desk.of_scope(request.user.scope, which, today=today)
    pages = max(1, -(-counts[which] // ROWS_SHOWN))
    page = _page_number(request, pages)
    context = {
        "answer": wording.answer(counts),
        "counts": counts.items(),
        "which": which,
        "count": counts[which],
        "rows": [_line(one, today) for one in found[(page - 1) * ROWS_SHOWN : page * ROWS_SHOWN]],
        "page": page,
        "pages": pages,
        "may_file": request.user.may(Permission.CORRECTIONS_FILE),
        "may_record": request.user.may(Permission.CORRECTIONS_RECORD),
        "may_take": request.user.may(Permission.CORRECTIONS_ANSWER),
        "days": rules.WORKING_DAYS,
    }
    return render(request, "corrections/corrections.html", context)


@require_GET
def corrections_file(request: HttpRequest, ending: str) -> HttpResponse:
    """The same list, whole."""
    today, which = _today(), _which(request)
    found = desk.of_scope(request.user.scope, which, today=today)
    sheet = Sheet(
        title=_("Corrections"),
        columns=_columns(),
        rows=[_row(one, today) for one in found],
        facts=((_("Day"), today.isoformat()), (_("Which"), wording.which_name(which))),
        made_on=today,
        is_invented=settings.IS_DEMO,
    )
    return sheets.answer(sheet, ending, name=f"tenun_koreksi_{which}_{today.isoformat()}")


# --- one ------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def correction_page(request: HttpRequest, number: int) -> HttpResponse:
    """Apakah keberatan ini sudah ditanggapi?"""
    one = _found(request, number)
    problem = None
    if request.method == "POST":
        try:
            action = Action(request.POST.get("langkah", ""))
            desk.take(number, action, note=request.POST.get(rules.NOTE.name, ""), by=request.user, now=_now())
        except Unfit as told:
            problem = _problem(told)
        except StepRefused as told:
            # Someone else was here meanwhile, or the form was not ours: show how it stands now.
            one, problem = _found(request, number), _problem(told)
        except ValueError:
            problem = _problem(StepRefused())
        else:
            messages.success(request, _("The step has been kept."))
            return redirect("correction", number)
    today = _today()
    steps = desk.open_to(request.user, one)
    context = {
        "one": one,
        "village": words.area_title(one.area, one.area_name),
        "answer": wording.answer_of(one, today),
        "definition": _shipped().get(one.indicator),
        "left": wording.time_left(one, today),
        "is_overdue": one.is_overdue(today),
        "may_see_shown": desk.may_see_shown(request.user, one),
        "may_open_figures": request.user.may(Permission.FIGURES_READ),
        "steps": one.steps.all(),
        "actions": [(step, _is_final(step), rules.TABLE[rules.State(one.state)][step].needs_note) for step in steps],
        "problem": problem,
        "entered": rules.without_numbers(request.POST.get(rules.NOTE.name, "")),
        "note": rules.NOTE,
    }
    return render(request, "corrections/correction.html", context, status=422 if problem else 200)


# --- filing ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def file_page(request: HttpRequest) -> HttpResponse:
    """Angka mana yang keliru, dan mengapa? For the village's own account, of what was released to it."""
    code = request.user.area_code
    return _form(request, code, offered.to_village(settings.NODE, code))


@require_http_methods(["GET", "HEAD", "POST"])
def record_page(request: HttpRequest) -> HttpResponse:
    """Angka mana yang keliru, dan mengapa? For an officer, on the village's letter."""
    code = request.GET.get("wilayah", "")
    if not code:
        return render(request, "corrections/choose.html")
    request.figures.area(code)
    if level_of(code) is not Level.VILLAGE:
        raise Http404
    return _form(request, code, offered.to_officer(request.figures, code))


def _form(request: HttpRequest, code: str, choices: Sequence[Offered]) -> HttpResponse:
    asked: Mapping[str, str] = request.POST if request.method == "POST" else request.GET
    chosen = next((one for one in choices if one.indicator == asked.get("indikator", "").upper()), None)
    problem = None
    if request.method == "POST":
        try:
            made = _file(request, chosen)
        except (*Unfit, AlreadyOpen) as told:
            problem = _problem(told)
        except ValueError:
            problem = Problem(_("Choose the figure and the reason."), "indikator" if chosen is None else "alasan")
        else:
            told_day = words.day(made.due)
            messages.success(
                request, _("The objection has been kept. It is to be answered by %(day)s.") % {"day": told_day}
            )
            return redirect("correction", made.pk)
    context = {
        "area_code": code,
        "village": words.area_title(code, choices[0].area_name) if choices else "",
        "choices": choices,
        "chosen": chosen,
        "reasons": list(Reason),
        "entered": {name: rules.without_numbers(asked.get(name, "")) for name in ("alasan", *_ENTRIES)},
        "entries": _ENTRIES,
        "is_village": request.user.may(Permission.CORRECTIONS_FILE),
        "problem": problem,
        "days": rules.WORKING_DAYS,
        "noise": offered.NOISE_MAX,
    }
    return render(request, "corrections/file.html", context, status=422 if problem else 200)


_ENTRIES = {entry.name: entry for entry in (rules.CLAIMED, rules.WHY, rules.LETTER)}


def _file(request: HttpRequest, chosen: Offered | None) -> Correction:
    """Raises `TextUnfit`, `PersonalNumber`, `AlreadyOpen`, and `ValueError` for a choice that is none."""
    if chosen is None:
        raise ValueError
    told = request.POST
    said = Objection(
        reason=Reason(told.get("alasan", "")),
        claimed=told.get(rules.CLAIMED.name, ""),
        why=told.get(rules.WHY.name, ""),
        letter=told.get(rules.LETTER.name, ""),
    )
    return desk.file(said, chosen, by=request.user, now=_now())


# --- below ---------------------------------------------------------------------------------------


def _found(request: HttpRequest, number: int) -> Correction:
    """Of the account's area; any other is not found, so that a number tells nobody what there is elsewhere."""
    one = desk.of_scope(request.user.scope, Which.ALL, today=_today()).filter(pk=number).first()
    if one is None:
        raise Http404
    request.area_looked_at = one.area
    return one


def _which(request: HttpRequest) -> Which:
    """What the address asks for; otherwise what waits, and for a village all of its own."""
    try:
        return Which(request.GET.get("keadaan", ""))
    except ValueError:
        return Which.ALL if request.user.may(Permission.CORRECTIONS_FILE) else Which.WAITING


def _page_number(request: HttpRequest, pages: int) -> int:
    asked = request.GET.get("halaman", "1")
    return min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) < 6 else 1


def _line(one: Correction, today: date) -> dict[str, Any]:
    return {
        "one": one,
        "village": words.area_title(one.area, one.area_name),
        "definition": _shipped().get(one.indicator),
        "left": wording.time_left(one, today),
        "is_overdue": one.is_overdue(today),
    }


def _is_final(action: Action) -> bool:
    return action in (Action.CORRECT, Action.STAND)


def _problem(told: TenunError) -> Problem:
    language = words.language()
    return Problem(f"{told.message(language)} {told.remedy(language)}", str(told.parts.get("field", "")))


@cache
def _shipped() -> Mapping[str, Definition]:
    """The indicators of this version: read once, for reading them takes a second."""
    return definitions.load_all()


_COLUMNS: Mapping[str, Callable[[Correction, date], Cell]] = {
    "number": lambda one, _today: one.pk,
    "village_code": lambda one, _today: one.area,
    "village": lambda one, _today: one.area_name,
    "indicator": lambda one, _today: one.indicator,
    "snapshot": lambda one, _today: one.snapshot,
    "shown": lambda one, _today: one.shown,
    "reason": lambda one, _today: wording.reason_name(one.reason),
    "claimed": lambda one, _today: one.claimed,
    "why": lambda one, _today: one.why,
    "letter": lambda one, _today: one.letter,
    "source": lambda one, _today: wording.source_name(one.source),
    "who_answers": lambda one, _today: wording.party_name(one.owner),
    "state": lambda one, _today: one.state,
    "filed": lambda one, _today: one.filed_at.astimezone(JAKARTA).date(),
    "due": lambda one, _today: one.due,
    "overdue": lambda one, today: _("yes") if one.is_overdue(today) else _("no"),
    "closed": lambda one, _today: one.closed_on,
}


def _columns() -> Sequence[tuple[str, str]]:
    headings = (
        _("Number"), _("Village code"), _("Village"), _("Indicator"), _("Snapshot"), _("Figure as shown"), _("Reason"),
        _("What the village says is right"), _("Why"), _("Number of the village's letter"), _("Source"),
        _("Who answers"), _("State"), _("Filed"), _("Due"), _("Overdue"), _("Closed"),
    )  # fmt: skip
    return tuple(zip(_COLUMNS, headings, strict=True))


def _row(one: Correction, today: date) -> Sequence[Cell]:
    return tuple(cell(one, today) for cell in _COLUMNS.values())


def _now() -> Any:
    return SystemClock().now()


def _today() -> date:
    return clock.today(SystemClock())
