from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenun.portal.exchange import state, wording


@require_GET
def exchange_page(request: HttpRequest) -> HttpResponse:
    """Apakah kedua sistem sedang bertukar data dengan baik?"""
    found = state.look(settings.NODE)
    return render(request, "exchange/exchange.html", {"state": found, "answer": wording.answer(found)})
