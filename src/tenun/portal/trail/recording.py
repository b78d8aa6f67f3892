"""Every access to what asks for a permission is noted before its answer leaves. What cannot be noted is not shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from django.http import HttpRequest, HttpResponse

from tenun.kernel.clause import implements
from tenun.kernel.clock import SystemClock
from tenun.linkage.review.reveals import RevealReasonUnfit, check_reason
from tenun.portal import access
from tenun.portal.trail.models import RETENTION, Access, Kind

AREA_FORM = re.compile(r"00|\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?")
# Where an address may name an area: in its path, or in its query by these names.
PATH_NAMES = ("code", "area", "place")
QUERY_NAMES = ("wilayah", "area")
REVEALS = frozenset({"link_review", "link_arbitration"})
PROGRAMS = "results_"


@implements("7(1)", "7(2)", control="Who opened which page, figures, file or covered field is kept for three years.")
class Trail:
    """Middleware behind authentication. Pieces of a page that htmx asks for while someone types are not noted."""

    _expired_on: ClassVar[str] = ""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        kind = kind_of(request, response)
        if kind is not None:
            now = SystemClock().now()
            record(request, kind, now)
            self._expire(now)
        return response

    @classmethod
    def _expire(cls, now: datetime) -> None:
        """Once a day and process, with the first access: what has been kept long enough goes."""
        today = now.date().isoformat()
        if cls._expired_on != today:
            cls._expired_on = today
            Access.objects.filter(moment__lt=now - RETENTION).delete()


def kind_of(request: HttpRequest, response: HttpResponse) -> Kind | None:
    """What to note of a request; None where it is open to all, of one's own account, or came to nothing."""
    match = request.resolver_match
    rule = access.ROUTES.get(match.view_name) if match else None
    is_piece = request.headers.get("HX-Request") == "true"
    if not isinstance(rule, access.Permission) or is_piece or not request.user.is_authenticated:
        return None
    if response.status_code == 403:
        return Kind.REFUSED
    if response.status_code >= 400:
        return None
    return _kind_of_success(request, response, match.view_name)


def _kind_of_success(request: HttpRequest, response: HttpResponse, route: str) -> Kind:
    if route.startswith(PROGRAMS):
        return Kind.PROGRAM
    if request.method == "POST":
        is_reveal = route in REVEALS and request.POST.get("action") == "reveal" and response.status_code == 200
        return Kind.REVEAL if is_reveal else Kind.CHANGE
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        return Kind.DOWNLOAD
    return Kind.FIGURES if getattr(request, "figures", None) is not None else Kind.PAGE


def record(request: HttpRequest, kind: Kind, moment: datetime) -> Access:
    """Note it. When this returns it is in the database."""
    user = request.user
    return Access.objects.create(
        moment=moment,
        account=user.pk,
        role=user.role,
        party=user.party,
        account_area=user.area_code,
        route=request.resolver_match.view_name,
        kind=str(kind),
        area=_area(request),
        purpose=_purpose(request) if kind is Kind.REVEAL else "",
        reference=request.reference,
    )


def _area(request: HttpRequest) -> str:
    """Of what the address holds only a text with the form of an area's code: people paste anything into one."""
    named = [request.resolver_match.kwargs.get(name, "") for name in PATH_NAMES]
    named += [request.GET.get(name, "") for name in QUERY_NAMES]
    named += [getattr(request, "area_looked_at", "")]  # where the address has a number and the view knows its area
    return next((code for code in named if AREA_FORM.fullmatch(code)), "")


def _purpose(request: HttpRequest) -> str:
    """The reason for showing covered fields, which was checked to hold nobody's number before anything was shown."""
    reason = " ".join(request.POST.get("why", "").split())
    try:
        check_reason(reason)
    except RevealReasonUnfit:
        return ""
    return reason
