"""Where allauth asks us: nobody signs up, second factors are kept encrypted. Mails: `tenun.portal.mail.adapter`."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import escape

from tenun.portal import access


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The first page of the account's role: a village government has no overview."""
        return reverse(access.home_of(request.user.role))


class SecondFactorAdapter(DefaultMFAAdapter):
    """The secret of an authenticator app is as good as the second factor itself: not in clear in the database."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """The QR code as an element of the page: a `data:` image would need a wider content policy."""
        drawing = super().build_totp_svg(url)
        return drawing[drawing.index("<svg") :]

    def get_totp_label(self, user: Any) -> str:
        return escape(user.get_username())


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.NODE.keys.secret("second_factor")[:32]))
