"""Every letter to a person can be left by, also one to somebody who is on no list. (RFC 8058, GDPR article 21 (3))"""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.exc import OperationalError

from app import journal
from app.consent import jobs, taking_back
from app.contacts import suppression
from app.contacts.addresses import canonical
from app.contacts.service import find
from app.crypto import Keyring, keyring
from app.encoding import unb64
from app.extensions import db
from app.journal import lines
from tests.conftest import SECRET
from tests.flows.steps import consent, database, history, path
from tests.support.mailbox import links, one_click

NOBODY = "nobody@example.no"
CLICK = {"List-Unsubscribe": "One-Click"}
ADDRESS = pytest.mark.parametrize(
    "address", [NOBODY, "kari+liste@blåbær.example", f"{'k' * 64}@{'.'.join(['b' * 61] * 3)}.no"]
)


@pytest.fixture
def asks_what_is_known(client, worker, mailbox, demo):
    """asks_what_is_known(address): the letter that asks whether it was she."""

    def ask(address, at="/privacy"):
        client.post(at, data={"wish": "access", "address": address})
        worker()
        return mailbox[-1]

    return ask


def left_alone(app, address=NOBODY):
    with app.app_context():
        return suppression.scopes(canonical(address).canonical)


def in_the_journal(app, address):
    """What a restore would do again."""
    with app.app_context():
        own = set(journal.address_macs(keyring(), address))
        written = [line for file in lines.files() for line, _ in lines.read(file)]
        return [line.scope for line in written if line.mac in own]


@ADDRESS
def test_whoever_is_on_no_list_can_refuse_every_list_from_a_letter_about_a_request(
    app, client, asks_what_is_known, address
):
    letter = asks_what_is_known(address)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = path(one_click(letter))
    answer = client.post(link, data=CLICK)
    assert (answer.status_code, answer.text) == (200, "You are not on the list, and will not be put on it.\n")
    assert left_alone(app, address) >= {"newsletter", "offers"}
    assert client.post(link, data=CLICK).text == "You are not on the list.\n"


def test_the_address_cannot_be_read_in_the_link_by_anybody_else(asks_what_is_known):
    _, _, body, _ = path(one_click(asks_what_is_known(NOBODY))).removeprefix("/u/").split(".")
    said = json.loads(unb64(body))
    assert said[:4] == ["", "*", "en", "fjordlys"]
    assert b"nobody" not in unb64(said[4])


def test_the_link_still_works_when_the_keys_have_been_changed(app, client, asks_what_is_known):
    link = path(one_click(asks_what_is_known(NOBODY)))
    app.extensions["keyring"] = Keyring("another-secret-of-thirty-two-characters", [SECRET])
    assert client.post(link, data=CLICK).text == "You are not on the list, and will not be put on it.\n"
    assert left_alone(app) >= {"newsletter", "offers"}


def test_looking_changes_nothing_and_shows_what_the_button_does(app, client, asks_what_is_known):
    link = path(one_click(asks_what_is_known(NOBODY)))
    before = database(app)
    shown = client.get(link).text
    assert database(app) == before
    assert "Keep me off" in shown and "Keep some of it?" not in shown
    assert "newsletter" in shown.lower()
    assert "You will not be put on any list" in client.post(link, data={"by": "page"}).text
    assert "You are not on the list" in client.get(link).text


def test_an_import_leaves_alone_whoever_refused_and_her_own_yes_lets_her_in(app, client, kari_herself, kari):
    client.post("/privacy", data={"wish": "access", "address": kari})
    kari_herself.worker()
    client.post(kari_herself.unsubscribe_link(), data=CLICK)
    assert "newsletter" in left_alone(app, kari)
    kari_herself.subscribes()
    assert consent(app, kari) == "confirmed"
    assert "newsletter" not in left_alone(app, kari)


def test_a_letter_from_before_she_signed_up_takes_back_what_she_has_said_yes_to_since(
    app, client, worker, kari_herself, ola_himself, asks_what_is_known, kari, ola
):
    link = path(one_click(asks_what_is_known(kari)))
    ola_himself.subscribes()
    kari_herself.subscribes()
    assert "Keep some of it?" in client.get(link).text
    client.post(link, data=CLICK)
    worker()
    assert (consent(app, kari), consent(app, ola)) == ("withdrawn", "confirmed")
    assert history(app, kari)[-1] == "withdrawn"


def test_whoever_is_on_a_list_leaves_it_by_a_letter_about_a_request(
    app, worker, kari_herself, asks_what_is_known, kari
):
    kari_herself.subscribes()
    link = path(one_click(asks_what_is_known(kari)))
    kari_herself.client.post(link, data=CLICK)
    assert consent(app, kari) == "withdrawn"


def test_a_refusal_that_comes_while_the_database_is_away_is_carried_out_later(
    app, client, asks_what_is_known, monkeypatch
):
    link = path(one_click(asks_what_is_known(NOBODY)))
    with monkeypatch.context() as away:
        away.setattr(taking_back, "press", lambda *_: (_ for _ in ()).throw(OperationalError("", {}, Exception())))
        assert client.post(link, data=CLICK).status_code == 202
    with app.app_context():
        jobs.apply_spool()
    assert left_alone(app) >= {"newsletter", "offers"}


def test_what_she_refused_is_in_the_journal_so_that_a_restore_keeps_it(app, client, worker, asks_what_is_known):
    client.post(path(one_click(asks_what_is_known(NOBODY))), data=CLICK)
    worker()
    assert in_the_journal(app, NOBODY) == ["information,newsletter,offers"]


def test_a_link_to_choose_is_asked_for_in_vain_by_whoever_is_on_no_list(
    app, client, worker, asks_what_is_known, mailbox
):
    link = path(one_click(asks_what_is_known(NOBODY)))
    mailbox.clear()
    assert client.post(f"{link}/choose").status_code == 200
    worker()
    assert not mailbox.to(NOBODY)


def test_the_foot_of_the_letter_has_the_link_as_well(asks_what_is_known):
    letter = asks_what_is_known(NOBODY, at="/personvern")
    assert one_click(letter) in links(letter, "/u/")


def test_whoever_was_forgotten_and_came_back_leaves_by_her_oldest_letter(app, kari_herself, ola_himself, kari, ola):
    ola_himself.subscribes()
    kari_herself.subscribes()
    oldest = kari_herself.unsubscribe_link()
    forget(app, kari)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=40)):
        kari_herself.subscribes()
        kari_herself.client.post(oldest, data=CLICK)
    kari_herself.worker()
    assert (consent(app, kari), consent(app, ola)) == ("withdrawn", "confirmed")


def test_a_letter_that_asks_about_one_purpose_shuts_that_one(app, client, kari_herself, kari):
    kari_herself.asks()
    link = kari_herself.unsubscribe_link()
    forget(app, kari)
    client.post(link, data=CLICK)
    assert left_alone(app, kari) == {"newsletter"}


def forget(app, address):
    with app.app_context():
        db.session.delete(find(address))
        db.session.commit()
