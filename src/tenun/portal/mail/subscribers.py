"""Who gets what: accounts that are active, have an address, and want it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tenun.portal.accounts.models import User
from tenun.portal.mail import rhythms
from tenun.portal.mail.kinds import Kind, Rhythm, alerts_of
from tenun.portal.mail.models import Subscription


def of(account: User, *, now: datetime) -> Subscription:
    """The account's own. A new one begins with the next digest: nobody gets one in the middle of a week unasked."""
    try:
        return account.mail
    except Subscription.DoesNotExist:
        found, _is_new = Subscription.objects.get_or_create(
            account=account, defaults={"period": rhythms.period(Rhythm.WEEKLY, now) or ""}
        )
        return found


def reachable() -> Iterator[User]:
    return User.objects.filter(is_active=True).exclude(email="").select_related("mail").order_by("pk").iterator()


def alerted(kind: Kind, *, now: datetime) -> Iterator[tuple[User, Subscription]]:
    """Accounts whose role may be told of that at once, and who want to be."""
    for account in reachable():
        if kind in alerts_of(account.role):
            wish = of(account, now=now)
            if wish.wants_alerts:
                yield account, wish
