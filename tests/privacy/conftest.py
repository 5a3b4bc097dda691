"""A service with the sandbox and a Mailchimp, where Kari asks about her data and Ola is left alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.privacy.world import World
from tests.support.mailchimp_server import MailchimpServer


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """A test that breaks Mailchimp's own description of itself fails."""
    with MailchimpServer() as mailchimp:
        house = World(app, mailchimp)
        house.furnished()
        yield house
        assert mailchimp.violations == []
