"""Keys for programs: what an officer gives a script in place of a session.

A key is a signed statement that names the account; nothing is stored. It may do what the account may do at the
moment it is used, in the area that the account has then, and only read results. It ends after `LIFE`, and at once
when the account's password is changed or the account is closed. It travels in `Authorization`, never in an address.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core import signing
from django.utils.crypto import constant_time_compare

LIFE = timedelta(days=90)
_SALT = "tenun.results.key"


def issue(user: Any) -> str:
    """A key for that account, signed with the node's own secret."""
    return signing.dumps({"account": user.pk, "mark": _mark(user)}, salt=_SALT)


def user_of(key: str) -> Any | None:
    """The account of a key that holds now, or None."""
    try:
        told = signing.loads(key, salt=_SALT, max_age=LIFE)
        user = get_user_model().objects.get(pk=told["account"])
    except (signing.BadSignature, KeyError, TypeError, ValueError, get_user_model().DoesNotExist):
        return None
    is_same = constant_time_compare(str(told.get("mark", "")), _mark(user))
    return user if user.is_active and is_same else None


def _mark(user: Any) -> str:
    """Changes with the password, and tells nothing of it."""
    return hashlib.sha256(f"{_SALT}:{user.get_session_auth_hash()}".encode()).hexdigest()[:32]
