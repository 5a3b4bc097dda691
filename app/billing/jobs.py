"""What the worker does: read at Stripe, then record."""

from __future__ import annotations

from itertools import islice
from typing import cast

from app import outbox, processors
from app.billing import checkout, service
from app.extensions import db
from app.processors.stripe.processor import Stripe
from app.processors.stripe.webhook import parsed
from app.sync.jobs import heard, speaking

SOME = 100  # rows in one transaction


def _stripe() -> Stripe | None:
    return cast("Stripe | None", processors.active().get("stripe"))


@outbox.handles("billing.read")
def read(ref: str) -> None:
    """Bring our rows in line with one customer, or take in one checkout."""
    stripe = _stripe()
    if stripe is None:
        return
    if ref.startswith("cs_"):
        _checkout(stripe, ref)
    else:
        _customer(stripe, ref)
    db.session.commit()


def _customer(stripe: Stripe, ref: str) -> None:
    with speaking(service.NAME):
        statement = stripe.statement(ref)
    if statement is None:
        service.drop(ref)
    else:
        service.take(statement)


def _checkout(stripe: Stripe, ref: str) -> None:
    with speaking(service.NAME):
        found = stripe.checkout(ref)
    if found and found.completed:
        service.guest(found)
        checkout.heed(found)


@outbox.handles("billing.match")
def match(ref: str) -> None:
    """Recognise the customers from before we listened."""
    stripe = _stripe()
    rest = heard(service.NAME, stripe.customers()) if stripe else iter(())
    while some := list(islice(rest, SOME)):  # read first, then write: nothing waits on Stripe with the database in hand
        for id, address in some:
            service.introduce(id, address)
        db.session.commit()


@outbox.handles("billing.catch_up")
def catch_up(ref: str) -> None:
    """Take in what Stripe could not deliver."""
    stripe = _stripe()
    for row in heard(service.NAME, stripe.undelivered()) if stripe else ():
        event = parsed(row)
        if event:
            service.heed(event)
            db.session.commit()


@outbox.periodic(hour="4", minute="10")
def nightly() -> None:
    service.catch_up_soon()
    db.session.commit()
