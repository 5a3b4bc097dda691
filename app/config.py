"""The only reader of the environment. Every setting has its name, its default and its reason here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent
TRUE = {"1", "true", "yes", "on"}
DEMO_SECRET = "demo-secret-for-development-only-never-in-production"  # noqa: S105


class Misconfigured(Exception):
    """A setting is missing or cannot be understood. The message names the variable."""


class Environment:
    """Settings by name, from a variable or, for secrets, from the file that `NAME_FILE` points at."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.production = environ.get("SAMTYKKE_ENV", "production") == "production"
        self.missing: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self.environ.get(name, "").strip() or default

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise Misconfigured(f"{name} must be a whole number") from None

    def numbers(self, name: str) -> dict[str, int]:
        """Whole numbers by name, written `name=number` with spaces between."""
        pairs = [pair.partition("=") for pair in self.text(name).split()]
        if not all(key and value.isdecimal() for key, _, value in pairs):
            raise Misconfigured(f"{name} must be names with whole numbers, as in own=7")
        return {key: int(value) for key, _, value in pairs}

    def flag(self, name: str, default: bool = False) -> bool:
        return self.text(name, str(default)).lower() in TRUE

    def secret(self, name: str) -> str:
        """The secret NAME, or the content of the file NAME_FILE; empty when neither is set."""
        path = self.text(f"{name}_FILE")
        if not path:
            return self.text(name)
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError:
            raise Misconfigured(f"{name}_FILE names a file that cannot be read") from None

    def required(self, name: str, development: str, secret: bool = False) -> str:
        """A setting that production must name; development has a default so that a newcomer can start."""
        value = self.secret(name) if secret else self.text(name)
        if not value and self.production:
            self.missing.append(name)
        return value or development

    def refuse_what_is_missing(self) -> None:
        """All at once: nobody should start a service five times to learn of five settings."""
        if self.missing:
            are, they = ("are", "they have") if len(self.missing) > 1 else ("is", "it has")
            raise Misconfigured(f"{', '.join(self.missing)} {are} not set. In production {they} no default.")


def load(environ: Mapping[str, str]) -> dict[str, Any]:
    """Flask's configuration from the environment.

    Raises `Misconfigured` when production lacks something that has no safe default.
    """
    env = Environment(environ)
    settings = {
        "PRODUCTION": env.production,
        **_service(env),
        **_database(env),
        **_mail(env),
        **_processors(env),
        **_intake(env),
        **_privacy(env),
        **_flask(env),
    }
    env.refuse_what_is_missing()
    return settings


