"""A node that can take on no more, as a middleware."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse


class Busy:
    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        return HttpResponse(status=503)
