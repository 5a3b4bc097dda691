"""What comes into the company's mailbox: letters that came back, and wishes to leave. Gmail is emulate's."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import contacts, outbox, processors
from app.clock import now
from app.contacts import suppression
from app.contacts.models import Contact
from app.extensions import db
from app.letters.models import Letter
from app.outbox.models import OutboxRow
from app.processors.base import Notice
from app.processors.google.gmail import Gmail
from app.processors.google.news import News
from app.sync import notices
from app.sync.mail import jobs
from app.sync.mail.service import read_until
from tests.processors.google_world import refused
from tests.processors.test_google_gmail import Box, letter, proven
from tests.support.gmail import connect
from tests.support.google_emulate import MAILBOX, Emulate
from tests.support.google_server import Answer, GoogleServer
from tests.sync.world import World

KARI, OLA = "kari@example.no", "ola@example.no"


@pytest.fixture
def box(emulate: Emulate) -> Box:
    found = Box(emulate.url)
    found.empty()
    return found


@pytest.fixture
def gmail(world: World, google_server: GoogleServer, box: Box) -> World:
    """Kari and Ola subscribe; the mailbox has been read once."""
    connect(world.app, google_server)
    for address in (KARI, OLA):
        world.subscribe(address, "newsletter", "offers")
    reads(world)
    return world


def reads(world: World) -> None:
    """Five minutes have passed."""
    with world.app.app_context():
        jobs.mail()
    world.work()


def cursor(app: Flask) -> str:
    with app.app_context():
        return read_until("gmail", MAILBOX)


def leave(text: str = "Avmeld meg", sender: str = KARI) -> EmailMessage:
    return proven(letter(sender, text=text, Date=format_datetime(now())), sender)


def bounce(name: str, address: str) -> EmailMessage:
    """As Gmail writes it."""
    from tests.processors.test_google_inbox import report

    mail: Any = report(final=address, to=address, returned=name)
    return mail


def letters_to(app: Flask, address: str) -> list[str]:
    with app.app_context():
        query = select(Letter.message_id).join(Contact, Contact.id == Letter.contact_id)
        return list(db.session.scalars(query.where(Contact.address == address).order_by(Letter.id)))


def test_an_avmeld_meg_in_the_mailbox_withdraws_consent(gmail: World, box: Box) -> None:
    box.put(leave())
    reads(gmail)
    assert gmail.granted(KARI) == set()
    assert gmail.granted(OLA) == {"newsletter", "offers"}
    assert gmail.suppressed(KARI) == {"newsletter", "offers"}
    assert gmail.failed() == []


def test_a_letter_that_came_back_ends_all_mail_to_that_address(gmail: World, box: Box) -> None:
    [name, *_] = letters_to(gmail.app, KARI)
    box.put(bounce(name, KARI))
    reads(gmail)
    assert gmail.granted(KARI) == set() and suppression.ALL in gmail.suppressed(KARI)
    assert gmail.granted(OLA) == {"newsletter", "offers"}


def test_a_bounce_that_kari_makes_up_does_ola_no_harm(gmail: World, box: Box) -> None:
    [hers, *_] = letters_to(gmail.app, KARI)
    for name in (hers, "<made-up@localhost>"):
        box.put(bounce(name, OLA))
    reads(gmail)
    assert gmail.granted(OLA) == {"newsletter", "offers"} and gmail.suppressed(OLA) == set()


def test_what_is_read_is_not_read_again(gmail: World, google_server: GoogleServer, box: Box) -> None:
    before = cursor(gmail.app)
    box.put(leave("Hei, når åpner dere?"))
    reads(gmail)
    assert int(cursor(gmail.app)) > int(before) >= 0  # a mailbox in which nothing ever happened is at 0
    google_server.calls.clear()
    reads(gmail)
    assert google_server.asked("GET", "/messages/") == []
    assert gmail.granted(KARI) == {"newsletter", "offers"}


def test_history_that_gmail_has_forgotten_is_no_loss(gmail: World, google_server: GoogleServer, box: Box) -> None:
    box.put(leave())
    google_server.fail(refused(404, "notFound"), "GET", "/history")
    reads(gmail)
    assert gmail.granted(KARI) == set()
    gmail.subscribe(KARI, "newsletter")
    google_server.fail(refused(404, "notFound"), "GET", "/history")
    reads(gmail)
    assert gmail.granted(KARI) == {"newsletter"}, "the same wish, read again, is no news"


def test_a_worker_that_dies_between_two_notices_loses_none(
    gmail: World, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cursor(gmail.app)
    for sender in (KARI, OLA):
        box.put(leave(sender=sender))
    heed, heard = notices.heed, []

    def dying(name: str, notice: Notice) -> None:
        heard.append(notice)
        if len(heard) == 2:
            raise RuntimeError("killed")
        heed(name, notice)

    monkeypatch.setattr(notices, "heed", dying)
    reads(gmail)
    assert [gmail.granted(KARI), gmail.granted(OLA)].count(set()) == 1
    assert cursor(gmail.app) == before
    monkeypatch.setattr(notices, "heed", heed)
    with gmail.app.app_context():
        jobs.inbox("")
    assert gmail.granted(KARI) == gmail.granted(OLA) == set()
    assert cursor(gmail.app) != before


def test_an_old_wish_does_not_end_a_younger_yes(gmail: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mailbox that is connected today is read a month back."""
    old = Notice("unsubscribed", KARI, datetime.fromisoformat("2026-01-01T12:00:00+00:00"), "key")
    monkeypatch.setattr(Gmail, "news", lambda *_: News([old], "7"))
    reads(gmail)
    assert gmail.granted(KARI) == {"newsletter", "offers"}


