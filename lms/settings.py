"""The one settings file. Everything a site may set comes from the environment or ``.env`` (docs/settings.md).

A missing or bad value in production refuses to start and names the setting.
"""

from __future__ import annotations

import contextlib
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
env.read_env(str(BASE_DIR / ".env"))


def _path(name: str, default: Path) -> Path:
    value = Path(env.str(name, default=str(default)))
    return value if value.is_absolute() else BASE_DIR / value


# -- where things are ---------------------------------------------------------

DATA_DIR = _path("XIANGXUE_DATA", BASE_DIR / "var")
DEBUG = env.bool("XIANGXUE_DEBUG", default=False)
TESTING = "pytest" in sys.modules
# Without a host list this is the embedded default: one PC, reached over loopback, that makes and keeps its own keys.
EMBEDDED = not env.list("ALLOWED_HOSTS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or ["127.0.0.1", "localhost", "[::1]", "testserver"]
SITE_HOSTS = ALLOWED_HOSTS
# Packages from outside play on a host of their own, another origin (docs/decisions/0030); "off" is the site's own host, with less.
PACKAGE_HOST = env.str("PACKAGE_HOST", default="packages.localhost" if EMBEDDED else "off")
PACKAGE_HOST = "" if PACKAGE_HOST == "off" else PACKAGE_HOST
if PACKAGE_HOST:
    SITE_HOSTS = [host for host in ALLOWED_HOSTS if host != PACKAGE_HOST.partition(":")[0]]
    if not SITE_HOSTS or "/" in PACKAGE_HOST or PACKAGE_HOST.startswith("."):
        raise ImproperlyConfigured("PACKAGE_HOST must be a host name of its own, not the site's")
    ALLOWED_HOSTS = [*SITE_HOSTS, PACKAGE_HOST.partition(":")[0]]
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _secret(name: str) -> str:
    """A key from the environment; the embedded default makes one and keeps it with the data, readable by its owner."""
    value = env.str(name, default="")
    if value:
        if len(value) < 32:
            raise ImproperlyConfigured(f"{name} must have at least 32 characters")
        return value
    if not EMBEDDED:
        raise ImproperlyConfigured(f"{name} is not set; a site with ALLOWED_HOSTS needs its own")
    kept = DATA_DIR / "keys" / name
    if not kept.exists():
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = kept.with_name(f"{name}.{os.getpid()}")
        draft.write_text(get_random_secret_key())
        draft.chmod(0o600)
        with contextlib.suppress(FileExistsError):  # another process of the same start was first; its key counts
            os.link(draft, kept)
        draft.unlink()
    return kept.read_text()


SECRET_KEY = _secret("XIANGXUE_SECRET_KEY")
XIANGXUE_FIELD_KEY = _secret("XIANGXUE_FIELD_KEY")

# -- the house ----------------------------------------------------------------

INSTALLED_APPS = [
    "lms.core",
    "lms.members",
    "lms.hours",
    "lms.notices",
    "lms.goals",
    "lms.training",
    "courses",
    "lms.stations",
    "lms.pairs",
    "lms.reports",
    "lms.exchange",
    "cms",
    "lms.demo",
    "wagtail.contrib.redirects",
    "wagtail.contrib.typed_table_block",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "wagtailmedia",
    "taggit",
    "django_filters",
    "django_q",
    "django_htmx",
    "axes",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "lms.core.middleware.SessionlessMiddleware",
    "lms.core.middleware.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lms.members.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "lms.urls"
WSGI_APPLICATION = "lms.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "lms" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "lms.core.context.page",
                "lms.members.navigation.context",
                "lms.notices.context.bell",
            ],
        },
    },
]

# -- the database -------------------------------------------------------------

EMBEDDED_DATABASE: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "db.sqlite3")}
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL") if env.str("DATABASE_URL", default="") else EMBEDDED_DATABASE
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # 16 writers at once: the defaults fail 12 % of transactions, this fails none; FULL because villages lose power.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-20000; PRAGMA temp_store=MEMORY;"
        ),
    }
    # The last connection to close folds the log into the file, with an fsync: a request that opens its own pays that each time.
    DATABASES["default"]["CONN_MAX_AGE"] = None
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# -- cache, queue, storage ----------------------------------------------------

CACHE_URL = env.str("CACHE_URL", default="")
CACHES = {
    "default": (
        env.cache_url("CACHE_URL")
        if CACHE_URL
        # A cache of its own per process would hide lockouts and heartbeats from the other processes.
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "django_cache",
            "OPTIONS": {"MAX_ENTRIES": 50_000},
        }
    )
}

Q_CLUSTER: dict[str, Any] = {
    "name": "xiangxue",
    "orm": "default",
    "workers": 2,
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 300,
    "retry": 1200,  # more than timeout × (queue_limit / workers + 1) + 60, or a slow job runs twice
    "max_attempts": 3,
    "ack_failures": False,
    "save_limit": -1,
    "recycle": 200,
    "poll": 1.0,
    "guard_cycle": 0.5,
    "catch_up": False,
    "cache": "default",
}

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = _path("XIANGXUE_STATIC", DATA_DIR / "static")
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
S3_BUCKET = env.str("S3_BUCKET", default="")
S3_ENDPOINT = env.str("S3_ENDPOINT", default="") or None
# Where pictures and films come from besides this site: the bucket by path and by name.
STORES = [S3_ENDPOINT, S3_ENDPOINT.replace("://", "://*.", 1)] if S3_ENDPOINT else ["https://*.amazonaws.com"]
STORES = STORES if S3_BUCKET else []
STORAGES = {
    "default": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": S3_BUCKET,
                "endpoint_url": S3_ENDPOINT,
                "access_key": env.str("S3_ACCESS_KEY", default=None),
                "secret_key": env.str("S3_SECRET_KEY", default=None),
                "region_name": env.str("S3_REGION", default=None),
                "default_acl": "private",
                "querystring_auth": True,
                "querystring_expire": 6 * 3600,  # seconds; a film is asked for in ranges as long as it plays
                "file_overwrite": False,
            },
        }
        if S3_BUCKET
        else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    ),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if TESTING or DEBUG
            else "lms.core.static.StaticStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = TESTING or DEBUG
