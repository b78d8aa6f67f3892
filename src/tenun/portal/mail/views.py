from __future__ import annotations

from allauth.account import views as allauth
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tenun.kernel.clock import SystemClock
from tenun.portal.mail import outbox, rhythms, subscribers, wording
from tenun.portal.mail.kinds import Kind, Rhythm, alerts_of
from tenun.portal.mail.models import LANGUAGES, Message, Subscription

LATEST = 5


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    """Surel apa yang saya terima, dan bagaimana menghentikannya? For the own account only."""
    now = SystemClock().now()
    wish = subscribers.of(request.user, now=now)
    if request.method == "POST" and _is_form(request):
        _change(request, wish)
        messages.success(request, _("Saved. It holds from the next mail on."))
        return redirect("mail_settings")
    latest = list(Message.objects.filter(account=request.user)[:LATEST])
    context = {
        "answer": wording.answer(request.user, wish, is_on=outbox.told() is not None),
        "wish": wish,
        "rhythms": [(one.value, wording.rhythm_name(one)) for one in Rhythm],
        "alerts": [wording.kind_name(kind) for kind in alerts_of(request.user.role)],
        "has_address": bool(request.user.email),
        "is_on": outbox.told() is not None,
        "latest": latest,
    }
    return render(request, "mail/settings.html", context)


def _is_form(request: HttpRequest) -> bool:
    """What the page cannot have sent changes nothing."""
    return request.POST.get("digest") in set(Rhythm) and request.POST.get("language") in LANGUAGES


def _change(request: HttpRequest, wish: Subscription) -> None:
    rhythm = Rhythm(request.POST["digest"])
    if rhythm != wish.digest:
        # The new rhythm begins with its next day or week: choosing is no reason for a mail.
        wish.period = rhythms.period(rhythm, SystemClock().now()) or ""
    wish.digest, wish.language = rhythm.value, request.POST["language"]
    wish.wants_alerts = request.POST.get("alerts") == "1"
    wish.save()
    unwanted = [Kind.DIGEST] if rhythm is Rhythm.OFF else []
    unwanted += [] if wish.wants_alerts else [Kind.SHUT_OFF, Kind.INCIDENT, Kind.RELEASE]
    outbox.withdraw(request.user, unwanted)


def forgotten(request: HttpRequest) -> HttpResponse:
    """How do I get back in? Where mail is off, the page says who helps instead."""
    if outbox.told() is None:
        return render(request, "account/password_reset_off.html")
    return allauth.password_reset(request)
