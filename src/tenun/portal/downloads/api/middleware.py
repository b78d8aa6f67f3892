"""Who a program is, and that it is answered in JSON whatever happens. Stands between authentication and the gate."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from tenun.portal.downloads.api import keys, problems

PREFIX = "/v1/results"
_BEARER = "Bearer "


class Machines:
    """For addresses of the results API: a key stands for its account, and pages of ours become problems.

    It decides nothing: role and area are asked of `access` and `figures` by the gate behind it, as for a session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not (request.path == PREFIX or request.path.startswith(f"{PREFIX}/")):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            response = problems.of_type("method-not-allowed", request)
            response["Allow"] = "GET, HEAD"
            return response
        # Answered like GET; what serves us leaves the content out (RFC 9110, section 9.3.2).
        request.method = "GET"
        told = request.headers.get("Authorization", "")
        if told:
            # A key that does not hold is refused even where a session would do: the caller meant the key.
            user = keys.user_of(told.removeprefix(_BEARER)) if told.startswith(_BEARER) else None
            if user is None:
                return problems.of_type("results-not-signed-in", request)
            request.user = user
        if not request.user.is_authenticated:
            return problems.of_type("results-not-signed-in", request)
        response = self.get_response(request)
        if response.status_code >= 400 and response.headers.get("Content-Type", "").startswith("text/html"):
            response = problems.of_status(response.status_code, request)
        patch_vary_headers(response, ("Cookie", "Authorization"))
        return response
