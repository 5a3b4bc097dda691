"""What a test may ask for that wants Gmail: emulate's, behind our stand-in, and the service set to it.

    emulate        one running emulate for the tests of a file; without it they are skipped and say why
    google_server  our stand-in in front of it; a test that breaks Google's description of itself fails

Known to every test, by tests/conftest.py; what is heavy to import is imported at first use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from tests.support.google_emulate import MAILBOX, Emulate, Missing

if TYPE_CHECKING:
    from tests.support.google_server import GoogleServer


@pytest.fixture(scope="module")
def emulate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulate]:
    try:
        running = Emulate(tmp_path_factory.mktemp("emulate"))
    except Missing as reason:
        pytest.skip(f"Gmail is not tested here: {reason}")
    yield running
    running.stop()


@pytest.fixture
def google_server(emulate: Emulate) -> Iterator[GoogleServer]:
    from tests.processors.google_world import google

    with google(emulate.url) as running:
        yield running


def connect(app: Flask, server: GoogleServer, credentials: str = "") -> None:
    """The service reads this Google's mailbox; by a service account unless other credentials are given."""
    from tests.processors.google_world import service_account

    key = credentials or service_account(server.url)
    app.config.update(GOOGLE_CREDENTIALS=key, GOOGLE_API_BASE=server.url, GMAIL_MAILBOX=MAILBOX)
