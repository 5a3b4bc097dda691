"""A processor that is paused, by staff or at its own wish: what it is to be told waits, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from app import outbox
from app.audit.models import AuditEntry
from app.clock import now
from app.extensions import db
from app.outbox.models import OutboxRow
from app.processors.base import Retry
from app.sync import links
from app.sync.links import Standing
from tests.support.mailchimp_server import Answer
from tests.sync.test_push import Fake, use
from tests.sync.world import World


def command(world: World, *words: str) -> Any:
    return world.app.test_cli_runner().invoke(args=["processors", *words])


def standing(world: World, name: str) -> Standing:
    with world.app.app_context():
        return {one.name: one for one in links.all_standings()}[name]


def acts(world: World) -> list[tuple[str, str]]:
    with world.app.app_context():
        return [(row.action, row.object) for row in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def attempts(world: World) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.sum(OutboxRow.attempts)).where(OutboxRow.kind == "sync.push")) or 0


def test_a_pause_loses_nothing_and_costs_no_attempt(world: World, kari: str, ola: str) -> None:
    world.subscribe(ola)
    world.work()
    before = world.everything(ola)
    assert command(world, "pause", "mailchimp").exit_code == 0
    calls = len(world.mailchimp.calls)
    world.subscribe(kari)
    world.work()
    assert len(world.mailchimp.calls) == calls
    assert world.at_sandbox(kari) == ("subscribed", {"newsletter"})
    paused = standing(world, "mailchimp")
    assert (paused.state, paused.waiting, paused.failed) == ("paused", 1, 0)
    assert command(world, "resume", "mailchimp").exit_code == 0
    world.work()
    assert world.at_mailchimp(kari) == ("subscribed", {"newsletter"})
    assert standing(world, "mailchimp").waiting == 0
    assert world.everything(ola) == before


def test_what_changes_during_a_pause_is_told_as_it_is_in_the_end(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    command(world, "pause", "mailchimp")
    world.withdraw(kari)
    for _ in range(3):
        world.work()
    assert world.at_mailchimp(kari)[0] == "subscribed"
    used = attempts(world)
    command(world, "resume", "mailchimp")
    world.work()
    assert world.at_mailchimp(kari) == ("unsubscribed", set())
    assert attempts(world) == used + 1
    assert world.failed() == []


def test_a_pause_is_seen_by_every_process_and_outlives_them(world: World, kari: str) -> None:
    command(world, "pause", "mailchimp")
    world.app.extensions["processors"] = None
    world.app.extensions["outbox"].hands._held.clear()
    world.subscribe(kari)
    world.work()
    assert world.mailchimp.calls == []


def test_every_change_is_on_record(world: World) -> None:
    for word in ("pause", "resume", "test"):
        command(world, word, "mailchimp")
    assert acts(world) == [
        ("paused_processor", "processor:mailchimp"),
        ("resumed_processor", "processor:mailchimp"),
        ("tested_processor", "processor:mailchimp"),
    ]


def test_whoever_asks_us_to_wait_is_left_alone_by_everybody(world: World, kari: str, ola: str) -> None:
    world.mailchimp.fail(Answer(429, headers={"Retry-After": "120"}))
    world.subscribe(kari)
    world.work()
    calls = len(world.mailchimp.calls)
    world.subscribe(ola)
    world.work()
    assert len(world.mailchimp.calls) == calls == 1
    held = standing(world, "mailchimp")
    assert held.state == "held" and held.until is not None
    assert timedelta(seconds=100) < held.until - now() <= timedelta(seconds=120)
    assert world.at_sandbox(ola)[0] == "subscribed"
    with time_machine.travel(now() + timedelta(seconds=121)):
        world.work()
        assert standing(world, "mailchimp").state == "on"
        assert world.at_mailchimp(kari)[0] == world.at_mailchimp(ola)[0] == "subscribed"


def test_a_wish_to_wait_does_not_end_the_pause_of_staff(world: World) -> None:
    with world.app.app_context():
        links.pause("mailchimp", "cli")
        links.stumbled("mailchimp", "busy", after=5)
        db.session.commit()
    assert standing(world, "mailchimp").state == "paused"


def test_the_longer_of_two_wishes_stands(world: World) -> None:
    with world.app.app_context():
        for seconds in (60, 5, 999_999_999):
            links.stumbled("mailchimp", "busy", after=seconds)
            db.session.commit()
            assert outbox.held(now())["mailchimp"].until <= now() + links.LONGEST
    held = standing(world, "mailchimp")
    assert held.until is not None and held.until > now() + timedelta(hours=23)


def test_it_is_known_when_a_processor_last_answered_and_why_it_does_not(world: World, kari: str) -> None:
    fake = use(world, Fake())
    world.subscribe(kari)
    world.work()
    answered = standing(world, "sandbox").link.answered_at
    assert answered is not None and standing(world, "sandbox").link.error == ""
    fake.answer = Retry("the line is dead")
    world.push_again(kari)
    world.work()
    link = standing(world, "sandbox").link
    assert (link.error, link.answered_at) == ("the line is dead", answered)
    fake.answer = None
    with time_machine.travel(now() + timedelta(minutes=1)):
        world.work()
    assert standing(world, "sandbox").link.error == ""


def test_staff_have_failures_tried_again(world: World, kari: str) -> None:
    world.mailchimp.fail(Answer(400, b'{"title": "Invalid Resource"}', {"Content-Type": "application/problem+json"}))
    world.subscribe(kari)
    world.work()
    failed = standing(world, "mailchimp")
    assert failed.failed == 1 and "Mailchimp answered 400" in failed.failures[0].error
    with world.app.app_context():
        assert links.try_again("mailchimp", "staff:1") == 1
        db.session.commit()
    world.work()
    assert world.at_mailchimp(kari)[0] == "subscribed"
    assert standing(world, "mailchimp").failed == 0
    assert acts(world)[-1] == ("tried_processor_again", "processor:mailchimp")


def test_the_worker_tests_a_connection_even_while_it_is_paused(world: World) -> None:
    with world.app.app_context():
        links.pause("mailchimp", "staff:1")
        links.test("mailchimp", "staff:1")
        db.session.commit()
    assert standing(world, "mailchimp").tested
    world.work()
    after = standing(world, "mailchimp")
    assert not after.tested and "Mailchimp answers" in after.link.answer
    assert after.state == "paused"


def test_the_list_says_what_is_on_and_what_is_not(world: World) -> None:
    command(world, "pause", "mailchimp")
    said = command(world, "list").output
    lines = {line.split()[0]: line for line in said.splitlines()}
    assert "paused" in lines["mailchimp"] and " on " in lines["sandbox"] and " off " in lines["stripe"]


@pytest.mark.parametrize("word", ["pause", "resume", "test"])
def test_an_unknown_name_is_a_mistake(world: World, word: str) -> None:
    done = command(world, word, "pigeon")
    assert done.exit_code == 2 and "pigeon" in done.output


def test_a_test_that_fails_says_why(world: World) -> None:
    world.mailchimp.fail(Answer(503))
    done = command(world, "test", "mailchimp")
    assert done.exit_code == 1 and "503" in done.output
    assert standing(world, "mailchimp").link.error
