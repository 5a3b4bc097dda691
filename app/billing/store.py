"""Bringing our rows in line with one customer as Stripe shows it. The same twice changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete

from app.billing import taxid
from app.billing.models import StripeCustomer, StripeInvoice, StripeSubscription, StripeTaxNumber
from app.clock import now
from app.extensions import db
from app.processors.stripe.statement import Statement, TaxNumber

Part = StripeInvoice | StripeSubscription | StripeTaxNumber
PARTS: tuple[type[Part], ...] = (StripeInvoice, StripeSubscription, StripeTaxNumber)
Row = Mapping[str, Any]


def customer(statement: Statement, contact_id: int | None, address_mac: str) -> StripeCustomer:
    """The row of a customer, with the parts that Stripe shows and no others. For a stranger there are no parts."""
    row = _customer(statement.id)
    row.contact_id, row.address_mac, row.deleted = contact_id, address_mac, statement.deleted
    row.created_at = row.created_at if statement.deleted else statement.created_at
    known = contact_id is not None
    row.currency = statement.currency if known else ""
    row.card_brand, row.card_last4 = (statement.card_brand, statement.card_last4) if known else ("", "")
    db.session.flush()
    for model, rows in zip(PARTS, _parts(statement) if known else ([], [], []), strict=True):
        _replace(model, statement.id, rows)
    return row


def _customer(id: str) -> StripeCustomer:
    row = db.session.get(StripeCustomer, id)
    if row is None:
        row = StripeCustomer(id=id)
        db.session.add(row)
    return row


def _parts(statement: Statement) -> tuple[list[Row], list[Row], list[Row]]:
    numbers = [_number(number) for number in statement.tax_numbers]
    return [asdict(row) for row in statement.invoices], [asdict(row) for row in statement.subscriptions], numbers


def _number(number: TaxNumber) -> Row:
    """The date of a check stays for as long as the number and the answer do."""
    found = taxid.check(number.kind, number.value)
    row = {**asdict(number), "result": found.result}
    held = db.session.get(StripeTaxNumber, number.id)
    same = held is not None and (held.value, held.result) == (number.value, found.result)
    return {**row, "checked_at": held.checked_at if held and same else now()}


def _replace(model: type[Part], customer: str, rows: list[Row]) -> None:
    ids = [row["id"] for row in rows]
    gone = delete(model).where(model.customer_id == customer, model.id.not_in(ids))
    db.session.execute(gone.execution_options(synchronize_session=False))
    for values in rows:
        db.session.merge(model(customer_id=customer, **values))
    db.session.flush()
