"""Pages for what went wrong: what happened, what you can do now, and a number to quote."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tenun.indicators.definition import IndicatorUnknown
from tenun.indicators.results import AreaUnknown, FigureUnknown
from tenun.kernel.errors import TenunError
from tenun.lake.store import SnapshotMissing
from tenun.portal import words
from tenun.portal.figures import OutsideScope

# Our refusals -> what HTTP calls them. Anything else is a fault of ours: 500.
STATUSES: dict[type[TenunError], int] = {
    OutsideScope: 403,
    AreaUnknown: 404,
    IndicatorUnknown: 404,
    FigureUnknown: 404,
    SnapshotMissing: 404,
}


def refused(request: HttpRequest, problem: TenunError) -> HttpResponse | None:
    """Our refusal as a page, or None where it is none that a reader can do something about."""
    status = STATUSES.get(type(problem))
    if status is None:
        return None
    titles = {403: _("This area is outside your role"), 404: _("This was not found")}
    language = words.language()
    return _page(request, status, titles[status], problem.message(language), problem.remedy(language))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        403,
        _("Your role does not open this page"),
        _("You are signed in, but this page is not part of your role."),
        _("Ask whoever manages accounts in your ministry if your work needs it."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        404,
        _("This page does not exist"),
        _("The address may be mistyped, or the page may have moved."),
        _("Look for the village by its name, or go back to the overview."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        400,
        _("This request could not be understood"),
        _("Something in the address or the form is not as expected."),
        _("Go back, and try again from the page itself."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        request,
        403,
        _("This form has expired"),
        _("It was opened too long ago, or this browser refuses our cookie."),
        _("Open the page again and send the form once more."),
    )


def broken(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        500,
        _("Something went wrong on our side"),
        _("The page could not be made. Nothing you entered was kept."),
        _("Try again in a minute. If it stays so, tell the unit below the number of this error."),
    )


def _page(request: HttpRequest, status: int, title: str, text: str, remedy: str) -> HttpResponse:
    context = {"status": status, "title": title, "text": text, "remedy": remedy}
    return render(request, "design/error.html", context, status=status)
