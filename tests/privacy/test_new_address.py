"""Kari gets another e-mail address, here and at everyone who works for us; Ola and his address are left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from app import contacts
from app.consent import links as consent_links
from app.contacts import suppression
from app.contacts.models import Contact
from app.extensions import db
from app.privacy import links, opening, receipts
from app.privacy.errors import NotPossible, NotWaiting
from app.privacy.identity import Identity
from app.privacy.models import PrivacyRequest
from app.processors.base import Outcome
from app.sites.models import Site
from tests.privacy import crash
from tests.privacy.test_crash_matrix import Cat
from tests.privacy.world import World
from tests.processors.stripe_world import stripe_account
from tests.support.mailbox import Mailbox
from tests.support.mailchimp_server import MailchimpServer
from tests.support.processes import free_port
from tests.support.stripe_local import KEY, LocalStripe
from tests.support.stripe_proxy import StripeProxy

NEW = "kari.ny@example.no"


class Mover(World):
    """What people do with links, and what is then shown to them."""

    mailbox: Mailbox

    def page_of(self, address: str) -> str:
        """A fresh link to her own page."""
        with self.app.app_context():
            site = db.session.get_one(Site, self.site_id)
            link = links.open(links.PAGE, Identity(address, address), site=site, lang="en")
            db.session.commit()
            return f"/privacy/{links.word(link.id)}"

    def corrects(self, address: str, new: str, **more: str) -> str:
        """She types a new address on her page. What the page then says."""
        web, page = self.app.test_client(), self.page_of(address)
        answer = web.post(f"{page}/rectification", data={"email": new, **more})
        self.work()
        return web.get(answer.headers["Location"]).text if answer.status_code == 303 else answer.text

    def link(self, address: str) -> str:
        return self.mailbox.link("/privacy/", to=address).removeprefix("http://localhost")

    def presses(self, path: str, status: int = 303) -> str:
        """The button behind a link."""
        web = self.app.test_client()
        assert web.get(path).status_code == (200 if status in (200, 303) else status)
        answer = web.post(path)
        assert answer.status_code == status
        self.work()
        return answer.text

    def waits_for_mailchimp(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Everywhere else she goes by the new address already."""
        monkeypatch.setattr(self.processors["mailchimp"], "rectify", lambda *_: Outcome("manual", "By hand."))
        self.corrects(address, NEW)
        self.presses(self.link(NEW))

    def newest(self) -> int:
        with self.app.app_context():
            return db.session.query(PrivacyRequest.id).order_by(PrivacyRequest.id.desc()).first()[0]

    def addresses(self) -> set[str]:
        with self.app.app_context():
            return {row.address for row in db.session.query(Contact)}

    def subjects(self, address: str) -> list[str]:
        return [str(letter["Subject"]) for letter in self.mailbox.to(address)]


@pytest.fixture
def world(app: Flask, mailbox: Mailbox) -> Iterator[Mover]:
    with MailchimpServer() as mailchimp:
        house = Mover(app, mailchimp)
        house.furnished()
        house.mailbox = mailbox
        yield house
        assert mailchimp.violations == []


@pytest.fixture(autouse=True)
def subscribed(world: Mover, kari: str, ola: str) -> Iterator[None]:
    """Both are on both lists, and what is stored of Ola is the same afterwards, byte for byte."""
    for person, name in ((kari, "Kari Nordmann"), (ola, "Ola Nordmann")):
        world.meet(person, name=name)
        world.subscribe(person)
    world.work()
    before = world.everything(ola)
    yield
    assert world.everything(ola) == before


@pytest.fixture(scope="module")
def local() -> Iterator[LocalStripe]:
    local = LocalStripe(free_port())
    yield local
    local.stop()


@pytest.fixture
def stripe(world: Mover, local: LocalStripe) -> Iterator[StripeProxy]:
    world.app.extensions["processors"] = None  # from now on there is one more
    with stripe_account(local) as proxy:
        world.app.config.update(STRIPE_API_KEY=KEY, STRIPE_API_BASE=proxy.url)
        yield proxy


