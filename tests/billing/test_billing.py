"""What Stripe knows of people, kept in line with Stripe whatever the order in which it tells."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from random import shuffle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import outbox
from app.billing import service
from app.billing.money import amount
from app.clock import now
from app.consent.models import Purpose
from app.contacts import suppression
from app.extensions import db
from app.sync import links
from tests.billing.world import TABLES, Shop, event
from tests.support.stripe_proxy import Answer

KARI, OLA = "kari@example.no", "ola@example.no"


def test_a_purchase_of_somebody_we_know_is_listed(shop: Shop) -> None:
    shop.meet(KARI)
    customer = shop.buys(KARI, tax_id_data=[{"type": "eu_vat", "value": "DE136695976"}])
    assert shop.tell("invoice.paid", {"id": "in_x", "object": "invoice", "customer": customer}) == 200
    shop.work()
    sheet = shop.sheet(KARI)
    (line,) = sheet.invoices
    assert (line.status, line.total, line.currency) == ("paid", Decimal("99.00"), "NOK")
    assert line.url.startswith("https://invoice.stripe.com/") and line.number.startswith("FJ-")
    assert sheet.latest_invoice == line.issued_at and sheet.since
    assert sheet.cards == ["visa •••• 4242"]
    assert [(row.value, row.result) for row in sheet.tax_numbers] == [("DE136695976", "valid")]


def test_account_data_says_that_it_came_from_stripe(shop: Shop) -> None:
    shop.meet(KARI, name="Kari As She Told Us")
    address = {"line1": "Storgata 1", "postal_code": "0155", "city": "Oslo", "country": "NO"}
    customer = shop.buys(KARI, name="Kari At Stripe", phone="+4799887766", address=address)
    shop.tell("customer.updated", customer)
    shop.work()
    values = shop.values(KARI)
    assert values["name"] == ("Kari As She Told Us", "submission:1")
    assert values["phone"] == ("+4799887766", f"stripe:{customer}")
    assert {name: values[name][0] for name in address} == address


def test_what_came_from_stripe_follows_stripe(shop: Shop) -> None:
    shop.meet(KARI)
    customer = shop.buys(KARI, phone="+4799887766")
    shop.tell("customer.updated", customer)
    shop.work()
    shop.stripe.make(f"/v1/customers/{customer}", phone="+4791111111")
    shop.tell("customer.updated", customer)
    shop.work()
    assert shop.values(KARI)["phone"] == ("+4791111111", f"stripe:{customer}")


def test_several_customers_of_one_person_are_one_sheet(shop: Shop) -> None:
    shop.meet(KARI)
    for spelling in (KARI, "Kari@Example.no"):
        shop.tell("customer.created", shop.buys(spelling))
    shop.work()
    assert len(shop.sheet(KARI).customers) == 2 and len(shop.sheet(KARI).invoices) == 2


def test_an_invoice_that_is_voided_is_shown_as_voided_and_a_draft_not_at_all(shop: Shop) -> None:
    shop.meet(KARI)
    customer = shop.buys(KARI)
    invoice = shop.stripe.stored("invoices")[0]["id"]
    for status, shown in (("void", ["void"]), ("draft", []), ("open", ["open"])):
        shop.stripe.show(invoice, status=status)
        shop.tell("invoice.updated", {"id": invoice, "object": "invoice", "customer": customer})
        shop.work()
        assert [line.status for line in shop.sheet(KARI).invoices] == shown


def test_a_stranger_is_a_hash_and_no_contact(shop: Shop) -> None:
    customer = shop.buys(KARI, name="Kari", phone="+4799887766")
    shop.tell("customer.created", customer)
    shop.work()
    assert shop.contacts() == []
    (row,) = shop.customers()
    assert (row.id, row.contact_id, len(row.address_mac)) == (customer, None, 64)
    assert len(shop.rows()) == 1 and not any(word in str(shop.rows()) for word in ("kari", "Kari", "4242", "4799"))


def test_she_is_recognised_when_she_comes(shop: Shop) -> None:
    customer = shop.buys(KARI)
    shop.tell("customer.created", customer)
    shop.work()
    contact = shop.meet(KARI)
    assert [row.id for row in shop.sheet(KARI).customers] == [customer], "seen at once, under the hash"
    shop.grant(KARI)
    shop.work()
    assert [row.contact_id for row in shop.customers()] == [contact]
    assert len(shop.sheet(KARI).invoices) == 1


def test_she_is_recognised_after_the_secret_has_been_changed(shop: Shop) -> None:
    customer = shop.buys(KARI)
    shop.tell("customer.created", customer)
    shop.work()
    from app import crypto

    shop.app.config.update(SECRET_KEYS_OLD=[shop.app.config["SECRET_KEY"]], SECRET_KEY="n" * 40)
    crypto.init_app(shop.app)
    shop.meet(KARI)
    assert [row.id for row in shop.sheet(KARI).customers] == [customer]


def test_a_customer_who_types_anothers_address_carries_nothing_over(shop: Shop) -> None:
    shop.meet(KARI)
    shop.meet(OLA)
    customer = shop.buys(KARI)
    shop.tell("customer.created", customer)
    shop.work()
    shop.stripe.make(f"/v1/customers/{customer}", email=OLA)
    shop.tell("customer.updated", customer)
    shop.work()
    assert shop.sheet(OLA).invoices == [] and len(shop.sheet(KARI).invoices) == 1


def test_news_of_somebody_erased_brings_nothing_back(shop: Shop) -> None:
    shop.meet(KARI)
    customer = shop.buys(KARI, name="Kari")
    shop.tell("customer.created", customer)
    shop.work()
    shop.forget(KARI)
    assert shop.rows() == []
    for kind in ("customer.updated", "customer.deleted"):
        assert shop.tell(kind, customer) == 200
    assert shop.tell("invoice.paid", {"id": "in_1", "object": "invoice", "customer": customer}) == 200
    shop.work()
    assert shop.rows() == [] and shop.contacts() == []


def test_a_customer_whom_staff_deleted_at_stripe_keeps_her_invoices_here(shop: Shop) -> None:
    shop.meet(KARI)
    customer = shop.buys(KARI)
    shop.tell("customer.created", customer)
    shop.work()
    shop.staff_delete(customer)
    shop.tell("customer.deleted", customer)
    shop.work()
    (row,) = shop.customers()
    assert row.deleted and not row.card_last4 and len(shop.sheet(KARI).invoices) == 1


def test_an_id_that_stripe_does_not_know_is_dropped(shop: Shop) -> None:
    shop.tell("customer.updated", "cus_of_another_account")
    shop.work()
    assert shop.rows() == []


def test_stripe_away_loses_nothing(shop: Shop) -> None:
    shop.meet(KARI)
    customer = shop.buys(KARI)
    shop.stripe.fail(Answer(503), times=1)
    shop.tell("customer.created", customer)
    shop.work()
    assert shop.waiting() == [f"billing.read {customer}"] and shop.rows() == []
    shop.tell("customer.updated", customer)  # the next news does not jump the queue
    assert len(shop.waiting()) == 1


def test_a_half_answer_changes_nothing(shop: Shop) -> None:
    shop.meet(KARI)
    customer = shop.buys(KARI)
    shop.tell("customer.created", customer)
    shop.work()
    before = shop.rows()
    shop.stripe.fail(Answer(200, b'{"object": "list", "da'), path="invoices")
    shop.tell("customer.updated", customer)
    shop.work()
    assert shop.rows() == before


# Any order, any number


KINDS = ("customer.created", "customer.updated", "invoice.created", "invoice.paid", "customer.subscription.created")


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.booleans()), min_size=1, max_size=12))
def test_events_in_any_order_and_number_end_the_same(shop: Shop, order: list[tuple[str, int, bool]]) -> None:
    """Ola's news comes in between; when all is read, our rows say what Stripe says."""
    customers, truth = _people(shop)
    _empty(shop)
    for kind, event_id, work in [*order, ("customer.updated", 9, True), ("customer.updated", 8, True)]:
        for place, customer in enumerate(customers):
            assert shop.tell(kind, customer, id=f"evt_{kind.replace('.', '')}{event_id}{place}") == 200
        if work:
            shop.work()
    assert shop.rows() == truth


