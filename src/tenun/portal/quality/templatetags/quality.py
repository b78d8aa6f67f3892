from __future__ import annotations

from django import template

from tenun.portal.quality import wording
from tenun.portal.quality.deliveries import Told

register = template.Library()

register.filter("delivery", wording.delivery_name)
register.filter("weight", wording.severity_name)


@register.filter
def dataset(told: Told) -> str:
    return wording.dataset_name(told.dataset)
