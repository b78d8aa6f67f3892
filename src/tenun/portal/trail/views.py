from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tenun.kernel.clock import JAKARTA, SystemClock, today
from tenun.portal import access
from tenun.portal.access import Permission
from tenun.portal.design import sheets
from tenun.portal.design.sheets import Cell, Sheet
from tenun.portal.trail import reading, wording
from tenun.portal.trail.models import RETENTION, Access, Kind
from tenun.portal.trail.reading import Asked


@require_GET
def trail_page(request: HttpRequest) -> HttpResponse:
    """Siapa melihat apa, kapan, untuk apa?"""
    wanted = _asked(request)
    found = reading.of(request.user, wanted)
    by_kind = dict(found.order_by().values_list("kind").annotate(Count("id")))
    counts = {kind: by_kind.get(str(kind), 0) for kind in Kind}
    shown = list(found[: reading.ROWS_SHOWN])
    is_everyones = request.user.may(Permission.TRAIL_ALL)
    accounts = found.order_by().values("account").distinct().count()
    context = {
        "answer": wording.answer(counts, accounts, is_everyones=is_everyones),
        "asked": wanted,
        "query_text": urlencode(wanted.query),
        "count": sum(counts.values()),
        "rows": _named(shown),
        "sums": reading.sums(request.user, wanted),
        "is_everyones": is_everyones,
        "kinds": list(Kind),
        "routes": sorted(route for route, rule in access.ROUTES.items() if isinstance(rule, Permission)),
        "kept_days": RETENTION.days,
    }
    return render(request, "trail/trail.html", context)


@require_GET
def trail_file(request: HttpRequest, ending: str) -> HttpResponse:
    wanted = _asked(request)
    found = list(reading.of(request.user, wanted)[: reading.ROWS_MAX])
    sheet = Sheet(
        title=_("Access log"),
        columns=_columns(),
        rows=[_row(one, name) for one, name in _named(found)],
        facts=((_("Days"), f"{wanted.first.isoformat()} – {wanted.last.isoformat()}"),),
        made_on=wanted.last,
        is_invented=settings.IS_DEMO,
    )
    name = f"tenun_jejak_{wanted.first.isoformat()}_{wanted.last.isoformat()}"
    return sheets.answer(sheet, ending, name=name)


def _asked(request: HttpRequest) -> Asked:
    return reading.asked(request.GET.dict(), today=today(SystemClock()))


def _named(found: list[Access]) -> list[tuple[Access, str]]:
    """Each access with the name of its account; its number where the account is gone."""
    names = reading.names(found)
    return [(one, names.get(one.account, str(one.account))) for one in found]


def _columns() -> Sequence[tuple[str, str]]:
    return (
        ("moment", _("When")),
        ("account", _("Account number")),
        ("name", _("Account")),
        ("role", _("Role")),
        ("ministry", _("Ministry")),
        ("account_area", _("Area of the account")),
        ("kind", _("What")),
        ("route", _("Page")),
        ("area", _("Area")),
        ("purpose", _("Purpose")),
        ("reference", _("Reference")),
    )


def _row(one: Access, name: str) -> Sequence[Cell]:
    moment = timezone.localtime(one.moment, JAKARTA)
    return (
        (moment - timedelta(microseconds=moment.microsecond)).isoformat(), one.account, name, one.role, one.party,
        one.account_area, one.kind, one.route, one.area, one.purpose, one.reference,
    )  # fmt: skip
