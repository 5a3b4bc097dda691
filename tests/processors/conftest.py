"""Processors under test, and what they talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.processors.mailchimp.processor import Mailchimp
from app.processors.sandbox import Sandbox
from tests.support.mailchimp_server import AUDIENCE, KEY, MailchimpServer


@pytest.fixture
def mailchimp_server() -> Iterator[MailchimpServer]:
    """A Mailchimp of our own. A test that breaks Mailchimp's description of itself fails here."""
    with MailchimpServer(audiences=(AUDIENCE, "0ther4ud1e")) as server:
        yield server
    assert server.violations == []


@pytest.fixture
def mailchimp(mailchimp_server: MailchimpServer) -> Mailchimp:
    return Mailchimp(mailchimp_server.url, KEY, AUDIENCE, timeout=(1.0, 1.0))


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path / "sandbox.sqlite")
