from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.outbox import cron, periodic, registry
from app.outbox.worker import Clock


@pytest.fixture
def clock(monkeypatch):
    """What is on the clock in this test."""
    monkeypatch.setattr(registry, "CLOCK", {})
    monkeypatch.setattr(registry, "HANDLERS", {})
    return registry.CLOCK


def ticks(kind: str, start: datetime, hours: int) -> list[datetime]:
    """When the clock asks for this kind, ticking as a busy scheduler does: every 30 seconds and a little."""
    check = cron.once_a_minute(registry.CLOCK[kind][0])
    moments = [start + timedelta(seconds=30.01 * n) for n in range(hours * 120)]
    return [moment for moment in moments if check(moment)]


def test_the_clock_ticks_twice_a_minute():
    assert Clock.periodic_task_seconds == 30


@pytest.mark.parametrize("second", [0, 29.99, 59.98])
def test_daily_work_is_asked_for_once_a_day(clock, second):
    @periodic(hour="3", minute="10")
    def daily():
        pass

    start = datetime(2026, 1, 1) + timedelta(seconds=second)
    assert [moment.strftime("%d %H:%M") for moment in ticks("outbox.daily", start, 48)] == ["01 03:10", "02 03:10"]


def test_work_at_every_tick(clock):
    @periodic(second="*/30")
    def often():
        pass

    assert len(ticks("outbox.often", datetime(2026, 1, 1), 1)) == 120


A_DAY = {
    "arrivals.tidy": 24,
    "billing.nightly": 1,
    "consent.apply_spool": 2880,
    "consent.expire": 96,
    "consent.seal": 1440,
    "consent.tidy": 1,
    "outbox.tidy": 1,
    "privacy.drop": 1,
    "privacy.expire": 24,
    "privacy.look": 288,
    "privacy.mend": 288,
    "privacy.release": 1,
    "privacy.resume": 4,
    "privacy.settle_extensions": 288,
    "privacy.tick": 1440,
    "privacy.tidy": 1,
    "privacy.warn": 1,
    "submissions.tidy": 1,
    "sync.mail": 288,
    "sync.nightly": 1,
    "sync.read_coverage": 1,
    "sync.tidy": 1,
}


def test_what_we_promise_to_do_by_the_clock_is_on_it(app):
    """Work that nobody asks for any more fails nowhere: it is only never done."""
    day = [datetime(2026, 1, 5) + timedelta(minutes=minute) for minute in range(1440)]
    times = {kind: registry.CLOCK[kind][0] for kind in A_DAY if kind in registry.CLOCK}
    assert {kind: sum(map(matches, day)) if matches else 2880 for kind, matches in times.items()} == A_DAY


def test_what_the_clock_asks_for_is_work_like_any_other(app, clock, worker, rows):
    seen = []

    @periodic(minute="*")
    def note():
        seen.append(True)

    with app.app_context():
        cron.ask("outbox.note")
        cron.ask("outbox.note")
    assert worker() == 1
    assert seen == [True]
    assert [row.kind for row in rows()] == ["outbox.note"]


def test_a_kind_with_a_handler_can_be_on_the_clock_too(app, clock, worker):
    seen = []

    @registry.handles("outbox.seal")
    @periodic(minute="*")
    def seal(ref="nobody"):
        seen.append(ref)

    with app.app_context():
        cron.ask("outbox.seal")
    worker()
    assert seen == [""]


@pytest.mark.parametrize("times", [{"second": "5"}, {"second": "*/30", "hour": "3"}, {"hour": "25"}, {"hour": "x"}])
def test_times_that_mean_nothing_are_refused(clock, times):
    with pytest.raises(ValueError, match=r".+"):
        periodic(**times)
