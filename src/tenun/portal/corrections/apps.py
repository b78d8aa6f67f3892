from django.apps import AppConfig


class CorrectionsConfig(AppConfig):
    name = "tenun.portal.corrections"
    label = "portal_corrections"
