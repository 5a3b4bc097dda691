"""`flask billing`: what Stripe knew before we listened."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app import processors
from app.billing import service
from app.extensions import db

group = AppGroup("billing", help="Customers and invoices at Stripe.")
commands: list[click.Command] = [group]


@group.command("match")
def match() -> None:
    """Recognise all customers at Stripe. The worker does it."""
    if "stripe" not in processors.active():
        raise click.ClickException("Stripe is not turned on here: set STRIPE_API_KEY")
    service.match_soon()
    db.session.commit()
    click.echo("The worker is going through the customers.")
