from django.apps import AppConfig


class DesignConfig(AppConfig):
    name = "tenun.portal.design"
    label = "portal_design"
