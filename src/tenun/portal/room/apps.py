from django.apps import AppConfig


class RoomConfig(AppConfig):
    name = "tenun.portal.room"
    label = "portal_room"
