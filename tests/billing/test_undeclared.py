"""What a form does not ask, nobody volunteers through it."""

from __future__ import annotations

import pytest
from flask import Flask

from app import contacts, outbox
from app.billing import service as billing
from app.billing.models import StripeCustomer
from app.extensions import db
from app.sites.models import Site
from tests.conftest import KARI

pytestmark = pytest.mark.usefixtures("demo")


def test_a_stranger_sets_no_tax_number_of_hers_through_a_form_that_asks_for_none(app: Flask) -> None:
    with app.app_context():
        kari = contacts.meet(KARI, KARI, "nb", db.session.query(Site).first().id)
        db.session.add(StripeCustomer(id="cus_kari", contact_id=kari.id))
        db.session.commit()
    said = {"email": KARI, "vat_number": "NO988077917MVA", "line1": "Evil street 1", "invoice_email": "evil@evil.no"}
    assert app.test_client().post("/f/nyhetsbrev", data=said).status_code == 303
    with app.app_context():
        outbox.drain()
        found = contacts.find(KARI)
        assert found
        assert {value.field: value.value for value in found.values} == {}
        assert billing.known(found).account == {}  # what Stripe is told, and prints on her invoices
