"""The portal's project with the results API at its addresses, whether or not its own tables have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType, ModuleType

import pytest

from tenun.portal import access
from tenun.portal.access import Permission

VILLAGE = "52.08.01.2002"
MACHINES = "tenun.portal.downloads.api.middleware.Machines"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
ADDRESSES: Mapping[str, str] = {
    "results_catalogue": "/v1/results/catalog",
    "results_openapi": "/v1/results/openapi.json",
    "results_snapshot": "/v1/results/latest",
    "results_areas": "/v1/results/latest/areas",
    "results_indicators": "/v1/results/latest/indicators",
    "results_values": f"/v1/results/latest/values?area={VILLAGE}",
    "results_metadata": f"/v1/results/latest/values.csv-metadata.json?area={VILLAGE}",
    "results_provenance": f"/v1/results/latest/provenance/A1/{VILLAGE}",
}


@contextmanager
def mounted() -> Iterator[None]:
    """Call it where Django is set up for a portal."""
    from django.conf import settings
    from django.test import override_settings
    from django.urls import clear_url_caches

    from tenun.portal.config import urls
    from tenun.portal.downloads.api.urls import patterns

    with_it = ModuleType("with_results_api")
    with_it.urlpatterns = [*urls.urlpatterns, *patterns]  # type: ignore[attr-defined]
    for handler in ("handler400", "handler403", "handler404", "handler500"):
        setattr(with_it, handler, getattr(urls, handler))
    middleware = [one for one in settings.MIDDLEWARE if one != MACHINES]
    middleware.insert(middleware.index(AUTHENTICATION) + 1, MACHINES)
    with pytest.MonkeyPatch.context() as patch:
        table = {**access.ROUTES, **dict.fromkeys(ADDRESSES, Permission.FIGURES_DOWNLOAD)}
        patch.setattr(access, "ROUTES", MappingProxyType(table))
        with override_settings(ROOT_URLCONF=with_it, MIDDLEWARE=middleware):
            clear_url_caches()
            yield
    clear_url_caches()
