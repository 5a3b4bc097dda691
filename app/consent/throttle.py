"""How often somebody may be written to because of a form that anyone can send.

Windows roll: nobody is locked out for good.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.clock import now
from app.consent.models import Confirmation
from app.contacts.models import Contact
from app.extensions import db
from app.letters.models import Letter

PAUSE = timedelta(minutes=10)
PER_ADDRESS = ((3, timedelta(hours=24)), (5, timedelta(days=30)))
PER_NETWORK = (10, timedelta(hours=1))


def refused(contact: Contact, network: str) -> bool:
    """Has this address, or this network, had its share of confirm letters?"""
    if any(_asked(contact, window) >= most for most, window in PER_ADDRESS):
        return True
    most, window = PER_NETWORK
    return bool(network) and _from(network, window) >= most


def _asked(contact: Contact, window: timedelta) -> int:
    recent = (Confirmation.contact_id == contact.id, Confirmation.created_at > now() - window)
    return db.session.scalar(select(func.count()).select_from(Confirmation).where(*recent)) or 0


def _from(network: str, window: timedelta) -> int:
    recent = (Confirmation.network == network, Confirmation.created_at > now() - window)
    return db.session.scalar(select(func.count()).select_from(Confirmation).where(*recent)) or 0


def earliest(contact: Contact) -> datetime:
    """When the next confirm letter may leave: ten minutes after the last one."""
    last = db.session.scalar(select(func.max(Confirmation.created_at)).where(Confirmation.contact_id == contact.id))
    return max(now(), last + PAUSE) if last else now()


def lost_refused(contact: Contact) -> bool:
    """Links for somebody who lost the letter: one in ten minutes, three a day."""
    sent = (Letter.contact_id == contact.id, Letter.kind == "lost_link")
    count = select(func.count()).select_from(Letter).where(*sent)
    return any(
        (db.session.scalar(count.where(Letter.created_at > now() - window)) or 0) >= most
        for most, window in ((1, PAUSE), (3, timedelta(hours=24)))
    )
