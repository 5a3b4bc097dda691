"""A service with two processors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.mailchimp_server import MailchimpServer
from tests.sync.world import World


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """Every job must have ended well and Mailchimp's own description been kept, or the test fails."""
    with MailchimpServer() as mailchimp:
        world = World(app, mailchimp)
        yield world
        assert mailchimp.violations == []
