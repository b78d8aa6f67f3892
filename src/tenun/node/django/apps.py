from django.apps import AppConfig


class NodeConfig(AppConfig):
    name = "tenun.node.django"
    label = "node"
