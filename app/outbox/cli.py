"""`flask worker`: does what was promised."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import with_appcontext


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Send letters, bring processors in line, keep house. Runs until it is told to stop."""
    from app.outbox.worker import work

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    work(app)


commands: list[click.Command] = [worker]
