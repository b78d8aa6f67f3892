"""What someone sees who typed too many wrong passwords."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def answer(request: HttpRequest, _original: HttpResponse | None = None, _credentials: Any = None) -> HttpResponse:
    return render(request, "account/locked.html", status=429)