def test_kari_corrects_her_address_everywhere(
    world: Mover, app: Flask, stripe: StripeProxy, mailbox: Mailbox, kari: str, ola: str
) -> None:
    customers = {stripe.customer(kari), stripe.customer("Kari@Example.no")}
    stripe.customer(ola)
    olas = stripe.raw(ola)
    with app.app_context():
        subject = contacts.find(kari).subject
        unsubscribe = consent_links.unsubscribe_token(contacts.find(kari), "*", "en", "fjordlys")
    assert "both addresses" in world.corrects(kari, NEW)
    assert world.addresses() == {kari, ola} and world.at_mailchimp(NEW)[0] == ""
    assert world.state(world.newest()) == "identity_pending"
    world.presses(world.link(NEW))

    assert world.state(world.newest()) == "completed", world.tasks(world.newest())
    assert world.addresses() == {NEW, ola}
    assert world.at_mailchimp(kari) == world.at_sandbox(kari) == ("", set())
    assert world.at_mailchimp(NEW) == world.at_sandbox(NEW) == ("subscribed", {"newsletter"})
    assert {row["id"] for row in stripe.stored("customers") if row["email"] == NEW} == customers
    assert stripe.raw(ola) == olas
    number = world.newest()
    with app.app_context():
        contact = contacts.find(NEW)
        assert contact.subject == subject
        sources = {value.field: value.source for value in contact.values}
        assert sources == {"email": f"request:{number}", "name": "submission:1"}
        assert receipts.verify_all().receipts == 1
    assert world.granted(NEW) == {"newsletter"} and world.failed() == []
    # What was mailed to her before takes away, as ever.
    assert app.test_client().post(f"/u/{unsubscribe}").status_code == 200
    world.work()
    assert world.granted(NEW) == set() and world.at_mailchimp(NEW)[0] == "unsubscribed"


def test_both_mailboxes_are_written_to_and_neither_letter_names_the_other(world: Mover, kari: str) -> None:
    world.corrects(kari, NEW)
    world.presses(world.link(NEW))
    bodies = {to: [one.get_body(("plain",)).get_content() for one in world.mailbox.to(to)] for to in (kari, NEW)}
    assert not any(NEW in text for text in bodies[kari]) and not any(kari in text for text in bodies[NEW])
    assert [subject for subject in world.subjects(kari) if "address" in subject] == [
        "A change of your address at Fjordlys",
        "Your address at Fjordlys has been changed",
    ]
    assert len(world.subjects(NEW)) == 2  # the question, and what was done


def test_her_page_shows_it_by_the_new_address_and_nothing_by_the_old(world: Mover, app: Flask, kari: str) -> None:
    world.corrects(kari, NEW)
    assert "our e-mail to the new address" in app.test_client().get(world.page_of(kari)).text
    world.presses(world.link(NEW))
    shown = app.test_client().get(world.page_of(NEW)).text
    assert "Kari Nordmann" in shown and "it now stands right" in shown and "From: " in shown
    old = app.test_client().get(world.page_of(kari)).text
    assert "there is nothing about this address" in old and "Kari Nordmann" not in old


def test_the_rest_need_not_wait_for_the_new_address(world: Mover, app: Flask, kari: str) -> None:
    world.corrects(kari, NEW, name="Kari Hansen", company="", phone="")
    with app.app_context():
        assert [value.value for value in contacts.find(kari).values] == ["Kari Hansen"]
    assert world.state(world.newest()) == "identity_pending" and world.state(world.newest() - 1) == "completed"


@pytest.mark.parametrize("typed", ["", "kari", "kari@", "a@b@example.no"])
def test_what_is_no_address_is_said_on_the_page(world: Mover, app: Flask, kari: str, typed: str) -> None:
    answer = app.test_client().post(f"{world.page_of(kari)}/rectification", data={"email": typed})
    assert answer.status_code == 422 and ('id="e-email"' in answer.text) is bool(typed)
    with app.app_context():
        assert db.session.query(PrivacyRequest).count() == 0


# Links


def test_a_forged_an_old_and_a_used_link_change_nothing(world: Mover, app: Flask, kari: str, ola: str) -> None:
    world.corrects(kari, NEW)
    link = world.link(NEW)
    world.presses(link[:-1] + ("A" if link[-1] != "A" else "B"), 410)
    with world.later(hours=25):
        world.presses(link, 410)
    assert world.addresses() == {kari, ola}
    world.presses(link)
    done = world.everything(NEW)
    assert app.test_client().post(link).status_code == 410
    world.work()
    assert world.addresses() == {NEW, ola} and world.everything(NEW) == done


