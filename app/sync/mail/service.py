"""How far a mailbox has been read, and to whom we wrote what."""

from __future__ import annotations

from sqlalchemy import select

from app.contacts.models import Contact
from app.extensions import db
from app.letters.models import Letter
from app.sync.models import ProcessorCursor


def read_until(processor: str, place: str) -> str:
    """Where we stopped; empty before the first time."""
    row = db.session.get(ProcessorCursor, (processor, place))
    return row.value if row else ""


def note(processor: str, place: str, value: str) -> None:
    """Everything up to here has been taken in."""
    db.session.merge(ProcessorCursor(processor=processor, place=place, value=value))


def written_to(message_id: str) -> str:
    """The address to which we sent this letter; empty where we did not, or the person has been forgotten."""
    query = select(Contact.address).join(Letter, Letter.contact_id == Contact.id)
    return db.session.scalar(query.where(Letter.message_id == message_id)) or ""
