"""Addresses of the results API, each a named pattern of its own: an included list cannot be walked against
`access.ROUTES`."""

from django.urls import URLPattern

from tenun.portal.downloads.api.routes import site

patterns: list[URLPattern] = [one for one in site.urls[0] if isinstance(one, URLPattern) and one.name != "api-root"]
