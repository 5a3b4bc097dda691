"""A new address at the vendors: what stays with the person, and what a human has to look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.processors.mailchimp.processor import Mailchimp
from app.processors.sandbox import Sandbox
from app.processors.stripe.processor import Stripe
from tests.processors.contract import NEW
from tests.processors.people import OLA, kari, met, profile
from tests.processors.stripe_world import known
from tests.support.mailchimp_server import MailchimpServer
from tests.support.mailchimp_store import Contact, member_id
from tests.support.stripe_proxy import StripeProxy

KARI = "kari@example.no"


@pytest.fixture
def listed(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> Iterator[Contact]:
    """Kari at Mailchimp, with what staff noted of her; Ola beside her is as he was afterwards."""
    mailchimp.push(OLA)
    mailchimp.push(kari("newsletter"))
    ola = repr(mailchimp_server.audience.contacts[member_id(OLA.address)])
    hers = mailchimp_server.audience.contacts[member_id(KARI)]
    hers.tags["messe 2026"], hers.notes = "2026-01-01T00:00:00+00:00", [{"note": "ringte"}]
    yield hers
    assert repr(mailchimp_server.audience.contacts[member_id(OLA.address)]) == ola


def test_a_member_keeps_tags_notes_and_proof(mailchimp: Mailchimp, listed: Contact) -> None:
    proof = listed.data["timestamp_opt"], listed.data["ip_opt"]
    assert mailchimp.rectify(met(kari("newsletter")), NEW).state == "subscribed"
    assert listed.data["email_address"] == NEW and listed.data["id"] == member_id(NEW)
    assert set(listed.tags) == {"messe 2026", "newsletter"} and listed.notes == [{"note": "ringte"}]
    assert (listed.data["timestamp_opt"], listed.data["ip_opt"]) == proof


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "archived"])
def test_whoever_is_off_is_moved_as_she_stands(mailchimp: Mailchimp, listed: Contact, status: str) -> None:
    listed.data["status"] = status
    mailchimp.rectify(met(kari("newsletter")), NEW)
    assert (listed.data["email_address"], listed.data["status"]) == (NEW, status)


def test_whoever_mailchimp_puts_on_the_list_on_the_way_is_taken_off(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, listed: Contact
) -> None:
    listed.data["status"] = "unsubscribed"
    mailchimp_server.meanwhile("PATCH", lambda: listed.data.update(status="subscribed"))
    mailchimp.rectify(met(kari()), NEW)
    assert (listed.data["email_address"], listed.data["status"]) == (NEW, "unsubscribed")


def test_an_address_that_mailchimp_has_is_for_a_human(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, listed: Contact
) -> None:
    mailchimp_server.store.joins(mailchimp_server.audience, NEW)
    assert mailchimp.rectify(met(kari("newsletter")), NEW).state == "manual"
    assert listed.data["email_address"] == KARI


def test_an_address_that_mailchimp_has_deleted_for_good_is_for_a_human(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, listed: Contact
) -> None:
    mailchimp_server.audience.forgotten.add(member_id(NEW))
    outcome = mailchimp.rectify(met(kari("newsletter")), NEW)
    assert outcome.state == "manual" and "deleted this address" in outcome.text and "@" not in outcome.text
    assert listed.data["email_address"] == KARI


def test_an_answer_that_was_lost_is_followed_by_the_same_call(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, listed: Contact
) -> None:
    mailchimp_server.store.change(mailchimp_server.audience, member_id(KARI), {"email_address": NEW})
    assert mailchimp.rectify(met(kari("newsletter")), NEW).state == "subscribed"
    assert listed.data["email_address"] == NEW


def test_on_the_practice_list_ola_is_not_run_over(sandbox: Sandbox) -> None:
    for person in (OLA, kari("newsletter")):
        sandbox.push(person)
    before = sandbox.export(OLA), sandbox.export(kari())
    assert sandbox.rectify(met(kari("newsletter")), OLA.address).state == "manual"
    assert (sandbox.export(OLA), sandbox.export(kari())) == before


def test_every_customer_of_hers_gets_the_new_address(proxy: StripeProxy, stripe: Stripe) -> None:
    ids = [proxy.customer(KARI), proxy.customer(KARI), proxy.customer("")]
    other = proxy.customer("regnskap@firma.no")
    proxy.customer(OLA.address)
    ola = proxy.raw(OLA.address)
    assert stripe.rectify(known(*ids, other), NEW).state == "held"
    assert {held.id for held in stripe.find(profile(NEW))} == set(ids)
    assert stripe.find(kari()) == []
    assert b"regnskap@firma.no" in proxy.raw("regnskap@firma.no", other)
    assert proxy.raw(OLA.address) == ola
