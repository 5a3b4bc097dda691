"""A command that fails says why in one plain sentence: no trace, no statement, and nothing of a person."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from types import TracebackType

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.checks import writing

FULL = "The disk of the database is full."
READ_ONLY = "The database can be read and not written."
BUSY = "The database is busy: somebody else writes for a long time. Try again."
SHAPE = "The database has not the shape that this program was written for: run `flask db upgrade`."
SQLITE = {sqlite3.SQLITE_FULL: FULL, sqlite3.SQLITE_READONLY: READ_ONLY, sqlite3.SQLITE_BUSY: BUSY}
POSTGRES = {"53100": FULL, "25006": READ_ONLY, "55P03": BUSY, "42P01": SHAPE, "42703": SHAPE}
MORE = "`flask check` looks at the whole, `flask --debug …` shows the trace."


def init_app(app: Flask) -> None:
    """In a process that runs a command of `flask`, and nowhere else: a web server's command line is click's, too."""
    context = click.get_current_context(silent=True)
    if context is None or context.find_object(ScriptInfo) is None:
        return

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if app.debug or not isinstance(error, (SQLAlchemyError, OSError)):
            sys.__excepthook__(kind, error, trace)
        else:
            click.echo(f"{said(error, app.config['SQLALCHEMY_DATABASE_URI'])} {MORE}", err=True)

    sys.excepthook = hook


def said(error: SQLAlchemyError | OSError, database: str) -> str:
    """What has happened. An error's own text is left out: it may quote what was being written, or an address."""
    if isinstance(error, OSError):
        name = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return f"{name}{error.strerror or type(error).__name__}."
    if isinstance(error, DBAPIError):
        return _of_the_database(error, database)
    return f"The database could not be used ({type(error).__name__})."


def _of_the_database(error: DBAPIError, database: str) -> str:
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code in writing.DAMAGED:
        return f"{writing.damaged(Path(make_url(database).database or ''))}."
    if "no such table" in str(error.orig) or "no such column" in str(error.orig):
        return SHAPE
    known = SQLITE.get(code) or POSTGRES.get(getattr(error.orig, "sqlstate", None) or "")
    return known or f"The database does not answer, or refuses ({type(error).__name__})."
