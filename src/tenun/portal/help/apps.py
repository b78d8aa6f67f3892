from django.apps import AppConfig


class HelpConfig(AppConfig):
    name = "tenun.portal.help"
    label = "portal_help"
