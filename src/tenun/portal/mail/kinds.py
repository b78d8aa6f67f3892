"""Which mails there are, and which roles may get them: a table. What a role may not open, no mail tells it of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from tenun.portal.access import Permission, may


class Kind(StrEnum):
    """The stored spelling never changes."""

    DIGEST = "digest"
    SHUT_OFF = "shut-off"
    """Something was shut off, or opened again (Pasal 7(4))."""
    INCIDENT = "incident"
    """An incident was told or reported (Pasal 7(4))."""
    RELEASE = "release"
    """A consent is asked for, or was revoked (Pasal 7(2))."""
    PASSWORD = "password"  # noqa: S105 - a kind of mail
    TEST = "test"


class Rhythm(StrEnum):
    """How often a digest comes. The stored spelling never changes."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


ALERTS: Mapping[Kind, Permission] = MappingProxyType(
    {
        Kind.SHUT_OFF: Permission.EXCHANGE_READ,
        Kind.INCIDENT: Permission.EXCHANGE_READ,
        Kind.RELEASE: Permission.RELEASE_READ,
    }
)
"""News that is told at once, and the permission whose page it leads to."""

LASTS: Mapping[Kind, timedelta] = MappingProxyType(
    {
        Kind.DIGEST: timedelta(days=3),
        Kind.SHUT_OFF: timedelta(days=3),
        Kind.INCIDENT: timedelta(days=3),
        Kind.RELEASE: timedelta(days=3),
        # As long as its link holds (settings.PASSWORD_RESET_TIMEOUT); tests/unit/portal/test_mail_kinds.py.
        Kind.PASSWORD: timedelta(hours=1),
        Kind.TEST: timedelta(hours=1),
    }
)
"""How long it is tried; a mail that comes later than this would only puzzle."""


def alerts_of(role: str) -> tuple[Kind, ...]:
    """What that role may be told at once. A role that is not known is told nothing."""
    return tuple(kind for kind, permission in ALERTS.items() if may(role, permission))
