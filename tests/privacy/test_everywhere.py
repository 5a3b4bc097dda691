"""Kari is erased at every processor at once, Ola is byte-identical at each of them, and nothing brings her back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.privacy import mailroom, receipts
from app.privacy.deadline import jobs as deadlines
from app.privacy.models import PrivacyTask
from app.processors import bookkeeping
from app.processors.base import Profile
from tests.privacy.everywhere import HOLDERS, Everywhere
from tests.privacy.resurrection import WAVES, Past
from tests.processors.google_world import google
from tests.processors.stripe_world import stripe_account
from tests.processors.test_google_gmail import Box
from tests.support import wordpress
from tests.support.google_emulate import Emulate
from tests.support.mailchimp_server import MailchimpServer
from tests.support.processes import free_port
from tests.support.stripe_local import LocalStripe
from tests.support.wordpress import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")
def local_stripe() -> Iterator[LocalStripe]:
    local = LocalStripe(free_port())
    yield local
    local.stop()


@pytest.fixture(scope="session")
def running_site() -> Iterator[Site]:
    reason = wordpress.missing()
    if reason:
        pytest.skip(reason)
    site = Site()
    yield site
    site.stop()


@pytest.fixture
def everywhere(
    app: Flask, demo: Any, local_stripe: LocalStripe, emulate: Emulate, running_site: Site
) -> Iterator[Everywhere]:
    """A test that breaks what a vendor says of itself, or makes PHP complain, fails."""
    running_site.reset()
    log = running_site.log()
    box = Box(emulate.url)
    box.empty()
    with MailchimpServer() as mailchimp, google(emulate.url) as server, stripe_account(local_stripe) as stripe:
        house = Everywhere(app, mailchimp, server, box, stripe, running_site)
        house.settle()
        house.reads_plugins()
        house.reads_mail()
        yield house
        assert mailchimp.violations == []
    assert running_site.log() == log


@pytest.fixture
def both(everywhere: Everywhere, kari: str, ola: str) -> Everywhere:
    for address in (kari, ola):
        everywhere.lives(address)
        assert all(everywhere.holds(address).values()), everywhere.holds(address)
    return everywhere


def by_hand(world: Everywhere, number: int, kari: str) -> None:
    """What no program can do: somebody looks at her letters, and at what she wrote to the group."""
    world.gmail.discard([held.id for held in world.gmail.find(Profile(kari))])
    world.confirms(number, "gmail", proof="Looked through, none is needed for the books.")
    world.confirms(number, "google_groups", proof="No posts of hers.")
    world.work()


def keeps_the_letter(world: Everywhere, number: int) -> str:
    """Hers documents a sale, and stays in Gmail for as long as Stripe's do; what she wrote to the group is gone."""
    task = world.task(number, "gmail").id
    with world.app.app_context():
        mailroom.look(db.session.get_one(PrivacyTask, task))
        db.session.commit()
    world.work()
    with world.app.app_context():
        (piece,) = mailroom.listed(db.session.get_one(PrivacyTask, task)) or ()
        mailroom.decide(db.session.get_one(PrivacyTask, task), (), bookkeeping.LAW, "staff:1", "2031-12-31")
        db.session.commit()
    world.confirms(number, "google_groups", proof="No posts of hers.")
    world.work()
    return piece.id.partition("/")[2]


def test_kari_is_erased_everywhere_and_ola_is_byte_identical_and_nothing_brings_her_back(
    both: Everywhere, app: Flask, kari: str, ola: str
) -> None:
    before, ours, past = both.holds(ola), both.everything(ola), Past(both, kari)
    number = both.erases(kari)
    tasks = both.tasks(number)
    assert {task.partition(" ")[0] for task in tasks} == HOLDERS
    assert both.state(number) == "needs_human", tasks
    by_hand(both, number, kari)
    assert both.state(number) == "completed_with_retention", both.tasks(number)
    stripe = both.task(number, "stripe")
    assert (stripe.state, stripe.law, stripe.until) == ("kept", bookkeeping.LAW, date(2031, 12, 31))
    assert both.task(number, "gmail", "verify").state == "polling"
    assert both.holds(ola) == before and both.everything(ola) == ours
    with app.app_context():
        assert receipts.verify_all().receipts == 1
    both.finishes()
    both.mailbox.clear()
    assert_gone(both, kari, "before anything came")
    for wave in WAVES:
        wave(past)
        both.finishes()
        assert_gone(both, kari, wave.__name__)
        assert both.mailbox.to(kari) == [], wave.__name__
    assert both.holds(ola) == before


