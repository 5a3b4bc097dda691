"""The whole way through the web: a letter, a button, one click, a webhook; and Ola, whom none of it concerns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.flows.conftest import kari_herself, ola_himself
from tests.flows.steps import BOTH, Person, person
from tests.support.mailchimp_server import MailchimpServer
from tests.sync.world import World

__all__ = ["kari_herself", "ola_himself"]


@pytest.fixture
def at_both(app: Flask) -> Iterator[World]:
    with MailchimpServer() as mailchimp:
        yield World(app, mailchimp)
        assert mailchimp.violations == []


def standing(world: World, address: str) -> tuple[str, str, str]:
    """At the ledger, the sandbox and Mailchimp."""
    state: str = person(world.app, address)["consents"]["newsletter"]
    return state, world.at_sandbox(address)[0], world.at_mailchimp(address)[0]


ON = ("confirmed", "subscribed", "subscribed")
OFF = ("withdrawn", "unsubscribed", "unsubscribed")


def test_kari_comes_and_goes_and_ola_stays_byte_for_byte(
    at_both: World, kari_herself: Person, ola_himself: Person, kari: str, ola: str
) -> None:
    ola_himself.subscribes(BOTH)
    untouched = at_both.everything(ola)
    kari_herself.subscribes()
    assert standing(at_both, kari) == ON
    kari_herself.leaves()
    assert standing(at_both, kari) == OFF
    assert standing(at_both, ola) == ON
    assert at_both.everything(ola) == untouched


def test_kari_leaves_at_mailchimp_and_is_off_here(
    at_both: World, kari_herself: Person, ola_himself: Person, kari: str, ola: str
) -> None:
    ola_himself.subscribes(BOTH)
    untouched = at_both.everything(ola)
    kari_herself.subscribes(BOTH)
    news = at_both.leave_mailchimp(kari)
    assert news and at_both.deliver(news) == at_both.deliver(news) == 200
    kari_herself.worker()
    assert standing(at_both, kari) == OFF
    assert person(at_both.app, kari)["suppressed"] is True
    assert at_both.everything(ola) == untouched


def test_the_link_mailchimp_was_given_takes_kari_off(at_both: World, kari_herself: Person, kari: str) -> None:
    kari_herself.subscribes()
    member = next(iter(at_both.mailchimp.audience.contacts.values()))
    link = member.data["merge_fields"]["SAMTYKKE"].removeprefix("http://localhost")
    assert kari_herself.client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    kari_herself.worker()
    assert standing(at_both, kari) == OFF


def test_what_mailchimp_holds_proves_the_consent(at_both: World, kari_herself: Person) -> None:
    kari_herself.subscribes()
    member = next(iter(at_both.mailchimp.audience.contacts.values()))
    assert member.data["merge_fields"]["FNAME"] == "Kari Nordmann" and member.data["language"] == "no"
    assert member.data["ip_opt"] == "127.0.0.0" and member.data["timestamp_opt"] >= member.data["timestamp_signup"]
    assert set(member.tags) == {"newsletter"}
