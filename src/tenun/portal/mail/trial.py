"""One mail to one account, to see whether the mail server takes what this node sends."""

from __future__ import annotations

import uuid

from django.utils import translation
from django.utils.translation import gettext as _

from tenun.kernel.clock import SystemClock
from tenun.portal import words
from tenun.portal.accounts.models import User
from tenun.portal.mail import letters, outbox, problems, subscribers
from tenun.portal.mail.kinds import Kind
from tenun.portal.mail.letters import Letter, Line, Section
from tenun.portal.mail.models import Message
from tenun.portal.mail.outbox import Round


def send(username: str) -> Round:
    """Write it down and hand it over at once. Raises `MailOff`, `AccountHasNoAddress`."""
    mail, now = outbox.required(), SystemClock().now()
    account = User.objects.filter(username=username, is_active=True).exclude(email="").first()
    if account is None:
        raise problems.AccountHasNoAddress
    with translation.override(subscribers.of(account, now=now).language):
        letter = Letter(
            subject=_("A test"),
            opening=_("This mail says only that mails of this node arrive."),
            sections=(Section(_("Where to look"), (Line(_("Your mails"), letters.page(mail, "mail_settings")),)),),
            why=_("whoever runs the node tried the mail server with your account."),
            stop=None,
            language=words.language(),
        )
        key = f"test/{account.pk}/{uuid.uuid4()}"
        outbox.put(letter, key=key, kind=Kind.TEST, account=account, now=now)
    return outbox.send_one(mail, Message.objects.get(key=key).pk, now=now)
