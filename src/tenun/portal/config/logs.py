"""The portal's logs: as those of the node's other processes, and two loggers quieter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenun.node import logs

QUIETER = {
    "axes": "ERROR",
    # Its line repeats whatever a stranger sent as a host name; our line with status 400 is enough.
    "django.security.DisallowedHost": "CRITICAL",
}


def configure(settings: Mapping[str, Any]) -> None:
    logs.configure(settings, QUIETER)