def _people(shop: Shop) -> tuple[list[str], list[str]]:
    held = getattr(shop, "people", None)
    if held is None:
        shop.meet(KARI)
        shop.meet(OLA)
        customers = [shop.buys(KARI, name="Kari"), shop.buys(OLA, name="Ola")]
        for customer in customers:
            shop.tell("customer.created", customer)
        shop.work()
        held = customers, shop.rows()
        shop.people = held  # type: ignore[attr-defined]
    return held


def _empty(shop: Shop) -> None:
    from app.outbox.models import OutboxRow
    from app.sync.models import ReceivedNotice

    with shop.app.app_context():
        for model in (*reversed(TABLES), ReceivedNotice, OutboxRow):
            db.session.query(model).delete()
        db.session.commit()


def test_kari_buys_and_moves_and_is_erased_and_ola_stays_byte_for_byte(shop: Shop) -> None:
    shop.meet(KARI)
    shop.meet(OLA, name="Ola Nordmann")
    shop.tell("customer.created", shop.buys(OLA, phone="+4791234567", description="Ola"))
    shop.work()
    before = shop.everything(OLA)
    customer = shop.buys(KARI, phone="+4799887766")
    shop.tell("customer.created", customer)
    shop.work()
    shop.stripe.make(f"/v1/customers/{customer}", email=OLA, name="Not Ola")
    shop.tell("customer.updated", customer)
    shop.work()
    shop.stripe.make(f"/v1/customers/{customer}", email=KARI)
    shop.forget(KARI)
    shop.tell("customer.updated", customer)
    shop.work()
    assert shop.everything(OLA) == before


