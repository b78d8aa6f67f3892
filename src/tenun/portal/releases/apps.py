from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    name = "tenun.portal.releases"
    label = "portal_releases"
