"""What Mailchimp tells us: it can take consent away and never give any."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import shuffle
from urllib.parse import urlencode

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app import contacts
from app.clock import now
from app.contacts.models import Contact
from app.extensions import db
from app.sync import notices
from app.sync.models import ReceivedNotice
from tests.support.mailchimp_server import AUDIENCE
from tests.sync.world import HOOK, World, events_of

NOON = datetime.fromisoformat("2026-11-22T12:00:00+00:00")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def received(world: World) -> list[ReceivedNotice]:
    with world.app.app_context():
        return list(db.session.scalars(select(ReceivedNotice)))


def subscribed(world: World, address: str) -> None:
    world.subscribe(address)
    world.work()


# Who may speak


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_whether_somebody_lives_here_changes_nothing(world: World, method: str) -> None:
    answer = world.app.test_client().open(HOOK, method=method)
    assert (answer.status_code, answer.data) == (200, b"")
    assert received(world) == [] and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("secret", ["wrong", "a-secret-pat", "a-secret-path2", "æøå", "%ff", "%00"])
def test_without_the_secret_there_is_nothing_here(world: World, method: str, secret: str) -> None:
    assert world.app.test_client().open(f"/webhooks/mailchimp/{secret}", method=method).status_code == 404


def test_with_no_secret_set_there_is_nothing_here(world: World) -> None:
    world.app.config["MAILCHIMP_WEBHOOK_SECRET"] = ""
    assert world.app.test_client().post("/webhooks/mailchimp/").status_code == 404
    assert world.app.test_client().post(HOOK).status_code == 404


def test_a_signature_is_asked_for_where_there_is_a_key(world: World, kari: str) -> None:
    subscribed(world, kari)
    unsigned = world.leave_mailchimp(kari)
    assert unsigned is not None
    world.app.config["MAILCHIMP_SIGNING_SECRET"] = "signing"
    assert world.deliver(unsigned) == 403
    assert world.granted(kari) == {"newsletter"}
    headers, raw = world.news("unsubscribe", kari)
    assert world.deliver((headers, raw + b"&extra=1")) == 403
    assert world.deliver((headers, raw)) == 200
    assert world.granted(kari) == set()


# What is taken in


def test_who_unsubscribes_at_mailchimp_has_withdrawn_here(world: World, kari: str) -> None:
    world.subscribe(kari, "newsletter", "offers")
    world.work()
    news = world.leave_mailchimp(kari)
    assert news and world.deliver(news) == 200
    assert world.consents(kari) == {"newsletter": "withdrawn", "offers": "withdrawn"}
    event = events_of(world.app, kari)[-1]
    assert (event.actor, event.method) == ("webhook:mailchimp", "webhook")
    world.work()
    assert world.at_sandbox(kari) == ("unsubscribed", set())
    assert world.suppressed(kari) == {"newsletter", "offers"}


def test_a_repeat_is_no_news(world: World, kari: str) -> None:
    subscribed(world, kari)
    news = world.leave_mailchimp(kari)
    assert news
    assert [world.deliver(news) for _ in range(3)] == [200, 200, 200]
    world.work()
    before = world.everything(kari)
    assert world.deliver(news) == 200
    world.work()
    assert world.everything(kari) == before
    assert [event.type for event in events_of(world.app, kari)] == ["requested", "confirmed", "withdrawn"]


def test_a_mailbox_that_is_gone_is_left_alone_altogether(world: World, kari: str) -> None:
    subscribed(world, kari)
    news = world.leave_mailchimp(kari, "cleaned")
    assert news and world.deliver(news) == 200
    assert world.consents(kari) == {"newsletter": "withdrawn"}
    assert world.suppressed(kari) == {"newsletter", "offers", "all"}


def test_a_subscription_at_mailchimp_grants_nothing_and_is_taken_back(world: World, kari: str) -> None:
    world.meet(kari)
    world.mailchimp.store.joins(world.mailchimp.audience, kari)
    assert world.deliver(world.news("subscribe", kari)) == 200
    assert world.consents(kari) == {}
    world.work()
    assert world.at_mailchimp(kari)[0] == "unsubscribed"


def test_an_old_departure_does_not_undo_a_fresh_consent(world: World, clock: time_machine.Traveller, kari: str) -> None:
    subscribed(world, kari)
    clock.shift(timedelta(hours=1))
    late = world.leave_mailchimp(kari)
    clock.shift(timedelta(hours=1))
    world.withdraw(kari)
    world.subscribe(kari)
    assert late and world.deliver(late) == 200
    assert world.granted(kari) == {"newsletter"}
    world.work()
    row = world.told(kari, "mailchimp")
    assert row is not None and row.state == "manual" and "signup" in row.text.lower()
    assert world.at_sandbox(kari) == ("subscribed", {"newsletter"})


def test_what_was_confirmed_after_the_departure_stands_and_the_rest_goes(
    world: World, clock: time_machine.Traveller, kari: str
) -> None:
    subscribed(world, kari)
    clock.shift(timedelta(hours=1))
    late = world.leave_mailchimp(kari)
    clock.shift(timedelta(hours=1))
    world.subscribe(kari, "offers")
    assert late and world.deliver(late) == 200
    assert world.consents(kari) == {"newsletter": "withdrawn", "offers": "confirmed"}


def test_leaving_in_the_second_of_the_consent_counts(world: World, clock: time_machine.Traveller, kari: str) -> None:
    """Mailchimp tells whole seconds; in doubt the no is believed."""
    clock.move_to(NOON + timedelta(milliseconds=300))
    subscribed(world, kari)
    clock.move_to(NOON + timedelta(milliseconds=800))
    news = world.leave_mailchimp(kari)
    assert news and world.deliver(news) == 200
    assert world.granted(kari) == set()


def test_news_from_the_future_does_not_reach_ahead(world: World, clock: time_machine.Traveller, kari: str) -> None:
    subscribed(world, kari)
    clock.shift(timedelta(days=400))
    wrong = world.news("unsubscribe", kari)
    clock.move_to(NOON + timedelta(minutes=1))
    assert world.deliver(wrong) == 200
    assert world.granted(kari) == set()
    assert events_of(world.app, kari)[-1].at == now()


def test_news_that_came_while_the_database_was_away_is_news_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    def away() -> None:
        raise OperationalError("COMMIT", {}, Exception("away"))

    subscribed(world, kari)
    news = world.leave_mailchimp(kari)
    assert news
    with monkeypatch.context() as patch:
        patch.setattr(db.session, "commit", away)
        assert world.deliver(news) == 503
    assert world.granted(kari) == {"newsletter"} and received(world) == []
    assert world.deliver(news) == 200
    assert world.granted(kari) == set()


# An address that changes


def test_consent_does_not_follow_to_a_new_address(world: World, kari: str) -> None:
    new = "kari.ny@example.no"
    subscribed(world, kari)
    world.meet(new)
    world.mailchimp.store.joins(world.mailchimp.audience, new)
    world.mailchimp.audience.contacts.pop(next(iter(world.mailchimp.audience.contacts)))
    moved = world.news("upemail", new, old_email=kari, new_email=new, new_id="1")
    assert world.deliver(moved) == 200
    world.work()
    assert world.consents(new) == {}
    assert world.at_mailchimp(new)[0] == "unsubscribed"
    assert world.granted(kari) == {"newsletter"} and world.at_mailchimp(kari)[0] == "subscribed"
    with world.app.app_context():
        assert [value.field for value in contacts.find(kari).values] == []  # what is held under it is not hers


def test_a_changed_name_there_is_none_of_our_business(world: World, kari: str) -> None:
    subscribed(world, kari)
    before = world.everything(kari)
    assert world.deliver(world.news("profile", kari)) == 200
    assert world.work() == 0
    assert world.everything(kari) == before


# Strangers


@pytest.mark.parametrize("kind", ["subscribe", "unsubscribe", "cleaned", "profile"])
def test_of_a_stranger_nothing_is_kept(world: World, kari: str, kind: str) -> None:
    assert world.deliver(world.news(kind, kari)) == 200
    assert world.work() == 0
    assert world.suppressed(kari) == set() and world.mailchimp.calls == []
    for row in received(world):
        assert "kari" not in row.key and len(row.key) == 64


def test_of_somebody_forgotten_nothing_comes_back(world: World, kari: str) -> None:
    subscribed(world, kari)
    news = world.leave_mailchimp(kari)
    world.forget(kari)
    assert news and world.deliver(news) == 200
    assert world.told(kari, "mailchimp") is None and world.consents(kari) == {}


def test_kari_leaves_and_ola_stays_byte_for_byte(world: World, kari: str, ola: str) -> None:
    world.meet(ola, name="Ola Nordmann")
    subscribed(world, ola)
    subscribed(world, kari)
    before = world.everything(ola)
    news = world.leave_mailchimp(kari)
    assert news and world.deliver(news) == 200
    world.work()
    assert world.everything(ola) == before


# What cannot be understood


NONSENSE = {
    b"": 200,
    b"type=campaign&data[email]=x": 200,
    b"type=unsubscribe": 400,
    b"type=unsubscribe&fired_at=yesterday&data[email]=kari%40example.no": 400,
    b"type=unsubscribe&fired_at=2026-11-22+12:00:00&data[email]=%ff%00%ed%a0%80": 200,
    b"\xff\xfe\x00": 200,
    b"&".join(b"a=1" for _ in range(300)): 400,
    b"x" * 70_000: 413,
}


def test_nonsense_gets_a_plain_answer(world: World, kari: str) -> None:
    subscribed(world, kari)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert {body: world.deliver((kind, body)) for body in NONSENSE} == NONSENSE
    assert world.granted(kari) == {"newsletter"}


def test_another_audience_is_not_ours(world: World, kari: str) -> None:
    subscribed(world, kari)
    fields = {"type": "unsubscribe", "fired_at": "2030-01-01 12:00:00", "data[email]": kari, "data[list_id]": "other"}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert world.deliver((kind, urlencode(fields).encode())) == 200
    assert world.granted(kari) == {"newsletter"} and AUDIENCE != "other"


def test_old_notices_are_forgotten(world: World, clock: time_machine.Traveller, kari: str) -> None:
    subscribed(world, kari)
    world.deliver(world.news("subscribe", kari))
    clock.shift(notices.KEEP + timedelta(days=1))
    with world.app.app_context():
        notices.tidy()
        db.session.commit()
    assert received(world) == []


# A storm


def test_a_storm_of_news_loses_nothing_and_brings_nobody_back(world: World, ola: str) -> None:
    """A thousand posts in disorder, doubled, of people who left, of strangers, and of somebody who was forgotten."""
    leavers, forgotten = [f"person{number}@example.no" for number in range(20)], "erased@example.no"
    for address in [*leavers, forgotten, ola]:
        world.subscribe(address)
    world.work()
    before = world.everything(ola)
    gone = [world.leave_mailchimp(address) for address in [*leavers, forgotten]]
    world.forget(forgotten)
    back = [world.news("subscribe", address) for address in [*leavers, forgotten]]
    strangers = [world.news("unsubscribe", f"stranger{number}@example.no") for number in range(370)]
    storm = [news for news in [*gone, *back] if news] * 15 + strangers
    assert len(storm) == 1000
    shuffle(storm)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(world.deliver, storm)) == {200}
    world.work()
    assert all(world.granted(address) == set() for address in leavers)
    assert {world.at_mailchimp(address)[0] for address in leavers} == {"unsubscribed"}
    with world.app.app_context():
        known = set(db.session.scalars(select(Contact.address)))
    assert known == {*leavers, ola}
    assert world.everything(ola) == before
    assert world.failed() == []
