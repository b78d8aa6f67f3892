"""What a release gives its audience: the gate is asked before each answer, so a revocation closes with the next one.

An audience has no account. Its feed asks for the key of the release, unless the release is to the public. Officers who
may read releases get the same answer by their session, to see what the audience sees.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tenun.agreement.release.gate import Release
from tenun.agreement.release.states import ReleaseState
from tenun.indicators import csvw, export
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError
from tenun.node import release_figures, release_files, releases
from tenun.node.release_figures import Published
from tenun.node.releases import ReleaseNotFound, ReleaseNotInForce
from tenun.portal.access import Permission, may
from tenun.portal.closures import is_cut
from tenun.portal.releases import keys, problems

_AREA = re.compile(r"00|\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?")
_QUERY = frozenset({"format", "area", "language"})
FORMATS = ("json", "csv")
_HASH = 64
ROWS_MAX = 100_000
"""Of one answer. A larger release is asked for area by area."""
_BEARER = "Bearer "
_ENDED = frozenset({ReleaseState.REVOKED, ReleaseState.EXPIRED})
View = Callable[[HttpRequest, Published], HttpResponse]


def _of_release(view: View) -> Callable[..., HttpResponse]:
    """A route of one release: for whom it is, as long as it is in force."""

    @wraps(view)
    def answered(request: HttpRequest, act: str) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            response = problems.of_type("method-not-allowed", request)
            response["Allow"] = "GET, HEAD"
            return response
        try:
            return _answer(request, act, view)
        except TenunError as problem:
            return problems.of_type("internal", request, error=problem)

    return answered


@implements("7(2)", control="The feed of a release asks the gate each time and is gone once the release has ended.")
def _answer(request: HttpRequest, act: str, view: View) -> HttpResponse:
    try:
        one = _named(act)
    except ReleaseNotFound:
        # To whoever has no key, a release that there is and one that there is not look the same.
        return problems.of_type("not-found" if _is_officer(request) else "release-key", request)
    if not _may_see(request, one):
        return problems.of_type("release-key", request)
    if one.state in _ENDED:
        return problems.of_type("release-ended", request)
    if is_cut(settings.NODE):
        return problems.of_type("agreement-shut-off", request)
    if not _is_known(request):
        return problems.of_type("request-malformed", request)
    try:
        published = release_figures.published(settings.NODE, one)
    except ReleaseNotInForce as problem:
        return problems.of_type("release-not-begun", request, error=problem)
    if published is None:
        return problems.of_type("release-nothing-published", request)
    response = view(request, published)
    response["Cache-Control"] = "private, no-store"
    response["Vary"] = "Cookie, Authorization"
    return response


def _named(act: str) -> Release:
    """By the whole hash of its act. Raises `ReleaseNotFound`, also where nothing has been agreed."""
    if len(act) != _HASH or not settings.NODE.agreement.exists():
        raise ReleaseNotFound
    return releases.release(settings.NODE, act)


def _may_see(request: HttpRequest, one: Release) -> bool:
    told = request.headers.get("Authorization", "")
    if told:
        # A key that does not hold is refused even where a session would do: the caller meant the key.
        return told.startswith(_BEARER) and keys.opens(told.removeprefix(_BEARER), one.act)
    if one.audience in keys.OPEN_AUDIENCES:
        return True
    return _is_officer(request) and all(request.user.scope.covers(code) for code in one.scope.areas)


def _is_officer(request: HttpRequest) -> bool:
    return bool(request.user.is_authenticated and may(request.user.role, Permission.RELEASE_READ))


def _is_known(request: HttpRequest) -> bool:
    """A misspelt name or value is refused: it must not widen the answer unseen."""
    asked = request.GET
    return (
        set(asked) <= _QUERY
        and asked.get("format", "json") in FORMATS
        and asked.get("language", "id") in ("id", "en")
        and ("area" not in asked or _AREA.fullmatch(asked["area"]) is not None)
    )


@_of_release
def figures(request: HttpRequest, published: Published) -> HttpResponse:
    """The figures: JSON, or with `?format=csv` CSV; of one part with `?area=52.01.14`."""
    language = request.GET.get("language", "id")
    rows = published.rows(area=request.GET.get("area"), language=language)
    if len(rows) > ROWS_MAX:
        return problems.of_type("payload-too-large", request)
    if request.GET.get("format") == "csv":
        response = HttpResponse(export.as_csv(rows), content_type="text/csv; charset=utf-8")
        response["Link"] = f'<{_metadata_of(published)}>; rel="describedby"; type="{csvw.CONTENT_TYPE}"'
        return response
    return HttpResponse(release_files.as_json(published, rows), content_type="application/json")


@_of_release
def metadata(request: HttpRequest, published: Published) -> HttpResponse:
    """What goes with the CSV (CSV on the Web)."""
    told: dict[str, Any] = release_files.metadata(
        published, url=f"{published.release.act}?format=csv", language=request.GET.get("language", "id")
    )
    return HttpResponse(json.dumps(told, ensure_ascii=False), content_type=csvw.CONTENT_TYPE)


def _metadata_of(published: Published) -> str:
    return f"/v1/releases/{published.release.act}/metadata"
