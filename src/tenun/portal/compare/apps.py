from django.apps import AppConfig


class CompareConfig(AppConfig):
    name = "tenun.portal.compare"
    label = "portal_compare"
