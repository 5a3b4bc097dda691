"""Who left at the list provider before we heard of her yes is not brought back by it."""

from __future__ import annotations

from datetime import timedelta

from app.clock import now
from tests.arrivals.conftest import Office
from tests.support.mailchimp_store import member_id


def test_who_left_mailchimp_before_the_file_came_in_stays_off_there(office: Office, kari: str) -> None:
    office.mailchimp.store.joins(office.mailchimp.audience, kari)
    office.mailchimp.audience.contact(member_id(kari)).data["status"] = (
        "unsubscribed"  # by the account: it may bring back
    )
    office.brings("E-post;Dato", f"{kari};2.3.2024")
    office.work()
    assert office.at_mailchimp(kari)[0] == "unsubscribed"
    assert office.consents(kari) == {"newsletter": "withdrawn"}


def test_news_of_a_departure_that_comes_late_still_counts(office: Office, kari: str) -> None:
    office.mailchimp.store.joins(office.mailchimp.audience, kari)
    moment = now() - timedelta(hours=1)
    office.mailchimp.store.clock = lambda: moment
    office.mailchimp.store.leaves(office.mailchimp.audience, kari)
    late = office.news("unsubscribe", kari)
    office.brings("E-post;Dato", f"{kari};2.3.2024")
    office.deliver(late)
    assert office.consents(kari) == {"newsletter": "withdrawn"}


def test_mailchimp_keeps_its_own_proof_of_when_she_said_yes(office: Office, kari: str) -> None:
    joined = "2024-03-02T12:00:00+00:00"
    office.mailchimp.store.joins(office.mailchimp.audience, kari, timestamp_opt=joined)
    office.imports("mailchimp")
    office.work()
    assert office.mailchimp.audience.contact(member_id(kari)).data["timestamp_opt"] == joined