# Never changes under its name: a hash before the ending, or a version in the folder (modules import each other by path).
WHITENOISE_IMMUTABLE_FILE_TEST = r"\.[0-9a-f]{12}\.\w+$|^/static/vendor/[^/]+-\d[^/]*/"

# -- language and time --------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "lms" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_TZ = True
USE_I18N = True

# -- accounts -----------------------------------------------------------------

AUTH_USER_MODEL = "members.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home-for-role"
LOGOUT_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]  # by account: a whole village shares one address
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["axes.W006", "security.W019"]  # both on purpose: see AXES_LOCKOUT_PARAMETERS, X_FRAME_OPTIONS

# -- security -----------------------------------------------------------------

SECURE_HTTPS = not EMBEDDED and not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_HTTPS else None
SECURE_SSL_REDIRECT = SECURE_HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in SITE_HOSTS] if SECURE_HTTPS else []
PACKAGE_FRAMES = (
    [f"{'https' if SECURE_HTTPS else 'http'}://{PACKAGE_HOST}{':*' if EMBEDDED else ''}"] if PACKAGE_HOST else []
)
SESSION_COOKIE_AGE = 8 * 3600
SESSION_SAVE_EVERY_REQUEST = False
X_FRAME_OPTIONS = "SAMEORIGIN"  # Wagtail's preview shows our pages inside the admin (security.W019)
CONTENT_SECURITY_POLICY = {
    # Wagtail's admin needs inline scripts and styles; only county roles and editors get in there.
    "EXCLUDE_URL_PREFIXES": ("/admin/",),
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *STORES],
        "media-src": [SELF, "blob:", *STORES],
        "connect-src": [SELF, *STORES],
        "frame-src": [SELF, *PACKAGE_FRAMES],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# -- media library --------------------------------------------------------------

MEDIA_LIMITS = {
    "file_mb": env.int("MEDIA_MAX_MB", default=2048),
    "reserve_mb": env.int("MEDIA_RESERVE_MB", default=1024),  # of the disk, that uploads leave to all the rest
}

# -- trainings ------------------------------------------------------------------

# What a planner means by 上午, 下午 and 全天: begins, ends, how it is measured.
TRAINING_HALF_DAYS = {
    "morning": ("08:30", "11:30", "half_day"),
    "afternoon": ("14:30", "17:30", "half_day"),
    "day": ("08:30", "17:00", "day"),
}

# -- roster import ------------------------------------------------------------

# What one uploaded roster may cost; it is read in a child process that is cut off beyond (lms/exchange/sandbox.py).
IMPORT_LIMITS = {
    "rows": env.int("IMPORT_MAX_ROWS", default=20_000),
    "memory_mb": env.int("IMPORT_MEMORY_MB", default=256),
    "cpu_seconds": env.int("IMPORT_CPU_SECONDS", default=5),
}

# -- e-mail -------------------------------------------------------------------

vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="xiangxue@localhost")

# -- notices ------------------------------------------------------------------

NOTICES = {
    # Hours of the county's day: quiet from, quiet until, from when even what is urgent waits.
    "quiet": (
        env.int("NOTICE_QUIET_FROM", default=21),
        env.int("NOTICE_QUIET_UNTIL", default=7),
        env.int("NOTICE_URGENT_UNTIL", default=22),
    ),
    "gather": timedelta(minutes=env.int("NOTICE_GATHER_MINUTES", default=3)),  # several at once become one message
    # The servers that messages may go to, with a port if it is not the usual one: nobody in the site can add another.
    "hosts": env.list("NOTICE_HOSTS", default=["qyapi.weixin.qq.com", "oapi.dingtalk.com"]),
}

# -- Wagtail ------------------------------------------------------------------

WAGTAIL_SITE_NAME = "乡学"
WAGTAIL_I18N_ENABLED = False
WAGTAILSEARCH_BACKENDS = {
    "default": {
        "BACKEND": "lms.core.search.backend",  # finds 栽培 inside 葡萄栽培技术
        "ATOMIC_REBUILD": False,  # entries are replaced one by one; a transaction over all would keep writers waiting
    }
}
WAGTAILADMIN_BASE_URL = env.str("XIANGXUE_URL", default="http://127.0.0.1:8000")
WAGTAILADMIN_LOGIN_URL = "/login/"
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]  # one, so that nobody is asked among five hundred
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 40_000_000
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []  # fetching addresses given by users is off
WAGTAILMEDIA = {
    "MEDIA_MODEL": "courses.MediaFile",
    "MEDIA_FORM_BASE": "courses.media_forms.MediaForm",
    "VIDEO_EXTENSIONS": ["mp4", "m4v", "mov", "webm"],
    "AUDIO_EXTENSIONS": ["mp3", "m4a"],
}
TAGGIT_CASE_INSENSITIVE = True

# -- logs ---------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"lms": {"level": "INFO"}, "courses": {"level": "INFO"}},
}
