"""The person herself: her address, what she told of herself, and all that hangs on her row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _

from app import contacts
from app.billing import typed
from app.billing.labels import sale_label
from app.billing.models import ContactTaxCheck
from app.clock import iso
from app.consent import ledger
from app.consent import service as consent
from app.contacts.models import Contact, ContactValue
from app.labels import field_label
from app.privacy.own.sources import source_label
from app.privacy.own.who import Who
from app.processors.base import Held


def find(who: Who) -> Iterator[Held]:
    if who.contact:
        yield Held("contact", str(who.contact.id))
        yield from (Held("value", f"{who.contact.id}:{value.field}") for value in who.contact.values)
        yield from (Held("tax_check", f"{who.contact.id}:{row.field}") for row in typed.checks(who.contact))


def export(who: Who, lang: str) -> dict[str, Any]:
    """`contact` (nothing for a stranger), `values` with where each came from, `checks` of her VAT numbers."""
    contact = who.contact
    if contact is None:
        return {"contact": {}, "values": [], "checks": []}
    values = [_value(row, lang) for row in contact.values]
    return {"contact": _herself(contact), "values": values, "checks": list(map(_check, typed.checks(contact)))}


def _herself(contact: Contact) -> dict[str, Any]:
    return {
        "address": contact.address,
        "written_as": contact.display,
        "language": contact.lang,
        "known_since": iso(contact.created_at),
        "restricted_since": iso(contact.restricted_at) if contact.restricted_at else None,
    }


def _value(row: ContactValue, lang: str) -> dict[str, Any]:
    label, source = field_label(row.field), source_label(row.source, lang)
    return {"field": row.field, "label": label, "value": row.value, "source": source, "at": iso(row.at)}


def _check(row: ContactTaxCheck) -> dict[str, Any]:
    result, at = sale_label(row.result), iso(row.checked_at)
    return {"field": row.field, "label": _("Number checked"), "value": row.value, "result": result, "at": at}


def erase(who: Who) -> None:
    """The ledger is told that it ends, then the row goes, and with it all that the database hangs on it."""
    if who.contact is None:
        return
    for purpose, state in sorted(consent.states(who.contact).items()):
        if state.state != "none":
            ledger.append(who.contact, purpose, "erased", actor="system", method="erasure", responds_to=state.event)
    contacts.forget(who.contact)
