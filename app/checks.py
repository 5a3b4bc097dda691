"""What can be wrong with an installation, one question a function. Asked by `/readyz` and by `flask check`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from app import processors as registry
from app.clock import iso, now
from app.config import DEMO_SECRET, Misconfigured
from app.extensions import db
from app.i18n import LANGUAGES
from app.journal import gate
from app.letters.transports import transport
from app.outbox import late
from app.processors.base import Processor, Rejected, Retry
from app.processors.google.auth import ROOT, Scope
from app.sync import google

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
    found = set(db.session.scalars(text("SELECT version_num FROM alembic_version"))) if _any_tables() else set()
    if found == wanted:
        return Finding("migrations", "ok", f"at {', '.join(sorted(found))}")
    return Finding("migrations", "bad", f"at {', '.join(sorted(found)) or 'nothing'}: run `flask db upgrade`")


def _any_tables() -> bool:
    return inspect(db.session.connection()).has_table("alembic_version")


def outbox() -> Finding:
    """Is anybody working? A row that has been due for minutes says no, unless its stream is held."""
    if count := late(now() - STUCK):
        return Finding("outbox", "warn", f"{count} pieces of work are late: is a worker running (`flask worker`)?")
    return Finding("outbox", "ok", "nothing is late")


def spool() -> Finding:
    """Are withdrawals waiting on disk that came while the database was away?"""
    folder = Path(current_app.config["SPOOL_DIR"])
    count = len(list(folder.glob("*.json"))) if folder.is_dir() else 0
    return Finding("spool", "warn" if count else "ok", f"{count} withdrawals wait for a worker" if count else "empty")


def journal() -> Finding:
    """Was a backup restored, and can what must outlive the next one be written down?"""
    if gate.behind():
        text_ = "a backup was restored; nothing is sent to anybody until `flask requests replay` has run"
        return Finding("journal", "bad", text_)
    folder = Path(current_app.config["JOURNAL_DIR"])
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        return Finding("journal", "bad", f"{folder} cannot be written: nothing is erased")
    return Finding("journal", "ok", f"kept in {folder}")


def everything() -> Iterator[Finding]:
    """Every question in the order in which an operator would mend them."""
    yield mode()
    yield secret()
    yield base_url()
    yield metrics_token()
    yield database()
    yield _unless_it_fails("migrations", migrations)
    yield _unless_it_fails("outbox", outbox)
    yield spool()
    yield _unless_it_fails("journal", journal)
    yield queue()
    yield mail()
    yield from google_permission()
    yield from processors()
    yield from translations()


def mode() -> Finding:
    """Development has open doors that production must not have."""
    if current_app.config["PRODUCTION"]:
        return Finding("mode", "ok", "production")
    return Finding("mode", "warn", "development: /demo and /dev/mail are open. Unset SAMTYKKE_ENV for production")


def secret() -> Finding:
    """Is the secret that signs every link long, and ours alone?"""
    if current_app.config["SECRET_KEY"] == DEMO_SECRET:
        return Finding("SECRET_KEY", "warn", "the one from the source code, which anybody can read")
    length, old = len(current_app.config["SECRET_KEY"]), len(current_app.config["SECRET_KEYS_OLD"])
    if length < 32:
        return Finding("SECRET_KEY", "bad", f"{length} characters; at least 32 are needed")
    return Finding("SECRET_KEY", "ok", f"set, {length} characters; {old} older ones are still honoured")


def base_url() -> Finding:
    """Links in letters start with it, so it must be an address visitors reach, over TLS."""
    address = current_app.config["BASE_URL"]
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        return Finding("BASE_URL", "bad", f"{address} is not of the form https://host")
    if parts.scheme == "http" and current_app.config["PRODUCTION"]:
        return Finding("BASE_URL", "bad", f"{address} is not https: links and staff's cookies would travel in clear")
    return Finding("BASE_URL", "ok", address)


def metrics_token() -> Finding:
    if current_app.config["METRICS_TOKEN"]:
        return Finding("METRICS_TOKEN", "ok", "set: /metrics asks for it")
    closed = current_app.config["PRODUCTION"]
    return Finding("METRICS_TOKEN", "ok", "not set: /metrics is closed" if closed else "not set: /metrics is open")


def queue() -> Finding:
    """Does Huey's store answer? It only rings the bell; the work itself is safe in the outbox."""
    try:
        length = current_app.extensions["outbox"].queue.huey.pending_count()
    except Exception as error:  # every kind of store has its own errors
        return Finding("HUEY_URL", "bad", f"the store does not answer ({type(error).__name__})")
    return Finding("HUEY_URL", "ok", f"{current_app.config['HUEY_URL'].split(':')[0]} answers, {length} calls wait")


