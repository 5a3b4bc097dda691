"""The Huey app: the doorbell and the clock. It holds nothing that the outbox does not know."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Flask
from huey import Huey, MemoryHuey, PostgresHuey, RedisHuey, SqliteHuey
from huey.exceptions import ConfigurationError
from huey.serializer import SignedSerializer
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from structlog import get_logger

from app.config import Misconfigured
from app.outbox import cron, engine, registry

log = get_logger()

STORES = "it must begin with sqlite:///, postgresql:// or redis://"


class Queue:
    """The Huey app this configuration names, with our tasks. Raises `Misconfigured` when HUEY_URL cannot be used."""

    def __init__(self, app: Flask) -> None:
        # Huey's messages are pickles: whoever can write to the queue could run code, so each one is signed.
        signed = SignedSerializer(app.extensions["keyring"].keys("huey")[0])
        self.huey = _connect(app.config["HUEY_URL"], {"name": "samtykke", "results": False, "serializer": signed})
        self.look = _guarded(app, engine.drain)
        self.ring = self.huey.task(name="ring")(self.look)
        for kind, (times, _) in registry.CLOCK.items():
            self.huey.periodic_task(cron.once_a_minute(times), name=kind)(_guarded(app, cron.ask, kind))

    def put(self) -> None:
        """Leave one ring in the queue, unless one is there that nobody has answered yet."""
        if not self.huey.pending_count():
            self.ring()


def address(url: str) -> URL:
    """What HUEY_URL names. Raises `Misconfigured`, which never repeats it: it may hold a password."""
    try:
        named = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise Misconfigured(f"HUEY_URL cannot be read: {STORES}") from None
    if named.drivername not in ("sqlite", "redis", "rediss", "memory") and named.get_backend_name() != "postgresql":
        raise Misconfigured(f"HUEY_URL names no store: {STORES}")
    if named.drivername in ("redis", "rediss") and find_spec("redis") is None:
        raise Misconfigured("HUEY_URL names Redis, whose package is not installed: .venv/bin/pip install redis")
    return named


def _connect(url: str, common: dict[str, Any]) -> Huey:
    named = address(url)
    try:
        if named.drivername == "sqlite":
            return _sqlite(named.database or "", common)
        if named.drivername == "memory":
            return MemoryHuey(**common)
        if named.drivername in ("redis", "rediss"):
            return RedisHuey(url=url, **common)
        return PostgresHuey(dsn=_plain(named), table_prefix="huey", **common)
    except ConfigurationError as error:
        raise Misconfigured(f"HUEY_URL cannot be used ({type(error).__name__})") from None


def _sqlite(path: str, common: dict[str, Any]) -> Huey:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(filename=path, fsync=False, **common)  # a lost bell is found by the sweep


def _plain(named: URL) -> str:
    """Without SQLAlchemy's driver name."""
    return named.set(drivername="postgresql").render_as_string(hide_password=False)


def _guarded(app: Flask, function: Callable[..., Any], *args: Any) -> Callable[[], None]:
    """In an app context, and so that no exception reaches Huey's log: its text may hold personal data."""

    def run() -> None:
        try:
            with app.app_context():
                function(*args)
        except Exception as error:
            log.error("outbox_stumbled", error=type(error).__name__)

    return run
