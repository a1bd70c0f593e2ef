import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlparse

BASE_DIR = Path(__file__).resolve().parent.parent

# Set one with `bastide config:set SECRET_KEY=…`: without it each replica makes its own and sessions end with it.
SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(50)
DEBUG = False
# The edge answers for the app's own names only; no other request gets here.
ALLOWED_HOSTS = ["*"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_SECURE = True

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "visits",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
    }
]


def database(url):
    """The database of DATABASE_URL, its server verified as the address says."""
    at = urlparse(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": at.hostname,
        "PORT": at.port,
        "NAME": at.path.lstrip("/"),
        "USER": unquote(at.username),
        "PASSWORD": unquote(at.password),
        "OPTIONS": dict(parse_qsl(at.query)),
        "CONN_MAX_AGE": 60,
    }


if os.environ.get("DATABASE_URL", "").startswith("postgres"):
    DATABASES = {"default": database(os.environ["DATABASE_URL"])}
else:
    # The only place that an app may write to, and it is empty in each new container: data that must last needs a database.
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("SQLITE_PATH", "/tmp/shop.sqlite3"),
            "OPTIONS": {"timeout": 20},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
