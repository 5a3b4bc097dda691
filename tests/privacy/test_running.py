"""One request and every holder is asked; nothing is done that a read does not show; and Ola is left as he was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.clock import now
from app.extensions import db
from app.privacy import own, planning, receipts
from app.privacy.models import PrivacyRequest
from app.privacy.service import lock, move
from app.processors import bookkeeping
from app.processors.base import Held, Outcome, Profile, Rejected, Retry
from tests.privacy.world import World
from tests.support.mailbox import Mailbox

GONE = ("", set())


@pytest.fixture(autouse=True)
def subscribed(world: World, kari: str, ola: str) -> None:
    """Both are on both lists."""
    for person, name in ((kari, "Kari Nordmann"), (ola, "Ola Nordmann")):
        world.meet(person, name=name)
        world.subscribe(person)
    world.work()
    assert world.at_mailchimp(kari)[0] == world.at_sandbox(kari)[0] == "subscribed"


def at_lists(world: World, address: str) -> list[Any]:
    return [world.at_mailchimp(address), world.at_sandbox(address)]


def test_kari_is_erased_and_ola_is_byte_identical(world: World, kari: str, ola: str) -> None:
    before = world.everything(ola)
    number = world.opens("erasure", kari)
    world.work()
    assert world.state(number) == "awaiting_approval"
    assert GONE not in at_lists(world, kari)
    world.approves(number)
    world.work()
    assert at_lists(world, kari) == [GONE, GONE]
    assert world.state(number) == "completed"
    assert world.consents(kari) == {} and world.suppressed(kari) >= {"all"}
    assert world.everything(ola) == before


def test_every_step_is_proven_and_the_person_gets_a_receipt(world: World, app: Flask, kari: str) -> None:
    number = world.erases(kari)
    with app.app_context():
        report = receipts.verify_all()
        receipt = receipts.latest(db.session.get_one(PrivacyRequest, number))
    assert report.receipts == 1 and report.tasks == len(world.tasks(number))
    assert receipt is not None and receipt.statement["state"] == "completed"
    holders = {one["holder"]: one["acts"][0]["state"] for one in receipt.statement["holders"]}
    assert holders == {"own": "verified", "mailchimp": "verified", "sandbox": "verified"}


def test_once_the_letter_has_left_nobody_knows_whom_it_was_about(world: World, mailbox: Mailbox, kari: str) -> None:
    number = world.erases(kari)
    assert world.request(number).sealed
    assert len(mailbox.to(kari)) == 3  # the question to subscribe, that her wish has come, that it is done
    with world.later(minutes=2):
        world.work()
    request = world.request(number)
    assert request.sealed == request.wishes == b"" and not any(task.sealed for task in request.tasks)
    assert set(world.tasks(number).values()) == {"verified"}


def test_a_letter_that_cannot_be_sent_changes_nothing_and_keeps_her_address_for_two_weeks(
    world: World, app: Flask, kari: str
) -> None:
    app.config["MAIL_URL"] = "smtp://127.0.0.1:9"
    number = world.erases(kari)
    assert world.state(number) == "completed"
    with world.later(days=13):
        world.looks()
        assert world.request(number).sealed
    with world.later(days=15):
        world.looks()
        assert not world.request(number).sealed
    assert world.tasks(number)["own letter"] == "skipped"


def test_a_letter_that_leaves_late_lets_go_of_her_when_it_has_left(world: World, app: Flask, kari: str) -> None:
    server, app.config["MAIL_URL"] = app.config["MAIL_URL"], "smtp://127.0.0.1:9"
    number = world.erases(kari)
    with world.later(minutes=10):
        world.work()
        assert world.request(number).sealed
    app.config["MAIL_URL"] = server
    for minutes in (20, 50):
        with world.later(minutes=minutes):
            world.looks()
    assert world.tasks(number)["own letter"] == "verified" and not world.request(number).sealed


# What a vendor may do


def test_one_that_only_says_that_it_has_erased_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    calls = []
    monkeypatch.setattr(world.sandbox, "erase", lambda profile: calls.append(1) or Outcome("erased"))
    number = world.erases(kari)
    assert calls == [1, 1]  # once more by itself, then a human
    assert world.state(number) == "needs_human"
    check = world.task(number, "sandbox", "verify")
    assert (check.state, check.left) == ("failed", 1) and "1 × member" in check.text and kari not in check.text
    monkeypatch.undo()
    world.tries_again(number, "sandbox", "verify")
    world.work()
    assert world.state(number) == "completed" and at_lists(world, kari) == [GONE, GONE]


def test_nor_are_our_own_rows_gone_because_we_said_so(world: World, monkeypatch: pytest.MonkeyPatch, kari: str) -> None:
    monkeypatch.setattr(own, "erase", lambda _profile: Outcome("erased"))
    number = world.erases(kari)
    assert world.state(number) == "needs_human"
    check = world.task(number, "own", "verify")
    assert check.state == "failed" and "contact" in check.text and kari not in check.text


def test_one_that_cannot_answer_is_asked_again_and_holds_up_our_own_rows(
    world: World, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    def down(_profile: object) -> Outcome:
        raise Retry("sandbox: down", after=30)

    monkeypatch.setattr(world.sandbox, "erase", down)
    number = world.erases(kari)
    assert world.task(number, "sandbox").state == "retrying" and world.at_mailchimp(kari) == GONE
    assert world.task(number, "own").state == "planned"
    monkeypatch.undo()
    with world.later(seconds=31):
        world.work()
    assert world.state(number) == "completed"


def test_one_that_never_answers_is_left_to_a_human(world: World, monkeypatch: pytest.MonkeyPatch, kari: str) -> None:
    def down(_profile: object) -> Outcome:
        raise Retry("sandbox: down")

    monkeypatch.setattr(world.sandbox, "erase", down)
    number = world.erases(kari)
    for day in range(1, 10):
        with world.later(days=day):
            world.looks()
    assert world.task(number, "sandbox").state == "failed" and world.state(number) == "needs_human"
    monkeypatch.undo()
    with world.later(days=11):
        world.tries_again(number, "sandbox", "erase")
        world.work()
    assert world.state(number) == "completed"


def test_one_that_refuses_says_why_and_holds_up_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox, kari: str
) -> None:
    def refuses(_profile: object) -> Outcome:
        raise Rejected("sandbox: not allowed to")

    monkeypatch.setattr(world.sandbox, "erase", refuses)
    number = world.erases(kari)
    task = world.task(number, "sandbox")
    assert (task.state, task.text) == ("failed", "sandbox: not allowed to")
    assert world.state(number) == "needs_human"
    assert world.at_mailchimp(kari) == GONE and world.task(number, "own").state == "done"
    world.confirms(number, "sandbox")
    world.work()
    assert world.state(number) == "needs_human"  # what was done by hand is read back, too
    assert world.task(number, "sandbox", "verify").state == "manual"
    monkeypatch.undo()
    world.tries_again(number, "sandbox", "verify")
    world.sandbox.erase(Profile(kari))
    world.work()
    assert world.state(number) == "completed"
    assert world.task(number, "sandbox").proof == "Deleted it there."


def test_what_takes_its_time_is_looked_at_again(world: World, monkeypatch: pytest.MonkeyPatch, kari: str) -> None:
    answers = [Outcome("pending", "Not yet.", check_at=now() + timedelta(minutes=15))]
    erase = world.sandbox.erase
    monkeypatch.setattr(world.sandbox, "erase", lambda profile: answers.pop() if answers else erase(profile))
    number = world.erases(kari)
    assert world.state(number) == "waiting_external" and world.task(number, "own").state == "planned"
    with world.later(minutes=16):
        world.looks()
    assert world.state(number) == "completed" and world.at_sandbox(kari) == GONE


def test_a_trash_that_is_emptied_in_a_month_keeps_nobody_waiting_and_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    emptied = now() + timedelta(days=31)
    in_trash = Outcome("pending", "1 messages are in the trash.", check_at=emptied)
    monkeypatch.setattr(world.sandbox, "erase", lambda _: Outcome("erased") if now() > emptied else in_trash)
    monkeypatch.setattr(world.sandbox, "find", lambda _: [] if now() > emptied else [Held("trash", "1")])
    number = world.erases(kari)
    assert world.state(number) == "completed_with_retention"
    with world.later(days=20):
        world.looks()
        assert world.state(number) == "completed_with_retention" and not world.request(number).sealed
    with world.later(days=32):
        world.looks()
    assert world.state(number) == "closed" and world.task(number, "sandbox").state == "verified"
    assert not any(task.sealed for task in world.request(number).tasks)


def test_what_the_law_keeps_is_erased_on_its_day_by_itself(
    world: World, app: Flask, monkeypatch: pytest.MonkeyPatch, kari: str
) -> None:
    until = bookkeeping.until([now()])
    assert until
    kept = Outcome("kept", "1 document is kept.", law=bookkeeping.LAW, until=until)
    held = [Held("invoice", "in_1")]
    monkeypatch.setattr(world.sandbox, "erase", lambda _: kept if held else Outcome("erased"))
    monkeypatch.setattr(world.sandbox, "find", lambda _: held)
    number = world.erases(kari)
    task = world.task(number, "sandbox")
    assert (task.state, task.law, task.until, task.left) == ("kept", bookkeeping.LAW, until, 1)
    assert world.state(number) == "completed_with_retention"
    with world.later(days=365 * 5):
        world.looks()
        assert world.state(number) == "completed_with_retention"
    held.clear()
    with world.later(days=366 * 6 + 1):
        world.looks()
        assert world.state(number) == "closed"
    with app.app_context():
        assert len(receipts.service.all_of(db.session.get_one(PrivacyRequest, number))) == 2
        assert receipts.verify_all().receipts == 2


def test_a_stranger_is_planned_erased_and_told_that_there_was_nothing(world: World, kari: str, ola: str) -> None:
    before = [world.everything(person) for person in (kari, ola)]
    number = world.erases("stranger@example.no")
    assert world.state(number) == "completed"
    states = world.tasks(number)
    assert {states[f"{holder} erase"] for holder in ("own", "sandbox", "mailchimp")} == {"not_found"}
    assert [world.everything(person) for person in (kari, ola)] == before


def test_a_request_that_is_cancelled_meanwhile_is_not_carried_out(world: World, app: Flask, kari: str) -> None:
    number = world.opens("erasure", kari)
    world.work()
    world.approves(number)
    with app.app_context():
        request = lock(number)
        assert request
        move(request, "cancelled", "staff:1")
        db.session.commit()
    world.work()
    assert GONE not in at_lists(world, kari) and world.state(number) == "cancelled"


def test_the_dry_run_is_the_plan_and_changes_nothing(world: World, app: Flask, kari: str) -> None:
    number = world.opens("erasure", kari)
    with app.app_context():
        would = planning.dry_run(db.session.get_one(PrivacyRequest, number))
        db.session.rollback()
    assert world.tasks(number) == {}
    world.work()
    planned = [(task.phase, task.act, task.holder, task.found) for task in world.request(number).tasks]
    assert sorted(planned) == sorted((one.phase, one.act, one.holder, one.found) for one in would)
