"""Where allauth asks us for a mail: the one with a link to a new password, written down like every other."""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from tenun.kernel.clock import SystemClock
from tenun.portal import words
from tenun.portal.accounts import adapter
from tenun.portal.mail import outbox
from tenun.portal.mail.kinds import Kind
from tenun.portal.mail.letters import Letter, Line, Section

RESET = "account/email/password_reset_key"


class Adapter(adapter.Adapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The link to a new password; no other mail of allauth leaves.

        It goes to the account's address as the ministries entered it, whatever was typed.
        """
        if template_prefix != RESET:
            return
        letter = Letter(
            subject=_("A new password"),
            opening=_("Someone, probably you, asked for a new password. The link works once, within one hour."),
            sections=(Section(_("Your link"), (Line(_("Choose a new password"), context["password_reset_url"]),)),),
            why=_("it was asked for on the portal. If it was not you, do nothing: your password stays as it is."),
            stop=None,
            language=words.language(),
        )
        account = context["user"]
        key = f"password/{account.pk}/{uuid.uuid4()}"
        outbox.put(letter, key=key, kind=Kind.PASSWORD, account=account, now=SystemClock().now())

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the portal's address of the configuration: never at the one that a request called this host by."""
        uid, _dash, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
        return outbox.required().portal + path
