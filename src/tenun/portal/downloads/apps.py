from django.apps import AppConfig


class DownloadsConfig(AppConfig):
    name = "tenun.portal.downloads"
    label = "portal_downloads"
