"""Tells the workers that something was committed. A bell that is not heard costs seconds, never work."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock, Thread

from flask import current_app, has_app_context
from sqlalchemy import event
from sqlalchemy.orm import Session
from structlog import get_logger

from app.extensions import db

log = get_logger()

PAUSE = 0.05  # seconds between two rings of one process


class Doorbell:
    """Rings from a thread of its own, so that no visitor waits for the queue; many calls become one ring."""

    def __init__(self, put: Callable[[], None]) -> None:
        self._put = put
        self._lock = Lock()
        self._wanted = False
        self._ringing = False

    def ring(self) -> None:
        with self._lock:
            self._wanted = True
            if self._ringing:
                return
            self._ringing = True
        Thread(target=self._ring, name="doorbell", daemon=True).start()

    def _ring(self) -> None:
        while self._next():
            try:
                self._put()
            except Exception as error:  # the sweep finds the work
                log.warning("doorbell_silent", error=type(error).__name__)
            time.sleep(PAUSE)

    def _next(self) -> bool:
        with self._lock:
            self._ringing, self._wanted = self._wanted, False
            return self._ringing


def ring() -> None:
    """Something is due. For those who write outbox rows past the session; `enqueue` does it by itself."""
    bell: Doorbell = current_app.extensions["outbox"].bell
    bell.ring()


@event.listens_for(db.session, "after_commit")
def _committed(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop("outbox", False) and has_app_context():
        ring()


@event.listens_for(db.session, "after_rollback")
def _rolled_back(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("outbox", None)
