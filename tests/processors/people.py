"""Kari subscribes. Ola is on the same list and must be left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.processors.base import Consent, Profile

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def consent(purpose: str, granted: bool = True, since: datetime = NOON) -> Consent:
    return Consent(purpose, granted, since, since - timedelta(minutes=5), "203.0.113.0")


def profile(address: str, *granted: str, since: datetime = NOON, acquainted: bool = False) -> Profile:
    """Somebody asked about both purposes, who says yes to those in `granted`."""
    return Profile(
        address=address,
        name=address.partition("@")[0].title(),
        consents={p: consent(p, p in granted, since) for p in ("newsletter", "offers")},
        unsubscribe_url=f"https://example.no/u/{len(address)}",
        acquainted=acquainted,
    )


def kari(*granted: str, since: datetime = NOON, acquainted: bool = False) -> Profile:
    return profile("kari@example.no", *granted, since=since, acquainted=acquainted)


def met(person: Profile) -> Profile:
    """The same person, whom the processor has been told of."""
    return replace(person, acquainted=True)


OLA = profile("ola@example.no", "newsletter", "offers")
