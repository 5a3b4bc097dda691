"""Finding, meeting and forgetting people. A form that anyone can send may add to what we know, never replace it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from app import outbox, search
from app.clock import now
from app.contacts.addresses import InvalidAddress, canonical
from app.contacts.models import Contact, ContactValue
from app.contacts.upsert import insert
from app.extensions import db

# What a person may volunteer about herself; the rest stays in the submission.
ADDRESS = ("line1", "line2", "postal_code", "city", "state", "country")
FIELDS = ("name", "company", "phone", *ADDRESS, "vat_number", "purchase_order", "invoice_email")


def find(address: str) -> Contact | None:
    """The person behind an address, however it is spelt. None for strangers and for what is no address."""
    try:
        name = canonical(address).canonical
    except InvalidAddress:
        return None
    return db.session.scalar(select(Contact).where(Contact.address == name))


def lock(contact_id: int) -> Contact | None:
    """The person as she is now, held until the transaction ends. None once she has been forgotten.

    SQLite has one writer at a time and needs no lock.
    """
    held = select(Contact).where(Contact.id == contact_id).with_for_update()
    return db.session.scalar(held.execution_options(populate_existing=True))


def lock_free(ids: Iterable[int]) -> list[Contact]:
    """Those of them whom nobody else holds now, by id. There is no waiting: who holds many must not wait for more."""
    held = select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id).with_for_update(skip_locked=True)
    return list(db.session.scalars(held.execution_options(populate_existing=True)))


def meet(address: str, display: str, lang: str, site_id: int) -> Contact:
    """The person behind a canonical address, and a new row where there was none. Held until the transaction ends.

    Two who meet her at once get the same row. What is known of her already stays.
    """
    row = {"address": address, "display": display, "lang": lang, "site_id": site_id}
    db.session.execute(insert(Contact).values(row).on_conflict_do_nothing(index_elements=["address"]))
    known = db.session.scalar(select(Contact).where(Contact.address == address).with_for_update())
    return known or meet(address, display, lang, site_id)  # forgotten between the two lines


def volunteer(contact: Contact, values: Mapping[str, str], source: str, overwrite: bool) -> None:
    """Note what a person told of herself, and where. Fills what is empty; replaces only with `overwrite`.

    `overwrite` is for a sender who has shown that the mailbox is hers. A blank answer takes nothing away, and nobody
    is filled in while her data may only be kept (GDPR article 18).
    """
    if contact.restricted_at:
        return
    for field in FIELDS:
        value = values.get(field, "").strip()
        if value:
            _note(contact.id, field, value, source, overwrite)
    db.session.expire(contact, ["values"])


def _note(contact_id: int, field: str, value: str, source: str, overwrite: bool) -> None:
    row = insert(ContactValue).values(contact_id=contact_id, field=field, value=value, source=source)
    replaced = ContactValue.value != value if overwrite else ContactValue.value == ""
    new = {"value": value, "source": source, "at": now()}
    db.session.execute(row.on_conflict_do_update(index_elements=["contact_id", "field"], set_=new, where=replaced))


def forget(contact: Contact) -> None:
    """Remove the person and every row that hangs on her: the database cascades. Submissions lose her name only."""
    search.remove_contact(contact.id)
    outbox.enqueue("search.compact")
    db.session.delete(contact)
    db.session.flush()


def findable(contact: Contact) -> str:
    """What a contact is found by. A telephone number is found with and without its spaces."""
    values = {value.field: value.value for value in contact.values}
    return "\n".join([contact.address, *values.values(), "".join(values.get("phone", "").split())])
