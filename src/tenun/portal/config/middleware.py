"""What happens to every request, in the order that settings name it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from tenun.kernel.errors import TenunError
from tenun.lake.store import SnapshotMissing
from tenun.portal import access
from tenun.portal.accounts.views import to_sign_in
from tenun.portal.corrections import desk
from tenun.portal.design import errors
from tenun.portal.figures import Figures

GetResponse = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("tenun.portal")
# Whose path is as good as a password for an hour: it is not written down.
SECRET_PATHS = frozenset({"account_reset_password_from_key"})


class RequestLog:
    """One line a request: the route's name and the path, never the query (people search for names there)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.reference = secrets.token_hex(4)
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(request=request.reference):
            response = self.get_response(request)
            match = request.resolver_match
            log.info(
                "request",
                method=request.method,
                route=match.view_name if match else "",
                # What is no page of ours is not repeated: people paste anything into an address.
                path=request.path if _may_be_written(request) else "",
                status=response.status_code,
                duration_ms=round((time.monotonic() - started) * 1000),
            )
        response.headers["X-Request-Id"] = request.reference
        return response


def _may_be_written(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is None:
        return request.path.startswith(settings.STATIC_URL)
    return match.view_name not in SECRET_PATHS


class Language:
    """Indonesian, unless this browser asked for English on the page itself.

    What the browser says it prefers is not looked at: most office computers are set to English by
    accident, and the portal's first language is Indonesian.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.known = {code for code, _name in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = wanted if wanted in self.known else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie",))
        return response


class PlainHeaders:
    """Headers that Django has no setting for. Figures are confidential (Pasal 7): no shared cache keeps a page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class Gate:
    """Default deny: `access.ROUTES` says who may come in, and a route it does not name lets nobody in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: object, _args: object, _kwargs: object) -> HttpResponse | None:
        rule = access.ROUTES.get(request.resolver_match.view_name)
        if rule in (access.Route.OPEN, access.Route.AUDIENCE):
            return None
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if rule is access.Route.OWN_ACCOUNT:
            return None
        if rule is None or not access.may(request.user.role, access.Permission(rule)):
            raise PermissionDenied
        if rule not in access.FIGURES:
            return None
        # The only way to figures: a view gets them already narrowed to the account's area.
        try:
            request.figures = Figures.of_node(
                settings.NODE,
                scope=request.user.scope,
                snapshot=request.GET.get("potret") or None,
                find_marks=desk.marks,
            )
        except SnapshotMissing as problem:
            if request.GET.get("potret"):
                return errors.refused(request, problem)
            return render(request, "design/no_figures.html", status=503)
        return None

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        return errors.refused(request, problem) if isinstance(problem, TenunError) else None
