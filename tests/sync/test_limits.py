"""Limits that all workers share: none of them is told by a vendor that we are too many."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import OperationalError

from app import outbox
from app.clock import now
from app.extensions import db
from app.outbox.models import OutboxRow
from app.processors.base import Cap, Crowded
from app.sync import limits
from app.sync.limits import Bucket, Places, Shared
from app.sync.models import ProcessorBudget, ProcessorLink, ProcessorPlace
from tests.conftest import close, make_app
from tests.sync.test_push import Fake, use
from tests.sync.world import World


@pytest.fixture
def engine(app: Flask) -> Iterator[Engine]:
    with app.app_context():
        yield db.engine


# Calls a second


def test_two_processes_together_get_what_one_would(engine: Engine) -> None:
    """As seen by the vendor: never more than the burst and what has grown since."""
    rate, burst = 200.0, 20.0
    made: list[float] = []
    begun = time.monotonic()

    def worker(shared: Shared) -> None:
        for _ in range(45):
            with shared.turn():
                made.append(time.monotonic())

    shareds = [Shared(engine, "vendor", Cap(rate, burst)) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(worker, [*shareds, *shareds]))
    made.sort()
    needed = (len(made) - burst) / rate
    assert made[-1] - begun >= needed
    slack = 2  # a process may make a batch of calls that were ready a moment before
    for number, moment in enumerate(made, 1):
        assert number <= burst + slack * rate * limits.SHARE + (moment - begun) * rate
    assert made[-1] - begun < 4 * needed + 2


def test_the_database_is_asked_for_a_batch_and_not_for_every_call(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket(engine, "vendor", 100.0, 100.0)
    drawn: list[float] = []
    draw = bucket._draw
    monkeypatch.setattr(bucket, "_draw", lambda wanted: (drawn.append(wanted), draw(wanted))[1])
    for _ in range(50):
        bucket.take(1.0)
    assert drawn == [25.0, 25.0]


def test_whoever_would_wait_long_is_told_to_come_later(engine: Engine) -> None:
    bucket = Bucket(engine, "vendor", 1.0, 1.0)
    bucket.take(1.0)
    with pytest.raises(Crowded) as told:
        bucket.take(10.0)
    assert told.value.after is not None and 8 < told.value.after < 11


def test_what_was_taken_and_not_used_is_not_kept_for_later(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FRESH", 0.0)
    bucket = Bucket(engine, "vendor", 100.0, 25.0)
    bucket.take(1.0)
    time.sleep(0.01)
    assert bucket.take(1.0) > 0.1


def test_a_clock_that_is_behind_gives_nothing_away(engine: Engine) -> None:
    Bucket(engine, "vendor", 10.0, 10.0).take(10.0)
    with time_machine.travel(now() - timedelta(minutes=5)), pytest.raises(Crowded):
        Bucket(engine, "vendor", 10.0, 10.0).take(60.0)
    with engine.connect() as connection:
        at = connection.execute(select(ProcessorBudget.at)).scalar_one()
    assert at > now() - timedelta(minutes=1)


# Calls at once


def test_no_more_calls_are_under_way_than_may_be(engine: Engine) -> None:
    shareds = [Shared(engine, "vendor", Cap(at_once=3)) for _ in range(2)]
    lock, under_way, peak, done = threading.Lock(), 0, 0, 0

    def call(shared: Shared) -> None:
        nonlocal under_way, peak, done
        with shared.turn():
            with lock:
                under_way += 1
                peak = max(peak, under_way)
            time.sleep(0.01)
            with lock:
                under_way -= 1
                done += 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, shareds * 30))
    assert (peak, done) == (3, 60)


def test_places_that_nobody_uses_are_given_back(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDLE", 0.05)
    first, second = Places(engine, "vendor", 1), Places(engine, "vendor", 1)
    first.give(first.take())
    begun = time.monotonic()
    second.give(second.take())
    assert time.monotonic() - begun < 2


def test_a_busy_process_gives_the_others_a_turn(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TURN", 0.0)
    first, second = Places(engine, "vendor", 1), Places(engine, "vendor", 1)
    first.give(first.take())
    assert second.take() == 1


def test_the_places_of_a_process_that_died_fall_free(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 0.2)
    assert Places(engine, "vendor", 1).take() == 1
    with pytest.raises(Crowded):
        Places(engine, "vendor", 1).take()
    with time_machine.travel(now() + limits.LEASE + timedelta(seconds=1)):
        assert Places(engine, "vendor", 1).take() == 1


def test_whoever_lost_a_place_does_not_give_away_anothers(engine: Engine) -> None:
    late, owner = Places(engine, "vendor", 1), Places(engine, "vendor", 1)
    place = late.take()
    with engine.begin() as connection:
        connection.execute(update(ProcessorPlace).values(holder=owner._me))
    late._return([place])
    with engine.connect() as connection:
        assert connection.execute(select(ProcessorPlace.holder)).scalar_one() == owner._me


def test_nobody_calls_while_the_database_cannot_say(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket(engine, "vendor", 10.0, 10.0)

    def away(_: float) -> float:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(bucket, "_draw", away)
    with pytest.raises(Crowded, match="whether we may call"):
        bucket.take(1.0)


# With the vendors' own clients


def test_two_workers_at_mailchimp_are_never_one_too_many(world: World, database: str, tmp_path: Path) -> None:
    """Two processes' worth of hands, and a Mailchimp that turns away the eleventh call at once."""
    addresses = [f"person{number}@example.no" for number in range(12)]
    for address in addresses:
        world.subscribe(address)
    other = make_app(database, tmp_path / "other")
    World(other, world.mailchimp)

    def work(app: Flask) -> None:
        for _ in range(3):
            with app.app_context():
                outbox.drain()

    answer = world.mailchimp._answer

    def slowly(call):  # type: ignore[no-untyped-def]
        time.sleep(0.02)
        return answer(call)

    world.mailchimp._answer = slowly  # type: ignore[method-assign]
    threads = [threading.Thread(target=work, args=(app,)) for app in [world.app, other] * 7]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.work()
    assert world.failed() == []
    assert {world.at_mailchimp(address)[0] for address in addresses} == {"subscribed"}
    assert world.mailchimp.peak <= 10
    with world.app.app_context():
        errors = db.session.scalars(select(OutboxRow.error).where(OutboxRow.error.contains("429"))).all()
    assert errors == []
    close(other)


def test_our_own_limit_is_no_fault_of_the_vendor(world: World, kari: str) -> None:
    use(world, Fake(Crowded("we are many", 600)))
    world.subscribe(kari)
    world.work()
    with world.app.app_context():
        assert outbox.held(now()) == {}
        assert db.session.get(ProcessorLink, "sandbox") is None


@pytest.mark.settings(
    STRIPE_API_KEY="sk_test_1",
    MAILCHIMP_API_KEY="k-us1",
    MAILCHIMP_AUDIENCE="a1",
)
def test_every_processor_that_has_a_limit_shares_it(app: Flask) -> None:
    from app import processors

    with app.app_context():
        held = processors.active()
        assert {name for name, one in held.items() if isinstance(one.pace, Shared)} == {"mailchimp", "stripe"}
        assert held["stripe"].cap == Cap(25.0, 25.0)
