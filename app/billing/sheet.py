"""What was sold to a person, on one sheet: for staff, and later for herself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from app.billing import service
from app.billing.models import StripeCustomer, StripeInvoice, StripeSubscription, StripeTaxNumber
from app.billing.money import amount
from app.contacts.models import Contact
from app.extensions import db

MOST = 200


@dataclass(frozen=True)
class Line:
    """One invoice as it is shown."""

    number: str
    status: str
    total: Decimal
    currency: str
    issued_at: datetime
    url: str


@dataclass(frozen=True)
class Sheet:
    """Nothing in it says that she is no customer."""

    customers: list[StripeCustomer]
    invoices: list[Line]
    subscriptions: list[StripeSubscription]
    tax_numbers: list[StripeTaxNumber]

    @property
    def since(self) -> datetime | None:
        """When her first subscription began."""
        return min((row.started_at for row in self.subscriptions), default=None)

    @property
    def latest_invoice(self) -> datetime | None:
        return max((line.issued_at for line in self.invoices), default=None)

    @property
    def cards(self) -> list[str]:
        return [f"{row.card_brand} •••• {row.card_last4}" for row in self.customers if row.card_last4]


def of(contact: Contact) -> Sheet:
    """Invoices are the newest first. Reads only."""
    mine = select(StripeCustomer).where(service.hers(contact), StripeCustomer.id.startswith("cus_"))
    customers = list(db.session.scalars(mine.order_by(StripeCustomer.id)))
    ids = [row.id for row in customers]
    invoices = select(StripeInvoice).where(StripeInvoice.customer_id.in_(ids)).order_by(StripeInvoice.issued_at.desc())
    held = select(StripeSubscription).where(StripeSubscription.customer_id.in_(ids))
    return Sheet(
        customers,
        [_line(row) for row in db.session.scalars(invoices.limit(MOST))],
        list(db.session.scalars(held.order_by(StripeSubscription.started_at))),
        service.tax_numbers(ids),
    )


def _line(row: StripeInvoice) -> Line:
    url = row.url if row.url.startswith("https://") else ""
    return Line(row.number, row.status, amount(row.total, row.currency), row.currency.upper(), row.issued_at, url)
