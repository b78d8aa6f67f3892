"""Keys for audiences: what a release's audience sends to read its feed.

A key is a signed statement that names the release; nothing is stored. It reads that release and nothing else, and ends
with it, since the gate is asked each time. It travels in `Authorization`, never in an address.
"""

from __future__ import annotations

from django.core import signing
from django.utils.crypto import constant_time_compare

_SALT = "tenun.release.key"
OPEN_AUDIENCES = frozenset({"publik"})
"""Whose feed asks for no key: a release to them is one to everybody."""


def issue(act: str) -> str:
    """A key for the feed of one release, signed with the node's own secret."""
    return signing.dumps({"release": act}, salt=_SALT)


def opens(key: str, act: str) -> bool:
    """Whether it is a key of that release."""
    try:
        told = signing.loads(key, salt=_SALT)
    except signing.BadSignature:
        return False
    return isinstance(told, dict) and constant_time_compare(str(told.get("release", "")), act)
