"""For pages of other apps: whether this node sends mail, and how that stands."""

from __future__ import annotations

from datetime import datetime

from django import template

from tenun.node.config import ConfigMalformed
from tenun.portal import words
from tenun.portal.mail import outbox, wording
from tenun.portal.releases import wording as releases

register = template.Library()


@register.simple_tag
def mail_is_on() -> bool:
    """Where node.json cannot be read, nobody is promised a mail; the page itself goes on."""
    try:
        return outbox.told() is not None
    except ConfigMalformed:
        return False


@register.simple_tag
def mail_standing() -> str:
    try:
        return wording.standing_said(outbox.standing())
    except ConfigMalformed as problem:
        return problem.message(words.language())


@register.filter
def mail_moment(when: datetime) -> str:
    return releases.clock(when)


@register.filter
def mail_kind(kind: str) -> str:
    return wording.kind_name(kind)


@register.filter
def mail_state(state: str) -> str:
    return wording.state_name(state)


@register.filter
def mail_problem(code: str) -> str:
    return wording.problem_said(code)
