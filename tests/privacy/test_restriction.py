"""Kept and not used: while Kari is restricted nobody is told of her, nobody writes to her, nothing fills her in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import contacts, letters
from app.arrivals.models import ArrivalRun
from app.billing import service as billing
from app.billing.models import StripeCustomer
from app.clock import now
from app.consent import jobs as consent_jobs
from app.consent import service as consent
from app.extensions import db
from app.letters.models import Letter
from app.outbox.models import OutboxRow
from app.privacy import own
from app.processors.base import Profile
from app.processors.stripe.statement import Statement
from app.sites.models import Site
from app.submissions import copies
from app.submissions import jobs as submission_jobs
from app.submissions.models import Submission
from app.sync.drift import jobs
from app.sync.drift import service as drift
from tests.admin.conftest import Desk
from tests.privacy.house import DIALLED, House
from tests.support.mailchimp_server import MailchimpServer


@pytest.fixture
def house(app: Flask, demo: Any) -> Iterator[House]:
    with MailchimpServer() as mailchimp:
        house = House(app, mailchimp).settle()
        yield house  # type: ignore[misc]


@pytest.fixture
def subscribed(house: House, kari: str) -> House:
    house.posts(kari)
    house.presses(kari)
    assert house.at_mailchimp(kari)[0] == "subscribed"
    return house


def restricted(house: House, address: str, on: bool = True) -> str:
    with house.app.app_context():
        outcome = own.restrict(Profile(address), on)
        db.session.commit()
        return outcome.state


def test_a_change_is_told_to_no_processor_until_it_is_lifted(subscribed: House, kari: str) -> None:
    assert restricted(subscribed, kari) == "held"
    subscribed.withdraw(kari)
    subscribed.work()
    subscribed.tell_everyone()
    subscribed.work()
    assert subscribed.at_mailchimp(kari)[0] == subscribed.at_sandbox(kari)[0] == "subscribed"
    restricted(subscribed, kari, on=False)
    subscribed.work()
    assert subscribed.at_mailchimp(kari)[0] == subscribed.at_sandbox(kari)[0] == "unsubscribed"


def test_restricting_twice_keeps_the_first_moment(subscribed: House, kari: str) -> None:
    restricted(subscribed, kari)
    since = subscribed.contact(kari).restricted_at
    restricted(subscribed, kari)
    assert since and subscribed.contact(kari).restricted_at == since


def test_a_stranger_cannot_be_restricted_here(house: House, ola: str) -> None:
    assert restricted(house, ola) == "not_held"


def test_she_gets_receipts_and_answers_and_nothing_else(subscribed: House, app: Flask, kari: str) -> None:
    restricted(subscribed, kari)
    with app.app_context():
        contact, site = contacts.find(kari), db.session.get_one(Site, subscribed.site_id)
        assert contact is not None
        letters.write("confirm", contact=contact, site=site, lang="nb", refs={"confirmation": "gone"})
        db.session.commit()
    before = len(subscribed.letters(kari))
    with app.app_context():
        contact = contacts.find(kari)
        assert contact is not None
        consent.withdraw(contact, actor="subject", method="one_click")
        db.session.commit()
    subscribed.work()
    with app.app_context():
        dropped = db.session.scalars(select(Letter.dropped).where(Letter.kind == "confirm").order_by(Letter.id)).all()
    assert dropped[-1] == "restricted" and len(subscribed.letters(kari)) == before + 1


def test_nobody_asks_for_her_consent(subscribed: House, kari: str) -> None:
    restricted(subscribed, kari)
    before = len(subscribed.letters(kari))
    subscribed.posts(kari, form="nyhetsbrev", consent_offers="1")
    assert "offers" not in subscribed.consents(kari)
    assert len(subscribed.letters(kari)) == before


def test_what_comes_in_does_not_fill_her_in(subscribed: House, app: Flask, kari: str) -> None:
    restricted(subscribed, kari)
    before = subscribed.values(kari)
    subscribed.posts(kari, company="Nordmann AS", message="En ny melding")
    assert subscribed.values(kari) == before and before["phone"][0] == DIALLED[kari]
    with app.app_context():
        billing.take(Statement("cus_1", address=kari, created_at=now(), values={"city": "Bergen"}))
        db.session.commit()
        assert db.session.get(StripeCustomer, "cus_1") is None
    assert subscribed.values(kari) == before


def test_what_nobody_confirmed_is_kept_for_as_long_as_it_lasts(house: House, app: Flask, kari: str) -> None:
    house.posts(kari, form="nyhetsbrev")
    restricted(house, kari)
    with house.later(days=9), app.app_context():
        consent_jobs.expire()
        submission_jobs.tidy()
    with house.later(days=9):
        house.work()
    assert house.contact(kari) is not None
    restricted(house, kari, on=False)
    with house.later(days=9), app.app_context():
        submission_jobs.tidy()
    assert house.contact(kari) is None


def test_a_new_message_of_hers_is_copied_nowhere(subscribed: House, app: Flask, kari: str, ola: str) -> None:
    restricted(subscribed, kari)
    subscribed.posts(kari, message="Til dere")
    subscribed.posts(ola, message="Til dere")
    app.config["GMAIL_MAILBOX"] = "post@fjordlys.example"
    with app.app_context():
        rows = db.session.scalars(select(Submission).order_by(Submission.id)).all()
        unwanted = {row.address: copies.unwanted(row) for row in rows}
    assert unwanted == {kari: True, ola: False}


def test_an_import_leaves_her_as_she_is(subscribed: House, app: Flask, kari: str, ola: str) -> None:
    restricted(subscribed, kari)
    number = subscribed.waits_with_a_list(kari, ola)
    with app.app_context():
        run = db.session.get_one(ArrivalRun, number)
        assert run.preview["suppressed:restricted"] == 1


def test_a_comparison_of_lists_does_not_count_her(subscribed: House, app: Flask, kari: str) -> None:
    restricted(subscribed, kari)
    subscribed.mailchimp.audience.contacts.clear()  # put away there, as the processor's own restriction does
    with app.app_context():
        run = drift.open_run("mailchimp", "test", mend=False)
        db.session.commit()
        jobs.compare(run.id)
        run = db.session.get_one(type(run), run.id)
        assert (run.gone, run.missing, run.surplus) == (0, 0, 0)


def test_staff_see_it(subscribed: House, app: Flask, demo: Any, kari: str) -> None:
    restricted(subscribed, kari)
    desk, place = Desk(app.test_client()), f"/admin/contacts/{subscribed.contact(kari).id}?lang=en"
    assert desk.signs_in(demo.email, demo.password).status_code == 303
    assert "The data is kept and used for nothing" in desk.get(place).text
    restricted(subscribed, kari, on=False)
    assert "The data is kept and used for nothing" not in desk.get(place).text


def test_once_it_is_lifted_stripe_is_read_again(subscribed: House, app: Flask, kari: str) -> None:
    with app.app_context():
        contact = contacts.find(kari)
        assert contact is not None
        db.session.add(StripeCustomer(id="cus_9", contact_id=contact.id))
        db.session.commit()
    app.config["STRIPE_API_KEY"] = "sk_test_x"
    restricted(subscribed, kari)
    with app.app_context():
        app.extensions["processors"] = None
        own.restrict(Profile(kari), False)
        db.session.commit()
        rows = db.session.scalars(select(OutboxRow.ref).where(OutboxRow.kind == "billing.read"))
        assert list(rows) == ["cus_9"]