# Telling Stripe


def test_what_she_told_us_fills_what_is_empty_at_stripe(shop: Shop) -> None:
    shop.meet(KARI, name="Kari Nordmann", phone="+4799887766", vat_number="NO 988 077 917 MVA")
    customer = shop.buys(KARI)
    shop.tell("customer.created", customer)
    shop.work()
    held = next(row for row in shop.stripe.stored("customers") if row["id"] == customer)
    assert (held["name"], held["phone"]) == ("Kari Nordmann", "+4799887766")
    assert [call.body for call in shop.stripe.asked("POST", "tax_ids")] == ["type=no_vat&value=988077917MVA"]


def test_a_number_that_is_not_valid_is_told_to_nobody(shop: Shop) -> None:
    shop.meet(KARI, vat_number="000000000")
    shop.tell("customer.created", shop.buys(KARI))
    shop.work()
    assert shop.stripe.asked("POST", "tax_ids") == []


def test_somebody_who_is_no_customer_is_never_mentioned_to_stripe(shop: Shop) -> None:
    shop.meet(KARI, name="Kari")
    shop.grant(KARI)
    shop.work()
    assert shop.stripe.calls == [] and shop.stripe.stored("customers") == []
    assert shop.at_stripe(KARI) == ("not_held", None)


def test_whom_we_must_leave_alone_stripe_hears_no_more_of(shop: Shop) -> None:
    shop.meet(KARI, name="Kari", phone="+4799887766")
    customer = shop.buys(KARI)
    with shop.app.app_context():
        suppression.suppress(KARI, suppression.ALL, "bounced")
        db.session.commit()
    shop.tell("customer.created", customer)
    shop.work()
    held = next(row for row in shop.stripe.stored("customers") if row["id"] == customer)
    assert not held["name"] and not held["phone"]
    assert len(shop.sheet(KARI).invoices) == 1, "what was sold is known all the same"


# From before we listened, and while we were away


def test_customers_from_before_are_recognised(shop: Shop) -> None:
    shop.meet(KARI)
    hers, stranger = shop.buys(KARI), shop.stripe.customer("stranger@example.no")
    done = shop.app.test_cli_runner().invoke(args=["billing", "match"])
    assert done.exit_code == 0, done.output
    shop.work()
    assert {row.id: row.contact_id is not None for row in shop.customers()} == {hers: True, stranger: False}
    assert len(shop.sheet(KARI).invoices) == 1


def test_what_could_not_be_delivered_is_fetched(shop: Shop) -> None:
    shop.meet(KARI)
    customer = shop.buys(KARI)
    missed = {"id": "evt_1", "object": "event", "type": "invoice.paid", "data": {"object": {"customer": customer}}}
    shop.stripe.events = [missed, {**missed, "id": "evt_2", "type": "payout.paid"}]
    with shop.app.app_context():
        from app.billing import jobs

        jobs.nightly()
    shop.work()
    assert len(shop.sheet(KARI).invoices) == 1


# Checkout


def ticked(shop: Shop, address: str = KARI, **fields: object) -> str:
    return shop.stripe.checkout(address, **{"consent": {"promotions": "opt_in"}, **fields})


def complete(shop: Shop, session: str) -> None:
    assert shop.tell("checkout.session.completed", {"id": session, "object": "checkout.session"}) == 200
    shop.work()


def test_consent_in_checkout_is_asked_back_by_letter(shop: Shop) -> None:
    complete(shop, ticked(shop))
    assert shop.consents(KARI) == {"newsletter": "asked"}
    assert shop.letters() == ["confirm"]


def test_a_checkout_told_twice_is_one_letter(shop: Shop) -> None:
    session = ticked(shop)
    for _ in range(3):
        complete(shop, session)
    assert shop.letters() == ["confirm"]


def test_a_checkout_told_again_does_not_ask_whoever_has_said_no_since(shop: Shop) -> None:
    session = ticked(shop)
    complete(shop, session)
    shop.withdraw(KARI)
    complete(shop, session)
    assert shop.consents(KARI) == {"newsletter": "withdrawn"} and shop.letters() == ["confirm"]


def test_a_dropdown_that_says_yes_is_a_wish_and_free_text_is_not(shop: Shop) -> None:
    yes = {"key": "offers", "type": "dropdown", "dropdown": {"value": "ja"}}
    no = {"key": "newsletter", "type": "dropdown", "dropdown": {"value": "nei"}}
    text = {"key": "newsletter", "type": "text", "text": {"value": "ja"}}
    other = {"key": "giftwrap", "type": "dropdown", "dropdown": {"value": "yes"}}
    complete(shop, ticked(shop, consent=None, custom_fields=[yes, no, text, other]))
    assert shop.consents(KARI) == {"offers": "asked"}


