"""Our service, a Stripe account, and people who buy things there."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from app import contacts, outbox
from app.billing import sheet
from app.billing.models import StripeCustomer, StripeInvoice, StripeSubscription, StripeTaxNumber
from app.consent import service as consent
from app.consent import texts
from app.consent.models import Purpose
from app.contacts import suppression
from app.contacts.models import Contact, ContactValue
from app.extensions import db
from app.letters.models import Letter
from app.outbox.models import OutboxRow
from app.sites.models import Company, Site
from app.sync.models import ProcessorState, ReceivedNotice
from tests.support.stripe_local import KEY
from tests.support.stripe_proxy import Call, StripeProxy

SECRET = "whsec_test"
HOOK = "/webhooks/stripe"
TABLES = (StripeCustomer, StripeInvoice, StripeSubscription, StripeTaxNumber)


class Shop:
    """Verbs for what happens, and questions about what is then true."""

    def __init__(self, app: Flask, stripe: StripeProxy) -> None:
        self.app, self.stripe = app, stripe
        app.config.update(STRIPE_API_KEY=KEY, STRIPE_API_BASE=stripe.url, STRIPE_WEBHOOK_SECRET=SECRET)
        with app.app_context():
            company = Company(slug="fjordlys", name="Fjordlys Interiør")
            first = Site(slug="fjordlys", name="Fjordlys", origin="https://fjordlys.example", company=company)
            other = Site(slug="butikk", name="Butikk", origin="https://butikk.example", company=company)
            db.session.add_all([first, other])
            db.session.add_all(Purpose(slug=slug, names={"nb": slug}) for slug in ("newsletter", "offers"))
            db.session.flush()
            for slug in ("newsletter", "offers"):
                texts.publish(slug, "nb", f"Ja takk til {slug}")
                texts.publish(slug, "en", f"Yes please to {slug}")
            db.session.commit()
            self.site_id = first.id

    # What happens

    def meet(self, address: str, **values: str) -> int:
        with self.app.app_context():
            contact = contacts.meet(address, address, "nb", self.site_id)
            contacts.volunteer(contact, values, "submission:1", overwrite=True)
            db.session.commit()
            return contact.id

    def forget(self, address: str, *, suppress: bool = True) -> None:
        """She is erased here."""
        with self.app.app_context():
            contact = contacts.find(address)
            assert contact
            contacts.forget(contact)
            if suppress:
                suppression.suppress(address, suppression.ALL, "erased")
            db.session.commit()

    def buys(self, email: str, **fields: Any) -> str:
        """A customer with a card and one paid invoice. Stripe's news of it is not on its way by itself."""
        customer = self.stripe.customer(email, **fields)
        self.stripe.card(customer)
        self.stripe.sell(customer)
        return customer

    def staff_delete(self, customer: str) -> None:
        """In Stripe's dashboard."""
        headers = {"Authorization": f"Bearer {KEY}", "Stripe-Version": "by hand"}
        self.stripe.respond(Call("DELETE", f"/v1/customers/{customer}", "", headers, ""))

    def tell(self, kind: str, subject: dict[str, Any] | str, **how: Any) -> int:
        """Stripe posts an event about an object, or about the customer of this id."""
        about = {"id": subject, "object": "customer"} if isinstance(subject, str) else subject
        return self.post(event(kind, about, how.pop("id", "")), **how)

    def post(self, raw: bytes, at: float | None = None, secret: str = SECRET, header: str | None = None) -> int:
        headers = {"Stripe-Signature": signature(raw, at, secret) if header is None else header}
        return self.app.test_client().post(HOOK, data=raw, headers=headers).status_code

    def work(self) -> int:
        with self.app.app_context():
            return outbox.drain()

    def grant(self, address: str) -> None:
        """She says yes to the newsletter here."""
        with self.app.app_context():
            contact = contacts.find(address)
            assert contact
            text = texts.current("newsletter", "nb")
            site = db.session.get_one(Site, self.site_id)
            row = consent.ask(contact, {"newsletter": text.hash}, site=site, lang="nb", facts={})  # type: ignore[union-attr]
            consent.confirm(row, {})  # type: ignore[arg-type]
            db.session.commit()

    def withdraw(self, address: str) -> None:
        with self.app.app_context():
            contact = contacts.find(address)
            assert contact
            consent.withdraw(contact, actor="subject", method="page_button")
            db.session.commit()

    # What is true

    def at_stripe(self, address: str) -> tuple[str, Any]:
        """The state on record, and since when they know her."""
        with self.app.app_context():
            contact = contacts.find(address)
            row = db.session.get(ProcessorState, (contact.id if contact else 0, "stripe"))
            return (row.state, row.met_at) if row else ("", None)

    def rows(self) -> list[str]:
        """Every row of ours about sales."""
        with self.app.app_context():
            return sorted(
                f"{model.__tablename__} {[getattr(row, column.name) for column in model.__table__.columns]}"
                for model in TABLES
                for row in db.session.scalars(select(model))
            )

    def customers(self) -> list[StripeCustomer]:
        with self.app.app_context():
            return list(db.session.scalars(select(StripeCustomer).order_by(StripeCustomer.id)))

    def sheet(self, address: str) -> sheet.Sheet:
        with self.app.app_context():
            contact = contacts.find(address)
            assert contact
            return sheet.of(contact)

    def values(self, address: str) -> dict[str, tuple[str, str]]:
        with self.app.app_context():
            rows = db.session.scalars(select(ContactValue).join(Contact).where(Contact.address == address))
            return {row.field: (row.value, row.source) for row in rows}

    def contacts(self) -> list[str]:
        with self.app.app_context():
            return list(db.session.scalars(select(Contact.address).order_by(Contact.address)))

    def consents(self, address: str) -> dict[str, str]:
        with self.app.app_context():
            contact = contacts.find(address)
            return {p: state.state for p, state in consent.states(contact).items()} if contact else {}

    def letters(self) -> list[str]:
        with self.app.app_context():
            return list(db.session.scalars(select(Letter.kind)))

    def waiting(self) -> list[str]:
        with self.app.app_context():
            undone = select(OutboxRow).where(OutboxRow.done_at.is_(None)).order_by(OutboxRow.id)
            return [f"{row.kind} {row.ref}" for row in db.session.scalars(undone)]

    def notices(self) -> list[str]:
        with self.app.app_context():
            return list(db.session.scalars(select(ReceivedNotice.key)))

    def everything(self, address: str) -> bytes:
        """Every byte we and Stripe hold of a person."""
        ids = [row.id for row in self.sheet(address).customers]
        ours = [row for row in self.rows() if any(id in row for id in ids)]
        return json.dumps([ours, self.values(address)], default=str).encode() + self.stripe.raw(address, *ids)


def event(kind: str, subject: dict[str, Any], id: str = "") -> bytes:
    told = {"id": id or f"evt_{uuid4().hex}", "object": "event", "type": kind, "data": {"object": subject}}
    return json.dumps(told).encode()


def signature(raw: bytes, at: float | None = None, secret: str = SECRET) -> str:
    moment = int(time.time() if at is None else at)
    return f"t={moment},v1={hmac.new(secret.encode(), f'{moment}.'.encode() + raw, hashlib.sha256).hexdigest()}"
