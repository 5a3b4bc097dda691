"""Stripe's objects in our words, in the shape of this version and of older ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.processors.stripe.plain import plain
from app.processors.stripe.statement import Checkout, Statement

THEN = 1_772_452_800  # 2026-03-02 12:00 UTC
MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def subscription(**values: Any) -> Any:
    row = {"id": "sub_1", "status": "active", "created": 1, **values}
    statement = Statement.read({"id": "cus_1"}, {"invoices": [], "subscriptions": [row]}, [], [])
    return statement.subscriptions[0]


def test_the_end_of_a_period_is_read_from_both_places() -> None:
    assert subscription(current_period_end=THEN).period_end == MOMENT
    assert subscription(items={"data": [{"current_period_end": 1}, {"current_period_end": THEN}]}).period_end == MOMENT
    assert subscription().period_end is None


def test_a_subscription_begins_when_it_says_and_else_when_it_was_made() -> None:
    assert subscription(start_date=THEN).started_at == MOMENT
    assert subscription(created=THEN).started_at == MOMENT


def test_the_card_that_is_charged_is_the_one_that_is_shown() -> None:
    cards = [
        {"id": "pm_1", "card": {"brand": "visa", "last4": "1111"}},
        {"id": "pm_2", "card": {"brand": "amex", "last4": "2222"}},
    ]
    for chosen, last4 in (("pm_2", "2222"), ({"id": "pm_2"}, "2222"), (None, "1111"), ("pm_gone", "1111")):
        customer = {"id": "cus_1", "invoice_settings": {"default_payment_method": chosen}}
        read = Statement.read(customer, {"invoices": [], "subscriptions": []}, [], cards)
        assert read.card_last4 == last4


def test_a_customer_with_nothing_in_it_can_be_read() -> None:
    read = Statement.read(
        {"id": "cus_1"}, {"invoices": [], "subscriptions": []}, [], [{"id": "pm_1", "type": "klarna"}]
    )
    assert (read.address, read.card_last4, read.values) == ("", "", {})


def test_a_checkout_with_nothing_in_it_can_be_read() -> None:
    read = Checkout.read({"id": "cs_1", "created": THEN})
    assert (read.address, read.ticked, read.completed, read.at) == ("", (), False, MOMENT)


@pytest.mark.parametrize("holder", ["card", "us_bank_account", "sepa_debit", "bank_account"])
def test_of_a_means_of_payment_only_what_is_on_a_receipt(holder: str) -> None:
    row = {
        holder: {"brand": "visa", "last4": "4242", "fingerprint": "f", "exp_year": 2030, "iin": "424242", "number": "4"}
    }
    assert plain(row) == {holder: {"brand": "visa", "last4": "4242"}}
    assert plain({"details": [{**row[holder], "object": holder, "id": "x"}]})["details"] == [
        {"id": "x", "brand": "visa", "last4": "4242"}
    ]
