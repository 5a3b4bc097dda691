"""Another address for the same person, once its mailbox has been shown to be hers.

Her random word stays, and with it every consent, every event of the ledger and every link that takes something away.
"""

from __future__ import annotations

from sqlalchemy import delete, select

from app import outbox
from app.clock import now
from app.contacts import suppression
from app.contacts.models import Contact, ContactValue, Suppression
from app.contacts.service import find
from app.contacts.upsert import insert
from app.crypto import keyring
from app.extensions import db

EMAIL = "email"  # the value beside an address that has been corrected: it says where that came from
MOVING = "moving:"  # and a processor: the address by which she is still known there


class Taken(ValueError):
    """Somebody else here has that address."""


def readdress(contact: Contact, address: str, display: str, source: str) -> None:
    """Another canonical address from now on; `source` says where it comes from, as `request:<number>`. Twice is once.

    What the old address was to be left alone for, because she had said so, holds for the new one. That letters came
    back was the old mailbox's. The caller holds the person. Raises Taken, never with the address.
    """
    other = find(address)
    if other and other.id != contact.id:
        raise Taken("somebody else has that address")
    _follow(contact.address, address)
    contact.address, contact.display = address, display
    _note(contact, EMAIL, display, source)
    outbox.enqueue("search.contact", contact.id)


def still_known(contact: Contact, processor: str, address: str, source: str) -> None:
    """Until `arrived`, this processor knows her by an earlier address, and is told nothing else of her."""
    _note(contact, f"{MOVING}{processor}", address, source)


def arrived(contact: Contact, processor: str) -> None:
    mine = ContactValue.contact_id == contact.id, ContactValue.field == f"{MOVING}{processor}"
    db.session.execute(delete(ContactValue).where(*mine).execution_options(synchronize_session=False))
    db.session.expire(contact, ["values"])


def _note(contact: Contact, field: str, value: str, source: str) -> None:
    new = {"value": value, "source": source, "at": now()}
    row = insert(ContactValue).values(contact_id=contact.id, field=field, **new)
    changed = ContactValue.value != value
    db.session.flush()
    db.session.execute(row.on_conflict_do_update(index_elements=["contact_id", "field"], set_=new, where=changed))
    db.session.expire(contact, ["values"])


def _follow(old: str, new: str) -> None:
    """What she said no to goes with her."""
    macs = keyring().macs(suppression.KEY, old.encode())
    hers = select(Suppression.scope, Suppression.reason).where(Suppression.mac.in_(macs))
    for scope, reason in db.session.execute(hers.where(Suppression.reason != "bounced")).all():
        suppression.suppress(new, scope, reason)
