from __future__ import annotations

from django import template

from tenun.node.releases import Publication
from tenun.portal.releases import wording

register = template.Library()

register.filter("audience", wording.audience_name)
register.filter("party", wording.party_name)
register.filter("release_state", wording.state_name)
register.filter("release_icon", wording.state_icon)
register.filter("breakdown", wording.breakdown_name)
register.filter("category", wording.category_name)
register.filter("clock", wording.clock)


@register.filter
def published_at(one: Publication) -> str:
    return wording.clock(one.at)
