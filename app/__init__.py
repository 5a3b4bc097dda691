"""Samtykke: the one file that knows everyone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from flask import Flask
from limits.errors import ConfigurationError
from werkzeug.middleware.proxy_fix import ProxyFix

from app import config, crypto, errors, extensions, headers, hosts, i18n, incoming, labels, logs
from app.config import folders

MODELS = (
    "journal",
    "sites",
    "outbox",
    "audit",
    "register",
    "contacts",
    "letters",
    "consent",
    "sync",
    "billing",
    "arrivals",
    "submissions",
    "privacy",
    "admin",
)
JOBS = (
    "app.letters.jobs",
    "app.consent.jobs",
    "app.sync.jobs",
    "app.sync.drift.jobs",
    "app.sync.mail.jobs",
    "app.sync.coverage.jobs",
    "app.billing.jobs",
    "app.arrivals.jobs",
    "app.submissions.jobs",
    "app.privacy.deadline.jobs",
    "app.privacy.jobs",
    "app.privacy.mailroom_jobs",
    "app.privacy.disclosing_letter",
    "app.privacy.from_wordpress",
    "app.privacy.journal_jobs",
    "app.privacy.own.wiping",
    "app.privacy.archive.jobs",
    "app.admin.jobs",
)
BLUEPRINTS = (
    "app.health:bp",
    "app.submissions.views:bp",
    "app.submissions.embed:bp",
    "app.consent.confirm:bp",
    "app.consent.unsubscribe:bp",
    "app.consent.preferences:bp",
    "app.consent.receipts:bp",
    "app.privacy.receipts.views:bp",
    "app.privacy.archive.views:bp",
    "app.privacy.views:bp",
    "app.webhooks:bp",
    "app.sites.views:bp",
    "app.admin.views:bp",
)
DEVELOPMENT_BLUEPRINTS = ("app.dev:bp",)


def create_app(environ: Mapping[str, str] | None = None, **overrides: Any) -> Flask:
    """The application, configured from the environment. Raises `config.Misconfigured` when it must not start."""
    app = Flask(__name__)
    app.config.update(config.load(os.environ if environ is None else environ))
    app.config.update(overrides)
    import_module("app.checks.start").refuse(app.config)
    folders.prepare(app.config)
    incoming.init_app(app)
    hosts.init_app(app)
    headers.init_app(app)
    if app.config["TRUSTED_PROXIES"]:
        hops = app.config["TRUSTED_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    _bind(app)
    _register(app)
    return app


def _bind(app: Flask) -> None:
    logs.init_app(app)
    crypto.init_app(app)
    for name in MODELS:  # known before the first query
        import_module(f"app.{name}.models")
    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=str(config.ROOT / "migrations"), render_as_batch=True)
    extensions.csrf.init_app(app)
    _limit(app)
    _only_named_limits(app)
    i18n.init_app(app)
    labels.init_app(app)
    errors.init_app(app)
    import_module("app.processors").init_app(app)
    import_module("app.sync.limits").init_app(app)
    import_module("app.sync.google").init_app(app)
    import_module("app.outbox").init_app(app)
    import_module("app.admin").init_app(app)
    for name in JOBS:
        import_module(name)


def _limit(app: Flask) -> None:
    try:
        extensions.limiter.init_app(app)
    except (ConfigurationError, ValueError):  # both repeat the address, which may hold a password
        told = "RATELIMIT_STORAGE_URI cannot be used: it is memory://, or redis:// where Redis' package is installed"
        raise config.Misconfigured(told) from None


def _only_named_limits(app: Flask) -> None:
    """Limits stand at the views that have one, and are checked there: asking before every other request costs 50 µs.

    Flask-Limiter knows no setting for that any more (`auto_check` went in 4.0), so its hook is taken out by its private
    name. A version that has renamed it is slower by those microseconds, and limits as before.
    """
    hook = getattr(extensions.limiter, "_check_request_limit", None)
    before = app.before_request_funcs.get(None, [])
    if hook in before:
        before.remove(hook)


def _register(app: Flask) -> None:
    names = BLUEPRINTS if app.config["PRODUCTION"] else BLUEPRINTS + DEVELOPMENT_BLUEPRINTS
    for name in names:
        module, attribute = name.split(":")
        app.register_blueprint(getattr(import_module(module), attribute))
    import_module("app.cli").init_app(app)
