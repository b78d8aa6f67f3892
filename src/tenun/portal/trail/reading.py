"""The trail as an account may see it: one's own; everyone's for whoever answers for security; sums for leadership."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet

from tenun.kernel.clock import JAKARTA
from tenun.portal import access
from tenun.portal.access import Permission
from tenun.portal.trail.models import Access, Kind
from tenun.portal.trail.recording import AREA_FORM

DAYS_SHOWN = 30
ROWS_SHOWN = 100
ROWS_MAX = 100_000
"""In one file; who needs more asks for fewer days."""


@dataclass(frozen=True)
class Asked:
    """What of the trail is asked for. An empty part is no condition."""

    first: date
    last: date
    area: str = ""
    route: str = ""
    kind: Kind | None = None
    account: int | None = None

    @property
    def query(self) -> dict[str, str]:
        """As the address has it."""
        parts = {
            "dari": self.first.isoformat(),
            "sampai": self.last.isoformat(),
            "wilayah": self.area,
            "halaman": self.route,
            "jenis": str(self.kind or ""),
            "akun": str(self.account or ""),
        }
        return {name: value for name, value in parts.items() if value}


def asked(query: Mapping[str, str], *, today: date) -> Asked:
    """What an address asks for; what cannot be read counts as not asked."""
    last = _day(query.get("sampai", "")) or today
    first = _day(query.get("dari", "")) or last - timedelta(days=DAYS_SHOWN - 1)
    area, route, account = query.get("wilayah", ""), query.get("halaman", ""), query.get("akun", "")
    return Asked(
        first=min(first, last),
        last=last,
        area=area if AREA_FORM.fullmatch(area) else "",
        route=route if route in access.ROUTES else "",
        kind=Kind(query["jenis"]) if query.get("jenis", "") in list(Kind) else None,
        account=int(account) if re.fullmatch(r"\d{1,9}", account) else None,
    )


def of(user: Any, wanted: Asked) -> QuerySet[Access]:
    """The accesses that this account may see, the newest first."""
    found = _between(wanted)
    if not user.may(Permission.TRAIL_ALL):
        return found.filter(account=user.pk)
    if wanted.account is not None:
        found = found.filter(account=wanted.account)
    return found if user.scope.is_national else found.filter(_inside(user.area_code) | Q(account=user.pk))


def sums(user: Any, wanted: Asked) -> list[dict[str, Any]]:
    """How often each kind of access was made by each role, without accounts. Empty for who may not see that."""
    if not user.may(Permission.TRAIL_SUMS):
        return []
    found = _between(wanted)
    if not user.scope.is_national:
        found = found.filter(_inside(user.area_code))
    # The model's own order would split each group.
    return list(found.order_by().values("role", "kind").annotate(count=Count("id")).order_by("role", "kind"))


def names(found: list[Access]) -> dict[int, str]:
    """User names of the accounts in these accesses that still exist."""
    numbers = {one.account for one in found}
    accounts = get_user_model().objects
    return dict(accounts.filter(pk__in=numbers).values_list("pk", "username"))


def _between(wanted: Asked) -> QuerySet[Access]:
    begin = datetime.combine(wanted.first, time(), JAKARTA)
    end = datetime.combine(wanted.last + timedelta(days=1), time(), JAKARTA)
    found = Access.objects.filter(moment__gte=begin, moment__lt=end)
    if wanted.area:
        found = found.filter(_inside(wanted.area))
    if wanted.route:
        found = found.filter(route=wanted.route)
    return found.filter(kind=str(wanted.kind)) if wanted.kind is not None else found


def _inside(area_code: str) -> Q:
    return Q() if area_code == access.NATIONAL else Q(area=area_code) | Q(area__startswith=f"{area_code}.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
