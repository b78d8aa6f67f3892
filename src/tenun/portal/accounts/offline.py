"""Profiles that stay readable without a network: in one browser, while one person is signed in, and only if asked.

Pages are confidential (Pasal 7) and are kept by no browser. Whoever goes where there is no network may ask for it, for
this browser: then its service worker keeps the last profiles seen, no longer than a session may last. Signing out, the
end of the session and a shut-off (Pasal 7(4)) take everything away with the next answer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from tenun.portal.closures import is_cut

COOKIE = "tenun_offline"
WORKER = Path(__file__).resolve().parents[1] / "static" / "js" / "offline-worker.js"
CLEAR = '"cache", "storage"'
"""Of W3C Clear Site Data: what the worker kept, and the worker. Never `"cookies"`: the language would be lost."""


def is_kept(request: HttpRequest) -> bool:
    """Whether this browser was asked to keep profiles, by whoever is signed in."""
    return request.COOKIES.get(COOKIE) == "1" and request.user.is_authenticated


@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest) -> HttpResponse:
    """Turn it on or off for this browser; back to the account's page."""
    answer = redirect("account")
    if request.method == "POST" and request.POST.get("keep") == "1":
        answer.set_cookie(
            COOKIE, "1", secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )  # without an age: it ends with the browser, as the session does
    elif request.method == "POST":
        forget(answer)
    return answer


@require_safe
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker, at an address of its own so that it may serve the whole portal."""
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")


def forget(answer: HttpResponse) -> None:
    """Tell the browser to drop all that was kept."""
    answer.delete_cookie(COOKIE, samesite="Lax")
    answer.headers["Clear-Site-Data"] = CLEAR


class Forgetting:
    """Middleware: where pages were kept and nobody is signed in any more, or access is shut off, they go."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        # Asked after the answer: signing out has taken the session by then.
        if request.COOKIES.get(COOKIE) and (not request.user.is_authenticated or is_cut(settings.NODE)):
            forget(answer)
        return answer
