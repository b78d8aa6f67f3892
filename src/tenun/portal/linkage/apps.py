from django.apps import AppConfig


class LinkageConfig(AppConfig):
    name = "tenun.portal.linkage"
    label = "portal_linkage"
