from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "tenun.portal.exchange"
    label = "portal_exchange"
