"""The last traces in the files of an embedded database. Those of PostgreSQL go with its own vacuum and log files."""

from __future__ import annotations

from app.extensions import db
from app.outbox import handles


@handles("privacy.wipe")
def wipe(ref: str) -> None:
    """SQLite overwrites what is deleted, but its log still holds the pages as they were, until it is begun anew.

    https://sqlite.org/pragma.html#pragma_secure_delete, https://sqlite.org/pragma.html#pragma_wal_checkpoint
    """
    if db.engine.dialect.name != "sqlite":
        return
    db.session.rollback()
    connection = db.engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
