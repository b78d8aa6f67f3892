"""What templates say of corrections."""

from __future__ import annotations

from django import template

from tenun.kernel.clock import JAKARTA
from tenun.portal import words
from tenun.portal.corrections import wording
from tenun.portal.corrections.models import Step

register = template.Library()

register.filter("correction_state", wording.state_name)
register.filter("correction_action", wording.action_name)
register.filter("correction_reason", wording.reason_name)
register.filter("correction_source", wording.source_name)
register.filter("correction_party", wording.party_name)
register.filter("correction_which", wording.which_name)
register.filter("step_name", wording.step_name)
register.filter("step_by", wording.step_by)


@register.filter
def step_day(step: Step) -> str:
    """The day of a step, in Jakarta."""
    return words.day(step.moment.astimezone(JAKARTA).date())
