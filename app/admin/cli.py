"""`flask staff` and `flask contact`."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app import audit
from app.admin import person, service
from app.admin.models import User
from app.extensions import db

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

commands: list[click.Command] = [staff, contact]
