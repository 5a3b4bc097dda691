"""What Stripe told us of her purchases: a copy. What the law keeps of them is kept at Stripe and in the accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select

from app.billing import service, sheet
from app.billing.labels import sale_label
from app.billing.models import StripeCustomer
from app.clock import iso
from app.crypto import keyring
from app.extensions import db
from app.privacy.own.who import Who
from app.processors.base import Held


def find(who: Who) -> Iterator[Held]:
    ids = db.session.scalars(select(StripeCustomer.id).where(_hers(who)).order_by(StripeCustomer.id))
    yield from (Held("customer", id_) for id_ in ids)


def _hers(who: Who) -> ColumnElement[bool]:
    """Linked to her, or waiting under a hash of her address, made with any key of the ring."""
    waiting = StripeCustomer.address_mac.in_(keyring().macs(service.NAME, who.address.encode()))
    return or_(StripeCustomer.contact_id == who.contact_id, and_(StripeCustomer.contact_id.is_(None), waiting))


def export(who: Who, lang: str) -> dict[str, Any]:
    """`purchases`: customers, invoices, subscriptions, cards as they are printed on a receipt, tax numbers."""
    if who.contact is None:
        return {"purchases": {}}
    found = sheet.of(who.contact)
    return {
        "purchases": {
            "customers": [row.id for row in found.customers],
            "cards": found.cards,
            "invoices": [_invoice(line) for line in found.invoices],
            "subscriptions": [
                {"id": row.id, "status": sale_label(row.status), "since": iso(row.started_at)}
                for row in found.subscriptions
            ],
            "tax_numbers": [{"number": row.value, "result": sale_label(row.result)} for row in found.tax_numbers],
        }
    }


def _invoice(line: sheet.Line) -> dict[str, Any]:
    return {
        "number": line.number,
        "status": sale_label(line.status),
        "total": str(line.total),
        "currency": line.currency,
        "at": iso(line.issued_at),
        "url": line.url,
    }


def erase(who: Who) -> None:
    """Invoices, subscriptions and tax numbers hang on the customer."""
    db.session.execute(delete(StripeCustomer).where(_hers(who)))
