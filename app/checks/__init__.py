"""What can be wrong with an installation, one question a function. Asked by `/readyz` and by `flask check`."""

from __future__ import annotations

from collections.abc import Iterator

from app.checks import outside, settings, stores, writing
from app.checks.finding import Finding, unless_it_fails


def everything() -> Iterator[Finding]:
    """Every question in the order in which an operator would mend them."""
    yield settings.mode()
    yield settings.secret()
    yield settings.base_url()
    yield settings.proxies()
    yield settings.metrics_token()
    yield stores.database()
    yield from writing.whole()
    yield unless_it_fails("migrations", stores.migrations)
    yield unless_it_fails("ledger keys", stores.ledger_keys)
    yield unless_it_fails("logos", stores.logos)
    yield unless_it_fails("outbox", stores.outbox)
    yield stores.spool()
    yield unless_it_fails("journal", stores.journal)
    yield stores.queue()
    yield outside.mail()
    yield from outside.google_permission()
    yield from outside.processors()
    yield from outside.promotions()
    yield from settings.translations()
