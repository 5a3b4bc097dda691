"""A service with two processors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.mailchimp_server import MailchimpServer
from tests.sync.world import World


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """A test that breaks Mailchimp's own description of itself fails."""
    with MailchimpServer() as mailchimp:
        yield World(app, mailchimp).furnished()
        assert mailchimp.violations == []
