"""VAT and organisation numbers that people type in our forms: whether they can be right, and when that was found."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import select

from app.billing import taxid
from app.billing.models import ContactTaxCheck
from app.clock import now
from app.contacts.models import Contact, ContactValue
from app.contacts.upsert import insert
from app.extensions import db

VAT_FIELD = "vat_number"
# Prefixes of VAT numbers in the Union and Northern Ireland: https://ec.europa.eu/taxation_customs/vies/
UNION = "AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI"
KINDS = (
    (re.compile(r"(NO)?\d{9}MVA"), "no_vat"),
    (re.compile(r"(NO)?\d{9}"), "no_orgnr"),
    (re.compile(r"CHE.*"), "ch_vat"),
    (re.compile(r"GB.*"), "gb_vat"),
    (re.compile(f"({UNION}).*"), "eu_vat"),
)


def note(contact: Contact, numbers: Mapping[str, str], source: str, overwrite: bool) -> None:
    """Check the VAT number that we have of her, and organisation numbers by the field of the form they came in.

    A number that was checked before keeps its date. `overwrite` as in `contacts.volunteer`.
    """
    told = db.session.get(ContactValue, (contact.id, VAT_FIELD), populate_existing=True)
    if told:
        _keep(contact.id, VAT_FIELD, told.value, told.source, overwrite=True)
    for field, value in numbers.items():
        if value.strip() and field != VAT_FIELD:
            _keep(contact.id, field, value.strip(), source, overwrite)


def checks(contact: Contact) -> list[ContactTaxCheck]:
    """What was found, by field."""
    mine = select(ContactTaxCheck).where(ContactTaxCheck.contact_id == contact.id)
    return list(db.session.scalars(mine.order_by(ContactTaxCheck.field)))


def kind_of(typed: str) -> str:
    """Stripe's name for what this number seems to be; empty where its rules are not known here."""
    bare = re.sub(r"[\W_]+", "", typed).upper()
    return next((kind for pattern, kind in KINDS if pattern.fullmatch(bare)), "")


def _keep(contact_id: int, field: str, value: str, source: str, overwrite: bool) -> None:
    kind = kind_of(value)
    found = taxid.check(kind, value)
    new = {"value": value, "kind": kind, "result": found.result, "source": source, "checked_at": now()}
    row = insert(ContactTaxCheck).values(contact_id=contact_id, field=field, **new)
    if not overwrite:
        db.session.execute(row.on_conflict_do_nothing())
        return
    changed = ContactTaxCheck.value != value
    db.session.execute(row.on_conflict_do_update(index_elements=["contact_id", "field"], set_=new, where=changed))