def test_another_mailbox_is_read_from_its_own_beginning(gmail: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Gmail, "news", lambda _self, since, _written: asked.append(since) or News([], "9"))
    reads(gmail)
    gmail.app.config.update(GMAIL_MAILBOX="nyhetsbrev@fjordlys.no")
    gmail.app.extensions["processors"] = None
    for _ in range(2):
        reads(gmail)
    assert asked == [asked[0], "", "9"] and asked[0] != ""


def test_a_pause_holds_the_reading(gmail: World, google_server: GoogleServer, box: Box) -> None:
    box.put(leave())
    with gmail.app.app_context():
        outbox.hold("gmail")
        db.session.commit()
    google_server.calls.clear()
    reads(gmail)
    assert google_server.calls == [] and gmail.granted(KARI) == {"newsletter", "offers"}
    with gmail.app.app_context():
        outbox.release("gmail")
        db.session.commit()
    gmail.work()
    assert gmail.granted(KARI) == set()


def test_without_gmail_nobody_looks(world: World) -> None:
    reads(world)
    with world.app.app_context():
        assert db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "sync.inbox")).all() == []


def test_trouble_at_gmail_is_tried_again_and_shown(gmail: World, google_server: GoogleServer, box: Box) -> None:
    before = cursor(gmail.app)
    google_server.fail(Answer(503), "GET", "/history")
    reads(gmail)
    assert gmail.failed() == ["sync.inbox: Retry: Google answered 503"]
    assert cursor(gmail.app) == before


def test_nobody_is_introduced_to_a_mailbox(gmail: World, google_server: GoogleServer, box: Box) -> None:
    google_server.calls.clear()
    gmail.subscribe("per@example.no")
    gmail.work()
    row = gmail.told("per@example.no", "gmail")
    assert row is not None and (row.state, row.met_at) == ("not_held", None)
    assert google_server.calls == []


def test_whoever_wrote_is_found_there_all_the_same(gmail: World, box: Box) -> None:
    from app.sync.profile import build_each

    id = box.put(letter(KARI))
    with gmail.app.app_context():
        contact = contacts.find(KARI)
        assert contact is not None
        profile = build_each(contact, ["gmail"])["gmail"]
        db.session.commit()
        found = processors.active()["gmail"].find(profile)
        assert [held.id for held in found] == [f"{MAILBOX}/{id}"]
    row = gmail.told(KARI, "gmail")
    assert row is not None and row.met_at is None
