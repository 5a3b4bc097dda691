"""Sends a letter: compose, let go of the database, hand over, note that it is gone."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import update

from app import outbox
from app.clock import now
from app.contacts.models import Contact
from app.extensions import db
from app.letters.compose import compose
from app.letters.headers import Unsafe
from app.letters.models import Letter
from app.letters.transports import transport

# What a person gets although her data may only be kept: about what she did herself, and about her requests.
EVEN_IF_RESTRICTED = ("privacy_", "receipt_", "lost_link")


@outbox.handles("letter.send")
def send(ref: str) -> None:
    """Killed between the server's yes and our note of it, it sends the same letter again, under the same Message-ID."""
    letter = db.session.get(Letter, int(ref))
    if letter is None or letter.sent_at or letter.dropped:
        return
    if _restricted(letter):
        letter.dropped = "restricted"
        db.session.commit()
        return
    try:
        message = compose(letter)
    except Unsafe as error:
        raise outbox.Rejected(f"Letter {ref}: {error}") from None
    if message is None:
        letter.dropped = "unwanted"
    db.session.commit()
    if message is not None:
        transport(current_app.config["MAIL_URL"]).deliver(message, int(ref))
        outbox.fault("letter.delivered")
        _note_sent(int(ref))


def _restricted(letter: Letter) -> bool:
    """What would wait until that is lifted would come too late: a confirm link lives for a week."""
    contact = db.session.get(Contact, letter.contact_id) if letter.contact_id else None
    return bool(contact and contact.restricted_at) and not letter.kind.startswith(EVEN_IF_RESTRICTED)


def _note_sent(letter_id: int) -> None:
    """The person may have been forgotten meanwhile, and the row with her."""
    db.session.execute(update(Letter).where(Letter.id == letter_id).values(sent_at=now()))
    db.session.commit()
