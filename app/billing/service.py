"""Taking in what Stripe tells us. A sale makes nobody a contact, and brings back nobody who was erased."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select

from app import contacts, outbox
from app.billing import store, taxid
from app.billing.models import StripeCustomer, StripeTaxNumber
from app.contacts import suppression
from app.contacts.addresses import InvalidAddress, canonical
from app.contacts.models import Contact
from app.contacts.service import ADDRESS
from app.crypto import keyring
from app.extensions import db
from app.processors.stripe.statement import Checkout, Statement
from app.processors.stripe.webhook import Event
from app.sync import notices
from app.sync import service as sync
from app.sync.profile import Known, knows

NAME = "stripe"


def heed(event: Event) -> None:
    """Note that something changed. What, the worker reads at Stripe: events come late, twice and in any order."""
    if notices.news(NAME, event.id):
        for ref in event.refs:
            read_soon(ref)


def read_soon(ref: str) -> None:
    """Read a customer or a checkout again. Many wishes in a row are one reading."""
    outbox.enqueue("billing.read", ref, lane=f"{NAME}:{ref}")


def match_soon() -> None:
    """Recognise the customers from before we listened."""
    outbox.enqueue("billing.match", lane=f"{NAME}:match")


def catch_up_soon() -> None:
    """Take in what Stripe could not deliver."""
    outbox.enqueue("billing.catch_up", lane=f"{NAME}:catch_up")


def take(statement: Statement) -> None:
    """Bring our rows in line with a customer. Whoever is neither known here nor to be left alone becomes a hash."""
    row = db.session.get(StripeCustomer, statement.id)
    contact = _whose(row, statement.address)
    if contact and contact.restricted_at:
        return  # read again when that is lifted
    if contact is None and (statement.deleted or _barred(statement.address)):
        _drop(row)
        return
    mac = row.address_mac if row and statement.deleted else _mac(statement.address)
    store.customer(statement, contact.id if contact else None, mac)
    if contact and not statement.deleted:
        _volunteer(contact, statement)
        sync.push_soon(contact.id, NAME)


def drop(ref: str) -> None:
    """Stripe knows nothing of this id."""
    _drop(db.session.get(StripeCustomer, ref))


def _drop(row: StripeCustomer | None) -> None:
    if row is not None:
        db.session.delete(row)
        db.session.flush()


def _whose(row: StripeCustomer | None, address: str) -> Contact | None:
    """Held until the transaction ends. A customer stays with whom it was first seen with: an address typed at Stripe
    later must not carry somebody's invoices over to another."""
    if row and row.contact_id:
        return contacts.lock(row.contact_id)
    contact = contacts.find(address) if address else None
    return contacts.lock(contact.id) if contact else None


def _canonical(address: str) -> str:
    try:
        return canonical(address).canonical
    except InvalidAddress:
        return ""


def _barred(address: str) -> bool:
    return suppression.ALL in suppression.scopes(_canonical(address))


def _mac(address: str) -> str:
    known = _canonical(address)
    return keyring().mac(NAME, known.encode()) if known else ""


def _volunteer(contact: Contact, statement: Statement) -> None:
    """What she typed at Stripe fills what is empty here, and replaces what came from Stripe before."""
    source = f"{NAME}:{statement.id}"
    own = {value.field for value in contact.values if value.source.startswith(f"{NAME}:")}
    before = {value.field: value.value for value in contact.values}
    contacts.volunteer(contact, {f: v for f, v in statement.values.items() if f in own}, source, overwrite=True)
    contacts.volunteer(contact, {f: v for f, v in statement.values.items() if f not in own}, source, overwrite=False)
    if before != {value.field: value.value for value in contact.values}:
        outbox.enqueue("search.contact", contact.id)


def guest(checkout: Checkout) -> None:
    """Note whose checkout it was that made no customer."""
    contact = contacts.find(checkout.address)
    if checkout.customer or (contact is None and _barred(checkout.address)):
        return
    seen = Statement(checkout.id, created_at=checkout.at)
    store.customer(seen, contact.id if contact else None, _mac(checkout.address))


def introduce(id: str, address: str) -> None:
    """A customer from before we listened: read in full when we know her, else kept as a hash."""
    if contacts.find(address):
        read_soon(id)
    elif db.session.get(StripeCustomer, id) is None:
        take(Statement(id, address=address))


def hers(contact: Contact) -> ColumnElement[bool]:
    """Customers of a person: linked to her, or waiting under a hash of her address, made with any key of the ring."""
    waiting = StripeCustomer.address_mac.in_(keyring().macs(NAME, contact.address.encode()))
    return or_(StripeCustomer.contact_id == contact.id, and_(StripeCustomer.contact_id.is_(None), waiting))


@knows(NAME)
def known(contact: Contact) -> Known:
    """Her ids at Stripe, and what Stripe may be told of her. Customers that waited for her are hers from now on."""
    rows = list(db.session.scalars(select(StripeCustomer).where(hers(contact)).order_by(StripeCustomer.id)))
    for row in [row for row in rows if row.contact_id is None]:
        row.contact_id = contact.id
        read_soon(row.id)
    return Known(tuple(row.id for row in rows), _account(contact) if rows else {})


def _account(contact: Contact) -> dict[str, str]:
    if suppression.ALL in suppression.scopes(contact.address):
        return {}
    values = {value.field: value.value for value in contact.values}
    return {name: values[name] for name in ADDRESS if name in values} | _tax_number(values.get("vat_number", ""))


def _tax_number(typed: str) -> dict[str, str]:
    """A Norwegian number with its MVA suffix, or an EU one. What is not valid is told to nobody."""
    for kind in ("no_vat", "eu_vat") if typed else ():
        found = taxid.check(kind, typed)
        if found.result == taxid.VALID:
            return {"tax_type": kind, "tax_id": found.number}
    return {}


def tax_numbers(customer_ids: list[str]) -> list[StripeTaxNumber]:
    """The numbers of these customers, by value."""
    mine = select(StripeTaxNumber).where(StripeTaxNumber.customer_id.in_(customer_ids))
    return list(db.session.scalars(mine.order_by(StripeTaxNumber.value)))
