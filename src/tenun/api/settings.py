"""Django settings of one node's API: routes, the database of what was seen, and no more. No session, account or page.

TENUN_ROLE names the node. Whether a request is meant for us is decided by its signature, which covers the public
URL; the `Host` that it came in under is that of a gateway and means nothing.
"""

from __future__ import annotations

import os

from tenun.node import logs, postgres
from tenun.node.home import NodeHome, Role

ROLE = Role(os.environ["TENUN_ROLE"])
NODE = NodeHome.of(ROLE)

SECRET_KEY = NODE.keys.secret("api").hex()
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["tenun.node.django"]
MIDDLEWARE = ["tenun.api.middleware.RequestLog", "tenun.api.middleware.Signed"]
ROOT_URLCONF = "tenun.api.urls"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # `tenun.api.bodies` reads bodies, to a limit for each route

_database = postgres.told(ROLE) or postgres.Cluster.of_home().address(postgres.database_name(ROLE))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.name,
        "USER": _database.user,
        "PASSWORD": _database.password,
        "HOST": _database.host,
        "PORT": str(_database.port),
        "OPTIONS": dict(_database.options),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING_CONFIG = "tenun.node.logs.configure"
LOGGING = {"level": os.environ.get("TENUN_LOG_LEVEL", "INFO")}

assert logs  # named as a string above; imported so that a typing error stops the start
