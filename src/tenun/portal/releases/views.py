from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from tenun.agreement.acts.bodies import Letter, Notice
from tenun.agreement.release import request as requests
from tenun.agreement.release.gate import Release
from tenun.agreement.release.request import Request, RequestInvalid
from tenun.agreement.release.states import ReleaseState
from tenun.indicators import definition as definitions
from tenun.indicators.definition import Definition
from tenun.indicators.results import Results
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError
from tenun.node import release_figures, releases
from tenun.node.releases import ReleaseNotFound
from tenun.portal import words
from tenun.portal.access import Permission
from tenun.portal.figures import OutsideScope, require
from tenun.portal.releases import keys, seen, steps, wording
from tenun.portal.releases.steps import Action

log = structlog.get_logger("tenun.portal")
UPLOAD_MAX = 1_000_000
"""Bytes of a request, an act or a scan that may be sent in."""
_REASON_MAX = 500


@cache
def _shipped() -> Mapping[str, Definition]:
    """The indicators of this version: read once, for reading them takes a second."""
    return definitions.load_all()


_FIELDS = ("indicators", "areas", "valid_from", "valid_until", "text", "audience")
"""Of the form for a new request."""


@require_http_methods(["GET", "HEAD", "POST"])
def list_page(request: HttpRequest) -> HttpResponse:
    """Apa yang boleh dilihat pihak lain, berdasarkan surat apa? A POST takes in the other party's request."""
    problem = None
    if request.method == "POST":
        if not (request.user.may(Permission.RELEASE_PREPARE) or request.user.may(Permission.RELEASE_DECIDE)):
            raise PermissionDenied
        try:
            content = _uploaded(request, "request")
            require(request.user.scope, *requests.parsed(content).scope["areas"])
            taken = releases.take(settings.NODE, content)
        except TenunError as told:
            problem = wording.problem(told)
        else:
            log.info("release request taken", request_id=taken.id, account=request.user.username)
            return redirect("release", name=taken.id)
    made = [one for one in _made() if _is_inside(request, one)]
    waiting = [one for one in releases.drafts(settings.NODE) if _is_inside(request, one)] if _has_agreement() else []
    in_force = [one for one in made if one.state is ReleaseState.PUBLISHED]
    context = {
        "answer": wording.of_all(len(in_force), len(waiting)),
        "waiting": waiting,
        "made": [one for one in made if one.state in (ReleaseState.PUBLISHED, ReleaseState.GRANTED)],
        "ended": [one for one in made if one.state in (ReleaseState.REVOKED, ReleaseState.EXPIRED)],
        "has_agreement": _has_agreement(),
        "may_prepare": request.user.may(Permission.RELEASE_PREPARE),
        "may_take": request.user.may(Permission.RELEASE_PREPARE) or request.user.may(Permission.RELEASE_DECIDE),
        "problem": problem,
    }
    return render(request, "releases/list.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def new_page(request: HttpRequest) -> HttpResponse:
    """Apa yang diminta untuk dilihat pihak lain? Prepares a request of this node's own party."""
    problem = None
    asked = _asked(request)
    if not steps.is_own(request.user):
        why = _("This node prepares requests of %(party)s alone; your ministry prepares its own at its own node.") % {
            "party": wording.party_name(str(settings.ROLE))
        }
        return render(request, "releases/elsewhere.html", {"why": why, "command": _request_command(request)})
    if request.method == "POST":
        try:
            require(request.user.scope, *asked["scope"]["areas"])
            made = releases.ask(settings.NODE, asked)
        except TenunError as told:
            problem = _field_problem(told)
        else:
            log.info("release requested", request_id=made.id, account=request.user.username)
            return redirect("release", name=made.id)
    offered = list(_shipped().values())
    context = {
        "definitions": [one for one in offered if not one.is_of_things],
        "supplies": [one for one in offered if one.is_of_things],
        "audiences": wording.AUDIENCES,
        "asked": asked,
        "areas": ", ".join(asked["scope"]["areas"]),
        "problem": problem,
        "language": words.language(),
    }
    return render(request, "releases/new.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def one_page(request: HttpRequest, name: str) -> HttpResponse:
    """Apa yang boleh dilihat pihak lain dari rilis ini, berdasarkan surat apa?"""
    one = _named(request, name)
    offered = steps.of_request(request.user, one) if isinstance(one, Request) else steps.of_release(request.user, one)
    if request.method != "POST":
        return _page(request, one, offered)
    wanted = request.POST.get("action", "")
    step = offered.get(wanted)
    if step is None or not step.is_here:
        raise PermissionDenied
    try:
        return _DO[step.action](request, one)
    except TenunError as told:
        return _page(request, one, offered, problem=wording.problem(told), failed=wanted, status=422)


@require_GET
def file(request: HttpRequest, name: str) -> HttpResponse:
    """A request to take to the other node; with `?act=1` the act that this party made of it."""
    one = _named(request, name)
    if not isinstance(one, Request):
        raise Http404
    is_act = "act" in request.GET
    path = releases.act_file_of(settings.NODE, one) if is_act else releases.file_of(settings.NODE, one)
    if not path.exists():
        raise Http404
    response = HttpResponse(path.read_bytes(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return response


# --- what a form asks for ------------------------------------------------------------------------


def _preview(request: HttpRequest, one: Request) -> HttpResponse:
    release_figures.preview(settings.NODE, one)
    log.info("release previewed", request_id=one.id, account=request.user.username)
    return redirect("release", name=one.id)


@implements("7(2)", control="Consent is given by the leadership of that party alone, by letter, after a preview.")
def _consent(request: HttpRequest, one: Request) -> HttpResponse:
    given = releases.consent(settings.NODE, one, _letter(request))
    log.info("release consented", request_id=one.id, account=request.user.username)
    messages.info(
        request,
        _("Your letter is in. Send the act to the other party for its signature.")
        if given.act is not None
        else _("Your letter is in. Send the request to the other party for its letter."),
    )
    return redirect("release", name=one.id)


def _countersign(request: HttpRequest, one: Request) -> HttpResponse:
    entry = releases.countersign(settings.NODE, one, _uploaded(request, "act"), warn=_warn(request))
    log.info("release countersigned", act=entry.hash, account=request.user.username)
    messages.info(request, _("Both have signed: the release is in the chain."))
    return redirect("release", name=entry.hash)


def _discard(request: HttpRequest, one: Request) -> HttpResponse:
    releases.discard(settings.NODE, one)
    log.info("release request discarded", request_id=one.id, account=request.user.username)
    messages.info(request, _("Consent was withheld: the request is gone from this node. Nobody outside saw anything."))
    return redirect("releases")


def _revoke(request: HttpRequest, one: Release) -> HttpResponse:
    reason = " ".join(request.POST.get("reason", "").split())
    if not 3 <= len(reason) <= _REASON_MAX:
        raise RequestInvalid(where="/reason", reason="3 to 500 letters")
    entry = releases.revoke(settings.NODE, one, reason=reason, warn=_warn(request))
    log.info("release revoked", act=one.act, notice=entry.hash, account=request.user.username)
    messages.info(request, _("Revoked: its feed and its files are closed from now on."))
    return redirect("release", name=one.act)


def _publish(request: HttpRequest, one: Release) -> HttpResponse:
    release_figures.publish(settings.NODE, one)
    log.info("release published", act=one.act, account=request.user.username)
    messages.info(request, _("Published: the audience can read the figures now."))
    return redirect("release", name=one.act)


def _key(request: HttpRequest, one: Release) -> HttpResponse:
    """On this one answer only: nothing is stored."""
    log.info("release key issued", act=one.act, account=request.user.username)
    return _page(request, one, steps.of_release(request.user, one), key=keys.issue(one.act))


_DO: dict[Action, Callable[[HttpRequest, Any], HttpResponse]] = {
    Action.PREVIEW: _preview,
    Action.CONSENT: _consent,
    Action.COUNTERSIGN: _countersign,
    Action.DISCARD: _discard,
    Action.REVOKE: _revoke,
    Action.PUBLISH: _publish,
    Action.KEY: _key,
}


# --- below ---------------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    one: Request | Release,
    offered: dict[str, steps.Step],
    *,
    problem: dict[str, str] | None = None,
    failed: str = "",
    key: str = "",
    status: int = 200,
) -> HttpResponse:
    is_request = isinstance(one, Request)
    known = _shipped()
    results = _results(one)
    context = {
        "one": one,
        "is_request": is_request,
        "name": one.id if isinstance(one, Request) else one.act,
        "answer": wording.of_request(one) if isinstance(one, Request) else wording.of_release(one),
        "indicators": [(code, known.get(code)) for code in _scope(one, "indicators")],
        "areas": [(code, seen.area_name(code, results)) for code in _scope(one, "areas")],
        "letters": seen.letters(one),
        "steps": offered,
        "preview": seen.preview(one) if isinstance(one, Request) else None,
        "table": seen.table(results, request.GET) if results is not None else None,
        "is_invented": results is not None and results.is_invented,
        "withdrawal": _withdrawal(one),
        "publications": [] if is_request else releases.publications(settings.NODE, one.act),
        "has_act": isinstance(one, Request) and releases.act_file_of(settings.NODE, one).exists(),
        "feed": "" if is_request else request.build_absolute_uri(f"/v1/releases/{one.act}"),
        "is_open_audience": one.audience in keys.OPEN_AUDIENCES,
        "key": key,
        "problem": problem,
        "failed": failed,
        "given": request.POST if problem else {},
    }
    return render(request, "releases/one.html", context, status=status)


def _results(one: Request | Release) -> Results | None:
    """What the audience sees, or would see; None while nobody has looked."""
    if isinstance(one, Request):
        return release_figures.previewed(settings.NODE, one)
    gone = releases.publications(settings.NODE, one.act)
    return release_figures.seen(settings.NODE, gone[-1].scope, gone[-1].snapshot) if gone else None


def _withdrawal(one: Request | Release) -> dict[str, Any] | None:
    if isinstance(one, Request) or one.state is not ReleaseState.REVOKED:
        return None
    entry = releases.withdrawal(settings.NODE, one.act)
    if entry is None:
        return None
    assert isinstance(entry.signed.body, Notice)
    return {"by": entry.by, "at": entry.takes_effect, "text": entry.signed.body.text, "act": entry.hash}


def _scope(one: Request | Release, part: str) -> tuple[str, ...]:
    return tuple(one.scope[part] if isinstance(one, Request) else getattr(one.scope, part))


def _named(request: HttpRequest, name: str) -> Request | Release:
    """A request by its id, a release by its act. Anything else is not found.

    Raises `OutsideScope`: what others would see is no way around the area of an account.
    """
    if not _has_agreement():
        raise Http404
    found = _found(name)
    require(request.user.scope, *_scope(found, "areas"))
    return found


def _found(name: str) -> Request | Release:
    with suppress(ReleaseNotFound):
        return releases.draft(settings.NODE, name)
    try:
        return releases.release(settings.NODE, name)
    except ReleaseNotFound as problem:
        raise Http404 from problem


def _is_inside(request: HttpRequest, one: Request | Release) -> bool:
    return all(request.user.scope.covers(code) for code in _scope(one, "areas"))


def _has_agreement() -> bool:
    return settings.NODE.agreement.exists()


def _made() -> tuple[Release, ...]:
    return releases.all_releases(settings.NODE) if _has_agreement() else ()


def _asked(request: HttpRequest) -> dict[str, Any]:
    told = request.POST
    areas = [code for code in told.get("areas", "").replace(";", ",").replace(" ", ",").split(",") if code]
    return {
        "audience": told.get("audience", ""),
        "scope": {"indicators": told.getlist("indicators"), "areas": areas},
        "valid_from": told.get("valid_from", ""),
        "valid_until": told.get("valid_until", ""),
        "text": " ".join(told.get("text", "").split()),
    }


def _letter(request: HttpRequest) -> Letter:
    told = request.POST
    value: dict[str, Any] = {name: " ".join(told.get(name, "").split()) for name in ("number", "dated", "office")}
    if "scan" in request.FILES:
        value["sha256"] = requests.scan_digest(_uploaded(request, "scan"))
    return requests.parsed_letter(value)


def _uploaded(request: HttpRequest, name: str) -> bytes:
    """Raises `RequestInvalid` where there is no file, or one that is too large."""
    sent = request.FILES.get(name)
    if sent is None or sent.size > UPLOAD_MAX:
        raise RequestInvalid(where=f"/{name}", reason="a file of at most 1 MB")
    return bytes(sent.read())


def _field_problem(told: TenunError) -> dict[str, str]:
    """With the field that it is about, for the page to point at."""
    where = told.message("en")
    is_outside = isinstance(told, OutsideScope)
    field = "areas" if is_outside else next((name for name in _FIELDS if f"/{name}" in where), "")
    return wording.problem(told) | {"field": field}


def _request_command(request: HttpRequest) -> str:
    return (
        f"tenun release request --node {request.user.party} --indicators A1,C1 --areas 52.01 "
        '--audience pemerintah-desa --from 2026-02-01 --until 2026-12-31 --text "…"'
    )


def _warn(request: HttpRequest) -> Callable[[TenunError], None]:
    return lambda problem: messages.warning(request, problem.message(words.language()))
