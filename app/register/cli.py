"""`flask register`."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.register import fields, printed, service

group = AppGroup("register", help="The register of processors.")
commands: list[click.Command] = [group]


@group.command("print")
@click.option("--lang", type=click.Choice(fields.LANGUAGES), default="nb", show_default=True)
def show(lang: str) -> None:
    """Print the record of processing activities (GDPR article 30)."""
    click.echo(printed.record(service.all_entries(), lang))
