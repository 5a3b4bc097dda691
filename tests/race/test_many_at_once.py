"""Threads of one web process that each write the same small file."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable

from flask import Flask

from app.consent import spool
from app.journal import gate

THREADS = 6
SECONDS = 1.0


def together(app: Flask, act: Callable[[], None]) -> list[str]:
    """Each thread does it again and again; returns what went wrong."""
    ends, wrong = time.monotonic() + SECONDS, []

    def run() -> None:
        with app.app_context():
            while time.monotonic() < ends:
                try:
                    act()
                except Exception as error:
                    wrong.append(type(error).__name__)

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_the_journals_tick_is_always_whole(app: Flask) -> None:
    count = itertools.count(1)

    def leave() -> None:
        gate.strike(next(count))
        gate.struck()

    assert together(app, leave) == []


def test_the_same_wish_twice_at_once_is_kept_and_always_whole(app: Flask) -> None:
    def leave() -> None:
        spool.keep("token", "one_click")
        for path in spool.waiting():
            json.loads(path.read_text())

    assert together(app, leave) == []
