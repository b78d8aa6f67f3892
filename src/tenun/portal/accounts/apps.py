from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "tenun.portal.accounts"
    label = "accounts"
