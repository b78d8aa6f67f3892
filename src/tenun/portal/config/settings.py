"""Django settings of one node's portal. Everything a node has comes from its `NodeHome`.

TENUN_ROLE names the node (`naker` unless told otherwise: by Pasal 3(1)c results are seen in Kemnaker's
system), TENUN_HOSTS the names it answers to, TENUN_HTTPS=1 that a proxy in front speaks TLS.
"""

from __future__ import annotations

import os
from pathlib import Path

from tenun.node import postgres
from tenun.node.home import NodeHome, Role
from tenun.portal.config import logs

PORTAL = Path(__file__).resolve().parents[1]
ROLE = Role(os.environ.get("TENUN_ROLE", Role.NAKER))
NODE = NodeHome.of(ROLE)
IS_DEMO = (NODE.folder / "demo").exists()
IS_HTTPS = os.environ.get("TENUN_HTTPS") == "1"

SECRET_KEY = NODE.keys.secret("portal").hex()
DEBUG = False
ALLOWED_HOSTS = [*os.environ.get("TENUN_HOSTS", "").split(), "localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "tenun.portal.accounts",
    "tenun.portal.design",
    "tenun.portal.overview",
    "tenun.portal.areas",
    "tenun.portal.room",
    "tenun.portal.maps",
    "tenun.portal.compare",
    "tenun.portal.indicators",
    "tenun.portal.downloads",
    "tenun.portal.quality",
    "tenun.portal.trail",
    "tenun.portal.releases",
    "tenun.portal.corrections",
    "tenun.portal.exchange",
    "tenun.portal.linkage",
    "tenun.portal.review",
    "tenun.portal.help",
    "tenun.portal.mail",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_cotton",
]

MIDDLEWARE = [
    "tenun.portal.config.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "tenun.portal.config.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tenun.portal.accounts.offline.Forgetting",
    "tenun.portal.downloads.api.middleware.Machines",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tenun.portal.config.middleware.PlainHeaders",
    "tenun.portal.trail.recording.Trail",
    "tenun.portal.config.middleware.Gate",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "tenun.portal.config.urls"
WSGI_APPLICATION = "tenun.portal.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tenun.portal.design.context.page",
            ],
        },
    }
]

# --- stored state ------------------------------------------------------------------------------

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
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- who comes in ------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: a locked account is refused before its password is looked at
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "overview"
ACCOUNT_ADAPTER = "tenun.portal.mail.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
# How often a password may be wrong is one rule, that of axes below. A gateway before the portal is one address.
ACCOUNT_RATE_LIMITS = {"login_failed": None, "reset_password": "30/h/ip,3/h/key", "reset_password_from_key": "30/h/ip"}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody but officers gets a mail, also not to say that there is no account
PASSWORD_RESET_TIMEOUT = 60 * 60
MFA_ADAPTER = "tenun.portal.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tenun"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "tenun.portal.accounts.lockout.who"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_CALLABLE = "tenun.portal.accounts.lockout.answer"

SESSION_COOKIE_AGE = 10 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = f"tenun_{ROLE}"  # two nodes on one machine share a host name, not a session
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_NAME = f"tenun_{ROLE}_csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "tenun.portal.design.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in os.environ.get("TENUN_HOSTS", "").split() if IS_HTTPS]

# --- what a browser may do with our pages ------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "worker-src": ["'self'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if IS_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True

# --- languages ---------------------------------------------------------------------------------

LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "tenun_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LOCALE_PATHS = [PORTAL / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Jakarta"

# --- static files ------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [PORTAL / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]  # ours only; no app's widgets
STATIC_ROOT = NODE.folder / "portal" / "static"
STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}

# --- logs --------------------------------------------------------------------------------------

LOGGING_CONFIG = "tenun.portal.config.logs.configure"
LOGGING = {"level": os.environ.get("TENUN_LOG_LEVEL", "INFO")}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # mails leave by `tenun.portal.mail` alone

assert logs  # named as a string above; imported so that a typing error stops the start