def assert_gone(world: Everywhere, kari: str, when: str) -> None:
    """What Stripe must keep, and what she wrote herself and lies in the trash, is all that is left of her."""
    held = world.holds(kari)
    assert {name for name, raw in held.items() if raw} <= {"stripe", "gmail"}, (when, held)
    assert world.copies(kari) == [], when
    assert world.contact(kari) is None and world.tables_naming(kari) == set(), when


def test_only_she_herself_comes_back(everywhere: Everywhere, kari: str, ola: str) -> None:
    """The same form sent once more is one question to her, and no more than that. Her answer counts."""
    for address in (ola, kari):
        everywhere.posts(address, _sid=f"first {address}")
        everywhere.presses(address)
    number = everywhere.erases(kari)
    everywhere.finishes()
    assert everywhere.contact(kari) is None, everywhere.tasks(number)
    everywhere.mailbox.clear()
    for form in ("kontakt", "kontakt", "nyhetsbrev"):
        everywhere.posts(kari, form, _sid=f"first {kari}")
    everywhere.finishes()
    assert len(everywhere.mailbox.to(kari)) == 1, "one neutral letter at most"
    assert everywhere.at_mailchimp(kari) == everywhere.at_sandbox(kari) == ("", set())
    assert everywhere.granted(kari) == set() and everywhere.suppressed(kari) >= {"all"}
    assert everywhere.granted(ola) == {"newsletter"}
    assert everywhere.presses(kari) == 200
    assert everywhere.granted(kari) == {"newsletter"} and everywhere.suppressed(kari) == {"offers", "information"}
    assert everywhere.at_sandbox(kari)[0] == "subscribed"


def test_what_was_kept_goes_by_itself_when_its_day_has_come_and_her_page_says_so(
    both: Everywhere, kari: str, ola: str
) -> None:
    before = both.holds(ola)
    assert re.search(r"Your invoices 2 March 2026 FJ-\w+ : NOK\s?99.00, paid", both.own_page(kari))
    number = both.erases(kari)
    letter = keeps_the_letter(both, number)
    shown = both.own_page(kari)
    assert "Gmail, our e-mail Kept to and including 31 December 2031, because the law demands" in shown
    assert "Stripe, which takes our payments Kept to and including 31 December 2031, because the law demands" in shown
    assert "the Norwegian Bookkeeping Act, section 13" in shown and "there is nothing about this address" in shown
    assert "FJ-" not in shown and "Kari Nordmann" not in shown
    with both.later(days=32):
        _empty_trash(both, kari)
        both.looks()
        assert both.task(number, "gmail", "verify").state == "kept" and "INBOX" in both.box.labels(letter)
        assert both.state(number) == "completed_with_retention" and not both.request(number).sealed
    for day in (2, 3, 4):  # Stripe takes its time: it checks, it redacts, it is done
        with both.later(days=(date(2032, 1, day) - bookkeeping.today()).days):
            both.looks()
            assert day == 4 or both.task(number, "stripe").state == "polling", both.task(number, "stripe").text
            if day == 2:
                _asks_nobody_to_hurry(both, kari)
        if day == 3:
            both.stripe.end_job()
    assert both.task(number, "stripe").state == "verified" and "TRASH" in both.box.labels(letter)
    assert both.holds(ola) == before
    with both.later(days=(date(2032, 2, 5) - bookkeeping.today()).days):
        _empty_trash(both, kari)
        both.looks()
        assert both.state(number) == "closed", both.tasks(number)
        shown = both.own_page(kari)
        for place in ("Stripe, which takes our payments", "Gmail, our e-mail"):
            assert f"{place} Deleted. We have looked again, and nothing is left." in shown
    assert both.holds(ola) == before


def _asks_nobody_to_hurry(world: Everywhere, kari: str) -> None:
    """She had her answer five years ago."""
    world.mailbox.clear()
    with world.app.app_context():
        deadlines.warn()
    world.work()
    assert list(world.mailbox) == []
    shown = world.own_page(kari)
    assert "Waiting for one of those who work for us" in shown and "You have our answer at the latest" not in shown


def _empty_trash(world: Everywhere, kari: str) -> None:
    ids = [id for id in world.box.ids() if kari.encode() in world.box.raw(id) and "TRASH" in world.box.labels(id)]
    world.box.call("POST", "/messages/batchDelete", {"ids": ids})


def test_a_copy_of_everything_leaves_other_peoples_letters_to_a_human(both: Everywhere, kari: str) -> None:
    number = both.opens("access", kari)
    both.work()
    assert both.task(number, "gmail", "export").state == "manual"
    exported = {task: state for task, state in both.tasks(number).items() if "export" in task}
    assert {state for task, state in exported.items() if task != "gmail export"} == {"verified"}, exported
    both.confirms(number, "gmail", "export", proof="None of them.")
    both.work()
    assert both.state(number) == "completed"
