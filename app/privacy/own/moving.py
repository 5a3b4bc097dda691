"""What hangs on a person's address in our own tables, when she gets another one."""

from __future__ import annotations

from sqlalchemy import select, update

from app import journal, processors
from app.billing.models import StripeCustomer
from app.billing.service import NAME as STRIPE
from app.clock import now
from app.consent.models import PreferenceLink
from app.consent.standing import void_open
from app.contacts import readdressing
from app.contacts.models import Contact
from app.crypto import keyring
from app.extensions import db


def move(contact: Contact, address: str, display: str, source: str) -> None:
    """Another canonical address for somebody who is held. Twice is once.

    What had been mailed to the old mailbox and could still add something ends; what takes away works as before. The
    processors know her by the old address until each has been told. Raises `readdressing.Taken`.
    """
    old = contact.address
    if old == address:
        return
    readdressing.readdress(contact, address, display, source)
    journal.moved(old, address)
    for name in processors.active():
        readdressing.still_known(contact, name, old, source)
    _end_links(contact)
    _rename_customers(contact, old, address)


def _end_links(contact: Contact) -> None:
    void_open(contact)
    waiting = (PreferenceLink.contact_id == contact.id, PreferenceLink.used_at.is_(None))
    for link in db.session.scalars(select(PreferenceLink).where(*waiting)):
        link.expires_at = min(link.expires_at, now())
    db.session.flush()


def _rename_customers(contact: Contact, old: str, new: str) -> None:
    """Customers that our map knew by the old address."""
    ring = keyring()
    mine = StripeCustomer.contact_id == contact.id, StripeCustomer.address_mac.in_(ring.macs(STRIPE, old.encode()))
    renamed = update(StripeCustomer).where(*mine).values(address_mac=ring.mac(STRIPE, new.encode()))
    db.session.execute(renamed.execution_options(synchronize_session=False))
