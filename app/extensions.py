"""Flask's extensions, unbound. `create_app` binds them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import has_request_context, request
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_security import Security
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import MetaData, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase

from app import turn

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of ours. Names of constraints are fixed so that one migration chain serves both databases."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)
migrate = Migrate()
babel = Babel()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
security = Security()


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL and a full sync at every commit: consent that was answered must survive a power cut."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we begin ourselves, below: the driver begins too late for a write lock
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    """Take the write lock at the start, so that a transaction never fails half way with `database is locked`.

    A GET only reads, and readers do not wait for writers. What it writes to the audit trail is a transaction of its
    own that begins with that write.
    """
    if connection.dialect.name != "sqlite":
        return
    reads = only_reads(connection)
    if not reads:
        turn.before_writing(connection)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def only_reads(connection: Any) -> bool:
    """Has this transaction no business with the write lock? Said by an option, or because a GET asks."""
    if connection.get_execution_options().get("read_only"):
        return True
    return has_request_context() and request.method in {"GET", "HEAD", "OPTIONS"}


@contextmanager
def reading() -> Iterator[None]:
    """Around what only reads and takes its time, where the session has not begun anything: no writer waits for it.

    All that is read is as it was at one moment, which on SQLite goes without saying.
    """
    one_moment = {"isolation_level": "REPEATABLE READ"} if db.engine.dialect.name == "postgresql" else {}
    db.session.connection(execution_options={"read_only": True, **one_moment})
    try:
        yield
    finally:
        db.session.rollback()
