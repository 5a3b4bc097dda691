"""The command line: every street brings its own commands, and `flask check` looks at the whole."""

from __future__ import annotations

import sys
from importlib import import_module

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from app import checks
from app.checks import failure, stores
from app.extensions import db

STREETS = ("outbox", "consent", "register", "sync", "billing", "arrivals", "submissions", "privacy", "admin")
SIGNS = {"ok": ("ok  ", "green"), "warn": ("look", "yellow"), "bad": ("BAD ", "red")}


@click.command("check")
@with_appcontext
def check() -> None:
    """Say in plain words what is configured, what is missing and what answers. Exit code 1 when something needed is."""
    findings = list(checks.everything())
    for finding in findings:
        word, colour = SIGNS[finding.level]
        click.echo(f"{click.style(word, fg=colour)}  {finding.subject:<22} {finding.text}")
    missing = [finding for finding in findings if finding.level == "bad"]
    click.echo(f"\n{len(missing)} of {len(findings)} need your attention." if missing else "\nReady.")
    sys.exit(1 if missing else 0)


@click.command("prepare")
@click.pass_context
@with_appcontext
def prepare(context: click.Context) -> None:
    """For `make run`: bring the database up to date and load the demo company, in one process instead of two."""
    if stores.migrations().level != "ok":
        db.session.rollback()
        upgrade()
    context.invoke(current_app.cli.commands["demo"].commands["load"])  # type: ignore[attr-defined]


def init_app(app: Flask) -> None:
    """Add the commands of every street to `flask`."""
    failure.init_app(app)
    app.cli.add_command(check)
    app.cli.add_command(prepare)
    for street in STREETS:
        for command in import_module(f"app.{street}.cli").commands:
            app.cli.add_command(command)
