from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "tenun.portal.indicators"
    label = "portal_indicators"
