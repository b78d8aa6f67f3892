from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone

from tenun.exchange.gate import GateClosed
from tenun.kernel.clock import JAKARTA
from tenun.node.gate import Closure
from tenun.portal import words
from tenun.portal.exchange import wording

register = template.Library()

register.filter("party", wording.party_name)
register.filter("system", wording.system_name)
register.filter("incident", wording.event_name)
register.filter("finding", wording.finding_text)


@register.filter
def reason(told: GateClosed | Closure) -> str:
    return wording.reason_name(told.reason)


@register.filter
def scope(closure: Closure) -> str:
    return wording.scope_name(closure)


@register.filter
def clock(moment: datetime) -> str:
    """`24 November 2026 10.15 WIB`."""
    local = timezone.localtime(moment, JAKARTA)
    return f"{words.day(local.date())} {local:%H.%M} WIB"


@register.filter
def moment(text: str) -> str:
    return clock(datetime.fromisoformat(text))
