"""A command that fails says why in one plain sentence: no trace, no statement, and nothing of a person."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.checks import trouble, writing

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
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in writing.DAMAGED:
        return f"{writing.damaged(Path(make_url(database).database or ''))}."
    plain = trouble.said(error)
    return f"{plain[:1].upper()}{plain[1:]}{'' if plain.endswith('?') else '.'}"