def test_opening_the_links_changes_nothing(world: Mover, app: Flask, kari: str, ola: str) -> None:
    world.corrects(kari, NEW)
    for to in (NEW, kari):
        assert app.test_client().get(world.link(to)).status_code == 200
    world.work()
    assert world.addresses() == {kari, ola} and world.state(world.newest()) == "identity_pending"


def test_whoever_reads_the_old_mailbox_can_stop_it(world: Mover, kari: str, ola: str) -> None:
    world.corrects(kari, NEW)
    stop, prove = world.link(kari), world.link(NEW)
    assert "It is stopped" in world.presses(stop, 200)
    assert world.state(world.newest()) == "cancelled"
    world.presses(prove)
    assert world.addresses() == {kari, ola} and world.state(world.newest()) == "cancelled"


def test_when_it_is_done_the_old_mailbox_is_told_to_write(world: Mover, app: Flask, kari: str, ola: str) -> None:
    world.corrects(kari, NEW)
    stop = world.link(kari)
    world.presses(world.link(NEW))
    assert "cannot be stopped here" in app.test_client().post(stop).text
    assert world.addresses() == {NEW, ola}


def test_a_second_thought_takes_back_the_first(world: Mover, kari: str, ola: str) -> None:
    world.corrects(kari, "kari.feil@example.no")
    first = world.link("kari.feil@example.no")
    world.corrects(kari, NEW)
    world.presses(first)
    assert world.addresses() == {kari, ola}
    world.presses(world.link(NEW))
    assert world.addresses() == {NEW, ola}


def test_nobody_is_flooded_through_it_and_nothing_is_said_of_that(world: Mover, kari: str) -> None:
    shown = [world.corrects(kari, f"kari.{number}@example.no") for number in range(8)]
    assert all("both addresses" in page for page in shown)
    assert sum(len(world.mailbox.to(f"kari.{number}@example.no")) for number in range(8)) == 5


def test_staff_cannot_say_that_they_know_the_new_mailbox(world: Mover, app: Flask, kari: str, ola: str) -> None:
    world.corrects(kari, NEW)
    with app.app_context(), pytest.raises(NotPossible):
        opening.identified(db.session.get_one(PrivacyRequest, world.newest()), "staff:1", "knows her voice")
    assert world.addresses() == {kari, ola}


# Whose it is


def test_the_address_of_somebody_else_is_for_a_human_and_the_page_says_nothing(
    world: Mover, app: Flask, kari: str, ola: str
) -> None:
    told = [re.search(r'role="status".*?<h2>.*?</dl>', world.corrects(kari, new), re.S)[0] for new in (NEW, ola)]
    assert told[0] == told[1]
    world.presses(world.link(ola))  # Ola presses it: nothing of his goes to her, nor hers to him
    number = world.newest()
    assert world.state(number) == "needs_human"
    assert "belongs to another contact" in world.task(number, "own", "rectify").text
    assert world.addresses() == {kari, ola} and world.at_mailchimp(kari)[0] == "subscribed"
    with pytest.raises(NotWaiting):  # nobody can say that it has been done, and have his address told everywhere
        world.confirms(number, "own", "rectify")
    world.tries_again(number, "own", "rectify")
    world.work()
    assert world.state(number) == "needs_human" and world.addresses() == {kari, ola}


def test_an_address_that_is_to_be_left_alone_needs_a_yes_and_stays_silent(
    world: Mover, app: Flask, kari: str, ola: str
) -> None:
    with app.app_context():
        suppression.suppress(NEW, suppression.ALL, "erased")
        db.session.commit()
    world.corrects(kari, NEW)
    world.presses(world.link(NEW))
    number = world.newest()
    assert world.state(number) == "awaiting_approval" and world.addresses() == {kari, ola}
    assert "promised to leave alone" in world.task(number, "own", "rectify").text
    world.approves(number)
    world.work()
    assert world.state(number) == "completed" and world.addresses() == {NEW, ola}
    assert world.at_mailchimp(NEW)[0] == world.at_sandbox(NEW)[0] == "unsubscribed"
    with app.app_context():
        assert suppression.ALL in suppression.scopes(NEW)