def _service(env: Environment) -> dict[str, Any]:
    instance = Path(env.text("INSTANCE_DIR", str(ROOT / "instance")))
    secret = env.required("SECRET_KEY", DEMO_SECRET, secret=True)
    if env.production and not env.missing and len(secret) < 32:
        raise Misconfigured("SECRET_KEY is too short: use at least 32 random characters")
    return {
        "INSTANCE_DIR": str(instance),
        "SPOOL_DIR": env.text("SPOOL_DIR", str(instance / "spool")),
        # Outlives a restored backup, so it belongs on a disk that is not restored with the database.
        "JOURNAL_DIR": env.text("JOURNAL_DIR", str(instance / "journal")),
        "SECRET_KEY": secret,
        "SECRET_KEYS_OLD": env.secret("SECRET_KEYS_OLD").split(),
        "BASE_URL": env.required("BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        "TRUSTED_PROXIES": env.number("TRUSTED_PROXIES", 0),
        "HUEY_URL": env.secret("HUEY_URL") or _bell(env, instance),
        "OUTBOX_LEASE": env.number("OUTBOX_LEASE", 60),  # seconds of silence after which a worker counts as dead
        "WORKERS": env.number("WORKERS", 4),
        "METRICS_TOKEN": env.secret("METRICS_TOKEN"),
        "FAULT": "" if env.production else env.text("SAMTYKKE_FAULT"),
    }


def _bell(env: Environment, instance: Path) -> str:
    """Where web and worker hear each other: in the database when they may be on different machines."""
    database = env.secret("DATABASE_URL")
    return database if database.startswith("postgresql") else f"sqlite:///{instance}/huey.db"


def _database(env: Environment) -> dict[str, Any]:
    default = f"sqlite:///{env.text('INSTANCE_DIR', str(ROOT / 'instance'))}/samtykke.db"
    return {
        "SQLALCHEMY_DATABASE_URI": _readable(env.secret("DATABASE_URL") or default),
        # Parameters are hidden: an error of the database must not carry an address into a log.
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_pre_ping": True, "hide_parameters": True},
    }


def _readable(url: str) -> str:
    """Raises `Misconfigured` without repeating it: it holds a password."""
    try:
        backend = make_url(url).get_backend_name()
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise Misconfigured("DATABASE_URL must be postgresql+psycopg://USER:PASSWORD@HOST/NAME or sqlite:////PATH")
    return url


def _mail(env: Environment) -> dict[str, Any]:
    instance = env.text("INSTANCE_DIR", str(ROOT / "instance"))
    return {
        "MAIL_URL": env.required("MAIL_URL", f"file:{instance}/mail", secret=True),
        "MAIL_FROM": env.required("MAIL_FROM", "Fjordlys Interiør <post@fjordlys.example>"),
    }


def _processors(env: Environment) -> dict[str, Any]:
    instance = env.text("INSTANCE_DIR", str(ROOT / "instance"))
    sandbox = env.text("SANDBOX_PATH") or ("" if env.production else f"{instance}/sandbox.db")
    return {
        "SANDBOX_PATH": sandbox,
        "MAILCHIMP_API_KEY": env.secret("MAILCHIMP_API_KEY"),
        "MAILCHIMP_AUDIENCE": env.text("MAILCHIMP_AUDIENCE"),
        "MAILCHIMP_API_BASE": env.text("MAILCHIMP_API_BASE"),
        "MAILCHIMP_WEBHOOK_SECRET": env.secret("MAILCHIMP_WEBHOOK_SECRET"),
        "MAILCHIMP_SIGNING_SECRET": env.secret("MAILCHIMP_SIGNING_SECRET"),
        "STRIPE_API_KEY": env.secret("STRIPE_API_KEY"),
        "STRIPE_API_BASE": env.text("STRIPE_API_BASE"),
        "STRIPE_WEBHOOK_SECRET": env.secret("STRIPE_WEBHOOK_SECRET"),
        "STRIPE_PROMOTIONS_PURPOSE": env.text("STRIPE_PROMOTIONS_PURPOSE", "newsletter"),
        "FISCAL_YEAR_END": env.text("FISCAL_YEAR_END", "12-31"),
        "BOOKKEEPING_YEARS": env.number("BOOKKEEPING_YEARS", 5),  # after its end; the law demands five, some keep ten
        "BACKUP_DAYS": env.numbers("BACKUP_DAYS"),  # `own=7 wordpress=40`: how long each holder's backups live
        "GOOGLE_CREDENTIALS": env.secret("GOOGLE_CREDENTIALS"),
        "GOOGLE_SUBJECT": env.text("GOOGLE_SUBJECT"),
        "GOOGLE_API_BASE": env.text("GOOGLE_API_BASE"),
        "GMAIL_MAILBOX": env.text("GMAIL_MAILBOX"),
        "GOOGLE_CONTACTS_GROUP": env.text("GOOGLE_CONTACTS_GROUP"),
        "GOOGLE_GROUPS": env.text("GOOGLE_GROUPS"),
        "WORDPRESS_URL": env.text("WORDPRESS_URL"),
        "WORDPRESS_KEY_ID": env.text("WORDPRESS_KEY_ID"),
        "WORDPRESS_SECRET": env.secret("WORDPRESS_SECRET"),
        "WORDPRESS_USER": env.text("WORDPRESS_USER"),
        # While a key is being replaced, the plugin may still sign with the one before.
        "WORDPRESS_KEY_ID_OLD": env.text("WORDPRESS_KEY_ID_OLD"),
        "WORDPRESS_SECRET_OLD": env.secret("WORDPRESS_SECRET_OLD"),
    }


def _intake(env: Environment) -> dict[str, Any]:
    return {
        "INTAKE_BOX_PER_MINUTE": env.number("INTAKE_BOX_PER_MINUTE", 20),  # per form and network, then boxed as spam
        "INTAKE_STOP_PER_MINUTE": env.number("INTAKE_STOP_PER_MINUTE", 120),  # then 429
        "LOGIN_LIMIT": env.text("LOGIN_LIMIT", "10 per minute; 50 per hour"),
        "LOST_LIMIT": env.text("LOST_LIMIT", "20 per hour"),
    }


def _privacy(env: Environment) -> dict[str, Any]:
    return {
        # Kinds of requests that staff look at before they are carried out, with commas between; `none` for none.
        "PRIVACY_APPROVAL": [word.strip() for word in env.text("PRIVACY_APPROVAL", "erasure").split(",")],
    }


def _flask(env: Environment) -> dict[str, Any]:
    base = urlsplit(env.text("BASE_URL", "http://127.0.0.1:8000"))
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
