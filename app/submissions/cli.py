"""`flask forms load|dump`."""

from __future__ import annotations

from typing import BinaryIO

import click
from flask.cli import with_appcontext

from app.extensions import db
from app.submissions.catalogue import catalogue


@click.group()
def forms() -> None:
    """Forms, sites and consent texts, as a YAML file."""


@forms.command("load")
@click.argument("file", type=click.File("rb"))
@with_appcontext
def load_file(file: BinaryIO) -> None:
    """Load FILE (`-` for standard input). Loading it again changes nothing."""
    name = getattr(file, "name", "<stdin>")
    load(_text(file.read(), name), name)


def _text(body: bytes, name: str) -> str:
    """What the file says. A mark that some editors write first is no part of it."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise click.ClickException(f"{name} was not loaded\nline {line}: the file: save it as UTF-8") from None


@forms.command("dump")
@click.option("--company", help="The company's slug, when there are several.")
@with_appcontext
def dump_file(company: str | None) -> None:
    """Print what is loaded as a file that `flask forms load` takes."""
    from app.submissions import loading

    try:
        click.echo(loading.dump(company), nl=False)
    except LookupError as error:
        raise click.ClickException(str(error)) from None


def load(text: str, name: str) -> None:
    """Load a file's text, and say what changed. Raises `click.ClickException` where it is wrong."""
    # Imported here: checking a file needs libraries that no request needs.
    from app.submissions import definitions, loading
    from app.submissions.document import Invalid
    from app.submissions.logos import Logos

    logos = Logos()
    try:
        changes = loading.load(definitions.parse(text, logos.mistakes), logos)
    except Invalid as error:
        raise click.ClickException(f"{name} was not loaded\n{error}") from None
    db.session.commit()
    catalogue().forget()
    click.echo("\n".join([*changes, *logos.told()]) or f"{name}: nothing new")


commands: list[click.Command] = [forms]
