"""Which versions of the API there are, and how it is told that one goes.

The major version is in the path. One that is replaced is served for a year more: its answers then say since when it
is deprecated (RFC 9745) and when it ends (RFC 8594), so that a client's log shows it before its users do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from django.http import HttpResponse


@dataclass(frozen=True)
class Version:
    """One major version. `deprecated` and `sunset` are set when its successor is published, a year apart at least."""

    number: str
    deprecated: datetime | None = None
    sunset: datetime | None = None
    successor: str | None = None
    """Address of what to read about the change."""

    def headers(self) -> dict[str, str]:
        told = {}
        if self.deprecated is not None:
            told["Deprecation"] = f"@{int(self.deprecated.timestamp())}"
        if self.sunset is not None:
            told["Sunset"] = format_datetime(self.sunset.astimezone(UTC), usegmt=True)
        if told and self.successor is not None:
            told["Link"] = f'<{self.successor}>; rel="deprecation"; type="text/html"'
        return told


SERVED: Mapping[str, Version] = {"1": Version("1")}


def mark(response: HttpResponse, *, number: str = "1") -> None:
    """Say on an answer what there is to say about its version."""
    for name, value in SERVED[number].headers().items():
        response[name] = value
