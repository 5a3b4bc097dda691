"""A processor that is down, and says nothing of when it will be back, delays only what it is to be told."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from app import outbox
from app.clock import now
from app.extensions import db
from app.sync import links
from tests.support.mailchimp_server import Answer
from tests.sync.test_links import attempts, command, standing
from tests.sync.world import World


def people(count: int) -> list[str]:
    return [f"person{number}@example.no" for number in range(count)]


def down(world: World, times: int = 1000) -> None:
    world.mailchimp.fail(Answer(503), times=times)


def crowd(world: World, count: int = links.TRIES + 2) -> list[str]:
    """More than are asked about before it is left in peace."""
    for address in people(count):
        world.subscribe(address)
    return people(count)


def fails(world: World, after: float | None = None) -> None:
    with world.app.app_context():
        links.stumbled("mailchimp", "Mailchimp answered 503.", after)
        db.session.commit()


def left_in_peace(world: World) -> timedelta | None:
    with world.app.app_context():
        hold = outbox.held(now()).get("mailchimp")
        return hold.until - now() if hold and hold.until else None


def test_it_is_asked_a_few_times_and_then_left_in_peace(world: World, ola: str) -> None:
    down(world)
    everybody = crowd(world)
    world.subscribe(ola)
    world.work()
    assert len(world.mailchimp.calls) == links.TRIES
    assert {world.at_sandbox(address)[0] for address in [*everybody, ola]} == {"subscribed"}
    away = standing(world, "mailchimp")
    assert (away.state, away.failed) == ("away", 0)
    assert standing(world, "sandbox").state == "on"


def test_the_pauses_grow_and_no_attempt_is_used_up_in_them(world: World) -> None:
    down(world)
    crowd(world)
    with time_machine.travel(now(), tick=False) as clock:
        world.work()
        pauses, used = [], attempts(world)
        for _ in range(8):
            pause = left_in_peace(world)
            assert pause is not None
            pauses.append(pause)
            clock.shift(pause - timedelta(seconds=1))
            world.work()
            assert attempts(world) == used
            clock.shift(timedelta(seconds=2))
            world.work()
            assert attempts(world) == used + 1, "one tries whether it is back, and the others wait"
            used += 1
    assert pauses == [*links.PAUSES, links.PAUSES[-1], links.PAUSES[-1]]


def test_when_it_is_back_everybody_is_told(world: World) -> None:
    down(world, links.TRIES)
    everybody = crowd(world)
    world.work()
    with time_machine.travel(now() + links.PAUSES[0] + timedelta(seconds=1)):
        world.work()
        assert {world.at_mailchimp(address)[0] for address in everybody} == {"subscribed"}
        back = standing(world, "mailchimp")
        assert (back.state, back.link.failures, back.link.error) == ("on", 0, "")


@pytest.mark.parametrize("by", ["test", "button", "worker"])
def test_a_test_that_succeeds_or_somebody_who_says_try_again_ends_the_pause(world: World, by: str) -> None:
    down(world, links.TRIES)
    crowd(world)
    world.work()
    assert left_in_peace(world)
    with world.app.app_context():
        if by == "test":
            assert command(world, "test", "mailchimp").exit_code == 0
        elif by == "button":
            links.try_again("mailchimp", "staff:1")
        else:
            links.test("mailchimp", "staff:1")
        db.session.commit()
    world.work()
    assert standing(world, "mailchimp").state == "on"


def test_a_test_that_fails_does_not_end_it_and_does_not_count(world: World) -> None:
    down(world)
    crowd(world)
    world.work()
    before = left_in_peace(world)
    assert command(world, "test", "mailchimp").exit_code == 1
    after = left_in_peace(world)
    assert before and after and after <= before
    assert standing(world, "mailchimp").link.failures == links.TRIES


def test_failures_with_successes_between_them_are_no_reason(world: World) -> None:
    for _ in range(links.TRIES * 2):
        fails(world)
        with world.app.app_context():
            links.answered("mailchimp")
            db.session.commit()
    assert left_in_peace(world) is None


def test_calls_that_were_under_way_together_are_one_failure(world: World) -> None:
    for _ in range(links.TRIES + 4):
        fails(world)
    assert standing(world, "mailchimp").link.failures == links.TRIES


def test_a_wish_to_wait_is_kept_to_the_second_whatever_answers_meanwhile(world: World) -> None:
    fails(world)
    fails(world)
    fails(world, after=120)
    with world.app.app_context():
        links.answered("mailchimp")
        db.session.commit()
    assert standing(world, "mailchimp").state == "held"


def test_the_pause_of_staff_outlives_a_test_that_succeeds(world: World) -> None:
    for _ in range(links.TRIES):
        fails(world)
    command(world, "pause", "mailchimp")
    assert command(world, "test", "mailchimp").exit_code == 0
    assert standing(world, "mailchimp").state == "paused"
