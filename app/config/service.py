"""The service itself: its secret, its address, how it works and what it is on the web."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from app.config.environment import Environment, Misconfigured
from app.config.stores import ROOT, bell, instance

HERE = "http://127.0.0.1:8000"
DEMO_SECRET = "demo-secret-for-development-only-never-in-production"  # noqa: S105


def service(env: Environment) -> dict[str, Any]:
    folder = instance(env)
    secret = env.required("SECRET_KEY", DEMO_SECRET, secret=True)
    if env.production and not env.missing and len(secret) < 32:
        raise Misconfigured("SECRET_KEY is too short: use at least 32 random characters")
    return {
        "INSTANCE_DIR": str(folder),
        "SPOOL_DIR": env.text("SPOOL_DIR", str(folder / "spool")),
        # Outlives a restored backup, so it belongs on a disk that is not restored with the database.
        "JOURNAL_DIR": env.text("JOURNAL_DIR", str(folder / "journal")),
        "SECRET_KEY": secret,
        "SECRET_KEYS_OLD": env.secret("SECRET_KEYS_OLD").split(),
        "BASE_URL": _address(env.required("BASE_URL", HERE)),
        "TRUSTED_PROXIES": env.number("TRUSTED_PROXIES", 0, least=0),
        "HUEY_URL": env.secret("HUEY_URL") or bell(env),
        "OUTBOX_LEASE": env.number("OUTBOX_LEASE", 60),  # seconds of silence after which a worker counts as dead
        "WORKERS": env.number("WORKERS", 4),
        "METRICS_TOKEN": env.secret("METRICS_TOKEN"),
        "FAULT": "" if env.production else env.text("SAMTYKKE_FAULT"),
    }


def _address(url: str) -> str:
    """Every page and letter shows it, so that nothing secret may stand in it."""
    try:
        plain = urlsplit(url).port != 0 and "@" not in url
    except ValueError:
        plain = False
    if not plain:
        raise Misconfigured("BASE_URL must be of the form https://host or https://host:port, without a password")
    return url.rstrip("/")


def flask(env: Environment) -> dict[str, Any]:
    base = urlsplit(env.text("BASE_URL", HERE))
    secure = base.scheme == "https"
    return {
        # Links are built from BASE_URL alone; a request that claims another host is refused.
        "OUR_HOSTS": [base.hostname or "", "127.0.0.1", "localhost", *env.text("EXTRA_HOSTS").split()],
        "MAX_CONTENT_LENGTH": 1_048_576,
        "SESSION_COOKIE_NAME": "__Host-samtykke" if secure else "samtykke",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": 8 * 3600,
        "WTF_CSRF_TIME_LIMIT": None,  # lives as long as the session: a tab left open must still work
        "BABEL_DEFAULT_LOCALE": "nb",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "RATELIMIT_STORAGE_URI": env.text("RATELIMIT_STORAGE_URI", "memory://"),
    }
