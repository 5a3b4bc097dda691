"""What staff see of a person's purchases."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from flask import Flask

from app.admin import service
from app.extensions import db
from tests.billing.world import Shop

KARI = "kari@example.no"


@pytest.fixture
def page(app: Flask, shop: Shop):
    """page(contact id) is her page, as somebody signed in reads it."""
    with app.app_context():
        service.create_user("siri@example.no", "a-long-enough-password-1", "staff")
        db.session.commit()
    client = app.test_client()
    form = client.get("/admin/login").get_data(as_text=True)
    token = form.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    login = {"email": "siri@example.no", "password": "a-long-enough-password-1", "csrf_token": token}
    assert urlsplit(client.post("/admin/login", data=login).location).path.startswith("/admin/")
    return lambda id, lang="nb": client.get(f"/admin/contacts/{id}?lang={lang}").get_data(as_text=True)


def test_invoices_subscription_and_number_are_on_the_page(shop: Shop, page) -> None:
    contact = shop.meet(KARI)
    customer = shop.buys(KARI, phone="+4799887766", tax_id_data=[{"type": "eu_vat", "value": "DE000000000"}])
    shop.tell("customer.created", customer)
    shop.work()
    seen = page(contact, "en")
    assert "NOK99.00" in seen.replace("\xa0", "") and "https://invoice.stripe.com/" in seen
    assert "visa •••• 4242" in seen and "not a valid number" in seen and "From a purchase" in seen


def test_a_link_that_is_not_https_is_no_link(shop: Shop, page) -> None:
    contact = shop.meet(KARI)
    customer = shop.buys(KARI)
    shop.stripe.show(shop.stripe.stored("invoices")[0]["id"], hosted_invoice_url="javascript:alert(1)")
    shop.tell("customer.created", customer)
    shop.work()
    assert "javascript:" not in page(contact)


def test_of_somebody_who_never_bought_the_page_says_nothing(shop: Shop, page) -> None:
    assert 'id="billing"' not in page(shop.meet(KARI))
