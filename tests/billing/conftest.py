"""A service that sells through Stripe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.billing.world import Shop
from tests.processors.stripe_world import stripe_account
from tests.support.processes import free_port
from tests.support.stripe_local import LocalStripe


@pytest.fixture(scope="module")
def local() -> Iterator[LocalStripe]:
    local = LocalStripe(free_port())
    yield local
    local.stop()


@pytest.fixture
def shop(app: Flask, local: LocalStripe) -> Iterator[Shop]:
    with stripe_account(local) as stripe:
        yield Shop(app, stripe)
