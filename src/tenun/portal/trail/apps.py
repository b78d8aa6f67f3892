from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "tenun.portal.trail"
    label = "portal_trail"
