"""A Stripe account under test, and the profiles of people who bought something there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from app.processors.base import Profile
from app.processors.stripe.processor import Stripe
from app.processors.stripe.settings import Settings
from tests.processors.people import kari
from tests.support.stripe_local import KEY, LocalStripe
from tests.support.stripe_proxy import StripeProxy


def known(*ids: str, **values: Any) -> Profile:
    """Kari, of whom our own map knows these ids."""
    return replace(kari(), refs={"stripe": ids}, **values)


def processor(proxy: StripeProxy, timeout: float = 2.0) -> Stripe:
    return Stripe(Settings(proxy.url, KEY, timeout=(timeout, timeout)))


@contextmanager
def stripe_account(local: LocalStripe) -> Iterator[StripeProxy]:
    """A test that breaks Stripe's description of itself fails here."""
    with StripeProxy(local) as proxy:
        yield proxy
    assert proxy.violations == []
