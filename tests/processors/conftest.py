"""Processors under test, and what they talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.processors.mailchimp.processor import Mailchimp
from app.processors.sandbox import Sandbox
from app.processors.stripe.processor import Stripe
from tests.processors.stripe_world import processor as stripe_processor
from tests.processors.stripe_world import stripe_account
from tests.support.mailchimp_server import AUDIENCE, KEY, MailchimpServer
from tests.support.processes import free_port
from tests.support.stripe_local import LocalStripe
from tests.support.stripe_proxy import StripeProxy


@pytest.fixture
def mailchimp_server() -> Iterator[MailchimpServer]:
    """A Mailchimp of our own. A test that breaks Mailchimp's description of itself fails here."""
    with MailchimpServer(audiences=(AUDIENCE, "0ther4ud1e")) as server:
        yield server
    assert server.violations == []


@pytest.fixture
def mailchimp(mailchimp_server: MailchimpServer) -> Mailchimp:
    return Mailchimp(mailchimp_server.url, KEY, AUDIENCE, timeout=(1.0, 1.0))


@pytest.fixture(scope="module")
def local() -> Iterator[LocalStripe]:
    local = LocalStripe(free_port())
    yield local
    local.stop()


@pytest.fixture
def proxy(local: LocalStripe) -> Iterator[StripeProxy]:
    """A Stripe account. A test that breaks Stripe's description of itself fails here."""
    with stripe_account(local) as proxy:
        yield proxy


@pytest.fixture
def stripe(proxy: StripeProxy) -> Stripe:
    return stripe_processor(proxy)


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path / "sandbox.sqlite")
