"""Who is whom at Stripe, and what was sold to them. Of a card only what is printed on a receipt."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import Instant
from app.contacts.models import ID
from app.extensions import Base

STRIPE_ID = String(80)


class StripeCustomer(Base):
    """A customer (`cus_…`), or the checkout of somebody who became none (`cs_…`).

    Of somebody whom we do not know only a keyed hash of the address is kept, so that she is recognised when she comes.
    """

    __tablename__ = "stripe_customer"

    id: Mapped[str] = mapped_column(STRIPE_ID, primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ID, ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    address_mac: Mapped[str] = mapped_column(String(64), default="", index=True)
    created_at: Mapped[datetime | None] = mapped_column(Instant)
    deleted: Mapped[bool] = mapped_column(default=False)
    currency: Mapped[str] = mapped_column(String(3), default="")
    card_brand: Mapped[str] = mapped_column(String(20), default="")
    card_last4: Mapped[str] = mapped_column(String(4), default="")


class StripeInvoice(Base):
    """One issued invoice. Amounts are in the currency's smallest unit."""

    __tablename__ = "stripe_invoice"

    id: Mapped[str] = mapped_column(STRIPE_ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(
        STRIPE_ID, ForeignKey("stripe_customer.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[int] = mapped_column(BigInteger)
    remaining: Mapped[int] = mapped_column(BigInteger)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    paid_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    url: Mapped[str] = mapped_column(Text)


class StripeSubscription(Base):
    """One subscription, running or ended."""

    __tablename__ = "stripe_subscription"

    id: Mapped[str] = mapped_column(STRIPE_ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(
        STRIPE_ID, ForeignKey("stripe_customer.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[str] = mapped_column(String(30))
    started_at: Mapped[datetime] = mapped_column(Instant)
    period_end: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    cancels: Mapped[bool]


class StripeTaxNumber(Base):
    """A VAT or organisation number: what our own check says, since when, and what Stripe says."""

    __tablename__ = "stripe_tax_number"

    id: Mapped[str] = mapped_column(STRIPE_ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(
        STRIPE_ID, ForeignKey("stripe_customer.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(60))
    result: Mapped[str] = mapped_column(String(10))
    checked_at: Mapped[datetime] = mapped_column(Instant)
    verification: Mapped[str] = mapped_column(String(20))


class ContactTaxCheck(Base):
    """What our own check says of a VAT or organisation number that a person typed herself, and since when.

    `field` is `vat_number`, or the form's own name of a field for organisation numbers.
    """

    __tablename__ = "contact_tax_check"

    contact_id: Mapped[int] = mapped_column(ID, ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))  # Stripe's name of it; empty where the rules are not known here
    result: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(80))
    checked_at: Mapped[datetime] = mapped_column(Instant)
