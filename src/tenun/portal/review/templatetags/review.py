from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from tenun.linkage.review.estimate import Share
from tenun.portal import words
from tenun.portal.review import pair, wording

register = template.Library()


@register.filter
def share(value: Share) -> str:
    """`99,2 % (98,1 sampai 99,7)`, or why there is no figure."""
    if value.value is None or value.low is None or value.high is None:
        if value.why == "class_not_judged":
            return _("not told: one match class has no judgement yet")
        return _("too few judgements: %(judged)s of %(needed)s") % {
            "judged": words.number(value.judged),
            "needed": words.number(value.needed),
        }
    return _("%(value)s (95 %% interval %(low)s to %(high)s)") % {
        "value": wording.percent(value.value),
        "low": wording.percent(value.low),
        "high": wording.percent(value.high),
    }


@register.filter
def percent_done(done: int, whole: int) -> float:
    """For a bar of 100."""
    return round(100 * done / whole, 1) if whole else 0.0


register.filter("dimension", wording.dimension)


@register.simple_tag
def domain(dimension: str, value: str) -> str:
    """A value of a dimension of the sample in words."""
    if dimension == "regency":
        return pair.area(value) or wording.domain("", value)
    return wording.domain(dimension, value)
