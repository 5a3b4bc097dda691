"""Can the database be written, and is its file whole? An answer to a question says neither."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.checks import disk
from app.checks.finding import Finding
from app.extensions import db

LARGE = 500 * 1024 * 1024  # bytes: more is not read through while somebody waits for `flask check`
PATIENCE = 1.0  # seconds
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def hindrance(connection: Any) -> str:
    """Why the database takes nothing, or ''. Asked every few seconds: nothing is written, and no writer waited for."""
    if db.engine.dialect.name == "sqlite":
        path = file()
        return _file_hindrance(path) if path else ""
    read_only = connection.scalar(text("SELECT current_setting('transaction_read_only')")) == "on"
    return "read only: is this a standby, or was it set so?" if read_only else ""


def file() -> Path | None:
    """Where SQLite keeps the database, if in a file."""
    path = Path(db.engine.url.database or "")
    return path if db.engine.dialect.name == "sqlite" and path.is_file() else None


def _file_hindrance(path: Path) -> str:
    beside = [Path(f"{path}{end}") for end in ("-wal", "-shm")]
    for one in (path, path.parent, *filter(Path.exists, beside)):
        if not os.access(one, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            return f"{one} cannot be written: it must belong to {disk.us()}"
    return disk.full(path.parent)


def whole() -> Iterator[Finding]:
    """SQLite only: takes the lock for a moment and looks the file through. Too dear for `/readyz`."""
    if path := file():
        yield _whole(path)


def _whole(path: Path) -> Finding:
    subject = "database file"
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
            _lock(connection)
            if path.stat().st_size > LARGE:
                return Finding(subject, "ok", f"too large to be looked through: sqlite3 {path} 'PRAGMA quick_check'")
            ((answer,),) = connection.execute("PRAGMA quick_check(1)")
    except sqlite3.Error as error:
        broken = getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED
        return Finding(subject, "bad", damaged(path) if broken else f"{path} cannot be written ({error})")
    return Finding(subject, "ok", "whole") if answer == "ok" else Finding(subject, "bad", damaged(path))


def _lock(connection: sqlite3.Connection) -> None:
    """Whoever has the lock longer than we wait shows that the file can be written."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise


def damaged(path: Path) -> str:
    return f"{path} is damaged: stop everything, remove it with its -wal and -shm, and restore a backup"