def mail() -> Finding:
    """Can letters leave? Goes as far as the mail server lets us in, and sends nothing."""
    unheard = current_app.config["PRODUCTION"] and current_app.config["MAIL_URL"].startswith("file:")
    try:
        answer = transport(current_app.config["MAIL_URL"]).ping()
    except (Misconfigured, Retry, Rejected) as problem:
        return Finding("MAIL_URL", "bad", str(problem))
    return Finding("MAIL_URL", "warn" if unheard else "ok", answer)


GOOGLE = {
    "missing": "GOOGLE_CREDENTIALS is not set",
    "broken": "GOOGLE_CREDENTIALS cannot be read",
    "asked": "nobody has signed in at Google yet: see /admin/google",
    "sealed": "the permission was sealed with a secret that is no longer known: sign in again at /admin/google",
}


def google_permission() -> Iterator[Finding]:
    """By what right do we enter Google, if any part of it is turned on? The processors below try the doors."""
    held = _unless_it_fails("google", _google)
    if held.text:
        yield held


def _google() -> Finding:
    held = google.standing()
    if held.way in GOOGLE:
        return Finding("google", "bad", GOOGLE[held.way])
    if held.way == "off":
        return Finding("google", "ok", "")
    if held.way == "own":
        needed = google.needed(current_app.config)
        return Finding("google", "ok", f"a service account or a user of its own; needs {_scopes(needed)}")
    if held.revoked_at:
        return Finding("google", "bad", f"the permission was withdrawn on {iso(held.revoked_at)}: sign in again")
    if held.missing:
        return Finding("google", "bad", f"the permission lacks {_scopes(held.missing)}: sign in again")
    since = f"{held.given_by} signed in on {iso(held.given_at)}" if held.given_at else ""
    return Finding("google", "ok", f"{since}; granted {', '.join(map(_short, sorted(held.scopes)))}")


def _scopes(scopes: Iterable[Scope]) -> str:
    return ", ".join(_short(scope.url) for scope in scopes)


def _short(url: str) -> str:
    return url.removeprefix(ROOT)


def processors() -> Iterator[Finding]:
    """Does each outside system take our key? One cheap read each."""
    try:
        active = registry.active()
    except ValueError as error:
        yield Finding("processors", "bad", str(error))
        return
    db.session.rollback()  # nothing is held while the world is spoken to
    for name, processor in active.items():
        yield _ping(name, processor)


def _ping(name: str, processor: Processor) -> Finding:
    try:
        return Finding(name, "ok", processor.ping())
    except Rejected as refusal:
        return Finding(name, "bad", f"refuses us: {refusal}")
    except Retry as trouble:
        return Finding(name, "bad", f"does not answer: {trouble}")


def translations() -> Iterator[Finding]:
    """Is every language but English, in which the program is written, compiled and newer than its source?"""
    for lang in LANGUAGES:
        source = Path(current_app.config["BABEL_TRANSLATION_DIRECTORIES"]) / lang / "LC_MESSAGES" / "messages.po"
        if source.exists():
            compiled = source.with_suffix(".mo")
            fresh = compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime
            yield Finding(
                f"language {lang}", "ok" if fresh else "warn", "compiled" if fresh else "older than its source"
            )


def _unless_it_fails(subject: str, question: Callable[[], Finding]) -> Finding:
    """The answer, or that there is none while the database is away."""
    try:
        return question()
    except SQLAlchemyError:
        db.session.rollback()
        return Finding(subject, "bad", "not known: the database does not answer")
