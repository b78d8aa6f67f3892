from __future__ import annotations

from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from axes.decorators import axes_dispatch, axes_form_invalid
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator

from tenun.portal.accounts import demo


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and, afterwards, back here.

    A piece of a page that was asked for in the background gets a plain refusal: a sign-in form in the
    middle of a table would help nobody.
    """
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401, headers={"HX-Redirect": reverse("account_login")})
    start = reverse("overview")
    wanted = request.get_full_path() if request.method == "GET" else start
    if wanted == start:
        # Nothing in particular was asked for: each role begins at its own page.
        return redirect(settings.LOGIN_URL)
    return redirect_to_login(wanted, reverse(settings.LOGIN_URL), REDIRECT_FIELD_NAME)


class SignIn(LoginView):
    """allauth's sign-in under axes' lock-out."""

    @method_decorator(axes_dispatch)
    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return super().dispatch(request, *args, **kwargs)

    @method_decorator(axes_form_invalid)
    def form_invalid(self, form: LoginForm) -> HttpResponse:
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context = super().get_context_data(**kwargs)
        context["demo_accounts"] = demo.shown() if settings.IS_DEMO else []
        return context


login = SignIn.as_view()


def account(request: HttpRequest) -> HttpResponse:
    """Siapa saya di sini, dan apa yang boleh saya lihat?"""
    return render(request, "account/account.html")
