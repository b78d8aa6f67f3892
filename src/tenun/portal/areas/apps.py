from django.apps import AppConfig


class AreasConfig(AppConfig):
    name = "tenun.portal.areas"
    label = "portal_areas"
