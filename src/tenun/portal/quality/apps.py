from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "tenun.portal.quality"
    label = "portal_quality"
