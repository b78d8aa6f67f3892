from django.apps import AppConfig


class MapsConfig(AppConfig):
    name = "tenun.portal.maps"
    label = "portal_maps"
