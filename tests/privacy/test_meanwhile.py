"""What goes on at the vendors while somebody is being erased, and what people do the day after."""

from __future__ import annotations

from itertools import permutations

import pytest
from flask import Flask

from app.billing.models import StripeCustomer
from app.contacts import find
from app.extensions import db
from app.privacy import settle
from app.processors.base import Held, Outcome, Processor, Profile
from app.processors.stripe.processor import Stripe
from app.processors.stripe.settings import Settings
from tests.privacy.world import World

GONE = ("", set())
KINDS = ("unsubscribe", "cleaned", "subscribe", "profile")


@pytest.fixture(autouse=True)
def subscribed(world: World, kari: str, ola: str) -> None:
    for person, name in ((kari, "Kari Nordmann"), (ola, "Ola Hansen")):
        world.meet(person, name=name)
        world.subscribe(person)
    world.work()


# Webhooks


@pytest.mark.parametrize("order", list(permutations(range(4)))[::8])
def test_webhooks_in_any_order_and_twice_change_nothing_of_the_end(
    world: World, order: tuple[int, ...], kari: str, ola: str
) -> None:
    before = world.everything(ola)
    news = [world.news(kind, kari) for kind in KINDS]
    first, second, third, last = (news[number] for number in order)
    world.deliver(first)
    number = world.opens("erasure", kari)
    world.deliver(second)
    world.work()
    world.deliver(third)
    world.approves(number, world.request(number).plan_hash)
    world.deliver(first)
    world.work()
    for late in (last, third, first, last):
        assert world.deliver(late) == 200
        world.work()
    assert world.state(number) == "completed", world.tasks(number)
    assert world.at_mailchimp(kari) == world.at_sandbox(kari) == GONE
    assert world.consents(kari) == {} and "all" in world.suppressed(kari)
    assert world.everything(ola) == before


def test_a_push_that_was_waiting_brings_nobody_back(world: World, kari: str) -> None:
    number = world.opens("erasure", kari)
    world.work()
    world.push_again(kari)
    world.approves(number)
    world.work()
    world.tell_everyone()
    world.work()
    assert world.state(number) == "completed"
    assert world.at_mailchimp(kari) == world.at_sandbox(kari) == GONE


# An address that has changed


def test_who_goes_by_another_address_at_the_list_is_found_and_erased_there(world: World, kari: str, ola: str) -> None:
    before, new = world.everything(ola), "kari.ny@example.no"
    world.mailchimp.store.joins(world.mailchimp.audience, new)
    world.deliver(world.news("upemail", new, old_email=kari, new_email=new, new_id="1"))
    world.work()
    number = world.opens("erasure", kari)
    world.work()
    assert world.task(number, "mailchimp").found == 2
    world.approves(number)
    world.work()
    assert world.state(number) == "completed", world.tasks(number)
    assert world.at_mailchimp(new) == world.at_mailchimp(kari) == GONE
    assert world.everything(ola) == before


def test_who_says_to_have_moved_to_somebody_elses_address_does_not_erase_him(world: World, kari: str, ola: str) -> None:
    before = world.at_mailchimp(ola)
    world.deliver(world.news("upemail", ola, old_email=kari, new_email=ola, new_id="1"))
    world.work()
    number = world.erases(kari)
    assert world.state(number) == "completed"
    assert world.at_mailchimp(ola) == before


# One customer, two people


def test_a_customer_that_is_somebody_elses_as_well_is_left_to_a_human(
    world: World, app: Flask, monkeypatch: pytest.MonkeyPatch, kari: str, ola: str
) -> None:
    erased, there = [], [Held("customer", "cus_1")]
    stripe = Stripe(Settings("http://127.0.0.1:9", "sk_test_1"))
    world.processors["stripe"] = stripe
    monkeypatch.setattr(stripe, "find", lambda profile: there if profile.address == kari else [])
    monkeypatch.setattr(stripe, "erase", lambda profile: erased.append(profile) or Outcome("erased"))
    with app.app_context():
        db.session.add(StripeCustomer(id="cus_1", contact_id=find(ola).id))
        db.session.commit()
    number = world.erases(kari)
    task = world.task(number, "stripe")
    assert task.state == "manual" and "somebody else's as well" in task.text and erased == []
    assert world.state(number) == "needs_human"
    world.tries_again(number, "stripe", "erase")
    world.work()
    assert world.task(number, "stripe").state == "manual" and erased == []
    there.clear()
    world.confirms(number, "stripe", proof="Took her name off the customer, which is Ola's.")
    world.work()
    assert world.state(number) == "completed" and erased == []


# The day after


def test_she_may_subscribe_again_and_that_undoes_no_erasure(world: World, kari: str, ola: str) -> None:
    number = world.erases(kari)
    with world.later(days=1):
        assert world.ask(kari)
        world.work()
        assert "all" in world.suppressed(kari) and world.at_sandbox(kari) == GONE
        assert world.confirm(kari) == ["newsletter"]
        assert "all" not in world.suppressed(kari)
        world.work()
        assert world.at_sandbox(kari)[0] == "subscribed"
        assert world.at_mailchimp(kari) == GONE  # which only she herself can change, at Mailchimp's own form
        assert world.state(number) == "completed"
        world.looks()
    with world.later(days=40):
        world.looks()
        assert world.at_sandbox(kari)[0] == "subscribed" and world.state(number) == "completed"


def test_and_may_be_erased_again(world: World, kari: str) -> None:
    first = world.erases(kari)
    with world.later(days=1):
        world.subscribe(kari)
        world.work()
        second = world.erases(kari)
    assert (world.state(first), world.state(second)) == ("completed", "completed")
    assert world.sandbox.find(Profile(kari)) == []


# Our own letters


class Mailbox(Processor):
    """A mailbox that our letters leave through: each of them lies in it afterwards."""

    name = "gmail"

    def __init__(self) -> None:
        self.copies: list[str] = []

    def find(self, profile: Profile) -> list[Held]:
        return [Held("copy", id) for id in self.copies]

    def erase(self, profile: Profile) -> Outcome:
        gone = bool(self.copies)
        self.copies.clear()
        return Outcome("erased" if gone else "not_held")


def test_letters_about_the_erasure_itself_do_not_stay_in_the_mailbox_they_left_through(
    world: World, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    box = Mailbox()
    world.processors["gmail"] = box
    monkeypatch.setattr(settle, "stream", lambda _url: "gmail:letter")
    number = world.opens("erasure", kari)
    world.work()
    box.copies.append("that her wish has come")
    world.approves(number)  # the plan is the same
    world.work()
    assert world.state(number) == "completed_with_retention" and box.copies == []
    box.copies.append("that it is done")
    with world.later(days=4):
        world.looks()
    assert box.copies == [] and world.state(number) == "closed"
