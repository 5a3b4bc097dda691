"""Everything one may ask for but erasure: a copy, a correction, a standstill, no more marketing."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from app import contacts
from app.consent import ledger
from app.extensions import db
from app.privacy import lifting, own, receipts
from app.privacy.archive.building import unpack
from app.privacy.models import PrivacyArchive, PrivacyPart, PrivacyRequest
from app.processors.base import Outcome, Profile
from tests.privacy.world import World
from tests.support.mailbox import Mailbox


def restricts(world: World, address: str) -> int:
    """She asks for it; what no program can do at the lists, somebody does by hand. Returns the request's number."""
    number: int = world.opens("restriction", address, ground="inaccurate")
    world.work()
    for holder in ("sandbox", "mailchimp"):
        if world.task(number, holder, "restrict").state == "manual":
            world.confirms(number, holder, "restrict")
    world.work()
    return number


@pytest.fixture(autouse=True)
def subscribed(world: World, kari: str, ola: str) -> None:
    """Both are on both lists."""
    for person, name in ((kari, "Kari Nordman"), (ola, "Ola Nordmann")):
        world.meet(person, name=name)
        world.subscribe(person)
    world.work()


def member(world: World, address: str) -> str:
    return json.dumps(world.sandbox.export(Profile(address)))


@pytest.mark.parametrize("kind", ["access", "portability"])
def test_a_copy_is_collected_everywhere_and_kept_behind_a_link(
    world: World, app: Flask, mailbox: Mailbox, kari: str, ola: str, kind: str
) -> None:
    before = world.everything(ola)
    number = world.opens(kind, kari)
    world.work()
    assert world.state(number) == "completed"
    assert {state for task, state in world.tasks(number).items() if "export" in task} == {"verified"}
    with app.app_context():
        archive = db.session.get_one(PrivacyArchive, number)
        assert kari.encode() not in archive.sealed and unpack(archive).startswith(b"PK")
    with world.later(minutes=2):
        world.work()
    with app.app_context():
        assert db.session.query(PrivacyPart).count() == 0
    assert not world.request(number).sealed
    assert len(mailbox.to(kari)) == 3  # the question to subscribe, that her wish has come, the link to the copy
    assert world.everything(ola) == before


def test_a_copy_before_an_erasure_is_made_before_anything_is_gone(world: World, app: Flask, kari: str) -> None:
    number = world.erases(kari, wishes={"copy_first": True})
    assert world.state(number) == "completed"
    tasks = world.tasks(number)
    assert tasks["own archive"] == tasks["sandbox export"] == tasks["sandbox erase"] == "verified"
    with app.app_context():
        assert unpack(db.session.get_one(PrivacyArchive, number)).startswith(b"PK")


def test_a_correction_reaches_everyone_and_is_read_back(world: World, app: Flask, kari: str, ola: str) -> None:
    before = world.everything(ola)
    number = world.opens("rectification", kari, wishes={"changes": {"name": "Kari Nordmann"}})
    world.work()
    assert world.state(number) == "completed"
    assert "Kari Nordmann" in member(world, kari)
    held = next(c for c in world.mailchimp.audience.contacts.values() if c.data["email_address"] == kari)
    assert held.data["merge_fields"]["FNAME"] == "Kari Nordmann"
    with app.app_context():
        assert [value.value for value in contacts.find(kari).values] == ["Kari Nordmann"]
    assert world.everything(ola) == before


def test_a_correction_that_does_not_show_is_found_out(world: World, monkeypatch: pytest.MonkeyPatch, kari: str) -> None:
    monkeypatch.setattr(world.sandbox, "rectify", lambda profile: Outcome("subscribed"))
    number = world.opens("rectification", kari, wishes={"changes": {"name": "Kari Nordmann"}})
    world.work()
    assert world.state(number) == "needs_human"
    assert world.task(number, "sandbox", "rectify").state == "verify_failed"
    monkeypatch.undo()
    world.tries_again(number, "sandbox", "verify")
    world.work()
    assert world.state(number) == "completed" and "Kari Nordmann" in member(world, kari)


def test_a_correction_of_our_own_rows_that_does_not_show_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    monkeypatch.setattr(own, "rectify", lambda *_: Outcome("held"))
    number = world.opens("rectification", kari, wishes={"changes": {"name": "Kari Nordmann"}})
    world.work()
    assert world.state(number) == "needs_human"
    assert world.task(number, "own", "verify").state == "failed"


def test_a_restriction_that_does_not_show_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    monkeypatch.setattr(own, "restrict", lambda *_: Outcome("held"))
    number = restricts(world, kari)
    assert world.state(number) == "needs_human"
    assert world.task(number, "own", "verify").state == "failed"


def test_whoever_was_put_on_a_list_there_behind_our_back_is_taken_off_when_she_objects(world: World) -> None:
    liv = "liv@example.no"
    world.meet(liv)
    world.mailchimp.store.joins(world.mailchimp.audience, liv)
    number = world.opens("objection", liv)
    world.work()
    assert world.at_mailchimp(liv)[0] == "unsubscribed"
    assert world.state(number) == "completed"


def test_an_objection_holds_for_somebody_who_is_met_while_it_is_carried_out(world: World, app: Flask) -> None:
    liv = "liv@example.no"
    number = world.opens("objection", liv)
    world.meet(liv)
    with app.app_context():
        ledger.append(contacts.find(liv), "newsletter", "imported", actor="cli", method="import")
        db.session.commit()
    assert world.granted(liv) == {"newsletter"}
    world.work()
    assert world.granted(liv) == set() and world.suppressed(liv) == {"newsletter", "offers"}
    assert world.state(number) == "completed"


def test_an_objection_takes_her_off_every_list_and_keeps_the_rest(world: World, kari: str, ola: str) -> None:
    before = world.everything(ola)
    number = world.opens("objection", kari)
    assert world.granted(kari) == set()  # at once, before any job has run
    world.work()
    assert world.state(number) == "completed"
    assert world.at_sandbox(kari)[0] == world.at_mailchimp(kari)[0] == "unsubscribed"
    assert world.everything(ola) == before


def test_a_restriction_holds_until_it_is_lifted_and_she_is_told_before(
    world: World, app: Flask, mailbox: Mailbox, kari: str, ola: str
) -> None:
    before = world.everything(ola)
    number = restricts(world, kari)
    assert world.state(number) == "completed"
    with app.app_context():
        assert contacts.find(kari).restricted_at is not None
    with world.later(minutes=2):
        world.work()
        assert not world.request(number).sealed
        with app.app_context():
            lifting.lift(db.session.get_one(PrivacyRequest, number), "staff:1")
            db.session.commit()
        sent = len(mailbox.to(kari))
        world.work()
        with app.app_context():
            assert contacts.find(kari).restricted_at is not None
        assert len(mailbox.to(kari)) == sent + 1
    with world.later(minutes=5):
        world.work()
        for holder in ("sandbox", "mailchimp"):
            if world.task(number, holder, "lift").state == "manual":
                world.confirms(number, holder, "lift")
        world.work()
    with app.app_context():
        assert contacts.find(kari).restricted_at is None
        assert receipts.verify_all().receipts == 2
    assert world.state(number) == "closed" and not world.request(number).sealed
    assert world.at_sandbox(kari)[0] == "subscribed"
    assert world.everything(ola) == before
