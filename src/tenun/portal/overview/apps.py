from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "tenun.portal.overview"
    label = "portal_overview"
