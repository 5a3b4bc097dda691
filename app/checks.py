"""What can be wrong with an installation, one question a function. Asked by `/readyz` and by `flask check`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.extensions import db
from app.outbox.models import OutboxRow

STUCK = timedelta(minutes=5)  # the sweep runs every half minute, so nothing waits this long while a worker lives


@dataclass(frozen=True)
class Finding:
    """One answer. `level` is `ok`, `warn` (works, but somebody should look) or `bad` (needed, and missing)."""

    subject: str
    level: str
    text: str


def database() -> Finding:
    """Does the database answer?"""
    try:
        db.session.connection(execution_options={"read_only": True}).execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return Finding("database", "bad", f"does not answer ({type(error).__name__})")
    return Finding("database", "ok", f"{db.engine.dialect.name} answers")


def migrations() -> Finding:
    """Is the database's shape the one this program was written for?"""
    wanted = set(ScriptDirectory(str(current_app.extensions["migrate"].directory)).get_heads())
    found = set(MigrationContext.configure(db.session.connection()).get_current_heads())
    if found == wanted:
        return Finding("migrations", "ok", f"at {', '.join(sorted(found))}")
    return Finding("migrations", "bad", f"at {', '.join(sorted(found)) or 'nothing'}: run `flask db upgrade`")


def outbox() -> Finding:
    """Is anybody working? A row that has been due for minutes says no."""
    late = select(func.count()).where(
        OutboxRow.done_at.is_(None),
        OutboxRow.failed_at.is_(None),
        OutboxRow.claimed_until.is_(None),
        OutboxRow.run_at < now() - STUCK,
    )
    count = db.session.scalar(late)
    if count:
        return Finding("outbox", "warn", f"{count} pieces of work are late: is a worker running (`flask worker`)?")
    return Finding("outbox", "ok", "nothing is late")


def spool() -> Finding:
    """Are withdrawals waiting on disk that came while the database was away?"""
    folder = Path(current_app.config["SPOOL_DIR"])
    count = len(list(folder.glob("*.json"))) if folder.is_dir() else 0
    return Finding("spool", "warn" if count else "ok", f"{count} withdrawals wait for a worker" if count else "empty")
