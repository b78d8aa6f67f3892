from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone

from tenun.kernel.clock import JAKARTA
from tenun.portal import words
from tenun.portal.trail import wording

register = template.Library()

register.filter("kind", wording.kind_name)
register.filter("role", wording.role_name)


@register.filter
def clock(moment: datetime) -> str:
    """`24 Nov 2026 10.15`, in Jakarta's time."""
    local = timezone.localtime(moment, JAKARTA)
    return f"{words.day(local.date())} {local:%H.%M}"
