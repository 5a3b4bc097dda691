"""The command line: every street brings its own commands, and `flask check` looks at the whole."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Flask

STREETS = ("outbox", "consent", "sync", "submissions", "admin", "search")


def init_app(app: Flask) -> None:
    """Add the commands of every street to `flask`."""
    for street in STREETS:
        if find_spec(f"app.{street}.cli"):
            for command in import_module(f"app.{street}.cli").commands:
                app.cli.add_command(command)
