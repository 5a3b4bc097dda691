"""Whatever comes again after Kari has been erased, nothing brings her back: only she herself can, by confirming."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app import outbox, tokens
from app.arrivals import service as arrivals
from app.billing import service as billing
from app.billing.models import StripeCustomer
from app.consent import jobs as consent_jobs
from app.consent import spool
from app.contacts.models import Contact
from app.crypto import keyring
from app.extensions import db
from app.outbox.models import OutboxRow
from app.submissions.models import UnreadBody
from app.sync.models import ReceivedNotice
from tests.billing.world import Shop
from tests.privacy.house import House
from tests.processors.stripe_world import stripe_account
from tests.support.mailchimp_server import AUDIENCE, MailchimpServer
from tests.support.processes import free_port
from tests.support.stripe_local import KEY, LocalStripe

STRIPE_SECRET = "whsec_test"


class Town(House):
    """The house and a shop, and everything that ever came in, kept so that it can come again."""

    shop: Shop

    def __init__(self, app: Flask, mailchimp: MailchimpServer, stripe: Any) -> None:
        super().__init__(app, mailchimp)
        app.config.update(STRIPE_API_KEY=KEY, STRIPE_API_BASE=stripe.url, STRIPE_WEBHOOK_SECRET=STRIPE_SECRET)
        self.shop = Shop.__new__(Shop)  # without its own company
        self.shop.app, self.shop.stripe = app, stripe
        self.hooks: list[Any] = []

    def lives(self, address: str) -> None:
        """She has written, subscribed, bought and changed her mind, and others have told us of it."""
        self.posts(address, _sid=f"first {address}")
        self.presses(address)
        broken = f'{{"email": "{address}", '
        self.app.test_client().post("/f/kontakt", data=broken, content_type="application/json")
        self.customer = self.shop.buys(address)
        self.shop.tell("customer.created", self.customer, id="evt_old")
        self.work()
        for kind, more in (
            ("subscribe", {}),
            ("profile", {}),
            ("upemail", {"old_email": address, "new_email": address, "new_id": "1"}),
        ):
            self.hooks.append(self.news(kind, address, **more))
        self.hooks.append(self.news("unsubscribe", address))
        with self.app.app_context():
            contact = db.session.scalars(select(Contact).where(Contact.address == address)).one()
            self.number, self.subject = contact.id, contact.subject
            db.session.rollback()

    def present(self) -> list[str]:
        """Who is a contact here."""
        with self.app.app_context():
            return list(db.session.scalars(select(Contact.address).order_by(Contact.address)))

    def gone(self, address: str) -> bool:
        return (
            self.contact(address) is None
            and self.at_sandbox(address) == ("", set())
            and self.at_mailchimp(address) == ("", set())
            and self.tables_naming(address) == set()
        )

    def finishes(self) -> None:
        for minutes in (0, 2, 10):
            with self.later(minutes=minutes):
                self.work()


@pytest.fixture(scope="module")
def local() -> Iterator[LocalStripe]:
    local = LocalStripe(free_port())
    yield local
    local.stop()


@pytest.fixture
def town(app: Flask, demo: Any, local: LocalStripe) -> Iterator[Town]:
    with MailchimpServer() as mailchimp, stripe_account(local) as stripe:
        town = Town(app, mailchimp, stripe)
        town.settle()
        yield town
        assert mailchimp.violations == []


@pytest.fixture
def erased(town: Town, kari: str, ola: str) -> Town:
    """Kari has lived here and is erased everywhere; Ola lives here."""
    town.posts(ola)
    town.presses(ola)
    town.lives(kari)
    number = town.erases(kari)
    town.finishes()
    assert town.state(number) in ("completed", "completed_with_retention"), town.tasks(number)
    town.mailbox.clear()
    assert town.gone(kari), (town.contact(kari), town.at_mailchimp(kari), town.tables_naming(kari))
    return town


def test_old_news_of_mailchimp(erased: Town, kari: str) -> None:
    with erased.app.app_context():
        db.session.execute(delete(ReceivedNotice))  # all of it is news again
        db.session.commit()
    for hook in [*erased.hooks, *erased.hooks]:
        assert erased.deliver(hook) == 200
    fresh = urlencode(
        {
            "type": "subscribe",
            "fired_at": "2026-11-22 12:00:00",
            "data[list_id]": AUDIENCE,
            "data[email]": kari,
            "data[id]": "x",
        }
    ).encode()
    erased.deliver(({"Content-Type": "application/x-www-form-urlencoded"}, fresh))
    erased.finishes()
    assert erased.gone(kari)


def test_old_and_new_events_of_stripe(erased: Town, app: Flask, kari: str) -> None:
    for id_ in ("evt_old", "evt_new"):
        assert erased.shop.tell("customer.updated", erased.customer, id=id_) == 200
    again = erased.shop.stripe.customer(kari)  # somebody at Stripe writes her down once more
    erased.shop.tell("customer.created", again)
    with app.app_context():
        billing.match_soon()
        billing.catch_up_soon()
        billing.read_soon(erased.customer)
        db.session.commit()
    erased.finishes()
    with app.app_context():
        rows = db.session.scalars(select(StripeCustomer)).all()
        assert [(row.contact_id, row.address_mac) for row in rows if row.address_mac or row.contact_id] == []
    assert erased.gone(kari)


def test_the_same_form_sent_once_more_is_a_question_and_no_more(erased: Town, kari: str, ola: str) -> None:
    for _ in range(3):
        erased.posts(kari, _sid=f"first {kari}")
    erased.finishes()
    to_her = erased.mailbox.to(kari)
    assert len(to_her) == 1, "one neutral letter at most"
    assert erased.at_mailchimp(kari) == erased.at_sandbox(kari) == ("", set())
    assert erased.granted(kari) == set() and erased.suppressed(kari) >= {"all"}
    assert erased.granted(ola) == {"newsletter"}


def test_she_herself_can_come_back(erased: Town, kari: str) -> None:
    erased.posts(kari)
    assert erased.presses(kari) == 200
    assert erased.granted(kari) == {"newsletter"} and erased.suppressed(kari) == set()
    assert erased.at_sandbox(kari)[0] == "subscribed"


def test_an_old_list_leaves_her_out(erased: Town, app: Flask, kari: str, ola: str) -> None:
    number = erased.waits_with_a_list(kari, ola)
    with app.app_context():
        run = db.session.get_one(erased.run, number)
        assert run.preview.get("suppressed:left_alone") == 1
        run.unproven = True
        assert arrivals.go(run)
        db.session.commit()
    erased.finishes()
    assert erased.contact(kari) is None and erased.at_mailchimp(kari) == ("", set())


def test_everybody_is_told_again_and_lists_are_compared(erased: Town, app: Flask, kari: str) -> None:
    erased.tell_everyone()
    erased.finishes()
    done = app.test_cli_runner().invoke(args=["drift", "--mend"])
    assert done.exit_code == 0, done.output
    erased.finishes()
    assert erased.gone(kari)


def test_all_work_there_ever_was_is_done_once_more(erased: Town, app: Flask, kari: str, ola: str) -> None:
    """As staff press the button on every row, and as a worker that died at each of them."""
    with app.app_context():
        rows = db.session.execute(select(OutboxRow.kind, OutboxRow.ref, OutboxRow.lane).distinct()).all()
        for kind, ref, lane in rows:
            outbox.enqueue(kind, ref, lane=lane)
        failed = update(OutboxRow).where(OutboxRow.done_at.is_not(None))
        assert db.session.execute(failed.values(failed_at=OutboxRow.done_at, done_at=None)).rowcount  # type: ignore[attr-defined]
        db.session.commit()
        ids = list(db.session.scalars(select(OutboxRow.id).where(OutboxRow.failed_at.is_not(None))))
        assert all(outbox.retry(id_) for id_ in ids)
        db.session.commit()
    erased.finishes()
    assert {row.kind for row in rows} >= {"sync.push", "submission.process", "letter.send", "consent.follow"}
    assert erased.gone(kari) and erased.mailbox.to(kari) == []
    assert erased.at_mailchimp(ola)[0] == "subscribed"


def test_a_withdrawal_from_the_spool_and_old_links_find_nobody(erased: Town, app: Flask, kari: str) -> None:
    client = app.test_client()
    with app.app_context():
        token = tokens.sign(keyring(), "unsubscribe", [erased.subject, "*", "nb", "fjordlys"])
        spool.keep(token, "one_click")
        consent_jobs.apply_spool()
        assert list(spool.waiting()) == []
    assert client.post(f"/u/{token}").status_code < 500
    assert client.post("/lost", data={"email": kari}).status_code < 500
    erased.finishes()
    assert erased.gone(kari) and erased.mailbox.to(kari) == []


def test_a_body_that_nobody_could_read_is_gone_and_cannot_be_read_again(erased: Town, app: Flask) -> None:
    with app.app_context():
        assert db.session.scalars(select(UnreadBody)).all() == []
