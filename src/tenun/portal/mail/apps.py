from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "tenun.portal.mail"
    label = "portal_mail"
