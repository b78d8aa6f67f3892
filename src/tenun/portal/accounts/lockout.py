"""What axes asks us: whose failures these are, and what someone sees who typed too many wrong passwords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def who(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """The account that failures are counted for, by what was typed: a user name or an e-mail address.

    The form calls its field `login`, what it hands on is `username` or `email`; failures and the look
    before the next try must be counted under the same name, or nobody is ever locked out.
    """
    given = credentials or {}
    typed = given.get("username") or given.get("email") or request.POST.get("login") or ""
    return str(typed).strip().casefold()


def answer(request: HttpRequest, _original: HttpResponse | None = None, _credentials: Any = None) -> HttpResponse:
    return render(request, "account/locked.html", status=429)
