"""Where a person stands, and what every verb of consent shares."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from app import outbox
from app.clock import now
from app.consent import ledger, texts
from app.consent.models import Confirmation, ConsentEvent
from app.consent.state import NO, State, fold
from app.contacts.models import Contact
from app.extensions import db
from app.sites.models import Site


def states(contact: Contact) -> dict[str, State]:
    """Where every purpose stands for this person now."""
    return fold(ledger.events(contact.subject), now())


def granted(contact: Contact) -> dict[str, State]:
    """The purposes the person says yes to."""
    return {purpose: state for purpose, state in states(contact).items() if state.state == "confirmed"}


def unneeded(contact: Contact) -> bool:
    """Is there nothing left that speaks for keeping this person's address?"""
    waiting = db.session.scalar(open_links(contact))
    return waiting is None and all(state.state in {"none", "expired"} for state in states(contact).values())


def answered(contact_id: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Has this person ever said yes or no, herself or through a list? As a condition of a query."""
    hers = ConsentEvent.subject == Contact.subject, ConsentEvent.type.in_({"confirmed", "imported", *NO})
    return exists().where(Contact.id == contact_id, *hers)


def open_links(contact: Contact) -> Any:
    """Confirm links of a person that could still be pressed, as a query."""
    return select(Confirmation).where(
        Confirmation.contact_id == contact.id,
        Confirmation.used_at.is_(None),
        Confirmation.voided_at.is_(None),
        Confirmation.expires_at > now(),
    )


def void_open(contact: Contact) -> None:
    """A newer request, a withdrawal or an erasure ends every link that waits."""
    for row in db.session.scalars(open_links(contact)):
        row.voided_at = now()


def words_of(name: str) -> dict[str, Any]:
    """Which words an event is about: their hash, version and language."""
    row = texts.by_hash(name)
    return {"text_hash": row.hash, "text_version": row.version, "text_lang": row.lang} if row else {}


def site_of(site_id: int) -> Site:
    """The site a row of ours names."""
    return db.session.get_one(Site, site_id)


def changed(contact: Contact) -> None:
    """Bring every processor in line, soon."""
    outbox.enqueue("consent.follow", contact.id)
