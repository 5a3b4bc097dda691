"""The worker process: Huey's consumer with hands that also look for themselves, a clock, and a heart."""

from __future__ import annotations

import logging
import os
import random
import signal
import time
from threading import Event, Thread
from typing import Any, NoReturn

from flask import Flask
from huey.consumer import Consumer, Scheduler, Worker
from structlog import get_logger

from app.clock import now
from app.outbox import Outbox, calm, engine, service

log = get_logger()

LOOK = 10  # seconds after which a hand looks for work, bell or no bell
POLL = 0.5  # seconds between looks at a queue that cannot wait, which SQLite's cannot
STOP = 4  # seconds for work in hand when we are told to stop: honcho gives five


class Hand(Worker):  # type: ignore[misc]
    """A thread that answers the bell, and looks by itself now and then: Huey's store may be lost or away."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._look_at = time.monotonic() + random.random()

    def loop(self, now: Any = None) -> None:
        super().loop(now)
        if time.monotonic() >= self._look_at:
            self.huey.look()
            self._look_at = time.monotonic() + LOOK


class Clock(Scheduler):  # type: ignore[misc]
    """Huey's clock, ticking twice a minute."""

    periodic_task_seconds = 30


class Foreman(Consumer):  # type: ignore[misc]
    """Huey's consumer, leaving in order whichever way it is told to."""

    worker_class = Hand
    scheduler_class = Clock

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._signal_actions = dict.fromkeys((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), (False, True))


def work(app: Flask) -> NoReturn:
    """Work until told to stop, and then leave. What is in hand is finished, or its lease given back, within seconds."""
    calm.settle(logging.getLogger("huey"))
    outbox: Outbox = app.extensions["outbox"]
    huey = outbox.queue.huey
    huey.look = outbox.queue.look
    foreman = Foreman(huey, workers=app.config["WORKERS"], max_delay=POLL, shutdown_timeout=STOP)
    outbox.hands.stopping = foreman.stop_flag
    outbox.hands.call_another = outbox.bell.ring
    Thread(target=_beat, args=(app, foreman.stop_flag), name="heart", daemon=True).start()
    log.info("worker_started", hands=app.config["WORKERS"])
    foreman.run()
    log.info("worker_stopped", given_back=_give_back(app))
    logging.shutdown()
    os._exit(0)  # at once: a thread of ours may still be at work that now belongs to somebody else


def _beat(app: Flask, stop: Event) -> None:
    """The heart: as long as it beats, nobody takes over what our hands hold."""
    with app.app_context():
        pause = engine.lease().total_seconds() / 3
    while not stop.wait(pause):
        try:
            extend(app)
        except Exception as error:
            log.warning("heart_missed_a_beat", error=type(error).__name__)


def extend(app: Flask) -> None:
    held = [work.claim for work in app.extensions["outbox"].hands.held()]
    if held:
        with app.app_context(), engine.own_transaction():
            service.extend(held, now() + engine.lease())


def _give_back(app: Flask) -> int:
    """We are leaving in the middle of these: whoever comes next may take them up at once. Returns how many."""
    held: list[service.Work] = app.extensions["outbox"].hands.held()
    for row in held:
        with app.app_context(), engine.own_transaction():
            service.put_back(row, now(), "The worker was stopped.", row.attempts - 1)
    return len(held)
