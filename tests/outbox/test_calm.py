"""A store that is away does not fill the disk with what is said of it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from app.outbox import calm

NAME = "test_calm"


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    logger, stream = logging.getLogger(NAME), io.StringIO()
    calm.settle(logger)
    logger.handlers[0].setStream(stream)  # type: ignore[attr-defined]
    yield stream
    logger.handlers, logger.propagate = [], True


def fail(times: int = 1, text: str = "Error reading from queue") -> None:
    for number in range(times):
        try:
            raise ConnectionError("kari@example.no is not to be read here")
        except ConnectionError:
            logging.getLogger(f"{NAME}.Worker-{number}").exception(text)


def test_a_fault_is_named_once_however_many_threads_meet_it_and_how_often(said: io.StringIO) -> None:
    fail(300)
    fail(1, "Error reading schedule.")
    assert said.getvalue() == (
        "Error reading from queue (ConnectionError)\nError reading schedule. (ConnectionError)\n"
    )


def test_after_a_minute_it_is_said_again(said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    fail()
    monkeypatch.setattr(calm, "QUIET", -1)
    fail(2)
    assert len(said.getvalue().splitlines()) == 1
    monkeypatch.setattr(calm.time, "monotonic", lambda now=calm.time.monotonic: now() + 61)
    fail(2)
    assert len(said.getvalue().splitlines()) == 3
