"""The engine: work is written down in the commit that causes it, and done at least once.

Every kind of work has a handler (`handles`), and a lane in which only one row is worked on at a time. Huey rings the
bell and keeps the clock; what is to be done is known to the outbox alone, so Huey's store can be lost at any time.
"""

from __future__ import annotations

from functools import cached_property

from flask import Flask
from werkzeug.local import LocalProxy

from app.outbox.cron import tidy
from app.outbox.doorbell import Doorbell, ring
from app.outbox.due import in_hand, late, oldest_due, stream_of_row
from app.outbox.engine import drain
from app.outbox.fault import fault
from app.outbox.hands import Hands
from app.outbox.holds import held, hold, release
from app.outbox.huey import Queue
from app.outbox.registry import handles, kinds, periodic
from app.outbox.service import enqueue, retry
from app.processors.base import Rejected, Retry

__all__ = [
    "Queue",
    "Rejected",
    "Retry",
    "drain",
    "enqueue",
    "fault",
    "handles",
    "held",
    "hold",
    "in_hand",
    "init_app",
    "kinds",
    "late",
    "oldest_due",
    "periodic",
    "release",
    "retry",
    "ring",
    "stream_of_row",
    "tidy",
]


class Outbox:
    """What one app keeps for its outbox. Huey's store is opened when the first bell rings, not before."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.hands = Hands(app.config["WORKERS"])
        self.bell = Doorbell(lambda: self.queue.put())

    @cached_property
    def queue(self) -> Queue:
        return Queue(self._app)


def init_app(app: Flask) -> None:
    """Give the app its outbox. OUTBOX_LEASE: seconds of silence after which a worker counts as dead."""
    app.config.setdefault("OUTBOX_LEASE", 60)
    outbox = app.extensions["outbox"] = Outbox(app)
    app.extensions["huey"] = LocalProxy(lambda: outbox.queue.huey)
