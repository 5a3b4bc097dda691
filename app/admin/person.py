"""What is known of a person, on one sheet: for `flask contact show`."""

from __future__ import annotations

import json
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from app import audit, contacts, processors
from app.clock import iso
from app.consent import service as consent
from app.consent import texts
from app.consent.state import State
from app.contacts import suppression
from app.contacts.addresses import InvalidAddress, canonical
from app.contacts.models import Contact
from app.extensions import db
from app.submissions.hers import hers
from app.submissions.models import Form, Submission
from app.sync.models import ProcessorState

Sheet = dict[str, Any]


def describe(address: str) -> Sheet:
    """Everything known of a person; for a stranger the same shape with nothing in it.

    Keys: `address` (canonical), `fields`, `consents` (state by purpose), `processors` (`state` and `since` by name),
    `submissions` (newest first), `suppressed`. Times are RFC 3339 in UTC. Raises `InvalidAddress`.
    """
    name = canonical(address).canonical
    contact = contacts.find(name)
    states = consent.states(contact) if contact else {}
    consents = {slug: states.get(slug, State()).state for slug in {p.slug for p in texts.purposes()} | set(states)}
    return {
        "address": name,
        "fields": {value.field: value.value for value in contact.values} if contact else {},
        "consents": dict(sorted(consents.items())),
        "processors": _processors(contact),
        "submissions": _submissions(contact, name),
        "suppressed": _suppressed(name, consents),
    }


def _processors(contact: Contact | None) -> Sheet:
    """Every processor that is turned on, and those that were when they met her."""
    mine = select(ProcessorState).where(ProcessorState.contact_id == (contact.id if contact else 0))
    known = {row.processor: {"state": row.state, "since": iso(row.since)} for row in db.session.scalars(mine)}
    nothing = {"state": "none", "since": None}
    return {name: known.get(name, nothing) for name in sorted({*known, *processors.active()})}


def _submissions(contact: Contact | None, address: str) -> list[Sheet]:
    """Also those that belong to nobody: boxed as spam, or not read yet."""
    ids = hers(address, contact.id if contact else None)
    mine = select(Submission, Form.slug).join(Form, Form.id == Submission.form_id).where(Submission.id.in_(ids))
    return [_submission(row, form) for row, form in db.session.execute(mine.order_by(Submission.id.desc()))]


def _submission(row: Submission, form: str) -> Sheet:
    return {
        "id": str(row.id),  # has more digits than a JSON number may
        "form": form,
        "received_at": iso(row.received_at),
        "box": row.box,
        "fields": row.answers,
        "asked": sorted(row.asked),
        "masked": row.masked,
    }


def _suppressed(address: str, consents: dict[str, str]) -> bool:
    """Must she be left alone altogether?"""
    scopes = suppression.scopes(address)
    return suppression.ALL in scopes or bool(scopes and "confirmed" not in consents.values())


@click.command("show")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@with_appcontext
def show(address: str, as_json: bool) -> None:
    """Print what is known of a person."""
    try:
        sheet = describe(address)
    except InvalidAddress as error:
        raise click.BadParameter(f"not an address ({error.code})") from None
    contact = contacts.find(address)
    subject = contact.subject if contact else ""
    db.session.rollback()
    audit.look("cli", "contact.show", subject=subject)
    click.echo(json.dumps(sheet, ensure_ascii=False, indent=2) if as_json else _written(sheet))


def _written(sheet: Sheet) -> str:
    lines = [
        ("address", sheet["address"]),
        *sheet["fields"].items(),
        *((f"consent to {purpose}", state) for purpose, state in sheet["consents"].items()),
        *((f"at {name}", f"{row['state']} {row['since'] or ''}") for name, row in sheet["processors"].items()),
        ("suppressed", "yes" if sheet["suppressed"] else "no"),
        *((f"sent {row['form']}", f"{row['received_at']} {row['box']}") for row in sheet["submissions"]),
    ]
    return "\n".join(f"{name:<24} {value}".rstrip() for name, value in lines)
