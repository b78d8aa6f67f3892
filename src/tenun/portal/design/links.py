"""Addresses that keep to the snapshot the reader is looking at."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from tenun.portal.figures import Release


def link(release: Release | None, route: str, *arguments: str, **query: object) -> str:
    """The address of a route with its query; parts without a value are left out."""
    asked = {name: str(value) for name, value in query.items() if value not in (None, "")}
    if release is not None and release.pinned:
        asked["potret"] = release.pinned
    address = reverse(route, args=arguments)
    return f"{address}?{urlencode(asked)}" if asked else address
