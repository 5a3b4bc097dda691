"""`flask ledger`: verify, show, seal."""

from __future__ import annotations

import json
import sys
from time import perf_counter
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from app import audit
from app.clock import iso
from app.consent import jobs, ledger, service
from app.consent.models import ConsentEvent
from app.consent.verify import Broken, verify
from app.contacts.addresses import InvalidAddress, canonical
from app.contacts.service import find
from app.crypto import keyring
from app.extensions import db, reading

group = AppGroup("ledger", help="The ledger of consent.")
commands: list[click.Command] = [group]


@group.command("verify")
def verify_command() -> None:
    """Check every event and seal: OK, or the first thing that is wrong."""
    started = perf_counter()
    try:
        with reading():
            report = verify(keyring())
    except Broken as error:
        click.echo(f"BROKEN: {error}")
        sys.exit(1)
    took = perf_counter() - started
    click.echo(
        f"OK: {report.sealed} sealed events under {report.seals} seals, {report.waiting} waiting for one, "
        f"checked in {took:.2f} s"
    )


@group.command("show")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(address: str, as_json: bool) -> None:
    """A person's history of consent, and where it stands."""
    try:
        contact = find(canonical(address).canonical)
    except InvalidAddress:
        raise click.ClickException("that is not an e-mail address") from None
    events = ledger.events(contact.subject) if contact else []
    states = service.states(contact) if contact else {}
    found = {
        "address": address,
        "consents": {purpose: state.state for purpose, state in states.items()},
        "events": [_line(event) for event in events],
    }
    subject = contact.subject if contact else ""
    db.session.rollback()
    audit.look("cli", "ledger.show", subject=subject)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else _prose(found))


def _line(event: ConsentEvent) -> dict[str, Any]:
    names = (
        "id",
        "purpose",
        "type",
        "actor",
        "method",
        "site",
        "text_hash",
        "text_version",
        "text_lang",
        "responds_to",
        "mac",
    )
    line = {name: getattr(event, name) for name in names}
    return {"at": iso(event.at), **line, "genuine": ledger.genuine(keyring(), event)}


def _prose(found: dict[str, Any]) -> str:
    lines = [f"{purpose}: {state}" for purpose, state in found["consents"].items()] or ["Nothing is known."]
    lines += [
        f"{e['at']}  {e['type']:<10} {e['purpose']:<12} {e['method']} by {e['actor']}  {e['id']}"
        for e in found["events"]
    ]
    return "\n".join(lines)


@group.command("seal")
def seal_command() -> None:
    """Seal what waits now, instead of at the next full minute."""
    jobs.seal()
    click.echo("Everything is sealed.")


@group.command("spool")
def spool_command() -> None:
    """Carry out withdrawals that were kept on this machine's disk while the database was away."""
    jobs.apply_spool()
    click.echo(f"The spool in {current_app.config['SPOOL_DIR']} is empty.")
