from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "tenun.portal.review"
    label = "portal_review"
