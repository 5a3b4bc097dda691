from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from app import outbox
from app.clock import now
from app.extensions import db
from app.outbox import registry
from app.outbox.models import OutboxRow
from tests.letters.server import MailServer


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """does("kind", function): who does this kind of work, in this test."""

    def register(kind: str, function: Callable[[str], Any]) -> None:
        monkeypatch.setitem(registry.HANDLERS, kind, function)

    return register


@pytest.fixture
def ask(app: Flask) -> Callable[..., None]:
    """Enqueue and commit."""

    def enqueue(kind: str, *args: Any, **kwargs: Any) -> None:
        with app.app_context():
            outbox.enqueue(kind, *args, **kwargs)
            db.session.commit()

    return enqueue


@pytest.fixture
def rows(app: Flask) -> Callable[[], list[OutboxRow]]:
    """The outbox as it stands, oldest first."""

    def read() -> list[OutboxRow]:
        with app.app_context():
            return list(db.session.scalars(db.select(OutboxRow).order_by(OutboxRow.id)))

    return read


@pytest.fixture
def wait() -> Iterator[Callable[[timedelta], None]]:
    """wait(timedelta): the clock goes forward by so much, and stands still in between."""
    with time_machine.travel(now(), tick=False) as traveller:
        yield lambda span: traveller.shift(span)


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """A mail server on this machine."""
    server = MailServer()
    yield server
    server.stop()