def test_what_she_said_no_to_goes_with_her_and_a_dead_mailbox_does_not(world: Mover, app: Flask, kari: str) -> None:
    world.withdraw(kari, "newsletter")
    with app.app_context():
        suppression.suppress(kari, suppression.ALL, "bounced")
        db.session.commit()
    world.work()
    world.corrects(kari, NEW)
    world.presses(world.link(NEW))
    assert world.state(world.newest()) == "completed"
    with app.app_context():
        assert suppression.scopes(NEW) == {"newsletter"}
    assert world.at_mailchimp(NEW)[0] == "unsubscribed"


# Meanwhile


def test_a_processor_that_is_away_is_told_nothing_by_the_new_address_before_it_is_back(
    world: Mover, app: Flask, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    world.waits_for_mailchimp(kari, monkeypatch)
    world.push_again(NEW)
    world.work()
    assert world.at_mailchimp(kari)[0] == "subscribed" and world.at_mailchimp(NEW)[0] == ""
    assert world.at_sandbox(NEW)[0] == "subscribed"
    monkeypatch.undo()
    world.tries_again(world.newest(), "mailchimp", "rectify")
    world.work()
    assert world.state(world.newest()) == "completed" and world.at_mailchimp(NEW)[0] == "subscribed"
    assert world.at_mailchimp(kari)[0] == ""


def test_a_no_does_not_wait_for_a_processor_that_is_still_to_be_told_of_the_new_address(
    world: Mover, app: Flask, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    world.waits_for_mailchimp(kari, monkeypatch)
    world.withdraw(NEW)
    world.work()
    assert world.at_mailchimp(kari)[0] == "unsubscribed" and world.at_mailchimp(NEW)[0] == ""
    monkeypatch.undo()
    world.tries_again(world.newest(), "mailchimp", "rectify")
    world.work()
    assert world.state(world.newest()) == "completed"
    assert world.at_mailchimp(kari)[0] == "" and world.at_mailchimp(NEW)[0] in ("", "unsubscribed")


def test_an_erasure_on_the_way_finds_her_by_both_addresses(
    world: Mover, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    world.waits_for_mailchimp(kari, monkeypatch)
    number = world.erases(NEW)
    assert world.state(number) == "completed"
    for address in (kari, NEW):
        assert world.at_mailchimp(address) == world.at_sandbox(address) == ("", set())


def test_a_call_that_changed_nothing_is_found_out(world: Mover, monkeypatch: pytest.MonkeyPatch, kari: str) -> None:
    monkeypatch.setattr(world.sandbox, "rectify", lambda *_: Outcome("subscribed"))
    world.corrects(kari, NEW)
    world.presses(world.link(NEW))
    assert world.state(world.newest()) == "needs_human"
    assert world.task(world.newest(), "sandbox", "rectify").state == "verify_failed"


@pytest.mark.slow
@pytest.mark.one_database
def test_wherever_it_is_killed_it_ends_the_same(world: Mover, app: Flask, kari: str, ola: str) -> None:
    """After every answer of a vendor. That there is no worse moment, the matrix of erasures shows."""
    world.corrects(kari, NEW)
    app.test_client().post(world.link(NEW))
    cat = Cat(world)
    for name in crash.lives(app, world.work, crash.calls, cat._done, set()):
        cat.died[name] += 1
        cat._is_found_dead()
    assert cat.died["called"] > 6
    assert world.state(world.newest()) == "completed" and world.addresses() == {NEW, ola}
    assert world.at_mailchimp(NEW)[0] == world.at_sandbox(NEW)[0] == "subscribed"
    assert world.at_mailchimp(kari)[0] == world.at_sandbox(kari)[0] == ""
    assert len([one for one in world.subjects(kari) if "has been changed" in one]) == 1


def test_a_correction_of_somebody_restricted_puts_her_back_on_no_list(world: Mover, app: Flask, kari: str) -> None:
    world.opens("restriction", kari, ground="inaccurate")
    world.work()
    world.opens("rectification", kari, wishes={"changes": {"name": "Kari Hansen"}})
    world.work()
    assert world.at_sandbox(kari)[0] == "restricted" and world.at_mailchimp(kari)[0] == "archived"
    world.corrects(kari, NEW)
    world.presses(world.link(NEW))
    assert world.at_sandbox(NEW)[0] == "restricted" and world.at_mailchimp(NEW)[0] == "archived"
