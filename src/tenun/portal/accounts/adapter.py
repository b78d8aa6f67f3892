"""Where allauth asks us: nobody signs up, no mail leaves, second factors are kept encrypted."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.html import escape


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """No mail leaves a node: the page itself says what happened, and officers have no self-service by mail."""


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
