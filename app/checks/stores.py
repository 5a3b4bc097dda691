"""Where we keep things: the database, the outbox, and what lies on disk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.checks import disk, trouble, writing
from app.checks.finding import Finding
from app.clock import now
from app.config import Misconfigured
from app.consent import seals
from app.consent.models import Seal
from app.crypto import keyring
from app.extensions import db
from app.journal import gate, lines
from app.outbox import late
from app.sites.models import Site

STUCK = timedelta(minutes=5)  # the sweep runs every half minute, so nothing waits this long while a worker lives


def database() -> Finding:
    """Does the database answer, and does it take anything?"""
    try:
        connection = db.session.connection(execution_options={"read_only": True})
        connection.execute(text("SELECT 1"))
        why = writing.hindrance(connection)
    except SQLAlchemyError as error:
        db.session.rollback()
        return Finding("database", "bad", trouble.said(error))
    if why:
        return Finding("database", "bad", f"answers, and nothing can be written: {why}")
    return Finding("database", "ok", f"{db.engine.dialect.name} answers")


def migrations() -> Finding:
    """Is the database's shape the one this program was written for?"""
    wanted = set(ScriptDirectory(str(current_app.extensions["migrate"].directory)).get_heads())
    found = set(db.session.scalars(text("SELECT version_num FROM alembic_version"))) if _any_tables() else set()
    if found == wanted:
        return Finding("migrations", "ok", f"at {', '.join(sorted(found))}")
    if not found:
        return Finding("migrations", "bad", f"none: {trouble.NO_TABLES}")
    return Finding("migrations", "bad", f"at {', '.join(sorted(found))}: run `flask db upgrade`")


def _any_tables() -> bool:
    return inspect(db.session.connection()).has_table("alembic_version")


def ledger_keys() -> Finding:
    """Do we know every key that the ledger was sealed with? A secret made anew breaks every link there is, too."""
    unknown = set(db.session.scalars(select(Seal.kid).distinct())) - set(keyring().kids(seals.KEY))
    if unknown:
        text_ = (
            "the database was written with another SECRET_KEY: put that one in SECRET_KEYS_OLD, or back in its place"
        )
        return Finding("ledger keys", "bad", text_)
    return Finding("ledger keys", "ok", "every seal is signed with a key that is known")


def logos() -> Finding:
    """Is every logo here that definitions name? One from before logos were served by us is not."""
    missing = list(
        db.session.scalars(select(Site.slug).where(Site.logo_url != "", Site.logo == "").order_by(Site.slug))
    )
    if missing:
        text_ = f"not fetched for {', '.join(missing)}: load the definitions again (`flask forms load`)"
        return Finding("logos", "warn", text_)
    return Finding("logos", "ok", "all are served by us")


def outbox() -> Finding:
    """Is anybody working? A row that has been due for minutes says no, unless its stream is held."""
    if count := late(now() - STUCK):
        return Finding("outbox", "warn", f"{count} pieces of work are late: is a worker running (`flask worker`)?")
    return Finding("outbox", "ok", "nothing is late")


def spool() -> Finding:
    """Are withdrawals waiting on disk that came while the database was away, and can more be kept?"""
    folder = Path(current_app.config["SPOOL_DIR"])
    if why := disk.hindrance(folder, read=["*.json"]):
        return Finding("spool", "bad", f"{why}. No withdrawal is kept while the database is away")
    count = len(list(folder.glob("*.json")))
    return Finding("spool", "warn" if count else "ok", f"{count} withdrawals wait for a worker" if count else "empty")


def journal() -> Finding:
    """Was a backup restored, and can what must outlive the next one be written down?"""
    if why := disk.hindrance(lines.folder(), [lines.path()], read=["tick", "journal-*.jsonl"]):
        return Finding("journal", "bad", f"{why}. Nothing is erased")
    try:
        if gate.behind():
            text_ = "a backup was restored; nothing is sent to anybody until `flask requests replay` has run"
            return Finding("journal", "bad", text_)
    except ValueError:
        return Finding("journal", "bad", f"{gate.file()} holds no number: bring it back from a copy of the folder")
    return _left_behind() if gate.left_behind() else Finding("journal", "ok", f"kept in {lines.folder()}")


def _left_behind() -> Finding:
    """On SQLite there is no second machine, and files without the clock were copied by somebody."""
    wrong = db.engine.dialect.name == "sqlite" or lines.files()
    text_ = (
        f"{gate.file()} is missing. After a restore put the whole journal folder in place and run "
        "`flask requests replay` before any worker"
    )
    return Finding("journal", "bad" if wrong else "warn", text_ if wrong else f"{text_}; a new host gets it by itself")


def queue() -> Finding:
    """Does Huey's store answer? It only rings the bell; the work itself is safe in the outbox."""
    try:
        length = current_app.extensions["outbox"].queue.huey.pending_count()
    except Misconfigured as problem:  # its words hold no password
        return Finding("HUEY_URL", "bad", str(problem))
    except Exception as error:  # every kind of store has its own errors
        return Finding("HUEY_URL", "bad", f"the store does not answer ({type(error).__name__})")
    return Finding("HUEY_URL", "ok", f"{current_app.config['HUEY_URL'].split(':')[0]} answers, {length} calls wait")
