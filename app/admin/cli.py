"""`flask staff`, `flask contact` and `flask demo`."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app import audit
from app.admin import person, service
from app.admin.models import User
from app.extensions import db
from app.submissions import cli as forms

DEMO = Path(forms.__file__).parent / "demo" / "demo.yaml"
DEMO_ORIGIN = "https://fjordlys.example"
DEMO_USER = "anne@fjordlys.example"

staff = AppGroup("staff", help="Who may sign in to the staff pages.")


@staff.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(service.ROLES), default="staff", show_default=True)
def create(email: str, role: str) -> None:
    """Make an account and print its password, this once."""
    if "@" not in email:
        raise click.BadParameter("this is not an e-mail address", param_hint="EMAIL")
    password = service.new_password()
    try:
        user = service.create_user(email, password, role)
    except service.Taken:
        raise click.ClickException("There is an account with this address already.") from None
    audit.record("cli", "created_account", object=f"staff:{user.id}", note=role)
    db.session.commit()
    click.echo(f"{user.email} may sign in as {role}. Password: {password}")


@staff.command("list")
def show() -> None:
    """Every account, its role, and whether it is open."""
    for user in db.session.scalars(select(User).order_by(User.email)):
        roles = ", ".join(role.name for role in user.roles) or "no role"
        click.echo(f"{user.email}\t{roles}\t{'open' if user.active else 'closed'}")


@staff.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Close an account, and end its sessions."""
    user = service.find_user(email)
    if user is None:
        raise click.ClickException("There is no account with this address.")
    service.disable(user)
    audit.record("cli", "disabled_account", object=f"staff:{user.id}")
    db.session.commit()
    click.echo(f"{user.email} can no longer sign in.")


contact = AppGroup("contact", help="What is known of a person.")
contact.add_command(person.show)


demo = AppGroup("demo", help="A made-up company to try things with.")


@demo.command("load")
def load_demo() -> None:
    """Load the demo company, its site and two forms, and one staff user whose password is printed once."""
    if current_app.config["PRODUCTION"]:
        raise click.ClickException("the demo company does not belong in production")
    text = DEMO.read_text(encoding="utf-8").replace(DEMO_ORIGIN, current_app.config["BASE_URL"])
    forms.load(text, DEMO.name)
    if service.find_user(DEMO_USER):
        click.echo(f"Staff user {DEMO_USER} is there already.")
        return
    password = service.new_password()
    service.create_user(DEMO_USER, password, "admin")
    db.session.commit()
    click.echo(f"Staff user: {DEMO_USER}  password: {password}")


commands: list[click.Command] = [staff, contact, demo]
