"""Base64url without padding (RFC 7515, section 2), read strictly: bytes have one spelling, every other is refused."""

from __future__ import annotations

import base64
import binascii


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: object) -> bytes | None:
    """The bytes; None for padding, foreign characters, stray bits at the end, or what is no text at all."""
    if not isinstance(text, str) or not text.isascii():
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return raw if encode(raw) == text else None