def test_what_has_no_words_in_her_language_is_not_asked(shop: Shop) -> None:
    with shop.app.app_context():
        newsletter = db.session.get_one(Purpose, "newsletter")
        newsletter.texts = {"nb": newsletter.texts["nb"]}
        db.session.commit()
    complete(shop, ticked(shop, locale="en"))
    assert shop.letters() == [] and shop.contacts() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"consent": {"promotions": "opt_out"}},
        {"consent": None},
        {"status": "open"},
        {"status": "expired"},
        {"created": int(time.time()) - 8 * 86_400},
        {"customer_details": {"email": "not an address"}},
        {"customer_details": None},
    ],
)
def test_what_is_no_consent_asks_nobody(shop: Shop, fields: dict[str, object]) -> None:
    complete(shop, ticked(shop, **fields))
    assert shop.letters() == [] and shop.contacts() == []


def test_whom_we_must_leave_alone_is_not_asked(shop: Shop) -> None:
    shop.meet(KARI)
    shop.forget(KARI)
    complete(shop, ticked(shop))
    assert shop.letters() == [] and shop.contacts() == [] and shop.rows() == []


def test_the_letter_speaks_for_the_site_that_sent_her(shop: Shop) -> None:
    from app.letters.models import Letter

    complete(shop, ticked(shop, success_url="https://butikk.example/takk", locale="en"))
    with shop.app.app_context():
        (letter,) = db.session.query(Letter).all()
        assert letter.site_id != shop.site_id and letter.lang == "en"


def test_a_guest_is_noted_by_her_checkout(shop: Shop) -> None:
    contact = shop.meet(KARI)
    session = shop.stripe.checkout(KARI)
    complete(shop, session)
    (row,) = shop.customers()
    assert (row.id, row.contact_id) == (session, contact)
    assert shop.sheet(KARI).customers == []


# A storm


def test_a_storm_of_events_is_answered_and_each_customer_read_once(shop: Shop) -> None:
    """A thousand posts in disorder, each event twice: of people who buy, of nobody, and of somebody who was erased."""
    shop.meet(KARI)
    shop.meet("erased@example.no")
    kari, erased = shop.buys(KARI), shop.buys("erased@example.no")
    shop.forget("erased@example.no")
    customers = [kari, erased, *(f"cus_{n}" for n in range(8))]
    news = [event("invoice.paid", {"object": "invoice", "customer": customers[n % 10]}, f"evt_{n}") for n in range(500)]
    storm = news * 2
    shuffle(storm)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(shop.post, storm)) == {200}
    waiting = [work for work in shop.waiting() if work.startswith("billing.")]
    assert sorted(waiting) == sorted(f"billing.read {customer}" for customer in customers)
    assert len(shop.notices()) == 500
    assert shop.work() >= 10 and shop.waiting() == []
    assert shop.contacts() == [KARI] and len(shop.sheet(KARI).invoices) == 1
    assert not any(erased in row or "erased@example.no" in row for row in shop.rows())


@pytest.mark.parametrize(
    ("units", "currency", "shown"),
    [(12500, "nok", "125.00"), (500, "jpy", "500"), (1234, "kwd", "1.234"), (-100, "EUR", "-1.00"), (0, "", "0.00")],
)
def test_amounts_have_the_decimals_of_their_currency(units: int, currency: str, shown: str) -> None:
    assert str(amount(units, currency)) == shown


def test_while_stripe_is_paused_nobody_asks_it_anything(shop: Shop) -> None:
    shop.meet(KARI)
    customer = shop.buys(KARI)
    with shop.app.app_context():
        links.pause("stripe", "cli")
        service.match_soon()
        service.catch_up_soon()
        service.read_soon(customer)
        db.session.commit()
    asked = len(shop.stripe.calls)
    shop.work()
    assert len(shop.stripe.calls) == asked
    assert sorted(shop.waiting()) == sorted(["billing.catch_up ", "billing.match ", f"billing.read {customer}"])
    with shop.app.app_context():
        links.resume("stripe", "cli")
        db.session.commit()
    shop.work()
    assert shop.waiting() == [] and shop.sheet(KARI).invoices


def test_stripe_that_asks_us_to_wait_is_asked_by_nobody_until_then(shop: Shop) -> None:
    shop.stripe.fail(Answer(429, headers={"Retry-After": "60"}), times=10)
    with shop.app.app_context():
        service.match_soon()
        db.session.commit()
    shop.work()
    with shop.app.app_context():
        assert outbox.held(now())["stripe"].until
