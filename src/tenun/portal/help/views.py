from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenun.disclosure.state import ValueState


@require_GET
def about(request: HttpRequest) -> HttpResponse:
    """Apa portal ini, dan untuk siapa?"""
    return render(request, "help/about.html")


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """Bagaimana membaca angka di sini?"""
    return render(request, "help/help.html", {"states": list(ValueState)})
