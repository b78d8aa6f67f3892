from __future__ import annotations

from django.utils.translation import gettext as _

from tenun.portal import words
from tenun.portal.accounts.models import User
from tenun.portal.mail import problems
from tenun.portal.mail.kinds import Kind, Rhythm, alerts_of
from tenun.portal.mail.models import State, Subscription
from tenun.portal.mail.outbox import Standing


def answer(account: User, wish: Subscription, *, is_on: bool) -> str:
    """One sentence: what comes, or why nothing does."""
    if not is_on:
        return _("None: this node sends no mail. What you choose holds once it does.")
    if not account.email:
        return _("None: your account has no e-mail address. Ask whoever manages accounts in your ministry.")
    digest = {
        Rhythm.OFF: _("no digest"),
        Rhythm.DAILY: _("a digest on each working day that has news"),
        Rhythm.WEEKLY: _("a digest each Monday"),
    }[Rhythm(wish.digest)]
    is_told = wish.wants_alerts and bool(alerts_of(account.role))
    alerts = _("important news at once") if is_told else _("no news at once")
    return _("You get %(digest)s, and %(alerts)s.") % {"digest": digest, "alerts": alerts}


def rhythm_name(rhythm: Rhythm) -> str:
    return {
        Rhythm.OFF: _("No digest"),
        Rhythm.DAILY: _("Each working day, if there is news"),
        Rhythm.WEEKLY: _("Each Monday"),
    }[rhythm]


def kind_name(kind: Kind | str) -> str:
    return {
        Kind.DIGEST: _("digest"),
        Kind.SHUT_OFF: _("access is shut off or opened again"),
        Kind.INCIDENT: _("an incident is open or reported"),
        Kind.RELEASE: _("a release waits for consent or was revoked"),
        Kind.PASSWORD: _("link to a new password"),
        Kind.TEST: _("test"),
    }[Kind(kind)]


def state_name(state: str) -> str:
    return {
        State.WAITING: _("waits"),
        State.SENT: _("handed to the mail server"),
        State.GIVEN_UP: _("given up"),
    }[State(state)]


def problem_said(code: str) -> str:
    return problems.said(code, words.language())


def standing_said(found: Standing) -> str:
    """How mail stands, for the page of the exchange: off, on, or what is in its way."""
    if not found.is_on:
        return _("off: no mail leaves this node")
    if not found.waiting:
        return _("on; nothing waits")
    said = _("on; %(n)s wait") % {"n": words.number(found.waiting)}
    reasons = "; ".join(problem_said(code) for code in sorted(found.problems))
    return f"{said}. {reasons}" if reasons else said
