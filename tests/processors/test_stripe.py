"""Stripe's verbs, against localstripe with Stripe's own manners in front of it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import replace

import pytest

from app.processors.base import Processor, Profile, Rejected, Retry
from app.processors.stripe.processor import Stripe
from app.processors.stripe.settings import Settings, read
from tests.processors.contract import Holds
from tests.processors.people import OLA, kari
from tests.processors.stripe_world import known, processor
from tests.support.processes import free_port
from tests.support.stripe_local import KEY
from tests.support.stripe_proxy import Answer, Call, StripeProxy, refusal

PERSONAL = ("kari@example.no", "Kari", "+4799887766")


class TestContract(Holds):
    """People become customers by buying. Nothing was sold to these, so nothing has to be kept of them."""

    kind = "customer"

    @pytest.fixture
    def processor(self, proxy: StripeProxy) -> Processor:
        self.proxy = proxy
        proxy.redaction = False
        return processor(proxy)

    def raw(self, address: str) -> bytes:
        return self.proxy.raw(address)

    def arrive(self, processor: Processor, person: Profile) -> None:
        self.proxy.customer(person.address, name=person.name)


# Restricting


def test_whoever_is_restricted_carries_a_mark_until_it_is_lifted(proxy: StripeProxy, stripe: Stripe) -> None:
    proxy.customer("kari@example.no")
    assert stripe.restrict(kari(), True).state == "held"
    assert "GDPR 18" in str(stripe.export(kari()))
    assert stripe.restrict(kari(), False).state == "held"
    assert "GDPR 18" not in str(stripe.export(kari()))


def test_a_running_subscription_of_somebody_restricted_is_for_a_human(proxy: StripeProxy, stripe: Stripe) -> None:
    customer = proxy.customer("kari@example.no")
    proxy.card(customer)
    proxy.subscribe(customer)
    assert stripe.restrict(kari(), True).state == "manual"


# Finding


def test_a_customer_is_found_in_every_spelling(proxy: StripeProxy, stripe: Stripe) -> None:
    typed = proxy.customer("Kari@Example.no")
    canonical = proxy.customer("kari@example.no")
    other = proxy.customer("KARI@example.NO")  # nobody's spelling: the search folds letters
    found = {held.id for held in stripe.find(replace(kari(), typed="Kari@Example.no"))}
    assert found == {typed, canonical, other}


def test_the_search_lags_and_the_list_does_not(proxy: StripeProxy, stripe: Stripe) -> None:
    fresh, odd = proxy.customer("kari@example.no"), proxy.customer("KARI@example.NO")
    proxy.lagging = {fresh, odd}
    assert [held.id for held in stripe.find(kari())] == [fresh]
    assert {held.id for held in stripe.find(known(odd))} == {fresh, odd}, "our own map knows what the search does not"


def test_what_the_search_remembers_of_somebody_who_moved_is_not_hers(proxy: StripeProxy, stripe: Stripe) -> None:
    moved = proxy.customer("KARI@example.NO")
    proxy.show(moved, email="ola@example.no")
    assert stripe.find(kari()) == []


def test_a_guest_is_found_by_her_checkout(proxy: StripeProxy, stripe: Stripe) -> None:
    session = proxy.checkout("kari@example.no")
    proxy.checkout("ola@example.no")
    assert [(held.kind, held.id) for held in stripe.find(kari())] == [("checkout.session", session)]


def test_a_guest_whom_we_noted_is_found_when_she_typed_it_differently(proxy: StripeProxy, stripe: Stripe) -> None:
    session = proxy.checkout("KARI@example.no")
    assert [held.id for held in stripe.find(known(session))] == [session]


def test_more_than_one_page_of_customers(proxy: StripeProxy, stripe: Stripe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.processors.stripe.client.PAGE", 2)
    made = {proxy.customer("kari@example.no") for _ in range(5)}
    proxy.lagging = made
    assert {held.id for held in stripe.find(kari())} == made


def test_an_id_of_another_account_is_nothing(proxy: StripeProxy, stripe: Stripe) -> None:
    assert stripe.find(known("cus_unknown", "cs_unknown")) == []
    assert stripe.statement("cus_unknown") is None and stripe.checkout("cs_unknown") is None


# Telling


def test_push_asks_stripe_nothing_about_somebody_whom_it_did_not_name(proxy: StripeProxy, stripe: Stripe) -> None:
    proxy.customer("kari@example.no")
    assert stripe.push(kari("newsletter")).state == "not_held"
    assert proxy.calls == []


def test_push_fills_what_is_empty_and_replaces_nothing(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no", name="Kari Typed At Stripe")
    account = {"line1": "Storgata 1", "postal_code": "0155", "city": "Oslo", "country": "NO"}
    person = known(id, phone="+4799887766", account={**account, "tax_type": "no_vat", "tax_id": "988077917MVA"})
    assert stripe.push(person).state == "held"
    held = json.loads(proxy.raw("kari@example.no"))
    assert held["name"] == "Kari Typed At Stripe"
    assert held["phone"] == "+4799887766" and held["address"] == account and held["preferred_locales"] == ["nb"]
    assert [row.value for row in stripe.statement(id).tax_numbers] == ["988077917MVA"]  # type: ignore[union-attr]


def test_pushing_twice_writes_once(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no")
    person = known(id, phone="+4799887766", account={"tax_type": "no_vat", "tax_id": "988077917MVA"})
    stripe.push(person)
    once = proxy.writes()
    assert len(once) == 2
    assert stripe.push(person).state == "held"
    assert proxy.writes() == once


def test_every_customer_of_a_person_is_told(proxy: StripeProxy, stripe: Stripe) -> None:
    ids = [proxy.customer("kari@example.no") for _ in range(3)]
    stripe.push(known(*ids, phone="+4799887766"))
    assert [row["phone"] for row in proxy.stored("customers")] == ["+4799887766"] * 3


def test_a_deleted_customer_is_told_nothing(proxy: StripeProxy, stripe: Stripe) -> None:
    proxy.redaction = False
    id = proxy.customer("kari@example.no")
    stripe.erase(kari())
    before = proxy.writes()
    assert stripe.push(known(id, phone="+4799887766")).state == "not_held"
    assert proxy.writes() == before


def test_a_name_that_stripe_would_refuse_is_left_out(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no")
    assert stripe.push(known(id, name="K" * 300, phone="+47 99 88 77 66 internal 12345")).state == "held"
    assert not proxy.stored("customers")[0]["name"]


def test_rectify_replaces_and_a_tax_number_is_added_before_the_old_one_goes(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no", name="Kari Old", tax_id_data=[{"type": "eu_vat", "value": "DE136695976"}])
    person = known(id, name="Kari New", account={"tax_type": "eu_vat", "tax_id": "DE999999999"})
    assert stripe.rectify(person).state == "held"
    assert proxy.stored("customers")[0]["name"] == "Kari New"
    assert [row.value for row in stripe.statement(id).tax_numbers] == ["DE999999999"]  # type: ignore[union-attr]
    writes = [call.split()[0] for call in proxy.writes() if "tax_ids" in call]
    assert writes == ["POST", "DELETE"]


# Showing


def test_export_has_everything_sold_and_no_card_but_brand_and_last_four(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no", name="Kari")
    proxy.card(id)
    invoice = proxy.sell(id)
    proxy.credit_notes.append({"id": "cn_1", "object": "credit_note", "customer": id, "created": 1_700_000_000})
    session = proxy.checkout("kari@example.no", customer=id)
    shown = stripe.export(kari())["customers"][0]
    assert shown["payment_methods"][0]["card"] == {"brand": "visa", "last4": "4242"}
    assert [row["id"] for row in shown["invoices"]] == [invoice]
    assert shown["credit_notes"] and shown["charges"] and shown["subscriptions"] and shown["payment_intents"]
    assert [row["id"] for row in shown["checkouts"]] == [session]
    assert "guest_checkouts" not in stripe.export(kari()), "her checkout made a customer"
    words = json.dumps(shown)
    assert not any(word in words for word in ("fingerprint", "client_secret", "exp_year", "4242424242424242", "ola@"))


def test_export_of_a_guest_shows_her_checkout_without_its_secret(proxy: StripeProxy, stripe: Stripe) -> None:
    proxy.checkout("kari@example.no")
    (shown,) = stripe.export(kari())["guest_checkouts"]
    assert shown["amount_total"] == 25000 and "client_secret" not in shown


def test_a_disputed_payment_is_shown_with_its_dispute(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no")
    proxy.card(id)
    proxy.sell(id)
    charge = proxy.stored("charges")[0]["id"]
    proxy.disputes.append({"id": "dp_1", "object": "dispute", "charge": charge, "status": "won"})
    assert [row["id"] for row in stripe.export(kari())["customers"][0]["disputes"]] == ["dp_1"]


def test_nobody_is_on_a_list(stripe: Stripe) -> None:
    assert list(stripe.members()) == []


# Failing


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        (Answer(429, b'{"error": {"code": "rate_limit"}}', {"Retry-After": "7"}), 7.0),
        (Answer(429), None),
        (refusal(409, "lock_timeout"), None),
        (refusal(400, "rate_limit"), None),
        (Answer(500), None),
        (Answer(502, b"<html>kari@example.no</html>"), None),
        (Answer(503, b"", {"Retry-After": "Sun, 22 Nov 2099 12:00:00 GMT"}), pytest.approx(2.3e9, rel=0.1)),
        (Answer(200), None),
        (Answer(200, b'{"object": "lis'), None),
        (Answer(200, b"[]"), None),
        (Answer(200, b'{"object": "list"}'), None),
        (Answer(cut=True), None),
    ],
    ids=[
        "429",
        "429-empty",
        "409",
        "400-rate",
        "500",
        "502-html",
        "503-date",
        "empty",
        "half",
        "array",
        "no-list",
        "cut",
    ],
)
def test_what_passes_is_tried_again(proxy: StripeProxy, stripe: Stripe, fault: Answer, after: object) -> None:
    proxy.fail(fault)
    with pytest.raises(Retry) as raised:
        stripe.find(kari())
    assert raised.value.after == after
    assert not any(word in str(raised.value) for word in PERSONAL)
    assert len(proxy.calls) == 1, "the library does not try again by itself"


def test_a_vendor_that_says_nothing_is_given_up_on_in_time(proxy: StripeProxy) -> None:
    proxy.fail(Answer(200, b"{}", delay=0.6))
    with pytest.raises(Retry, match="ReadTimeout"):
        processor(proxy, timeout=0.2).find(kari())


def test_nobody_at_home(stripe: Stripe) -> None:
    closed = Stripe(Settings(f"http://127.0.0.1:{free_port()}", KEY, timeout=(0.5, 0.5)))
    with pytest.raises(Retry, match="ConnectionError"):
        closed.find(kari())


@pytest.mark.parametrize(
    "fault",
    [
        refusal(400, "parameter_invalid", "kari@example.no is not", param="email"),
        refusal(401, "api_key_expired"),
        refusal(403, "", "The provided key rk_live_secret may not"),
        Answer(301, b"", {"Location": "http://127.0.0.1:1/kari@example.no"}),
        refusal(400, "kari@example.no", param="kari@example.no"),
    ],
    ids=["400", "401", "403", "redirect", "echo"],
)
def test_what_will_not_pass_is_rejected_without_a_word_of_hers(
    proxy: StripeProxy, stripe: Stripe, fault: Answer
) -> None:
    proxy.fail(fault)
    with pytest.raises(Rejected) as raised:
        stripe.find(kari())
    assert str(raised.value).startswith("Stripe answered ")
    assert "@" not in str(raised.value) and "secret" not in str(raised.value)


def test_a_wrong_key_is_said_and_not_shown(proxy: StripeProxy) -> None:
    with pytest.raises(Rejected, match="Stripe answered 401 invalid_api_key"):
        Stripe(Settings(proxy.url, "sk_test_wrong")).ping()


def test_nothing_is_logged_of_anybody(proxy: StripeProxy, stripe: Stripe, caplog: pytest.LogCaptureFixture) -> None:
    stripe.ping()  # loads the library, which brings loggers of its own
    caplog.set_level(logging.DEBUG)
    proxy.fail(refusal(400, "parameter_invalid", "kari@example.no is not"), path="search")
    with pytest.raises(Rejected):
        stripe.find(kari())
    assert not any(word in caplog.text for word in (*PERSONAL, "kari%40"))


def test_an_answer_that_was_lost_makes_no_second_tax_number(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no")
    person = known(id, account={"tax_type": "no_vat", "tax_id": "988077917MVA"})
    proxy.fail(Answer(cut=True, acted=True), "POST", "tax_ids")
    with pytest.raises(Retry):
        stripe.push(person)
    stripe.push(person)
    assert len(stripe.statement(id).tax_numbers) == 1  # type: ignore[union-attr]


def test_keys_against_doing_twice_tell_nothing_of_her(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no")
    for _ in range(2):
        proxy.fail(Answer(500), "POST", "tax_ids")
        with pytest.raises(Retry):
            stripe.push(known(id, account={"tax_type": "no_vat", "tax_id": "988077917MVA"}))
    keys = {call.headers["Idempotency-Key"] for call in proxy.asked("POST", "tax_ids")}
    assert len(keys) == 1 and len(keys.pop()) == 36


def test_nothing_of_this_machine_is_told(proxy: StripeProxy, stripe: Stripe) -> None:
    stripe.ping()
    stripe.ping()
    assert "platform" not in json.loads(proxy.calls[-1].headers["X-Stripe-Client-User-Agent"])
    assert "X-Stripe-Client-Telemetry" not in proxy.calls[-1].headers


def test_the_version_is_ours_to_choose(proxy: StripeProxy, stripe: Stripe) -> None:
    stripe.ping()
    assert proxy.calls[-1].headers["Stripe-Version"] == "2026-10-28.endive"


# Settings


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"STRIPE_API_KEY": "pk_test_1"}, "STRIPE_API_KEY"),
        ({"STRIPE_API_KEY": "sk_test_1\nHost: x"}, "STRIPE_API_KEY"),
        ({"STRIPE_API_KEY": KEY, "STRIPE_API_BASE": "http://stripe.example"}, "STRIPE_API_BASE"),
        ({"STRIPE_API_KEY": KEY, "FISCAL_YEAR_END": "31-12"}, "FISCAL_YEAR_END"),
        ({"STRIPE_API_KEY": KEY, "FISCAL_YEAR_END": "02-30"}, "FISCAL_YEAR_END"),
        ({"STRIPE_API_KEY": KEY, "BOOKKEEPING_YEARS": 3}, "BOOKKEEPING_YEARS"),
    ],
)
def test_a_wrong_setting_is_named_and_no_key_shown(settings: dict[str, str], word: str) -> None:
    with pytest.raises(ValueError, match=word) as raised:
        read(settings)
    assert settings["STRIPE_API_KEY"] not in str(raised.value)


def test_a_leap_day_can_end_the_year() -> None:
    assert read({"STRIPE_API_KEY": KEY, "FISCAL_YEAR_END": "02-29"}).fiscal_end == (2, 29, 5)


def test_the_library_is_not_loaded_before_it_is_used() -> None:
    code = (
        "import sys; from app.processors.stripe.processor import Stripe; import app.processors.stripe.webhook;"
        "Stripe.from_config({'STRIPE_API_KEY': 'sk_test_1'}); print('stripe' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_ola_stays_byte_for_byte(proxy: StripeProxy, stripe: Stripe) -> None:
    theirs = proxy.customer(OLA.address, name="Ola", phone="+4791234567")
    proxy.card(theirs)
    proxy.sell(theirs)
    before = proxy.raw(theirs)
    hers = proxy.customer("kari@example.no")
    proxy.card(hers)
    proxy.sell(hers)
    stripe.push(known(hers, phone="+4799887766"))
    stripe.rectify(known(hers, name="Kari Ny"))
    stripe.export(kari())
    stripe.erase(kari())
    assert proxy.raw(theirs) == before


def test_a_number_that_staff_removed_makes_room_for_another_one(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no")
    for number in ("974760673MVA", "923609016MVA"):
        for row in stripe._account.tax_ids(id):
            stripe._account.drop_tax_id(id, row["id"])
        stripe.push(known(id, account={"tax_type": "no_vat", "tax_id": number}))
        assert [row["value"] for row in stripe._account.tax_ids(id)] == [number]


# What the README tells to give a restricted key. Who may write may read.
WRITE = {"customers", "payment_methods", "invoices"}
READ = {"subscriptions", "credit_notes", "charges", "disputes", "payment_intents", "checkout", "events", *WRITE}


def restrict(proxy: StripeProxy, monkeypatch: pytest.MonkeyPatch, without: str = "") -> None:
    """Everything that the key has no right to is 403, as Stripe says it."""
    plain = proxy.respond

    def respond(call: Call) -> Answer:
        rights = READ if call.method == "GET" else WRITE
        if call.path.split("/")[2] in rights - {without}:
            return plain(call)
        right = "Having the 'rak_credit_note_read' permission would allow this request to continue."
        return refusal(403, "", right)

    monkeypatch.setattr(proxy, "respond", respond)


def test_the_rights_that_the_readme_names_are_enough(
    proxy: StripeProxy, stripe: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = proxy.customer("kari@example.no")
    restrict(proxy, monkeypatch)
    assert stripe.ping()
    assert [held.id for held in stripe.find(kari())] == [id]
    assert stripe.export(kari())
    assert list(stripe.undelivered()) == []
    assert stripe.erase(kari()).state == "erased"


def test_a_right_that_is_missing_is_named_when_the_connection_is_tried(
    proxy: StripeProxy, stripe: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    restrict(proxy, monkeypatch, without="credit_notes")
    with pytest.raises(Rejected, match="lacks rak_credit_note_read"):
        stripe.ping()
