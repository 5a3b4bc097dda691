"""What a processor tells us of a person, taken into the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete

from app import contacts
from app.clock import now
from app.consent import service as consent
from app.contacts import suppression
from app.contacts.addresses import InvalidAddress, canonical
from app.contacts.models import Contact, ContactValue
from app.contacts.upsert import insert
from app.crypto import keyring
from app.extensions import db
from app.processors.base import Notice
from app.sync.models import ReceivedNotice
from app.sync.service import acquaint, push_soon

MOVED = "address:"  # and the processor: where a person goes by another address
OFF = {"unsubscribed", "cleaned"}
KEEP = timedelta(days=30)  # a vendor repeats itself for an hour or so; a repeat does no harm anyway


def heed(processor: str, notice: Notice) -> None:
    """Take in what a processor tells us of a person. Strangers are not remembered; repeats are no news.

    It can take consent away and never give any: where the processor went its own way, it is brought back in line.
    """
    if notice.by_us or notice.kind == "profile" or not news(processor, notice.key):
        return
    for address in filter(None, (notice.address, notice.new_address)):
        contact = contacts.find(address)
        if contact and contacts.lock(contact.id):
            acquaint(contact.id, processor)
            _take_off(contact, processor, notice)
            _moved(contact, processor, notice)
            push_soon(contact.id, processor)


def news(processor: str, key: str) -> bool:
    """Is this the first we hear of it? Asking makes it known."""
    mac = keyring().mac("notice", f"{processor}:{key}".encode())
    row = insert(ReceivedNotice).values(processor=processor, key=mac).on_conflict_do_nothing()
    return bool(db.session.execute(row.returning(ReceivedNotice.key)).first())


def _take_off(contact: Contact, processor: str, notice: Notice) -> None:
    """What the person said yes to after that moment stands."""
    if notice.kind not in OFF:
        return
    consent.withdraw(contact, actor=f"webhook:{processor}", method="webhook", at=_moment(notice))
    if notice.kind == "cleaned" and not consent.granted(contact):
        suppression.suppress(contact.address, suppression.ALL, "bounced")


def _moved(contact: Contact, processor: str, notice: Notice) -> None:
    """She goes by another address there. Consent does not follow; whoever asks what is held of her must find it."""
    if notice.kind != "address_changed" or contacts.find(notice.new_address):
        return
    try:
        address = canonical(notice.new_address).canonical
    except InvalidAddress:
        return
    row = insert(ContactValue).values(
        contact_id=contact.id, field=f"{MOVED}{processor}", value=address, source=f"webhook:{processor}"
    )
    new = {"value": address, "at": now()}
    db.session.execute(row.on_conflict_do_update(index_elements=["contact_id", "field"], set_=new))
    db.session.expire(contact, ["values"])


def _moment(notice: Notice) -> datetime:
    # Vendors cut to the second. Within one second a no counts more than a yes.
    return min(notice.at + timedelta(milliseconds=999), now())


def tidy() -> None:
    """Forget old notices."""
    db.session.execute(delete(ReceivedNotice).where(ReceivedNotice.at < now() - KEEP))
