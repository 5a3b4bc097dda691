"""`flask forms load|dump` and `flask demo load`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import IO

import click
from flask import current_app
from flask.cli import with_appcontext

from app.extensions import db
from app.submissions.catalogue import catalogue

DEMO = Path(__file__).parent / "demo" / "demo.yaml"
DEMO_ORIGIN = "https://fjordlys.example"
DEMO_USER = "anne@fjordlys.example"


@click.group()
def forms() -> None:
    """Forms, sites and consent texts, as a YAML file."""


@forms.command("load")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@with_appcontext
def load_file(file: IO[str]) -> None:
    """Load FILE (`-` for standard input). Loading it again changes nothing."""
    _load(file.read(), file.name)


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


@click.group()
def demo() -> None:
    """A made-up company to try things with."""


@demo.command("load")
@with_appcontext
def load_demo() -> None:
    """Load the demo company, its site and two forms, and one staff user whose password is printed once."""
    if current_app.config["PRODUCTION"]:
        raise click.ClickException("the demo company does not belong in production")
    text = DEMO.read_text(encoding="utf-8").replace(DEMO_ORIGIN, current_app.config["BASE_URL"])
    _load(text, DEMO.name)
    _staff()


def _load(text: str, name: str) -> None:
    # Imported here: checking a file needs libraries that no request needs.
    from app.submissions import definitions, loading

    try:
        changes = loading.load(definitions.parse(text))
    except definitions.Invalid as error:
        raise click.ClickException(f"{name} was not loaded\n{error}") from None
    db.session.commit()
    catalogue().forget()
    click.echo("\n".join(changes) or f"{name}: nothing new")


def _staff() -> None:
    # Staff is a street above this one; only the demo, which shows the whole house, knocks there.
    service = import_module("app.admin.service")
    if service.find_user(DEMO_USER):
        click.echo(f"Staff user {DEMO_USER} is there already.")
        return
    password = service.new_password()
    service.create_user(DEMO_USER, password, "admin")
    db.session.commit()
    click.echo(f"Staff user: {DEMO_USER}  password: {password}")


commands: list[click.Command] = [forms, demo]
